"""What all calls of a server share."""

from dataclasses import dataclass, field

from translator.config import ServerConfig
from translator.engine.async_engine import AsyncEngine
from translator.metrics import Metrics
from translator.server import convert
from translator.server.language import SourceLanguages
from translator.server.model_pool import ModelPool
from translator.server.turns import Turns
from translator.session.events import SessionLimits
from translator.v1 import streaming_pb2

__all__ = ["ServerContext"]


@dataclass(slots=True)
class ServerContext:
    """Settings, models, the engine, the languages of sources, the metrics and the turns."""

    config: ServerConfig
    models: ModelPool
    engine: AsyncEngine
    languages: SourceLanguages
    metrics: Metrics = field(default_factory=Metrics)
    turns: Turns = field(default_factory=Turns)

    @property
    def limits_of_session(self) -> SessionLimits:
        """What one session may take."""
        limits = self.config.limits
        return SessionLimits(
            max_chunk_length=limits.max_chunk_length,
            max_pending_segments=limits.max_pending_segments,
            max_unsent_length=limits.max_unsent_length,
        )

    def session_limits(self, heartbeat_s: float) -> streaming_pb2.SessionLimits:
        """The limits that SessionStarted tells."""
        limits = self.config.limits
        return streaming_pb2.SessionLimits(
            max_chunk_length=limits.max_chunk_length,
            max_segment_words=limits.max_segment_words,
            max_segment_length=limits.max_segment_length,
            max_targets=limits.max_targets,
            heartbeat_interval=convert.duration(heartbeat_s),
        )
