"""The log: events with fields, as lines of text or of JSON. Only the command line sets it up."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

__all__ = ["LogFormat", "LogLevel", "log_event", "set_up_log"]

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


def log_event(logger: logging.Logger, event: str, **fields: float | str) -> None:
    """Log what happened, with its counts, ids and durations; never with text of a user.

    A line of text has the fields as ``name=value``, what a client chose escaped; a line of JSON
    has each under its name.
    """
    told = " ".join(
        f"{name}={str(value).encode('unicode_escape').decode()}" for name, value in fields.items()
    )
    logger.info("%s %s", event, told, extra={"event": event, "fields": fields})


def set_up_log(level: LogLevel, form: LogFormat) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _JsonFormatter()
        if form == "json"
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler])


class _JsonFormatter(logging.Formatter):
    """A JSON object a line: time (ISO 8601, UTC), level, logger, and an event or a message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
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
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)
