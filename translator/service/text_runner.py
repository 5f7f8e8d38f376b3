"""Translates the texts of one call, side by side, through the same engine as the streams."""

import asyncio
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice

from translator.catalog.catalog import Route
from translator.documents.page import PageTranslation, page_text
from translator.engine.request import Outcome, Priority, Request
from translator.errors import InvalidRequestError, MarkupNotKeptError
from translator.service.checks import (
    MARKDOWN,
    PAGES,
    check_options,
    check_possible,
    segment_limits,
)
from translator.service.context import ServiceContext
from translator.service.glossaries import requested_terms, terms_between
from translator.service.long_work import OwnTurns
from translator.service.model_pool import Lease
from translator.service.requested_terms import RequestedTerms
from translator.service.requests import TextResult, TextsRequest
from translator.service.shared_requests import Asked, SharedRequests
from translator.service.source_languages import is_undetermined
from translator.service.text_jobs import TextJob, rounds, text_job
from translator.session.events import AlignedRange, Binding
from translator.session.passthrough import words_of
from translator.terms.glossary import Glossary
from translator.text.segmenter import Segmenter

__all__ = ["TextRunner"]

_POSSIBLE = "possible_source_language_codes"
# Requests of a call in the engine for each slot that there is: whenever one is free, one waits.
_REQUESTS_A_SLOT = 2
_WORDS_A_STEP = 256


