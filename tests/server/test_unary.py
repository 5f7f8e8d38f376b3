"""Translate and ListModels over a real socket."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2

from tests.server.wire import connected, detail
from translator.config import Limits, ServerConfig
from translator.engine.async_engine import AsyncEngine
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.engine.threads import OutcomeCallback
from translator.errors import DeadlineExceededError
from translator.fronts.grpc.convert import texts_request
from translator.languages.detection import Detection, FastTextDetector
from translator.languages.pair import LanguagePair
from translator.metrics import Metrics
from translator.models.base import DescribedModel, EncoderStates
from translator.models.fake import _FakeStates
from translator.server.app import RunningServer
from translator.service.context import ServiceContext
from translator.service.model_pool import ModelPool
from translator.service.source_languages import SourceLanguages
from translator.service.texts import translate_texts
from translator.testing import FakeDetector, FakeModel, serve_in_process
from translator.v1 import models_pb2, translate_pb2

pytestmark = pytest.mark.server


def request(*texts: str, **fields: Any) -> translate_pb2.TranslateRequest:
    values = {"source_language_code": "xx", "target_language_code": "yy", **fields}
    return translate_pb2.TranslateRequest(texts=texts, **values)


async def test_texts_keep_their_order_and_their_own_white_space(server: RunningServer) -> None:
    async with connected(server.address) as stub:
        response = await stub.Translate(request("  one. two!\n\n three. \n", "", " \t", "four."))
    assert [t.text for t in response.translations] == [
        "  ONE. TWO!\n\n THREE. \n",
        "",
        " \t",
        "FOUR.",
    ]
    assert {t.model for t in response.translations} == {"fake"}


PAGE = '<div class="a"><p>one <b>two</b>.<br>three &amp; {{ four }}.</p><code>five</code></div>'


async def test_of_a_page_only_the_texts_change(server: RunningServer) -> None:
    async with connected(server.address) as stub:
        response = await stub.Translate(
            request(PAGE, "<p>six", "", mime_type="text/html", markup=["liquid"])
        )
        detected = await stub.Translate(request("<p>one</p>", mime_type="text/html"))
    expected = PAGE.replace("one", "ONE").replace("two", "TWO").replace("three", "THREE")
    first, second, third = response.translations
    assert first.text == expected
    assert second.text == "<p>SIX~."
    assert third.text == ""
    assert detected.translations[0].text == "<p>ONE~.</p>"


@pytest.mark.parametrize("named", [["icu"], []])
async def test_template_syntax_in_plain_text_stays(server: RunningServer, named: list[str]) -> None:
    text = "You have {n, plural, one {# book} other {# books}}."
    async with connected(server.address) as stub:
        response = await stub.Translate(request(text, "one two.", markup=named))
    assert [each.text for each in response.translations] == [
        "YOU HAVE~. {n, plural, one {# BOOK~.} other {# BOOKS~.}}.",
        "ONE TWO.",
    ]


async def test_terms_are_put_in_and_told(server: RunningServer) -> None:
    glossary = [
        translate_pb2.GlossaryEntry(source_term="two", target_term="deux"),
        translate_pb2.GlossaryEntry(source_term="Brand Name"),
        translate_pb2.GlossaryEntry(source_term="four", target_term="FOUR"),
    ]
    text = "one two.\nThe Brand Name and four."
    async with connected(server.address) as stub:
        response = await stub.Translate(request(text, glossary=glossary))
    [translation] = response.translations
    assert translation.text == "ONE deux.\nTHE Brand Name AND FOUR."
    told = [
        (
            term.entry,
            text[term.source_start : term.source_end],
            translation.text[term.target_start : term.target_end],
        )
        for term in translation.terms
    ]
    assert told == [(0, "two", "deux"), (1, "Brand Name", "Brand Name"), (2, "four", "FOUR")]
    how = translate_pb2.AppliedTerm
    assert [t.how for t in translation.terms] == [
        how.HOW_MASKED,
        how.HOW_MASKED,
        how.HOW_ALREADY,
    ]


async def test_lines_are_borders_unless_they_are_not_to_be(server: RunningServer) -> None:
    text = "one\ntwo\tthree.  four"
    async with connected(server.address) as stub:
        kept = await stub.Translate(request(text))
        joined = await stub.Translate(request(text, preserve_lines=False))
    assert kept.translations[0].text == "ONE~.\nTWO~.\tTHREE.  FOUR~."
    assert joined.translations[0].text.split() == ["ONE", "TWO", "THREE.", "FOUR~."]


async def test_alignments_are_positions_in_the_texts(server: RunningServer) -> None:
    text = " one two.  three four."
    async with connected(server.address) as stub:
        response = await stub.Translate(request(text, alignments=True))
    [translation] = response.translations
    pairs = [
        (text[a.source_start : a.source_end], translation.text[a.target_start : a.target_end])
        for a in translation.alignments
    ]
    words = ["one", "two", ".", "three", "four", "."]
    assert pairs == [(word, word.upper()) for word in words]


async def test_a_text_that_is_too_long_fails_alone() -> None:
    limited = ServerConfig(port=0, limits=Limits(max_text_length=10))
    async with serve_in_process(limited) as server, connected(server.address) as stub:
        response = await stub.Translate(request("short.", "much too long."))
    assert response.translations[0].text == "SHORT."
    assert response.translations[1].status.code == code_pb2.INVALID_ARGUMENT
    assert "texts[1]" in response.translations[1].status.message


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mime_type": "text/html", "alignments": True}, grpc.StatusCode.UNIMPLEMENTED),
        ({"mime_type": "text/markdown", "alignments": True}, grpc.StatusCode.UNIMPLEMENTED),
        ({"mime_type": "text/html", "num_alternatives": 1}, grpc.StatusCode.UNIMPLEMENTED),
        ({"mime_type": "text/html", "markup": ["no"]}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"markup": ["no"]}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"mime_type": "image/png"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"num_alternatives": 9}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"model": "none"}, grpc.StatusCode.NOT_FOUND),
        ({"target_language_code": "ww"}, grpc.StatusCode.NOT_FOUND),
        (
            {"target_language_code": "ww", "source_language_code": "und"},
            grpc.StatusCode.NOT_FOUND,
        ),
        ({"texts": []}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"texts": ["a"] * 129}, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_what_is_not_served_has_its_code(
    server: RunningServer, fields: dict[str, object], code: grpc.StatusCode
) -> None:
    texts: Any = fields.pop("texts", ["a"])
    async with connected(server.address) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.Translate(request(*texts, **fields))
    assert failed.value.code() == code


class Endless(FakeModel):
    """Says the first word of what begins with "never" for ever."""

    def max_target_tokens(self, num_source_tokens: int) -> int:
        return 10**9

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        return [
            _FakeStates((source[0],), 3)
            if self._tokenizer.piece(source[0]) == "never"
            else super(Endless, self).encode([source])[0]
            for source in sources
        ]


async def test_a_deadline_ends_the_work() -> None:
    model = Endless()
    async with serve_in_process(models=[model]) as server, connected(server.address) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.Translate(request("never ends."), timeout=0.3)
        assert failed.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.sleep(0.2)
        steps = model.num_steps
        await asyncio.sleep(0.2)
        assert model.num_steps == steps


async def test_texts_that_are_through_by_the_deadline_are_told_and_the_others_fail_alone() -> None:
    model = Endless()
    async with serve_in_process(models=[model]) as server, connected(server.address) as stub:
        response = await stub.Translate(request("one.", "never ends.", "two."), timeout=1.0)
        assert [t.text for t in response.translations] == ["ONE.", "", "TWO."]
        codes = [t.status.code for t in response.translations]
        assert codes == [code_pb2.OK, code_pb2.DEADLINE_EXCEEDED, code_pb2.OK]
        info = detail(response.translations[1].status, error_details_pb2.ErrorInfo)
        assert info.reason == "DEADLINE_EXCEEDED"
        # Its slot is free.
        await asyncio.sleep(0.1)
        steps = model.num_steps
        await asyncio.sleep(0.1)
        assert model.num_steps == steps


async def test_what_waits_at_the_deadline_or_is_cancelled_never_starts() -> None:
    model = Endless()
    config = ServerConfig(port=0, max_batch_size=1)
    async with (
        serve_in_process(config, models=[model]) as server,
        connected(server.address) as stub,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.Translate(request("never ends.", "one.", "two."), timeout=0.3)
        assert failed.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        call = stub.Translate(request("never ends.", "three."))
        await asyncio.sleep(0.2)
        call.cancel()
        # The one slot is free again.
        response = await stub.Translate(request("four."), timeout=5)
        assert response.translations[0].text == "FOUR."
    # What is endless is not counted.
    assert model.num_encoded == 1


async def test_a_request_past_its_deadline_is_not_begun() -> None:
    engine, model = AsyncEngine(), FakeModel()
    described = DescribedModel(model.info, lambda: model)
    pool = ModelPool([described], None, engine, lambda m: [Engine({m.info.name: m})], Metrics())
    languages = SourceLanguages(pool.catalog, FakeDetector())
    context = ServiceContext(ServerConfig(), pool, engine, languages)
    for remaining_s in (0.0, -1.0):
        with pool.lease() as lease, pytest.raises(DeadlineExceededError):
            await translate_texts(texts_request(request("one.")), context, lease, remaining_s)
    assert not pool.is_loaded("fake")
    assert engine.num_in_flight == 0


class Watched(AsyncEngine):
    """Notes how many requests there were at once."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0
        self.asked = asyncio.Event()

    def submit(self, requests: Sequence[Request], on_outcome: OutcomeCallback) -> None:
        super().submit(requests, on_outcome)
        self.asked.set()
        self.most = max(self.most, self.num_in_flight)


