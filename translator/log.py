"""Structured logging, as lines of text or JSON. Only the command line sets it up."""

import json
import logging
import os
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, Literal

from translator.errors import ConfigError

__all__ = ["TRACE_ID", "LogFormat", "LogLevel", "log_event", "quiet_grpc", "set_up_log"]

# Of the call that a line is about, for lines of JSON; "" where it is in no trace.
TRACE_ID: ContextVar[str] = ContextVar("trace_id", default="")

# Control characters, what separates lines for some, and what turns the direction of writing.
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F))
_ESCAPED = {code: chr(code).encode("unicode_escape").decode() for code in _CONTROLS}

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


def log_event(logger: logging.Logger, event: str, **fields: float | str) -> None:
    """Log an event with counts, ids and durations, but never with a user's text.

    As text, fields are written ``name=value``, with values that a client chose escaped; as JSON,
    each has its own key.
    """
    told = " ".join(
        f"{name}={str(value).encode('unicode_escape').decode()}" for name, value in fields.items()
    )
    logger.info("%s %s", event, told, extra={"event": event, "fields": fields})


def set_up_log(level: LogLevel, form: LogFormat, audit: Path | None = None) -> None:
    """Make all logging go to standard error, but for that of who called, if it has a file.

    Raises:
        ConfigError: The file cannot be written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _JsonFormatter()
        if form == "json"
        else _TextFormatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler])
    if audit is not None:
        try:
            # It follows a file that is moved away, as logrotate does.
            file = WatchedFileHandler(audit, encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"audit_log: {audit} cannot be written ({error.strerror or error})"
            ) from error
        file.setFormatter(_JsonFormatter())
        logger = logging.getLogger("translator.audit")
        logger.addHandler(file)
        logger.setLevel(logging.INFO)
        logger.propagate = False


def quiet_grpc() -> None:
    """Have gRPC's own library write no lines of its own, unless the environment wants them.

    It has to be called before gRPC is imported. Whoever connects could fill the log with them: each
    handshake that fails is one.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


class _TextFormatter(logging.Formatter):
    """Formats a record as a line: what would end it, or move a terminal's cursor, is escaped."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        record.message = record.message.translate(_ESCAPED)
        return super().formatMessage(record)


class _JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object: time (ISO 8601, UTC), level, logger, event or message.

    What was logged in a call that is traced has its ``trace_id``.
    """

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        event = getattr(record, "event", None)
        if event is None:
            told["message"] = record.getMessage()
        else:
            told |= {"event": event, **getattr(record, "fields", {})}
        if trace_id := TRACE_ID.get():
            told["trace_id"] = trace_id
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        # In ASCII: what a client chose can neither end the line nor move a terminal's cursor.
        return json.dumps(told, default=str)
