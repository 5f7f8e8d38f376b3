"""What all calls of a server share."""

from dataclasses import dataclass, field

from translator.access.gate import Gate
from translator.access.quotas import Books
from translator.config import ServerConfig
from translator.engine.async_engine import AsyncEngine
from translator.engine.memo import LruMemo
from translator.metrics import Metrics
from translator.service.long_work import Turns
from translator.service.model_pool import ModelPool
from translator.service.pace import Paces
from translator.service.source_languages import SourceLanguages
from translator.session.events import SessionLimits
from translator.telemetry.spans import Tracer
from translator.terms.folder import GlossaryFolder

__all__ = ["ServiceContext"]

# Some 15 MB.
_REMEMBERED_TOKENS = 500_000


@dataclass(slots=True)
class ServiceContext:
    """What all calls of a server share.

    Attributes:
        gate: Knows who may call.
        memo: What the models have said of whole segments.
        tracer: Begins the span of each call.
        books: What callers have used.
    """

    config: ServerConfig
    models: ModelPool
    engine: AsyncEngine
    languages: SourceLanguages
    glossaries: GlossaryFolder | None = None
    gate: Gate = field(default_factory=lambda: Gate(None))
    metrics: Metrics = field(default_factory=Metrics)
    paces: Paces = field(default_factory=Paces)
    turns: Turns = field(init=False)
    tracer: Tracer = field(default_factory=Tracer)
    books: Books = field(default_factory=Books)
    memo: LruMemo = field(default_factory=lambda: LruMemo(_REMEMBERED_TOKENS))

    def __post_init__(self) -> None:
        self.turns = Turns(is_heard=self.paces.is_heard)

    @property
    def session_limits(self) -> SessionLimits:
        """The limits of a session."""
        limits = self.config.limits
        return SessionLimits(
            max_chunk_length=limits.max_chunk_length,
            max_pending_segments=limits.max_pending_segments,
            max_unsent_length=limits.max_unsent_length,
        )
