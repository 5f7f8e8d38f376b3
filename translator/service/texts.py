"""Whole texts, several in a request, through the same engine as the streams."""

import asyncio
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import accumulate, islice

from translator.catalog.catalog import Route
from translator.documents.page import page_text
from translator.documents.plain import REPAIR_ROUNDS
from translator.engine.request import Outcome, Request, RequestKey
from translator.errors import DeadlineExceededError, InvalidRequestError, TranslatorError
from translator.service.checks import HTML, check_possible, check_texts, segment_limits
from translator.service.context import ServiceContext
from translator.service.glossaries import RequestedTerms
from translator.service.model_pool import Lease
from translator.service.requests import TextResult, TextsRequest
from translator.service.source_languages import is_undetermined
from translator.service.text_jobs import TextJob, text_job
from translator.session.events import AlignedRange, Binding
from translator.session.passthrough import words_of
from translator.terms.glossary import Glossary
from translator.text.segmenter import Segmenter
from translator.text.words import count_words

__all__ = ["translate_texts"]

_POSSIBLE = "possible_source_language_codes"
# Of the time until the client's deadline, what is kept for the answer to get there.
_RESERVED_SHARE = 0.1
_MAX_RESERVED_S = 0.25
# Requests of a call in the engine for each slot that there is: whenever one is free, one waits.
_REQUESTS_A_SLOT = 2
_WORDS_A_STEP = 256


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
        self._lease = lease
        self._shared = shared
        self._limits = shared.config.limits
        self._key = f"translate-{uuid.uuid4().hex}"
        # A place for each request that may be in the engine at once.
        self._room = asyncio.Semaphore(_REQUESTS_A_SLOT * shared.config.max_batch_size)
        # Code points of each text and those before it.
        self._lengths = list(accumulate(map(len, request.texts)))
        self._routes: dict[str, Route] = {}
        self._terms: RequestedTerms | None = None
        # By the source language.
        self._glossaries: dict[str, Glossary | None] = {}
        self._source = request.source
        possible = request.possible_sources
        self._candidates: Mapping[str, str] = {}
        if is_undetermined(self._source):
            self._source = ""
            shared.languages.first_served(self._route, check_possible(_POSSIBLE, possible))
            self._candidates = shared.languages.among(possible, [request.target])
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
            catalog = self._shared.models.catalog
            self._routes[source] = check_texts(self._request, catalog, self._limits, source)
        return self._routes[source]

    async def load(self, ends_s: float | None) -> None:
        """Have the models in memory that all texts need: none, where their languages differ.

        Raises:
            DeadlineExceededError: That takes longer than to ``ends_s``.
            InvalidRequestError: A term is not allowed, or there is no glossary of such a name.
            ModelLoadError: One cannot be loaded.
            OverloadedError: There is no memory for one.
        """
        request = self._request
        self._terms = await RequestedTerms.of(
            self._shared.glossaries, "", request.glossary, request.glossaries
        )
        if self._source:
            if self._route(self._source).legs:
                await self._glossary(self._source)
            try:
                async with asyncio.timeout_at(ends_s):
                    await self._lease.take(self._route(self._source).models)
            except TimeoutError:
                raise DeadlineExceededError(
                    "the deadline came before the model was loaded"
                ) from None

    async def _glossary(self, source: str) -> Glossary | None:
        """The terms for a source language."""
        if source not in self._glossaries:
            assert self._terms is not None  # noqa: S101
            target = self._request.target
            found = await self._terms.between(source, [target], is_detected=not self._source)
            self._glossaries[source] = found.get(target)
        return self._glossaries[source]

    async def translation(self, index: int, ends_s: float | None) -> TextResult:
        """The translation of a text by ``ends_s`` of the event loop's clock, or why there is none.

        A text that is not through by then gives back its places in the engine.
        """
        result = TextResult()
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
        length = self._lengths[index]
        if length > self._limits.max_text_length:
            raise InvalidRequestError(
                f"texts[{index}]",
                f"makes {length} code points with the texts before it; "
                f"at most {self._limits.max_text_length} are allowed in a request",
            )

    async def _translate(self, index: int, result: TextResult) -> None:
        text = self._request.texts[index]
        source = self._source
        if not source:
            is_page = self._request.mime_type == HTML
            templates = self._request.templates
            read = await asyncio.to_thread(page_text, text, templates) if is_page else text
            if not any(map(str.isalpha, read)):
                # In no language, and the same in all.
                await self._pass_through(text, result)
                return
            source = await asyncio.to_thread(
                self._shared.languages.of_text,
                f"texts[{index}]",
                read,
                self._candidates,
                self._request.target,
            )
            result.detected_source = source
        route = self._route(source)
        if not route.legs:
            await self._pass_through(text, result)
            return
        result.model = "+".join(route.models)
        glossary = await self._glossary(source)
        await self._lease.take(route.models)
        first, *further = (
            Binding(self._request.target, leg.info, self._lease.tokenizer(leg))
            for leg in route.legs
        )
        segmenter = Segmenter(source, segment_limits(self._limits))
        job = await self._begun(index, first, segmenter, glossary, is_pivoted=bool(further))
        for asked in (job.ask(), *(job.go_on(binding) for binding in further)):
            await self._answer(asked, job.accept)
            for _ in range(REPAIR_ROUNDS):
                await self._answer(job.repairs(), job.accept_repair)
        await self._answer(iter(job.branch_requests()), job.accept_branch)
        turns = self._shared.turns
        pieces: list[str] = []
        alignments: list[AlignedRange] = []
        found = job.pieces(alignments=self._request.alignments)
        if self._request.mime_type == HTML:
            pieces = [piece for piece, _ in await asyncio.to_thread(list, found)]
        else:
            async for piece, aligned in turns.through(found):
                pieces.append(piece)
                alignments += aligned
        result.issues = tuple([each async for each in turns.through(job.issues())])
        result.terms = tuple([each async for each in turns.through(job.terms())])
        result.alternatives = tuple([each async for each in turns.through(job.alternatives())])
        result.text, result.alignments = "".join(pieces), tuple(alignments)

    async def _begun(
        self,
        index: int,
        binding: Binding,
        segmenter: Segmenter,
        glossary: Glossary | None,
        *,
        is_pivoted: bool,
    ) -> TextJob:
        """Begin a text; the texts of a page are found in a thread of their own."""
        key = f"{self._key}-{index}"
        begin = partial(
            text_job, self._request, index, key, binding, segmenter, glossary,
            is_pivoted=is_pivoted,
        )  # fmt: skip
        return await asyncio.to_thread(begin) if self._request.mime_type == HTML else begin()

    async def _pass_through(self, text: str, result: TextResult) -> None:
        """The text is its own translation."""
        result.text = text
        if self._request.alignments:
            words = words_of(text)
            alignments: list[AlignedRange] = []
            steps = iter(lambda: list(islice(words, _WORDS_A_STEP)), [])
            async for some in self._shared.turns.through(steps):
                alignments += some
            result.alignments = tuple(alignments)

    async def _answer(
        self, requests: Iterator[Request | None], accept: Callable[[Outcome], None]
    ) -> None:
        """Have requests answered, only some of the call's at a time, so that no call floods others.

        None among them is a step without one. All that are left are cancelled together.
        """
        engine = self._shared.engine
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
            async for request in self._shared.turns.through(requests):
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
        steps = self._shared.metrics.decoder_steps
        steps.labels("run").inc(outcome.timing.steps_run)
        steps.labels("saved").inc(outcome.timing.steps_saved)
