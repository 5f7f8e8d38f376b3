"""A whole text at once: its segments translated, its own white space kept."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.driver import expected_text, one_thread  # noqa: F401
from tests.unit.legs import Models, through
from translator.documents.lines import parts
from translator.documents.plain import TextTranslation
from translator.documents.repairs import REPAIR_ROUNDS
from translator.engine.engine import Engine
from translator.engine.request import Outcome, Priority, Request
from translator.errors import DecodingError
from translator.languages.pair import LanguagePair
from translator.session.events import AlignedRange, Binding
from translator.session.hypothesis import TargetHypothesis
from translator.terms.glossary import Glossary
from translator.terms.term import Term
from translator.testing import FakeModel, fake_translation
from translator.text.protection import protect
from translator.text.segmenter import Segmenter, SegmentLimits

pytestmark = pytest.mark.unit

TEXTS = st.lists(
    st.sampled_from(
        [
            *["red", "boats", "d'água", "3.5", " ", " ", " ", "\n", "\n\n", "\t", ". ", "! "],
            *[", ", '"', "é", "😀", "你好。", "\x00", "x" * 101, "[BELL RINGS]"],
        ]
    ),
    max_size=30,
).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[DOOR OPENS] Hello?", ["[DOOR OPENS]", "Hello?"]),
        ("(SIGHS)  I know.", ["(SIGHS)", "I know."]),
        ("Hi.\n[bell] Bye.", ["Hi.", "[bell]", "Bye."]),
        ("[1] See page 3, (Optional) name", ["[1] See page 3, (Optional) name"]),
        ("[DOOR OPENS]", ["[DOOR OPENS]"]),
        ("Call me [now] please", ["Call me [now] please"]),
    ],
)
def test_a_sound_before_what_is_said_is_a_part_of_its_own(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b, is_text in parts(text, lines=True) if is_text] == expected


def segments_of(text: str, limits: SegmentLimits | None = None) -> Iterator[tuple[str, bool]]:
    """The segments of a text with its white space, each with whether it may have words."""
    for start, end, is_text in parts(text, lines=True):
        if is_text:
            line = text[start:end]
            yield from ((line[a:b], True) for a, b in Segmenter("en", limits).split(line))
        else:
            yield text[start:end], False


def expected_of(segment: str, *, is_text: bool, word: Callable[[str], str] = str.upper) -> str:
    """A segment's translation between its own white space."""
    if not (is_text and segment.strip()):
        return segment
    lead = segment[: len(segment) - len(segment.lstrip())]
    tail = segment[len(segment.rstrip()) :]
    return lead + expected_text(segment, word=word) + tail


def translation(
    text: str, model: FakeModel, limits: SegmentLimits | None = None
) -> TextTranslation:
    binding = Binding("yy", model.info, model.tokenizer(LanguagePair("xx", "yy")))
    return TextTranslation("key", binding, Segmenter("en", limits), text)


def translate(text: str, limits: SegmentLimits | None = None) -> tuple[str, list[AlignedRange]]:
    model = FakeModel()
    job = translation(text, model, limits)
    engine = Engine({"fake": model})
    for request in filter(None, job.ask()):
        engine.submit(request)
    # In whatever order they come.
    for outcome in reversed(engine.run()):
        job.accept(outcome)
    return job.result(alignments=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n ", " \n "),
        ("We sail. They stay.", "WE SAIL. THEY STAY."),
        ("  We sail.\n\n\tThey stay!\n", "  WE SAIL.\n\n\tTHEY STAY!\n"),
        ("你好", "你好~."),
        ("aB3/" * 50, "aB3/" * 50),
        # What separates items is a border, and an item of one letter is a name.
        ("a • The sea • We sail.", "a • THE SEA~. • WE SAIL."),
        ("One | two→three · 4", "ONE~. | TWO→THREE~. · 4"),
        ("• One • b", "• ONE~. • b"),
        ("b", "B~."),
    ],
)
def test_segments_are_put_together_with_the_texts_own_white_space(text: str, expected: str) -> None:
    assert translate(text)[0] == expected


