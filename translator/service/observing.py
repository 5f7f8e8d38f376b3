"""Records requests with whole texts in metrics and log: counts and durations, never text."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from translator.errors import TranslatorError
from translator.log import log_event
from translator.metrics import Metrics
from translator.service.requests import TextResult, TextsRequest
from translator.text.words import count_words

__all__ = ["TranslateCall", "observed"]

_log = logging.getLogger(__name__)

# Clients choose codes, and must not make log lines long.
_MAX_CODE_LENGTH = 64


@dataclass(slots=True)
class TranslateCall:
    """What is known about a call, for its log line."""

    results: list[TextResult] = field(default_factory=list)


@contextmanager
def observed(request: TextsRequest, metrics: Metrics) -> Iterator[TranslateCall]:
    """Count the call that runs inside, and log a line when it ends, however it ends."""
    call, code, began_s = TranslateCall(), "CANCELLED", time.monotonic()
    metrics.translating.inc()
    try:
        yield call
        code = "OK"
    except TranslatorError as error:
        code = error.status
        raise
    except Exception:
        code = "INTERNAL"
        raise
    finally:
        duration_s = time.monotonic() - began_s
        metrics.translating.dec()
        metrics.translated.labels(code).inc()
        metrics.translate_time.observe(duration_s)
        log_event(
            _log,
            "translate ended",
            code=code,
            source=request.source[:_MAX_CODE_LENGTH],
            target=request.target[:_MAX_CODE_LENGTH],
            models=",".join(sorted({r.model for r in call.results if r.model})),
            texts=len(request.texts),
            failed=sum(r.error is not None for r in call.results),
            source_words=sum(map(count_words, request.texts)),
            target_words=sum(count_words(r.text) for r in call.results),
            duration_s=round(duration_s, 3),
        )