@pytest.mark.parametrize("num_texts", [1, 50])
async def test_a_call_has_a_few_requests_in_the_engine_at_a_time(num_texts: int) -> None:
    engine, model = Watched(), FakeModel()
    described = DescribedModel(model.info, lambda: model)
    pool = ModelPool([described], None, engine, lambda m: [Engine({m.info.name: m})], Metrics())
    languages = SourceLanguages(pool.catalog, FakeDetector())
    context = ServiceContext(ServerConfig(max_batch_size=3), pool, engine, languages)
    engine.start()

    def texts(word: str) -> list[str]:
        # Each segment is another, since the same one is asked for once.
        each = [f"{word} {number}. " for number in range(400)]
        size = len(each) // num_texts
        return ["".join(each[at : at + size]) for at in range(0, len(each), size)]

    try:
        with pool.lease() as lease:
            asked = texts_request(request(*texts("one")))
            results = await translate_texts(asked, context, lease, None)
            assert [result.text for result in results] == [t.upper() for t in texts("one")]
            assert engine.most == 6
            # Who leaves takes along what he has in the engine.
            call = translate_texts(texts_request(request(*texts("two"))), context, lease, None)
            engine.asked.clear()
            task = asyncio.create_task(call)
            await engine.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert engine.num_in_flight == 0
    finally:
        await engine.stop()


