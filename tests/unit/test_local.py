"""translator.local: the same text as a server says, for any number of threads, and clear errors."""

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from translator.config import Limits, ServerConfig
from translator.errors import (
    DecodingError,
    InvalidRequestError,
    LanguagePairNotSupportedError,
    MarkupNotKeptError,
    ModelFilesError,
    TranslatorError,
    UnsupportedFeatureError,
)
from translator.languages.pair import LanguagePair
from translator.local import BatchText, Latency, Rests, Translation, Translator, Update
from translator.models.base import DescribedModel
from translator.testing import FakeDetector, FakeModel, fake_translation
from translator.text.integrity import Issue, IssueKind

pytestmark = pytest.mark.unit


def translator(*models: Any, **settings: Any) -> Translator:
    return Translator(
        ServerConfig(**settings), models=models or [FakeModel()], detector=FakeDetector()
    )


@pytest.fixture
def local() -> Iterator[Translator]:
    with translator() as opened:
        yield opened


def shown(updates: list[Update]) -> str:
    return "".join(f"{update.text}[{update.draft}]" for update in updates)


# Texts


@pytest.mark.parametrize(
    "text", ["One two.", "Red boats. Blue boats!\n\n  And more", "", " ", "♪ …", "a" * 9000]
)
def test_a_text_is_translated_with_its_own_white_space(local: Translator, text: str) -> None:
    result = local.translate(text, source="xx", target="yy")
    has_words = any(map(str.isalpha, text)) and len(text) < 9000
    assert result.text.split() == (fake_translation(text) if has_words else text).split()
    assert (result.model, result.detected_source) == ("fake", "")


def test_alternatives_and_alignments_come_when_they_are_asked_for(local: Translator) -> None:
    plain = local.translate("one two. Three!", source="xx", target="yy")
    asked = local.translate(
        "one two. Three!", source="xx", target="yy", num_alternatives=2, alignments=True
    )
    assert (plain.alternatives, plain.alignments) == ((), ())
    assert asked.text == plain.text == "ONE TWO. THREE!"
    assert asked.alternatives == ("ENO TWO. THREE!", "ONE OWT. THREE!")
    words = [asked.text[a.target_start : a.target_end] for a in asked.alignments]
    assert words[:2] == ["ONE", "TWO"]


def test_a_language_is_detected_and_its_own_text_passes_through(local: Translator) -> None:
    found = local.translate("one two three four.", source="und", target="yy")
    assert (found.text, found.detected_source) == ("ONE TWO THREE FOUR.", "xx")
    assert local.translate("♪ 5", source="und", target="yy").text == "♪ 5"
    same = local.translate("one two.", source="yy", target="yy", alignments=True)
    assert (same.text, same.model, len(same.alignments)) == ("one two.", "", 2)


# Streams


def test_a_stream_says_what_a_text_says_and_never_takes_back(local: Translator) -> None:
    source = "Red boats sail south today. Then they sail north again."
    texts: dict[int, str] = {}
    with local.stream(source="xx", targets=["yy", "zz"], alignments=True) as stream:
        updates: list[Update] = []
        for word in source.split():
            updates += stream.send(word + " ")
        updates += stream.end()
        for update in updates:
            if update.target == "yy":
                assert update.text == texts.get(update.segment_id, "") + update.committed
                texts[update.segment_id] = update.text
        assert list(texts.values()) == [
            "RED BOATS SAIL SOUTH TODAY.",
            "THEN THEY SAIL NORTH AGAIN.",
        ]
        assert stream.transcript("yy") == local.translate(source, source="xx", target="yy").text
        assert stream.transcript("zz", "|").count("|") == 1
        assert {update.draft for update in updates if update.closed} == {""}
        assert stream.report.source_words == 10
        assert stream.warnings == []


def test_tentative_source_a_flush_and_a_silence(local: Translator) -> None:
    rests = Rests(draft_s=0.01, sentence_s=0.02, segment_s=0.03)
    with local.stream(source="xx", targets=["yy"], rests=rests) as stream:
        assert shown(stream.send("", tentative="red boats")).endswith("]")
        assert stream.transcript("yy") == ""
        assert shown(stream.flush()) == ""
        stream.send("red boats")
        assert [update.closed for update in stream.flush()] == [True]
        stream.send("Blue boats.")
        while (wait_s := stream.wait_s()) is not None:
            threading.Event().wait(wait_s)
            stream.poll()
        assert stream.transcript("yy", "|").startswith("RED BOATS")
        assert stream.transcript("yy", "|").endswith("|BLUE BOATS.")