class TextRunner:
    """Translates texts as one call wants it, some of its requests at a time.

    Args:
        request: How; its texts are not looked at.
        shared: What all calls share.
        lease: Gets the models.
        priority: Of the call's requests in the engine; by default that of its texts' length.
        whole_pages: Whether HTML stays as it is, all of it, if the markup of a text is not kept.

    Raises:
        ClientError: It cannot be served, whatever the texts.
    """

    def __init__(
        self,
        request: TextsRequest,
        shared: ServiceContext,
        lease: Lease,
        *,
        priority: Priority | None = None,
        whole_pages: bool = False,
    ) -> None:
        self._request = request
        self._lease = lease
        self._shared = shared
        self._priority = request.priority if priority is None else priority
        self._whole_pages = whole_pages
        self._limits = shared.config.limits
        self._turns = OwnTurns(shared.turns)
        self._key = f"texts-{uuid.uuid4().hex}"
        limit = _REQUESTS_A_SLOT * shared.config.max_batch_size * shared.config.threads
        self._requests = SharedRequests(shared, self._key, limit)
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

    @property
    def route(self) -> Route | None:
        """The models for all texts; None if the language of each is detected."""
        return self._route(self._source) if self._source else None

    async def load(self) -> None:
        """Have the models in memory that all texts need: none, where their languages differ.

        Raises:
            InvalidRequestError: A term is not allowed, or there is no glossary of such a name.
            ModelLoadError: One cannot be loaded.
            OverloadedError: There is no memory for one.
        """
        request = self._request
        self._terms = await requested_terms(
            self._shared.glossaries, "", request.glossary, request.glossaries
        )
        if self.route is not None:
            if self.route.legs:
                await self._glossary(self._source)
            await self._lease.take(self.route.models)

    async def _glossary(self, source: str) -> Glossary | None:
        """The terms for a source language."""
        if source not in self._glossaries:
            assert self._terms is not None  # noqa: S101
            target = self._request.target
            found = await terms_between(self._terms, source, [target], is_detected=not self._source)
            self._glossaries[source] = found.get(target)
        return self._glossaries[source]

    async def translate(
        self, request: TextsRequest, index: int, name: str, field: str, result: TextResult
    ) -> None:
        """Translate a text. If the wait is cancelled, its places in the engine are given back.

        Args:
            request: The call's, with the text.
            index: Which of its texts.
            name: Names the text in the engine; no other text of the call has it.
            field: How errors name the text.
            result: Gets the translation.

        Raises:
            TranslatorError: There is none.
        """
        text = request.texts[index]
        source = self._source
        if not source:
            read = text
            if request.mime_type in PAGES:
                is_markdown = request.mime_type == MARKDOWN
                templates = request.templates
                read = await asyncio.to_thread(page_text, text, templates, is_markdown=is_markdown)
            if not any(map(str.isalpha, read)):
                # In no language, and the same in all.
                await self._pass_through(text, result)
                return
            source = await asyncio.to_thread(
                self._shared.languages.of_text, field, read, self._candidates, request.target
            )
            result.detected_source = source
        route = self._route(source)
        if not route.legs:
            await self._pass_through(text, result)
            return
        result.model = "+".join(route.models)
        glossary = await self._glossary(source)
        # What the client does not see of its terms counts like a model.
        named = [glossary.fingerprint] if glossary is not None and request.glossaries else []
        result.fingerprint = "+".join([*(leg.info.fingerprint for leg in route.legs), *named])
        await self._lease.take(route.models)
        first, *further = (
            Binding(request.target, leg.info, self._lease.tokenizer(leg)) for leg in route.legs
        )
        segmenter = Segmenter(source, segment_limits(self._limits))
        begin = partial(
            text_job, request, index, f"{self._key}-{name}", first, segmenter, glossary,
            is_pivoted=bool(further), priority=self._priority,
        )  # fmt: skip
        # The texts of a page, and directives, are found in a thread of their own.
        is_long = request.mime_type in PAGES or request.templates
        job = await asyncio.to_thread(begin) if is_long else begin()
        for requests, accept in rounds(job, further):
            await self._answer(requests, accept, result)
        await self._put_together(job, text, result)

    async def _put_together(self, job: TextJob, text: str, result: TextResult) -> None:
        turns = self._turns
        result.issues = tuple([each async for each in turns.through(job.issues())])
        result.terms = tuple([each async for each in turns.through(job.terms())])
        result.alternatives = tuple([each async for each in turns.through(job.alternatives())])
        if isinstance(job, PageTranslation):
            finish = partial(job.finish, whole=self._whole_pages)
            try:
                result.text, left = await asyncio.to_thread(finish)
            except MarkupNotKeptError:
                result.text = text
                raise
            result.issues += tuple(left)
            return
        pieces: list[str] = []
        alignments: list[AlignedRange] = []
        async for piece, aligned in turns.through(job.pieces(alignments=self._request.alignments)):
            pieces.append(piece)
            alignments += aligned
        result.text, result.alignments = "".join(pieces), tuple(alignments)

    def _route(self, source: str) -> Route:
        """The models for a source language; found once, since a model may have many pairs."""
        if source not in self._routes:
            catalog = self._shared.models.catalog
            self._routes[source] = check_options(self._request, catalog, self._limits, source)
        return self._routes[source]

    async def _pass_through(self, text: str, result: TextResult) -> None:
        """The text is its own translation."""
        result.text = text
        if self._request.alignments:
            words = words_of(text)
            alignments: list[AlignedRange] = []
            steps = iter(lambda: list(islice(words, _WORDS_A_STEP)), [])
            async for some in self._turns.through(steps):
                alignments += some
            result.alignments = tuple(alignments)

    async def _answer(
        self,
        requests: Iterator[Request | None],
        accept: Callable[[Outcome], None],
        result: TextResult,
    ) -> None:
        """Have requests answered, only some of the call's at a time, so that no call floods others.

        None among them is a step without one. All that are left are cancelled together.
        """
        due: set[Asked] = set()
        errors: list[Exception] = []
        news = asyncio.Event()

        def ask(request: Request) -> Asked:
            def settle(outcome: Outcome) -> None:
                due.remove(asked)
                try:
                    accept(outcome)
                except Exception as error:
                    errors.append(error)
                news.set()

            asked = Asked(request, settle)
            return asked

        try:
            async for request in self._turns.through(requests):
                if errors:
                    break
                if request is not None:
                    asked = ask(request)
                    due.add(asked)
                    if await self._requests.ask(asked):
                        result.num_decoded += 1
                    else:
                        result.num_known += 1
            while due and not errors:
                news.clear()
                await news.wait()
            if errors:
                raise errors[0]
        finally:
            for asked in due:
                self._requests.give_up(asked)