async def test_alternatives_come_when_they_are_asked_for(server: RunningServer) -> None:
    async with connected(server.address) as stub:
        plain = await stub.Translate(request("one two. Three!", " "))
        asked = await stub.Translate(request("one two. Three!", " ", num_alternatives=2))
    assert [t.text for t in asked.translations] == [t.text for t in plain.translations]
    assert not any(t.alternatives for t in plain.translations)
    # Each is the text with one segment in other words.
    assert list(asked.translations[0].alternatives) == ["ENO TWO. THREE!", "ONE OWT. THREE!"]
    assert not asked.translations[1].alternatives


class Flawed(FakeModel):
    """Its scores are no numbers where the source has the word "bad"."""

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        if any("bad" in self._tokenizer.piece(token) for source in sources for token in source):
            raise ValueError("no numbers")
        return super().encode(sources)


async def test_each_text_has_a_status_of_its_own() -> None:
    limited = ServerConfig(port=0, limits=Limits(max_text_length=40))
    async with (
        serve_in_process(limited, models=[Flawed()]) as server,
        connected(server.address) as stub,
    ):
        texts = ["", " \n", "one.", "too bad.", "12.", "two.", "three " * 9, ""]
        response = await stub.Translate(request(*texts))
    codes = [code_pb2.Code.Name(t.status.code) for t in response.translations]
    too_long = ["INVALID_ARGUMENT", "INVALID_ARGUMENT"]
    assert codes == ["OK", "OK", "OK", "INTERNAL", "OK", "OK", *too_long]
    assert [t.text for t in response.translations] == [
        *("", " \n", "ONE.", "", "12.", "TWO.", "", ""),
    ]


# Languages that are detected


def both_ways() -> list[FakeModel]:
    return [
        FakeModel(LanguagePair("en", "pt"), LanguagePair("en", "de"), name="from-en"),
        FakeModel(LanguagePair("pt", "en"), LanguagePair("pt", "de"), name="from-pt"),
    ]