def test_threads_share_a_translator_and_a_stream(local: Translator) -> None:
    results: dict[int, str] = {}
    shared = local.stream(source="xx", targets=["yy"])

    def work(number: int) -> None:
        with local.stream(source="xx", targets=["yy"]) as stream:
            for word in f"Number {number} says a few words.".split():
                stream.send(word + " ")
                shared.send("word ")
            stream.end()
            results[number] = stream.transcript("yy")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert results == {n: f"NUMBER {n} SAYS A FEW WORDS." for n in range(6)}
    shared.end()
    assert shared.transcript("yy").count("WORD") == 36


# What goes wrong


def test_what_is_not_served_says_so(local: Translator) -> None:
    with pytest.raises(LanguagePairNotSupportedError):
        local.translate("one", source="xx", target="ww")
    with pytest.raises(InvalidRequestError, match="text: has 50001 code points; at most 50000"):
        local.translate("a" * 50_001, source="xx", target="yy")
    with pytest.raises(InvalidRequestError, match="at most 50000"):
        local.translate("ten megabytes " * 800_000, source="xx", target="yy")
    with pytest.raises(TypeError, match="text: a string is needed, not list"):
        local.translate(["one"], source="xx", target="yy")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"write targets=\[…\] around a single one"):
        local.stream(source="xx", targets="yy")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedFeatureError, match="name the language"):
        local.stream(source="und", targets=["yy"])
    with pytest.raises(InvalidRequestError, match="target"):
        local.stream(source="xx", targets=[])
    with local.stream(source="xx", targets=["yy"]) as stream:
        with pytest.raises(InvalidRequestError, match="at most 32768"):
            stream.send("a" * 32_769)
        # It is as if it had not been sent.
        stream.send("One. ")
        stream.end()
        assert stream.transcript("yy") == "ONE."


def test_what_is_closed_says_so() -> None:
    opened = translator()
    stream = opened.stream(source="xx", targets=["yy"])
    left_open = opened.stream(source="xx", targets=["yy"])
    stream.end()
    for call in (stream.flush, stream.poll, stream.end, lambda: stream.send("one")):
        with pytest.raises(RuntimeError, match="the stream has ended"):
            call()
    before = threading.active_count()
    opened.close()
    opened.close()
    assert threading.active_count() == before - 1
    with pytest.raises(RuntimeError, match="the translator is closed"):
        left_open.send("one")
    with pytest.raises(RuntimeError, match="the translator is closed"):
        opened.translate("one", source="xx", target="yy")
    with pytest.raises(RuntimeError, match="the translator is closed"):
        opened.stream(source="xx", targets=["yy"])


class Slow(FakeModel):
    """Begins to encode when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.go_on = threading.Event(), threading.Event()

    def encode(self, sources: Any) -> Any:
        self.began.set()
        assert self.go_on.wait(60)
        return super().encode(sources)


def test_closing_waits_for_what_other_threads_translate() -> None:
    model = Slow()
    opened, said = translator(model), []

    def work() -> None:
        said.append(opened.translate("One two.", source="xx", target="yy").text)

    working = threading.Thread(target=work, daemon=True)
    closing = threading.Thread(target=opened.close, daemon=True)
    working.start()
    assert model.began.wait(60)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    model.go_on.set()
    working.join(20)
    closing.join(20)
    assert not working.is_alive()
    assert not closing.is_alive()
    assert said == ["ONE TWO."]


def test_a_model_that_cannot_be_loaded_fails_those_who_need_it() -> None:
    def load() -> Any:
        raise ModelFilesError("model.bin: is cut off")

    broken = DescribedModel(FakeModel(name="broken").info, load)
    with translator(broken) as opened:
        for _ in range(2):
            with pytest.raises(ModelFilesError, match="cut off"):
                opened.translate("one", source="xx", target="yy")
            with pytest.raises(ModelFilesError, match="cut off"):
                opened.stream(source="xx", targets=["yy"])


class Failing(FakeModel):
    def encode(self, sources: Any) -> Any:
        if any(self._tokenizer.piece(token) == "fail" for s in sources for token in s):
            raise RuntimeError("no such word")
        return super().encode(sources)


def test_what_is_no_model_is_named() -> None:
    with pytest.raises(TypeError, match="models: a model is needed, not 'en-pt=models/shop'"):
        Translator(models=["en-pt=models/shop"])  # type: ignore[list-item]


def test_a_stream_that_cannot_go_on_has_ended_and_others_go_on() -> None:
    with translator(Failing()) as opened:
        stream, other = (opened.stream(source="xx", targets=["yy"]) for _ in range(2))
        with pytest.raises(TranslatorError):
            stream.send("fail ")
        with pytest.raises(RuntimeError, match="the stream has ended"):
            stream.send("more ")
        with pytest.raises((DecodingError, TranslatorError)):
            opened.translate("fail", source="xx", target="yy")
        other.send("One. ")
        other.end()
        assert other.transcript("yy") == "ONE."


def test_limits_are_those_of_the_settings() -> None:
    with translator(limits=Limits(max_text_length=5)) as opened:
        with pytest.raises(InvalidRequestError, match="at most 5 "):
            opened.translate("too long", source="xx", target="yy")


FORK = """
import os, sys
from translator.local import Translator
from translator.testing import FakeModel

