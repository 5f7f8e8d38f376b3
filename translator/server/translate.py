"""Translate: several texts of one request, through the same engine as the streams."""

import asyncio
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate, islice

from google.rpc import code_pb2

from translator.engine.request import Outcome, Request, RequestKey
from translator.errors import DeadlineExceededError, InvalidRequestError, TranslatorError
from translator.models.catalog import Route
from translator.server import convert
from translator.server.context import ServerContext
from translator.server.language import is_undetermined
from translator.server.model_pool import Lease
from translator.server.status import from_error
from translator.server.validation import check_possible, resolve_translate, segment_limits
from translator.session.events import AlignedRange, Binding
from translator.session.text import TextTranslation
from translator.text.segmenter import Segmenter
from translator.text.words import count_words
from translator.v1 import translate_pb2

__all__ = ["translate_texts"]

_POSSIBLE = "possible_source_language_codes"
_WORD = re.compile(r"\S+")
# Of the time until the client's deadline, what is kept for the answer to get there.
_RESERVED_SHARE = 0.1
_MAX_RESERVED_S = 0.25
# Requests of a call in the engine for each slot that there is: whenever one is free, one waits.
_REQUESTS_A_SLOT = 2
_WORDS_A_STEP = 256


async def translate_texts(
    request: translate_pb2.TranslateRequest,
    server: ServerContext,
    lease: Lease,
    remaining_s: float | None,
) -> translate_pb2.TranslateResponse:
    """Translate each text; one that fails says so in its own status.

    Args:
        request: The client's.
        server: What all calls share.
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
    job = _Job(request, server, lease)
    loop = asyncio.get_running_loop()
    ends_s = None if remaining_s is None else loop.time() + remaining_s
    await job.load(ends_s)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(job.translation(index, ends_s)) for index in range(len(request.texts))
        ]
    translations = [task.result() for task in tasks]
    if all(t.status.code == code_pb2.DEADLINE_EXCEEDED for t in translations):
        raise DeadlineExceededError("the deadline came before any text was translated")
    return translate_pb2.TranslateResponse(translations=translations)


class _Job:
    """A request that is being answered.

    Raises:
        ClientError: It cannot be served, whatever its texts.
    """

    def __init__(
        self, request: translate_pb2.TranslateRequest, server: ServerContext, lease: Lease
    ) -> None:
        self._request = request
        self._lease = lease
        self._server = server
        self._limits = server.config.limits
        self._key = f"translate-{uuid.uuid4().hex}"
        # A place for each request that may be in the engine at once.
        self._room = asyncio.Semaphore(_REQUESTS_A_SLOT * server.config.max_batch_size)
        # Code points of each text and those before it.
        self._lengths = list(accumulate(map(len, request.texts)))
        self._routes: dict[str, Route] = {}
        self._source = request.source_language_code
        possible = request.possible_source_language_codes
        self._candidates: Mapping[str, str] = {}
        if is_undetermined(self._source):
            self._source = ""
            server.languages.first_served(self._route, check_possible(_POSSIBLE, possible))
            targets = [request.target_language_code]
            self._candidates = server.languages.among(possible, targets)
        elif possible:
            raise InvalidRequestError(
                _POSSIBLE,
                f"is set while source_language_code is {self._source[:40]!r}; "
                'it is allowed with "und" only',
            )
        else:
            self._route(self._source)

    def _route(self, source: str) -> Route:
        """The models for a source language; found once, since a model may have many pairs."""
        if source not in self._routes:
            catalog = self._server.models.catalog
            self._routes[source] = resolve_translate(self._request, catalog, self._limits, source)
        return self._routes[source]

    async def load(self, ends_s: float | None) -> None:
        """Have the models in memory that all texts need: none, where their languages differ.

        Raises:
            DeadlineExceededError: That takes longer than to ``ends_s``.
            ModelLoadError: One cannot be loaded.
            OverloadedError: There is no memory for one.
        """
        if self._source:
            try:
                async with asyncio.timeout_at(ends_s):
                    await self._lease.take(self._route(self._source).models)
            except TimeoutError:
                raise DeadlineExceededError(
                    "the deadline came before the model was loaded"
                ) from None

    async def translation(self, index: int, ends_s: float | None) -> translate_pb2.Translation:
        """The translation of a text by ``ends_s`` of the event loop's clock, or why there is none.

        A text that is not through by then gives back its places in the engine.
        """
        result = translate_pb2.Translation()
        try:
            self._check_length(index)
            try:
                async with asyncio.timeout_at(ends_s):
                    await self._translate(index, result)
            except TimeoutError:
                raise DeadlineExceededError(
                    f"texts[{index}]: the deadline came before it was translated"
                ) from None
        except TranslatorError as error:
            self._server.metrics.errors.labels(error.reason).inc()
            result.status.CopyFrom(from_error(error))
        self._count(index, result)
        return result

    def _count(self, index: int, result: translate_pb2.Translation) -> None:
        metrics = self._server.metrics
        metrics.translated_texts.labels(code_pb2.Code.Name(result.status.code)).inc()
        if result.status.code == code_pb2.OK:
            metrics.source_words.inc(count_words(self._request.texts[index]))
            metrics.target_words.inc(count_words(result.text))

    def _check_length(self, index: int) -> None:
        length = self._lengths[index]
        if length > self._limits.max_text_length:
            raise InvalidRequestError(
                f"texts[{index}]",
                f"makes {length} code points with the texts before it; "
                f"at most {self._limits.max_text_length} are allowed in a request",
            )

    async def _translate(self, index: int, result: translate_pb2.Translation) -> None:
        text = self._request.texts[index]
        source = self._source
        if not source:
            if not any(map(str.isalpha, text)):
                # In no language, and the same in all.
                await self._pass_through(text, result)
                return
            source = await self._server.languages.of_text(f"texts[{index}]", text, self._candidates)
            result.detected_language_code = source
        route = self._route(source)
        if not route.legs:
            await self._pass_through(text, result)
            return
        result.model = "+".join(route.models)
        await self._lease.take(route.models)
        first, *further = (
            Binding(self._request.target_language_code, leg.info, self._lease.tokenizer(leg))
            for leg in route.legs
        )
        segmenter = Segmenter(source, segment_limits(self._limits))
        wanted = self._request.num_alternatives
        job = TextTranslation(f"{self._key}-{index}", first, segmenter, text, wanted)
        await self._answer(job.ask(), job.accept)
        for binding in further:
            await self._answer(job.go_on(binding), job.accept)
        await self._answer(iter(job.branch_requests()), job.accept_branch)
        turns, pieces = self._server.turns, []
        async for piece, aligned in turns.through(job.pieces(alignments=self._request.alignments)):
            pieces.append(piece)
            result.alignments.extend(map(convert.alignment, aligned))
        async for alternative in turns.through(job.alternatives()):
            result.alternatives.append(alternative)
        result.text = "".join(pieces)

    async def _pass_through(self, text: str, result: translate_pb2.Translation) -> None:
        """The text is its own translation."""
        result.text = text
        if self._request.alignments:
            words = _WORD.finditer(text)
            turns = self._server.turns
            async for some in turns.through(iter(lambda: list(islice(words, _WORDS_A_STEP)), [])):
                for word in some:
                    aligned = AlignedRange(*word.span(), *word.span())
                    result.alignments.append(convert.alignment(aligned))

    async def _answer(
        self, requests: Iterator[Request | None], accept: Callable[[Outcome], None]
    ) -> None:
        """Have requests answered, only some of the call's at a time, so that no call floods others.

        None among them is a step without one. All that are left are cancelled together.
        """
        engine = self._server.engine
        due: set[RequestKey] = set()
        errors: list[Exception] = []
        news = asyncio.Event()

        def settle(outcome: Outcome) -> None:
            due.remove(outcome.request.key)
            self._room.release()
            self._count_steps(outcome)
            try:
                accept(outcome)
            except Exception as error:
                errors.append(error)
            news.set()

        try:
            async for request in self._server.turns.through(requests):
                if errors:
                    break
                if request is not None:
                    await self._room.acquire()
                    due.add(request.key)
                    engine.submit((request,), settle)
            while due and not errors:
                news.clear()
                await news.wait()
            if errors:
                raise errors[0]
        finally:
            for key in due:
                engine.cancel(key)
                self._room.release()

    def _count_steps(self, outcome: Outcome) -> None:
        steps = self._server.metrics.decoder_steps
        steps.labels("run").inc(outcome.timing.steps_run)
        steps.labels("saved").inc(outcome.timing.steps_saved)
