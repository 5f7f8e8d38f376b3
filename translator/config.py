"""The server's settings: frozen, typed, checked once.

The first of these that has a setting wins: the command line, the environment (``TRANSLATOR_PORT``,
or ``TRANSLATOR_LIMITS__MAX_SESSIONS`` for a nested one), a TOML file, the default.
"""

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from translator.errors import ConfigError
from translator.languages.pair import LanguagePair
from translator.limits import SchedulerLimits, SegmentLimits, SessionLimits
from translator.log import LogFormat, LogLevel
from translator.precision import Precision
from translator.telemetry.tracing import TraceSettings

__all__ = ["Limits", "ServerConfig", "load_config", "trace_settings", "warn_of_service_links"]

_log = logging.getLogger(__name__)

_PREFIX = "TRANSLATOR_"
# Kubernetes sets these variables in each container for every Service, here for `translator` or
# `translator-NAME`. A Service's _PORT is a URL; as a setting it is a number.
_SERVICE_LINK = re.compile(
    rf"{_PREFIX}(?:[A-Z0-9_]+?_)??"
    r"(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_[A-Z]+(?:_(?:PROTO|PORT|ADDR))?"
    r"|(?P<url>PORT))"
)
_SESSION, _SEGMENT, _SCHEDULER = SessionLimits(), SegmentLimits(), SchedulerLimits()
# What the wire has room for.
_MOST = 2**32 - 1
_DAY_S = 86_400.0
_URLS = ("tcp://", "udp://", "sctp://")
_OFF = "off"
_TRACE_SAMPLE = 0.01


FrontName = Literal["google", "riva"]