@given(TEXTS, st.sampled_from([SegmentLimits(), SegmentLimits(4, 120)]))
def test_every_segment_is_translated_where_it_stands(text: str, limits: SegmentLimits) -> None:
    expected = "".join(
        expected_of(segment, is_text=is_text) for segment, is_text in segments_of(text, limits)
    )
    assert translate(text, limits)[0] == expected


def translate_twice(text: str) -> tuple[str, list[AlignedRange]]:
    """By way of a pivot language."""
    models = Models()
    config = models.config("yy", pivoted=("yy",))
    assert config.pivot is not None
    job = TextTranslation("key", config.pivot, Segmenter("en"), text)
    engine = Engine({model.info.name: model for model in (models.first, models.second)})
    for leg in (None, config.bindings[0]):
        for request in filter(None, job.ask() if leg is None else job.go_on(leg)):
            engine.submit(request)
        for outcome in reversed(engine.run()):
            job.accept(outcome)
    return job.result(alignments=True)


@given(TEXTS)
@settings(deadline=None, max_examples=60)
def test_each_segment_goes_through_both_legs_as_a_whole(text: str) -> None:
    # A long run is no language; what a first leg makes of a shorter one may be.
    text = text.replace("x" * 101, "x")
    expected = "".join(
        expected_of(segment, is_text=is_text, word=through)
        for segment, is_text in segments_of(text)
    )
    target, aligned = translate_twice(text)
    assert target == expected
    for a in aligned:
        word = fake_translation(text[a.source_start : a.source_end] + ".", through)
        assert target[a.target_start : a.target_end].removesuffix("~") + "." == word


@given(TEXTS, st.sampled_from(["", " ", " \n😀 "]))
def test_alignment_is_in_order_and_covers_every_word_of_what_is_translated(
    text: str, lead: str
) -> None:
    text = lead + text
    target, aligned = translate(text)
    reached, uncovered = 0, ""
    for a in aligned:
        assert 0 <= a.source_start < a.source_end <= len(text)
        assert reached <= a.target_start < a.target_end <= len(target)
        uncovered += target[reached : a.target_start]
        reached = a.target_end
        # Neither begins nor ends with white space.
        source, word = text[a.source_start : a.source_end], target[a.target_start : a.target_end]
        assert (source.strip(), word.strip()) == (source, word)
    uncovered += target[reached:]
    kept = "".join(
        segment
        for segment, is_text in segments_of(text)
        if not (is_text and protect(segment, lambda _: True).has_words)
    )
    # Of letters, what is left is what is passed on as it is.
    assert [*filter(str.isalnum, uncovered)] == [*filter(str.isalnum, kept)]


def test_alignment_is_in_code_points_of_the_whole_text() -> None:
    text = " 😀 Red boats.  They sail."
    target, aligned = translate(text)
    pairs = [
        (text[a.source_start : a.source_end], target[a.target_start : a.target_end])
        for a in aligned
    ]
    assert pairs == [
        ("😀", "😀"), ("Red", "RED"), ("boats", "BOATS"), (".", "."),
        ("They", "THEY"), ("sail", "SAIL"), (".", "."),
    ]  # fmt: skip


def test_requests_are_of_lower_priority_than_live_ones_and_have_keys_of_their_own() -> None:
    requests = [*filter(None, translation("One. Two. Three.", FakeModel()).ask())]
    assert {request.priority for request in requests} == {Priority.UNARY}
    assert len({request.key for request in requests}) == 3


def test_one_that_fails_fails_the_text() -> None:
    model = FakeModel()
    job = translation("One. Two.", model)
    *_, last = filter(None, job.ask())
    with pytest.raises(DecodingError):
        job.accept(Outcome(last, None, DecodingError("no numbers")))


@pytest.mark.parametrize("text", ["red boats for {name} at a@b.co.", "boats"])
def test_terms_and_what_a_model_must_not_touch_survive_two_legs(text: str) -> None:
    models = Models()
    config = models.config("yy", pivoted=("yy",))
    assert config.pivot is not None
    job = TextTranslation(
        "key", config.pivot, Segmenter("en"), text,
        glossary=Glossary([Term("boats", ("barcos",))]), is_pivoted=True,
    )  # fmt: skip
    engine = Engine({model.info.name: model for model in (models.first, models.second)})
    for leg in (None, config.bindings[0]):
        for request in filter(None, job.ask() if leg is None else job.go_on(leg)):
            engine.submit(request)
        for outcome in engine.run():
            job.accept(outcome)
        for request in filter(None, job.repairs()):
            engine.submit(request)
        for outcome in engine.run():
            job.accept_repair(outcome)
    target, _ = job.result(alignments=True)
    kept = {"barcos", *({"{name}", "a@b.co"} if "{" in text else ())}
    assert all(each in target.lower() for each in kept)
    assert [text[use.source_start : use.source_end] for use in job.terms()] == ["boats"]