async def test_each_text_is_in_a_language_of_its_own_and_fails_alone() -> None:
    async with (
        serve_in_process(models=both_ways(), detector=FastTextDetector()) as server,
        connected(server.address) as stub,
    ):
        texts = [
            "The boats leave the harbour at seven.",
            "Os barcos saem do porto às sete.",
            "Die Boote verlassen den Hafen um sieben.",
            "12:30",
            " \n",
            "OK.",
        ]
        und = {"source_language_code": "UND"}
        german = await stub.Translate(request(*texts, **und, target_language_code="de"))
        english = await stub.Translate(
            request(*texts, **und, target_language_code="en", alignments=True)
        )
    assert [t.detected_language_code for t in german.translations[:5]] == ["en", "pt", "de", "", ""]
    assert [t.model for t in german.translations[:5]] == ["from-en", "from-pt", "", "", ""]
    assert german.translations[0].text == texts[0].upper()
    # What is in the target's language, or in none, passes through; so does what is short.
    assert [t.text for t in german.translations[2:]] == [*texts[2:5], "OK."]
    failed = english.translations[2]
    assert failed.status.code == code_pb2.INVALID_ARGUMENT
    info = detail(failed.status, error_details_pb2.ErrorInfo)
    assert (info.reason, info.metadata["candidates"]) == ("LANGUAGE_NOT_DETECTED", "en,pt")
    passed = english.translations[0]
    assert (passed.text, passed.detected_language_code, passed.model) == (texts[0], "en", "")
    spans = [(a.source_start, a.source_end) for a in passed.alignments]
    assert [texts[0][slice(*span)] for span in spans] == texts[0].split()
    assert spans == [(a.target_start, a.target_end) for a in passed.alignments]
    assert english.translations[1].text == texts[1].upper()


@pytest.mark.parametrize("source", ["pt", "pt-BR"])
async def test_a_text_in_the_language_of_the_target_passes_through(source: str) -> None:
    text = "  Os barcos  saem às sete.\r\nNinguém sabia. \n"
    async with serve_in_process(models=both_ways()) as server, connected(server.address) as stub:
        response = await stub.Translate(
            request(text, source_language_code=source, target_language_code="pt")
        )
    (passed,) = response.translations
    assert (passed.text, passed.model, passed.status.code) == (text, "", code_pb2.OK)


async def test_what_is_only_a_guess_is_not_detected() -> None:
    class Doubtful:
        def detect(self, text: str, candidates: Collection[str], target: str = "") -> Detection:
            return Detection(min(candidates), 0.4)

    async with (
        serve_in_process(detector=Doubtful()) as server,
        connected(server.address) as stub,
    ):
        response = await stub.Translate(request("one two.", source_language_code="und"))
    assert response.translations[0].status.code == code_pb2.INVALID_ARGUMENT


async def test_models_are_listed_page_by_page_with_the_policies() -> None:
    models = [FakeModel(LanguagePair("xx", f"y{c}"), name=f"m{c}") for c in "cab"]
    async with serve_in_process(models=models) as server, connected(server.address) as stub:
        first = await stub.ListModels(models_pb2.ListModelsRequest(page_size=2))
        assert [m.name for m in first.models] == ["ma", "mb"]
        second = await stub.ListModels(
            models_pb2.ListModelsRequest(page_size=2, page_token=first.next_page_token)
        )
        assert [m.name for m in second.models] == ["mc"]
        assert not second.next_page_token
        assert {p.name for p in first.policies} >= {
            "local-agreement",
            "final-only",
            "retranslation",
        }


async def test_a_regional_code_is_served_by_its_language() -> None:
    models = [
        FakeModel(LanguagePair("en", "pt"), name="any"),
        FakeModel(LanguagePair("en", "pt-PT"), name="portugal"),
    ]
    async with serve_in_process(models=models) as server, connected(server.address) as stub:
        for target, model in (("pt", "any"), ("PT-pt", "portugal"), ("pt-AO", "portugal")):
            response = await stub.Translate(
                request("a.", source_language_code="EN-us", target_language_code=target)
            )
            assert response.translations[0].model == model


async def test_of_markdown_only_the_texts_change(server: RunningServer) -> None:
    page = "# One *two*\n\n- three `four` [five](u)\n- {{ six }} seven\n"
    async with connected(server.address) as stub:
        response = await stub.Translate(request(page, mime_type="text/markdown", markup=["liquid"]))
    [translation] = response.translations
    assert translation.text == (
        "# ONE *TWO~*.\n\n- THREE `four` [FIVE~](u).\n- {{ six }} SEVEN~.\n"
    )


async def test_a_model_says_what_it_cannot_write() -> None:
    models = [FakeModel(unwritable="€♪")]
    async with serve_in_process(models=models) as server, connected(server.address) as stub:
        [listed] = (await stub.ListModels(models_pb2.ListModelsRequest())).models
    assert listed.unwritable_characters == "€♪"


async def test_a_text_whose_markup_would_not_be_kept_stays_and_is_told(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.documents.html.verify", lambda _, page, **__: "TWO" in page)
    async with connected(server.address) as stub:
        response = await stub.Translate(request("<p>one<p>two", mime_type="text/html"))
    [translation] = response.translations
    assert translation.text == "<p>ONE~.<p>two"
    [issue] = translation.quality_issues
    assert issue.kind == translate_pb2.QualityIssue.KIND_MARKUP
    assert (issue.source_start, issue.source_end) == (9, 12)
