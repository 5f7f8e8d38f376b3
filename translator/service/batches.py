"""Admits batches, runs them and counts them."""

import logging
import time
import uuid

from translator.errors import DrainingError, OverloadedError, TranslatorError
from translator.log import log_event
from translator.service.batch import Batch
from translator.service.batch_requests import BatchCall, BatchConfig, BatchReport
from translator.service.context import ServiceContext
from translator.service.door import Visit
from translator.service.opening import first_config
from translator.service.traced import trace_batch

__all__ = ["Batches"]

_log = logging.getLogger(__name__)

# Clients choose codes, and must not make log lines long.
_MAX_CODE_LENGTH = 64


class Batches:
    """The batches of a server. They have places of their own, so they take none from streams.

    Args:
        context: What all calls share.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._shared = context
        self._num_open = 0
        self._running: set[Batch] = set()
        self._is_draining = False

    @property
    def num_open(self) -> int:
        """How many batches are open."""
        return self._num_open

    async def serve(self, call: BatchCall, visit: Visit) -> None:
        """Serve one batch to its end.

        Raises:
            TranslatorError: The batch ended early because of it.
        """
        config = self._shared.config
        limit = config.limits.max_batches
        if self._is_draining:
            raise DrainingError("the server is going away; try another")
        if self._num_open >= limit:
            raise OverloadedError(
                f"{limit} batches are open, the most this server takes",
                retry_after_s=5.0,
                subject="batches",
            )
        self._num_open += 1
        self._shared.metrics.batches.set(self._num_open)
        try:
            timeout_s = config.first_message_timeout_s
            first = await first_config(call.read, BatchConfig, "batch", timeout_s)
            await self._run(call, first, visit)
        finally:
            self._num_open -= 1
            self._shared.metrics.batches.set(self._num_open)

    async def _run(self, call: BatchCall, config: BatchConfig, visit: Visit) -> None:
        batch_id = visit.session = uuid.uuid4().hex
        began_s = time.monotonic()
        code, report, model = "CANCELLED", BatchReport(), ""
        try:
            with self._shared.models.lease() as lease:
                batch = Batch(call, batch_id, self._shared, config, lease, visit.span)
                report = batch.report
                self._running.add(batch)
                if self._is_draining:
                    batch.drain(self._shared.config.drain_grace_s)
                try:
                    await batch.run()
                finally:
                    self._running.discard(batch)
                    model = ",".join(sorted(lease.names))
            code = "OK"
        except TranslatorError as error:
            code = error.status
            raise
        except Exception:
            code = "INTERNAL"
            raise
        finally:
            self._shared.metrics.batches_ended.labels(code).inc()
            trace_batch(visit.span, report, model)
            log_event(
                _log,
                "batch ended",
                batch=batch_id,
                code=code,
                source=config.texts.source[:_MAX_CODE_LENGTH],
                target=config.texts.target[:_MAX_CODE_LENGTH],
                models=model,
                items=report.items,
                failed=report.failed,
                source_words=report.source_words,
                target_words=report.target_words,
                **{f"from_{origin}": number for origin, number in report.origins.items()},
                duration_s=round(time.monotonic() - began_s, 3),
            )

    def drain(self, within_s: float) -> None:
        """Take no more batches, and let those that run finish what they have."""
        self._is_draining = True
        for batch in self._running:
            batch.drain(within_s)