class Limits(BaseModel):
    """What clients may take. Lengths are code points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_sessions: int = Field(256, ge=1, le=_MOST, description="Streams open at once.")
    max_targets: int = Field(8, ge=1, le=_MOST, description="Targets of one stream.")
    max_chunk_length: int = Field(
        _SESSION.max_chunk_length, ge=1, le=_MOST, description="One source update."
    )
    max_segment_words: int = Field(
        _SEGMENT.max_words, ge=2, le=_MOST, description="Words of a segment."
    )
    max_segment_length: int = Field(_SEGMENT.max_length, ge=100, le=_MOST, description="A segment.")
    max_pending_segments: int = Field(
        _SESSION.max_pending_segments,
        ge=1,
        le=_MOST,
        description="Segments of a stream that may wait.",
    )
    max_unsent_length: int = Field(
        _SESSION.max_unsent_length, ge=1, le=_MOST, description="Target text that may wait."
    )
    max_texts: int = Field(128, ge=1, le=_MOST, description="Texts of one Translate request.")
    max_text_length: int = Field(
        50_000, ge=1, le=_MOST, description="All texts of a Translate request."
    )
    max_alternatives: int = Field(8, ge=0, le=_MOST, description="Alternatives of a text.")
    max_translate_requests: int = Field(
        64, ge=1, le=_MOST, description="Translate requests at once."
    )
    max_batches: int = Field(8, ge=1, le=_MOST, description="Batches open at once.")
    max_batch_items: int = Field(
        256, ge=1, le=_MOST, description="Items of a batch without a result."
    )
    max_batch_length: int = Field(
        200_000, ge=1, le=_MOST, description="All texts of a batch that have no result."
    )
    max_item_length: int = Field(
        50_000, ge=1, le=_MOST, description="The text of an item of a batch."
    )

    max_connections: int = Field(
        1024, ge=1, le=2**31 - 1, description="Connections at once, of each port."
    )
    max_streams_per_connection: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        description="Calls at once on a connection; 0: as many as there are places for all.",
    )

    @model_validator(mode="after")
    def _item_within_batch(self) -> Self:
        if self.max_item_length > self.max_batch_length:
            raise ValueError(
                f"max_item_length is {self.max_item_length}; allowed: up to max_batch_length, "
                f"{self.max_batch_length}"
            )
        return self


def _default_store() -> Path:
    try:
        return user_data_path("translator") / "models"
    except RuntimeError:
        # A user without a home: a container may run as anybody.
        return Path("/var/lib/translator/models")


class ServerConfig(BaseSettings):
    """All settings of ``translator serve``."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="TRANSLATOR_", env_nested_delimiter="__"
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(50051, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    metrics_port: int | None = Field(
        None, ge=0, le=65535, description="Port of the Prometheus page; unset: none."
    )
    admin_port: int | None = Field(
        None, ge=0, le=65535, description="Port of channelz (gRPC); unset: none."
    )
    admin_host: str = Field("127.0.0.1", description="Address of the two admin ports.")
    tls_cert: Path | None = Field(
        None, description="The server's certificate and its chain (PEM), for all ports."
    )
    tls_key: Path | None = Field(None, description="Its private key (PEM, without a passphrase).")
    tls_client_ca: Path | None = Field(
        None, description="Clients need a certificate of one of these authorities (PEM)."
    )
    allow_plaintext: bool = Field(
        False, description="Whether ports that others can reach may be open without TLS."
    )
    access: Path | None = Field(
        None,
        description="File of who may call: keys, certificates, tokens (TOML); unset: everyone.",
    )
    reflection: Literal["open", "key", "off"] = Field(
        "open", description="Who may use server reflection; key: callers with the role admin."
    )
    admin_access: Literal["open", "key"] = Field(
        "open", description="Who may use the two admin ports; key: callers with the role admin."
    )
    audit_log: Path | None = Field(
        None, description="File for a JSON line of each call and each refusal; unset: the log."
    )
    models: tuple[str, ...] = Field(
        (),
        description="Each model to serve: PAIR=FOLDER, e.g. en-de=/models/ende, or all=FOLDER for "
        "every pair it has. FOLDER may be an id of the Hugging Face hub. PAIR alone is the pair's "
        "model in the store, or the embedded one. Unset: the embedded en-pt and pt-en.",
    )
    store: Path = Field(
        default_factory=_default_store,
        description="Folder of the models that `translator models pull` downloads.",
    )
    glossaries: Path | None = Field(
        None,
        description="Folder of glossaries that requests may name: NAME.csv, .tsv, .tmx or .tbx; "
        "read again when they change. Unset: none.",
    )
    fronts: tuple[FrontName, ...] = Field(
        ("google", "riva"),
        description="Protocols that are served on the port besides our own: Google's Cloud "
        "Translation v3, NVIDIA Riva's translation.",
    )
    preload: bool = Field(
        True, description="Load models at start, as far as they fit, or each at its first use."
    )
    model_memory: ByteSize | None = Field(
        None,
        gt=0,
        description="Memory that the loaded models of each worker may take, e.g. 4GiB; unset: "
        "three quarters of the machine's, its container's or its GPU's, shared by the workers.",
    )
    fake_model: bool = Field(False, description="Serve the test kit's fake model instead.")
    device: str = Field("cpu", description="Where models run: cpu, cuda, cuda:1, …")
    precision: Precision = Field(
        "auto",
        description="Number format of models; auto is int8 on a CPU that can, else float32.",
    )
    shortlist: bool = Field(
        False,
        description="Whether eight-bit models look only at the target words that their lexical "
        "shortlist (lex*.bin) has for a source: quicker, and an approximation.",
    )
    threads: int = Field(1, ge=1, le=256, description="Threads of one tensor operation.")
    workers: int = Field(
        1, ge=1, le=256, description="Processes that share the port, each with its own models."
    )
    max_batch_size: int = Field(
        _SCHEDULER.max_slots, ge=1, le=4096, description="Requests that share a step."
    )
    heartbeat_s: float = Field(
        30.0, ge=0, le=_DAY_S, description="Longest silence, in seconds; 0: any."
    )
    first_message_timeout_s: float = Field(
        30.0, gt=0, le=_DAY_S, description="Seconds that a new stream may take to send its config."
    )
    idle_timeout_s: float = Field(
        120.0,
        gt=0,
        le=_DAY_S,
        description="Seconds of silence after which a stream gives way to a new one where all "
        "places are taken.",
    )
    drain_grace_s: float = Field(
        20.0,
        ge=0,
        le=_DAY_S,
        description="Seconds that streams get to move away when the server ends.",
    )
    trace_endpoint: str | None = Field(
        None,
        description="Collector that gets traces (OTLP), e.g. http://localhost:4317; off: none "
        "gets any. Unset: OTEL_EXPORTER_OTLP_ENDPOINT, or none.",
    )
    trace_sample: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Share of calls that are traced where the caller does not say; unset: "
        "OTEL_TRACES_SAMPLER, or 0.01.",
    )
    trace_updates: float = Field(
        0.1, ge=0, le=1, description="Share of the updates of a traced stream that have a span."
    )
    log_level: LogLevel = Field("info", description="The lowest level that is logged.")
    log_format: LogFormat = Field("text", description="Format of a log line.")
    limits: Limits = Limits()

    toml_file: ClassVar[Path | None] = None

    @field_validator("models")
    @classmethod
    def _pair_and_folder(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        for model in models:
            pair, equals, folder = model.partition("=")
            if pair != "all":
                LanguagePair.parse(pair)
            if (equals or pair == "all") and not folder:
                raise ValueError(
                    f"{model!r} is not PAIR=FOLDER, such as en-de=/models/ende or all=/models/nllb"
                )
        return models

    @field_validator("trace_endpoint")
    @classmethod
    def _url(cls, endpoint: str | None) -> str | None:
        if endpoint in (None, _OFF):
            return endpoint
        try:
            parts = urlsplit(endpoint)
            is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
            is_url = is_url and parts.port != 0
        except ValueError:
            is_url = False
        if not is_url:
            raise ValueError("is no URL, such as http://localhost:4317, and not `off`")
        return endpoint

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line first, then environment, then file."""
        if isinstance(env_settings, EnvSettingsSource):
            links = {name.lower() for name in _service_links(os.environ)}
            env_settings.env_vars = {
                name: value for name, value in env_settings.env_vars.items() if name not in links
            }
        sources = (init_settings, env_settings)
        if cls.toml_file is None:
            return sources
        return (*sources, TomlConfigSettingsSource(settings_cls, cls.toml_file))


def load_config(
    file: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> ServerConfig:
    """Load the settings from ``overrides`` (the command line), the environment and a TOML file.

    Raises:
        ConfigError: A value is not allowed, a key is unknown, or the file cannot be read.
    """

    class _Config(ServerConfig):
        toml_file = file

    # A misspelt variable would be silently ignored.
    known = {_PREFIX + name.upper() for name in ServerConfig.model_fields}
    known |= _service_links(os.environ)
    for name in os.environ:
        if name.startswith(_PREFIX) and name.split("__")[0] not in known:
            raise ConfigError(f"{name}: there is no such setting; see docs/operations.md")
    if file is not None and not file.is_file():
        raise ConfigError(f"{file}: there is no such file")
    try:
        checked = _Config(**(overrides or {}))
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, e['loc'])) or 'config'}: {e['msg']} (is {e['input']!r})"
            for e in error.errors()
        ]
        raise ConfigError("; ".join(problems)) from None
    except ValueError as error:
        raise ConfigError(f"{file or 'environment'}: {error}") from None
    # The plain class can be sent to another process.
    return ServerConfig.model_construct(checked.model_fields_set, **dict(checked))


def trace_settings(config: ServerConfig) -> TraceSettings | None:
    """Where spans go: by the settings, or else by OpenTelemetry's own variables. None: nowhere.

    Raises:
        ConfigError: The variables name a protocol that there is none of.
    """
    exporters = os.environ.get("OTEL_TRACES_EXPORTER", "otlp")
    general, own = "OTEL_EXPORTER_OTLP_", config.trace_endpoint
    url = own or _variable(f"{general}TRACES_ENDPOINT") or _variable(f"{general}ENDPOINT")
    is_off = _variable("OTEL_SDK_DISABLED").lower() == "true" or (
        own is None and "otlp" not in exporters.split(",")
    )
    if not url or is_off or own == _OFF:
        return None
    protocol = _variable(f"{general}TRACES_PROTOCOL") or _variable(f"{general}PROTOCOL") or "grpc"
    if protocol not in ("grpc", "http/protobuf"):
        raise ConfigError(
            f"{general}PROTOCOL: is {protocol!r}; traces are sent by grpc or http/protobuf"
        )
    sample = config.trace_sample
    if sample is None and not _variable("OTEL_TRACES_SAMPLER"):
        sample = _TRACE_SAMPLE
    return TraceSettings(url, own is not None, protocol, sample, config.trace_updates)


def _variable(name: str) -> str:
    """An environment variable; "" where it is not set, or empty, which means the same."""
    return os.environ.get(name, "").strip()


def warn_of_service_links() -> None:
    """Warn if Kubernetes has set variables that look like settings; they are ignored."""
    if links := _service_links(os.environ):
        _log.warning(
            "ignored variables that Kubernetes sets for a Service named translator (%s); "
            "`enableServiceLinks: false` in the pod's spec turns them off",
            ", ".join(sorted(links)),
        )


def _service_links(environment: Mapping[str, str]) -> set[str]:
    """The variables that were set by Kubernetes, not by an operator."""
    return {
        name
        for name, value in environment.items()
        if (link := _SERVICE_LINK.fullmatch(name)) and (not link["url"] or value.startswith(_URLS))
    }
