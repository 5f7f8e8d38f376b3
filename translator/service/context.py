"""What all calls of a server share."""

from dataclasses import dataclass, field

from translator.config import ServerConfig
from translator.engine.async_engine import AsyncEngine
from translator.metrics import Metrics
from translator.service.long_work import Turns
from translator.service.model_pool import ModelPool
from translator.service.source_languages import SourceLanguages
from translator.session.events import SessionLimits
from translator.terms.folder import GlossaryFolder

__all__ = ["ServiceContext"]


@dataclass(slots=True)
class ServiceContext:
    """The settings, models, engine, source languages, glossaries, metrics and turns of a server."""

    config: ServerConfig
    models: ModelPool
    engine: AsyncEngine
    languages: SourceLanguages
    glossaries: GlossaryFolder | None = None
    metrics: Metrics = field(default_factory=Metrics)
    turns: Turns = field(default_factory=Turns)

    @property
    def session_limits(self) -> SessionLimits:
        """The limits of a session."""
        limits = self.config.limits
        return SessionLimits(
            max_chunk_length=limits.max_chunk_length,
            max_pending_segments=limits.max_pending_segments,
            max_unsent_length=limits.max_unsent_length,
        )
