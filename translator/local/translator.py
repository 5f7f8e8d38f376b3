"""Translates in this process: the sessions and the engine of the server, without a server."""

import os
import threading
import uuid
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

from translator.arguments import Strings, check_strings
from translator.catalog.catalog import Catalog, Choice
from translator.catalog.describe import describe_models
from translator.config import ServerConfig
from translator.documents.page import PageTranslation, page_text
from translator.engine.engine import Engine, num_engines
from translator.engine.memo import Memo
from translator.engine.request import Priority
from translator.engine.threads import EngineThreads
from translator.errors import InvalidRequestError, UnsupportedFeatureError
from translator.languages.detection import FastTextDetector, LanguageDetector
from translator.languages.pair import LanguagePair
from translator.local.batch import BegunText, answer_all
from translator.local.driver import answer
from translator.local.results import BatchResult, BatchText, Translation
from translator.local.stream import Stream
from translator.local.terms import CallTerms
from translator.models.base import DescribedModel, Seq2SeqModel
from translator.models.fake import FAKE_FAMILY
from translator.policy.registry import Latency, PolicyChoice
from translator.service.checks import (
    HTML,
    MARKDOWN,
    PAGES,
    PLAIN,
    CheckedConfig,
    check_config,
    check_texts,
    segment_limits,
)
from translator.service.requests import RestsRequest, StreamConfig, TextsRequest
from translator.service.source_languages import SourceLanguages, is_undetermined
from translator.service.text_jobs import rounds, text_job
from translator.session.events import AlignedRange, Binding, Rests, SessionLimits
from translator.session.passthrough import words_of
from translator.terms.folder import GlossaryFolder
from translator.terms.glossary import Glossary
from translator.text.integrity import Issue
from translator.text.segmenter import Segmenter
from translator.text.tokens import Tokenizer

__all__ = ["Translator"]

# Tells this process from all others.
_PROCESS = uuid.uuid4().hex