@pytest.mark.parametrize(
    ("text", "syntaxes", "expected"),
    [
        # What steers the text parts it; what stands for words is one of them.
        (
            "you have {n, plural, one {# book} other {# books}}.",
            ["icu"],
            "YOU HAVE. {n, plural, one {# BOOK.} other {# BOOKS.}}.",
        ),
        ("{% if a < b %}red{% else %}big $t(x. y).{% endif %}", ["liquid", "i18next"],
         "{% if a < b %}RED.{% else %}BIG $t(x. y).{% endif %}"),
        ("one [[two\n. Three]] four.", ["regex:\\[\\[[^\\]]*]]"], "ONE. [[two\n. Three]] FOUR."),
        ("red {{ a. b }}!", ["liquid"], "RED {{ a. b }}!"),
        ("red {{ '" + "x. " * 99 + "' }}!", ["liquid"], "RED. {{ '" + "x. " * 99 + "' }}!"),
        ("{{ a }}", ["liquid"], "{{ a }}"),
        ("red {% if.", ["liquid"], "RED {% IF."),
    ],
)  # fmt: skip
def test_template_syntax_stays(text: str, syntaxes: list[str], expected: str) -> None:
    model = FakeModel()
    binding = Binding("yy", model.info, model.tokenizer(LanguagePair("xx", "yy")))
    job = TextTranslation("key", binding, Segmenter("en"), text, templates=syntaxes)
    engine = Engine({"fake": model})
    # As a second leg would have it, what stays is looked for again.
    for ask in (job.ask, lambda: job.go_on(binding)):
        for request in filter(None, ask()):
            engine.submit(request)
        for outcome in engine.run():
            job.accept(outcome)
        assert job.result(alignments=False)[0].replace("~", "") == expected


def repaired(text: str, glossary: Glossary) -> tuple[str, list[str]]:
    """A text with its terms, and how each came into it."""
    model = FakeModel()
    binding = Binding("yy", model.info, model.tokenizer(LanguagePair("xx", "yy")))
    job = TextTranslation("key", binding, Segmenter("en"), text, glossary=glossary)
    engine = Engine({"fake": model})
    rounds = [(job.ask, job.accept)] + [(job.repairs, job.accept_repair)] * REPAIR_ROUNDS
    for ask, accept in rounds:
        for request in filter(None, ask()):
            engine.submit(request)
        for outcome in engine.run():
            accept(outcome)
    return job.result(alignments=False)[0], [use.how.value for use in job.terms()]


def test_however_many_terms_a_segment_lacks_all_of_them_get_in() -> None:
    forms = {"two": "deux", "three": "trois", "four": "quatre", "five": "cinq", "Red Door": ""}
    glossary = Glossary(Term(term, (form,) if form else ()) for term, form in forms.items())
    text, how = repaired("one two three four five at Red Door.", glossary)
    assert text == "ONE deux trois quatre cinq AT Red Door."
    assert how == ["masked"] * 5
    # Alone, its form is all that there is to say.
    assert repaired("two!", glossary) == ("Deux!", ["masked"])


def test_a_term_is_forced_after_a_code_word_was() -> None:
    model = FakeModel()
    tokenizer = model.tokenizer(LanguagePair("xx", "yy"))
    binding = Binding("yy", model.info, tokenizer)
    glossary = Glossary([Term("two", ("deux",))])
    job = TextTranslation("key", binding, Segmenter("en"), "one two six {a}.", glossary=glossary)
    engine = Engine({"fake": model})
    for request in filter(None, job.ask()):
        engine.submit(request)
    for outcome in engine.run():
        assert outcome.hypothesis is not None
        # The code word is lost.
        tokens = outcome.hypothesis.tokens[:3]
        job.accept(replace(outcome, hypothesis=replace(outcome.hypothesis, tokens=tokens)))
    forced = []
    for _ in range(2):
        for request in filter(None, job.repairs()):
            forced.append("".join(map(tokenizer.piece, request.target_prefix)))
            engine.submit(request)
        for outcome in engine.run():
            job.accept_repair(outcome)
    assert forced == ["ONE TWO SIX%1", "ONEdeux"]


