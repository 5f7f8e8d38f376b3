"""Whole texts, several in a request: ``Translate``."""

import asyncio
from itertools import accumulate

from translator.errors import DeadlineExceededError, InvalidRequestError, TranslatorError
from translator.service.checks import check_type_and_number
from translator.service.context import ServiceContext
from translator.service.model_pool import Lease
from translator.service.requests import TextResult, TextsRequest
from translator.service.text_runner import TextRunner
from translator.text.words import count_words

__all__ = ["translate_texts"]

# Of the time until the client's deadline, what is kept for the answer to get there.
_RESERVED_SHARE = 0.1
_MAX_RESERVED_S = 0.25


async def translate_texts(
    request: TextsRequest,
    shared: ServiceContext,
    lease: Lease,
    remaining_s: float | None,
) -> list[TextResult]:
    """Translate each text; one that fails says so in its own result.

    Args:
        request: The client's.
        shared: What all calls share.
        lease: Gets the models.
        remaining_s: Until the client's deadline; None when it has none.

    Raises:
        ClientError: The request as a whole cannot be served.
        DeadlineExceededError: The deadline came before any text was through.
        ModelLoadError: A model that all texts need cannot be loaded.
        OverloadedError: There is no memory for one.
    """
    if remaining_s is not None:
        remaining_s -= min(_MAX_RESERVED_S, _RESERVED_SHARE * remaining_s)
        if remaining_s <= 0:
            raise DeadlineExceededError("the deadline had passed when the request came")
    check_type_and_number(request, shared.config.limits)
    job = _Job(request, shared, lease)
    loop = asyncio.get_running_loop()
    ends_s = None if remaining_s is None else loop.time() + remaining_s
    await job.load(ends_s)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(job.translation(index, ends_s)) for index in range(len(request.texts))
        ]
    results = [task.result() for task in tasks]
    if all(isinstance(result.error, DeadlineExceededError) for result in results):
        raise DeadlineExceededError("the deadline came before any text was translated")
    return results


class _Job:
    """A request that is being answered.

    Raises:
        ClientError: It cannot be served, whatever its texts.
    """

    def __init__(self, request: TextsRequest, shared: ServiceContext, lease: Lease) -> None:
        self._request = request
        self._shared = shared
        self._runner = TextRunner(request, shared, lease)
        # Code points of each text and those before it.
        self._lengths = list(accumulate(map(len, request.texts)))

    async def load(self, ends_s: float | None) -> None:
        """Have the models in memory that all texts need; raises as ``translate_texts``."""
        try:
            async with asyncio.timeout_at(ends_s):
                await self._runner.load()
        except TimeoutError:
            raise DeadlineExceededError("the deadline came before the model was loaded") from None

    async def translation(self, index: int, ends_s: float | None) -> TextResult:
        """The translation of a text by ``ends_s`` of the event loop's clock, or why there is none.

        A text that is not through by then gives back its places in the engine.
        """
        result = TextResult()
        field = f"texts[{index}]"
        try:
            self._check_length(index)
            try:
                async with asyncio.timeout_at(ends_s):
                    await self._runner.translate(self._request, index, str(index), field, result)
            except TimeoutError:
                raise DeadlineExceededError(
                    f"{field}: the deadline came before it was translated"
                ) from None
        except TranslatorError as error:
            self._shared.metrics.errors.labels(error.reason).inc()
            result.error = error
        self._count(index, result)
        return result

    def _count(self, index: int, result: TextResult) -> None:
        metrics = self._shared.metrics
        metrics.translated_texts.labels(result.code).inc()
        if result.error is None:
            metrics.source_words.inc(count_words(self._request.texts[index]))
            metrics.target_words.inc(count_words(result.text))

    def _check_length(self, index: int) -> None:
        length, limit = self._lengths[index], self._shared.config.limits.max_text_length
        if length > limit:
            raise InvalidRequestError(
                f"texts[{index}]",
                f"makes {length} code points with the texts before it; "
                f"at most {limit} are allowed in a request",
            )
