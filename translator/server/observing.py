"""A Translate call in the metrics and in the log: counts, languages and durations, never text."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from google.rpc import code_pb2

from translator.errors import TranslatorError
from translator.log import log_event
from translator.metrics import Metrics
from translator.text.words import count_words
from translator.v1 import translate_pb2

__all__ = ["TranslateCall", "observed"]

_log = logging.getLogger(__name__)

# What a client may make a line of the log long with.
_MAX_CODE_LENGTH = 64


@dataclass(slots=True)
class TranslateCall:
    """What has become of a call."""

    response: translate_pb2.TranslateResponse | None = None


@contextmanager
def observed(request: translate_pb2.TranslateRequest, metrics: Metrics) -> Iterator[TranslateCall]:
    """Count the call that runs inside, and log a line when it ends, however that is."""
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
        translations = [] if call.response is None else list(call.response.translations)
        log_event(
            _log,
            "translate ended",
            code=code,
            source=request.source_language_code[:_MAX_CODE_LENGTH],
            target=request.target_language_code[:_MAX_CODE_LENGTH],
            models=",".join(sorted({t.model for t in translations if t.model})),
            texts=len(request.texts),
            failed=sum(t.status.code != code_pb2.OK for t in translations),
            source_words=sum(map(count_words, request.texts)),
            target_words=sum(count_words(t.text) for t in translations),
            duration_s=round(duration_s, 3),
        )