def told(forced: float, masked: float, *, loses: int = 0) -> tuple[str, list[str]]:
    """What becomes of a term, given how probable each token of the two ways is, in natural logs.

    Args:
        forced: After the form.
        masked: With a code word.
        loses: How many tokens the first way leaves out at its end.
    """
    model = FakeModel()
    binding = Binding("yy", model.info, model.tokenizer(LanguagePair("xx", "yy")))
    glossary = Glossary([Term("one", ("un",))])
    job = TextTranslation("key", binding, Segmenter("en"), "one two three four.", glossary=glossary)
    engine = Engine({"fake": model})

    def answered(requests: Iterator[Request | None]) -> Iterator[Outcome]:
        for request in filter(None, requests):
            engine.submit(request)
        for outcome in engine.run():
            assert outcome.request.scored
            assert outcome.hypothesis is not None
            found, num_prefix = outcome.hypothesis, len(outcome.request.target_prefix)
            num = len(found.tokens) - (loses if num_prefix else 0)
            each = forced if num_prefix else -0.1 if outcome.request.key[1] == "0" else masked
            told = replace(
                found,
                tokens=found.tokens[:num],
                alignment=found.alignment[:num],
                log_probabilities=(0.0,) * num_prefix + (each,) * (num - num_prefix),
                end_log_probability=each,
            )
            yield replace(outcome, hypothesis=told)

    for outcome in answered(job.ask()):
        job.accept(outcome)
    for _ in range(REPAIR_ROUNDS):
        for outcome in answered(job.repairs()):
            job.accept_repair(outcome)
    assert not list(filter(None, job.repairs()))
    return job.result(alignments=False)[0], [use.how.value for use in job.terms()]


@pytest.mark.parametrize(
    ("forced", "masked", "loses", "text", "how"),
    [
        (-0.1, -0.1, 0, "Un TWO THREE FOUR.", "forced"),
        # A little less is usual where a word is not the model's own.
        (-0.2, -0.05, 0, "Un TWO THREE FOUR.", "forced"),
        (-1.0, -0.1, 0, "Un TWO THREE FOUR.", "masked"),
        (-1.0, -2.0, 0, "Un TWO THREE FOUR.", "forced"),
        # Less counts more where a word is lost, and the other way need not be more probable then.
        (-0.1, -0.1, 2, "Un TWO THREE", "forced"),
        (-0.2, -0.1, 2, "Un TWO THREE FOUR.", "masked"),
        (-0.2, -0.9, 2, "Un TWO THREE FOUR.", "masked"),
    ],
)
def test_where_a_form_leads_astray_a_code_word_stands_for_it(
    forced: float, masked: float, loses: int, text: str, how: str
) -> None:
    assert told(forced, masked, loses=loses) == (text, [how])


def test_without_terms_nothing_is_scored() -> None:
    model = FakeModel()
    binding = Binding("yy", model.info, model.tokenizer(LanguagePair("xx", "yy")))
    glossary = Glossary([Term("two", ("deux",))])
    job = TextTranslation("key", binding, Segmenter("en"), "One. Two.", glossary=glossary)
    assert [request.scored for request in filter(None, job.ask())] == [False, True]


def test_a_segment_becomes_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def make(*arguments: object, **more: object) -> TargetHypothesis:
        made.append(arguments)
        return TargetHypothesis(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("translator.documents.text_segment.TargetHypothesis", make)
    model = FakeModel()
    job = translation("Red boats. Blue boats, 3.5 of them. Red boats.", model)
    engine = Engine({"fake": model})
    for request in filter(None, job.ask()):
        engine.submit(request)
    for outcome in engine.run():
        job.accept(outcome)
    assert not any(job.repairs())
    assert not [*job.issues(), *job.terms(), *job.alternatives()]
    assert "BLUE BOATS" in job.result(alignments=True)[0]
    assert len(made) == 3