opened = Translator(models=[FakeModel()])
stream = opened.stream(source="xx", targets=["yy"])
assert opened.translate("one.", source="xx", target="yy").text == "ONE."
child = os.fork()
if child == 0:
    for call in (lambda: opened.translate("one", source="xx", target="yy"),
                 lambda: stream.send("one")):
        try:
            call()
        except RuntimeError as error:
            print(error, flush=True)
    opened.close()
    os._exit(0)
os.waitpid(child, 0)
print(opened.translate("two.", source="xx", target="yy").text)
opened.close()
"""


def test_a_translator_from_before_a_fork_says_so() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    first, second, parents = ran.stdout.splitlines()
    assert first == second
    assert first.endswith("make one in each process")
    assert parents == "TWO."


def test_many_texts_come_back_in_their_order_and_what_is_the_same_is_decoded_once() -> None:
    texts = [f"Ship {n % 7} sails. We stay." for n in range(300)]
    with translator() as local:
        results = list(local.translate_all(texts, source="xx", target="yy"))
        alone = [local.translate(text, source="xx", target="yy") for text in texts[:7]]
    assert [result.translation for result in results] == [alone[n % 7] for n in range(300)]
    assert sum(result.num_decoded for result in results) == 8


def test_many_texts_may_be_endless_and_of_every_kind() -> None:
    def texts() -> Iterator[str | BatchText | Translation]:
        for number in itertools.count():
            yield f"Ship {number} sails."
            yield BatchText("<b>We</b> row.", "text/html")
            yield Translation("known", "")
            yield ""

    with translator() as local:
        results = local.translate_all(texts(), source="xx", target="yy")
        some = [result.translation for result in itertools.islice(results, 400)]
        assert [found.text for found in some[-4:] if found] == [
            "SHIP 99 SAILS.",
            "<b>WE</b> ROW.",
            "known",
            "",
        ]
        assert local.translate("We row.", source="xx", target="yy").text == "WE ROW."


def test_one_of_many_texts_fails_alone() -> None:
    class Broken(FakeModel):
        def encode(self, sources: Any) -> Any:
            if any(len(source) > 5 for source in sources):
                raise RuntimeError("broken")
            return super().encode(sources)

    texts = ["We row.", "We row and row and row and row.", "x" * 60_000, "They row."]
    with translator(Broken()) as local:
        results = list(local.translate_all(texts, source="xx", target="yy"))
    assert [result.translation and result.translation.text for result in results] == [
        "WE ROW.", None, None, "THEY ROW.",
    ]  # fmt: skip
    assert isinstance(results[1].error, TranslatorError)
    assert isinstance(results[2].error, InvalidRequestError)


def test_what_concerns_all_texts_is_told_at_once() -> None:
    with translator() as local, pytest.raises(LanguagePairNotSupportedError):
        local.translate_all(["We row."], source="xx", target="qq")


def test_a_page_whose_markup_would_not_be_kept_fails_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No page is known that is not kept.
    monkeypatch.setattr("translator.documents.html.verify", lambda page, _, **__: "two" in page)
    texts = [BatchText(f"<p>{word}</p>", "text/html") for word in ("one", "two", "three")]
    with translator() as local:
        results = list(local.translate_all(texts, source="xx", target="yy"))
    assert [result.translation and result.translation.text for result in results] == [
        "<p>ONE~.</p>", None, "<p>THREE~.</p>",
    ]  # fmt: skip
    assert isinstance(results[1].error, MarkupNotKeptError)


def test_a_text_whose_markup_would_not_be_kept_stays_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("translator.documents.html.verify", lambda _, page, **__: "TWO" in page)
    with translator() as local:
        page = "<p>one</p><p>two</p><p>three</p>"
        result = local.translate(page, source="xx", target="yy", html=True)
    assert result.text == "<p>ONE~.</p><p>two</p><p>THREE~.</p>"
    assert result.issues == (Issue(IssueKind.MARKUP, 13, 16),)


def test_a_block_of_markdown_that_would_not_be_right_stays_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "translator.documents.markdown.MarkdownPage._is_right",
        lambda _page, _found, _wanted, content, _level: "TWO" not in content,
    )
    with translator() as local:
        result = local.translate("one\n\ntwo\n", source="xx", target="yy", markdown=True)
    assert result.text == "ONE~.\n\ntwo\n"
    [issue] = result.issues
    assert (issue.kind, issue.start) == (IssueKind.MARKUP, 5)


def masculine(piece: str) -> str:
    return piece.replace("the", "o").replace("of", "do") if piece.islower() else piece


@pytest.mark.parametrize("latency", [Latency.LOW, Latency.BALANCED])
def test_an_article_before_a_term_agrees_with_its_form_live_too(latency: Latency) -> None:
    model = FakeModel(LanguagePair("en", "pt"), word=masculine)
    said = "See the basket and the price of the basket."
    glossary = {"basket": "cesta"}
    with (
        translator(model) as local,
        local.stream(source="en", targets=["pt"], policy=latency, glossary=glossary) as stream,
    ):
        for word in said.split():
            stream.send(word + " ")
        stream.end()
        assert stream.transcript("pt") == "See a cesta and o price do a cesta."


def test_items_in_a_line_are_translated_one_by_one_live_too() -> None:
    with translator() as local, local.stream(source="xx", targets=["yy"]) as stream:
        for word in ["small", "•", "large", "•", "XL"]:
            for update in stream.send(word + " "):
                assert "•" not in update.text[1:]
        stream.end()
        assert stream.transcript("yy") == "SMALL~. • LARGE~. • XL~."


def test_glossaries_are_files_and_names(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("en,pt,de\ncat,gato,Katze\ndog,cão,Hund\n")
    own = tmp_path / "own.csv"
    own.write_text("dog,cachorro|cão\n")
    said = "the cat and the dog."
    model = FakeModel(LanguagePair("en", "pt"), LanguagePair("en", "de"))
    with translator(model, glossaries=tmp_path) as local:
        translate = partial(local.translate, said, source="en")
        named = translate(target="pt", glossaries=["shop"])
        assert named.text == "THE gato AND THE cão."
        assert [use.glossary for use in named.terms] == ["shop", "shop"]
        assert translate(target="de", glossaries=["shop"]).text == "THE Katze AND THE Hund."
        assert translate(target="pt", glossary=own).text == "THE CAT AND THE cachorro."
        both = translate(target="pt", glossary=own, glossaries=["shop"])
        assert both.text == "THE gato AND THE cachorro."
        assert [use.glossary for use in both.terms] == ["shop", ""]
        [one] = local.translate_all([said], source="en", target="pt", glossary=own)
        assert one.translation is not None
        assert one.translation.text == "THE CAT AND THE cachorro."
        with local.stream(source="en", targets=["pt", "de"], glossaries=["shop"]) as stream:
            stream.send(said)
            stream.end()
            assert stream.transcript("pt") == "THE gato AND THE cão."
            assert stream.transcript("de") == "THE Katze AND THE Hund."
        with pytest.raises(InvalidRequestError, match="there is no glossary 'sho'; there are own"):
            translate(target="pt", glossaries=["sho"])
        with pytest.raises(InvalidRequestError, match=r"glossary: .*no\.csv: No such file"):
            translate(target="pt", glossary=tmp_path / "no.csv")
        own.write_text("en,fr\ndog,chien\n")
        with pytest.raises(InvalidRequestError, match="no terms from en to pt"):
            translate(target="pt", glossary=own)
    with (
        translator(model) as local,
        pytest.raises(InvalidRequestError, match="this translator has no"),
    ):
        local.translate(said, source="en", target="pt", glossaries=["shop"])