class Translator:
    """Translates whole texts and live streams with models in this process.

    Models are loaded when they are first needed, and stay until ``close``. Each model runs in its
    own thread, where requests that come at the same time share the steps, so threads may share a
    translator. It does not survive a fork: make one in each process.

    Args:
        settings: The server's settings for models, precision, device and limits; by default the
            embedded models. Settings for ports and workers are ignored.
        models: Replace those that the settings name.
        detector: Finds the language of texts; by default the server's.

    Raises:
        OperatorError: No model can be used.
    """

    def __init__(
        self,
        settings: ServerConfig | None = None,
        *,
        models: Iterable[Seq2SeqModel | DescribedModel] | None = None,
        detector: LanguageDetector | None = None,
    ) -> None:
        self._settings = settings or ServerConfig()
        described = (
            describe_models(self._settings)
            if models is None
            else [DescribedModel.of(model) for model in models]
        )
        self._described = {model.info.name: model for model in described}
        self._catalog = Catalog(described)
        self._languages = SourceLanguages(self._catalog, detector or FastTextDetector())
        self._engines = EngineThreads()
        self._engines.start()
        self._models: dict[str, Seq2SeqModel] = {}
        self._glossaries: GlossaryFolder | None = None
        self._loading = threading.Lock()
        self._streams: set[Stream] = set()
        self._batches: WeakSet[Generator[BatchResult, None, None]] = WeakSet()
        self._process = os.getpid()
        self._closed = False
        # How many calls are running in other threads; closing waits for them.
        self._calls = 0
        self._called = threading.Condition()

    @property
    def pairs(self) -> list[LanguagePair]:
        """The pairs that one model translates; other pairs go through English."""
        return self._catalog.pairs

    def translate(
        self,
        text: str,
        *,
        source: str,
        target: str,
        model: str = "",
        num_alternatives: int = 0,
        alignments: bool = False,
        glossary: Mapping[str, str] | Path | None = None,
        glossaries: Strings = (),
        preserve_lines: bool = True,
        html: bool = False,
        markdown: bool = False,
        templates: Sequence[str] = (),
    ) -> Translation:
        """Translate a text.

        Args:
            text: Any number of sentences.
            source: BCP-47 code; ``und`` has it detected.
            target: BCP-47 code.
            model: The model's name; "" takes the closest.
            num_alternatives: How many other translations to return.
            alignments: Whether to return which words come from where.
            glossary: Source terms to target terms; an empty one keeps the source term. Or a file of
                them; see docs/terms.md.
            glossaries: Names of files in the folder that the settings name; ``glossary`` goes
                before them.
            preserve_lines: Whether line breaks, tabs and runs of spaces are borders, and stay as
                they are. What is between two borders is translated by itself.
            html: Whether the text is HTML; then everything but its texts stays byte for byte.
            markdown: Whether it is Markdown; then everything but its texts stays.
            templates: Template syntaxes in the text, which are kept; see docs/markup.md.

        Raises:
            LanguagePairNotSupportedError: No model translates it.
            LanguageNotDetectedError: It is not clear what language the text is in.
            ClientError: An argument is not allowed, does not exist or is not served.
            ModelLoadError: The model cannot be loaded.
            RuntimeError: The translator is closed, or was made before a fork.
        """
        self._check()
        if not isinstance(text, str):
            raise TypeError(f"text: a string is needed, not {type(text).__name__}")
        request = TextsRequest(
            source, target, (text,), model=model, num_alternatives=num_alternatives,
            alignments=alignments, mime_type=HTML if html else MARKDOWN if markdown else PLAIN,
            preserve_lines=preserve_lines, templates=tuple(templates),
        )  # fmt: skip
        if html and markdown:
            raise InvalidRequestError(
                "markdown", "is set together with html; a text is one of them"
            )
        with self._call():
            begun = self._begun(request, self._terms(glossary, glossaries))
            if isinstance(begun, Translation):
                return begun
            caller = uuid.uuid4().hex
            for requests, accept in begun.rounds:
                answer(self._engines, requests, accept, caller)
            return begun.finish()

    def translate_all(
        self,
        texts: Iterable[str | BatchText | Translation],
        *,
        source: str,
        target: str,
        model: str = "",
        glossary: Mapping[str, str] | Path | None = None,
        glossaries: Strings = (),
        preserve_lines: bool = True,
        memo: Memo | None = None,
    ) -> Generator[BatchResult, None, None]:
        """Translate many texts side by side, and yield a result for each, in their order.

        What several texts have in common is decoded once. Only some hundred are taken from
        ``texts`` ahead of the results, so that it may be endless. Closing the iterator gives up
        what is under way.

        Args:
            texts: Texts; one that is not plain is a ``BatchText``, and one whose translation is
                known already is that ``Translation``.
            source: As of ``translate``.
            target: As of ``translate``.
            model: As of ``translate``.
            glossary: As of ``translate``.
            glossaries: As of ``translate``.
            preserve_lines: As of ``translate``.
            memo: What models said before, and what they say now is added to it.

        HTML whose markup would not be kept has a ``MarkupNotKeptError`` instead.

        Raises:
            ClientError: Something that concerns all texts is not allowed, not there or not served.
            RuntimeError: The translator is closed, or was made before a fork.
        """
        self._check()
        request = TextsRequest(source, target, ("",), model=model, preserve_lines=preserve_lines)
        terms = self._terms(glossary, glossaries)
        if not is_undetermined(source):
            check_texts(request, self._catalog, self._settings.limits, source)
            terms.between(source, [target])

        def begin(text: str | BatchText | Translation) -> BegunText | Translation:
            self._check()
            if isinstance(text, Translation):
                return text
            given = BatchText(text) if isinstance(text, str) else text
            own = replace(
                request,
                texts=(given.text,),
                mime_type=given.mime_type,
                templates=given.templates,
            )
            return self._begun(own, terms, whole_pages=True, priority=Priority.BATCH)

        def results() -> Generator[BatchResult, None, None]:
            with self._call():
                begun = (partial(begin, text) for text in texts)
                yield from answer_all(self._engines, begun, memo, threads=self._settings.threads)

        batch = results()
        self._batches.add(batch)
        return batch

    def fingerprint(self, source: str, target: str, model: str = "") -> str:
        """What translations depend on, besides text and options: models, and how they compute.

        Args:
            source: BCP-47; ``und``: of all models.
            target: BCP-47.
            model: Its name; "": the closest.

        Raises:
            LanguagePairNotSupportedError: No model translates it.
        """
        if is_undetermined(source):
            names = sorted(self._described)
        else:
            names = list(self._catalog.route(source, target, model).models)
        return "+".join(self._described[name].info.fingerprint or name for name in names)

    def token_fingerprint(self, model: str) -> str:
        """What the tokens of a model's hypotheses depend on, besides its requests."""
        if self._described[model].info.family == FAKE_FAMILY:
            # Its vocabulary is made as it goes.
            return f"{model} {_PROCESS} {id(self._load(model))}"
        return self._described[model].info.fingerprint or model

    def stream(
        self,
        *,
        source: str,
        targets: Strings,
        policy: Latency | PolicyChoice = Latency.BALANCED,
        model: str = "",
        drafts: bool = True,
        alignments: bool = False,
        client_segmentation: bool = False,
        rests: Rests | None = None,
        glossary: Mapping[str, str] | Path | None = None,
        glossaries: Strings = (),
    ) -> Stream:
        """Open a live stream.

        Args:
            source: BCP-47 code.
            targets: BCP-47 codes.
            policy: How soon text is committed.
            model: The model's name; "" takes the closest.
            drafts: Whether updates have drafts.
            alignments: Whether to return which words come from where.
            client_segmentation: Whether only ``end_of_segment`` and ``flush`` end segments.
            rests: What happens after a silence, and when; see ``Stream.poll``.
            glossary: As of ``translate``.
            glossaries: As of ``translate``.

        Raises:
            LanguagePairNotSupportedError: No model translates it.
            UnsupportedFeatureError: The source is ``und``.
            ClientError: An argument is not allowed, does not exist or is not served.
            ModelLoadError: A model cannot be loaded.
            RuntimeError: The translator is closed, or was made before a fork.
        """
        self._check()
        if is_undetermined(source):
            raise UnsupportedFeatureError(
                'source: "und" is served by a server only; name the language'
            )
        rests = rests or Rests()
        config = StreamConfig(
            source,
            check_strings("targets", targets),
            policy=policy,
            model=model,
            drafts=drafts,
            alignments=alignments,
            client_segmentation=client_segmentation,
            rests=RestsRequest(rests.draft_s, rests.sentence_s, rests.segment_s),
        )
        limits = self._settings.limits
        checked = check_config(config, self._catalog, limits)
        terms = self._terms(glossary, glossaries).between(source, checked.translated)
        checked.check_glossaries(terms)
        with self._call():
            limit = SessionLimits(max_chunk_length=limits.max_chunk_length)
            return self._opened(checked, limit, terms)

    def _terms(self, glossary: Mapping[str, str] | Path | None, names: Strings) -> CallTerms:
        """The terms that a call asks for; raises as ``CallTerms``."""
        folder = self._settings.glossaries
        with self._loading:
            if names and self._glossaries is None and folder is not None:
                self._glossaries = GlossaryFolder(folder)
        return CallTerms(self._glossaries, glossary, names)

    def _opened(
        self, checked: CheckedConfig, limits: SessionLimits, terms: Mapping[str, Glossary]
    ) -> Stream:
        for name in checked.models:
            self._load(name)
        stream = Stream(
            uuid.uuid4().hex,
            checked.bound(self._tokenizer, terms),
            limits,
            self._engines,
            self._check,
            lambda: self._streams.discard(stream),
        )
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        """Close all streams, end the threads and free the models. May be called again.

        Waits for calls that are running in other threads.
        """
        if os.getpid() != self._process:
            return
        with self._called:
            if self._closed:
                return
            self._closed = True
        for batch in list(self._batches):
            # One that another thread is about to read ends there.
            with suppress(ValueError):
                batch.close()
        with self._called:
            self._called.wait_for(lambda: not self._calls)
        for stream in list(self._streams):
            stream.close()
        self._engines.stop()
        self._models.clear()
        self._described.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _call(self) -> Iterator[None]:
        """Keep the translator open while a call runs inside."""
        with self._called:
            self._check()
            self._calls += 1
        try:
            yield
        finally:
            with self._called:
                self._calls -= 1
                self._called.notify_all()

    def _check(self) -> None:
        if self._closed:
            raise RuntimeError("the translator is closed")
        if os.getpid() != self._process:
            raise RuntimeError(
                "the translator was made before a fork, which its threads do not survive; "
                "make one in each process"
            )

    def _load(self, name: str) -> Seq2SeqModel:
        with self._loading:
            if name not in self._models:
                model = self._described[name].load()
                count = num_engines(model, self._settings.threads)
                self._engines.add(*(Engine({name: model}) for _ in range(count)))
                self._models[name] = model
            return self._models[name]

    def _tokenizer(self, choice: Choice) -> Tokenizer:
        return self._models[choice.info.name].tokenizer(choice.pair)

    def _begun(
        self,
        request: TextsRequest,
        terms: CallTerms,
        *,
        whole_pages: bool = False,
        priority: Priority | None = None,
    ) -> BegunText | Translation:
        """Begin the one text of a request; a text that no model is needed for is done at once.

        Raises:
            ClientError: It is not allowed, or its language is not clear or not served.
            ModelLoadError: A model cannot be loaded.
        """
        (text,) = request.texts
        limit = self._settings.limits.max_text_length
        if len(text) > limit:
            raise InvalidRequestError(
                "text", f"has {len(text)} code points; at most {limit} are allowed"
            )
        source, detected = request.source, ""
        if is_undetermined(source):
            read = text
            if request.mime_type in PAGES:
                is_markdown = request.mime_type == MARKDOWN
                read = page_text(text, request.templates, is_markdown=is_markdown)
            if not any(map(str.isalpha, read)):
                # In no language, and the same in all.
                return Translation(text, "")
            among = self._languages.among((), (request.target,))
            source = detected = self._languages.of_text("text", read, among, request.target)
        route = check_texts(request, self._catalog, self._settings.limits, source)
        if not route.legs:
            aligned = tuple(words_of(text)) if request.alignments else ()
            return Translation(text, "", detected, alignments=aligned)
        found = terms.between(source, [request.target], is_detected=bool(detected))
        glossary = found.get(request.target)
        for name in route.models:
            self._load(name)
        first, *further = (
            Binding(request.target, leg.info, self._tokenizer(leg)) for leg in route.legs
        )
        segmenter = Segmenter(source, segment_limits(self._settings.limits))
        job = text_job(
            request, 0, uuid.uuid4().hex, first, segmenter, glossary, is_pivoted=bool(further),
            priority=priority,
        )  # fmt: skip

        def finish() -> Translation:
            aligned: list[AlignedRange] = []
            left: list[Issue] = []
            if isinstance(job, PageTranslation):
                result, left = job.finish(whole=whole_pages)
            else:
                result, aligned = job.result(alignments=request.alignments)
            return Translation(
                result,
                "+".join(route.models),
                detected,
                tuple(job.alternatives()),
                tuple(aligned),
                (*job.issues(), *left),
                tuple(job.terms()),
            )

        return BegunText(len(text), rounds(job, further), finish)
