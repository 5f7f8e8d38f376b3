"""Where segments end, and that it never matters how the text came."""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence

import pytest
import sentencex
from hypothesis import example, given
from hypothesis import strategies as st

from translator.text.segmenter import SegmentEnd, Segmenter, SegmentLimits

pytestmark = pytest.mark.unit

PIECES = [
    *["hello", "Good", "she", "A", "7", "3.5", "e.g. ", "Dr. ", "Sr. ", "U.S. ", "1. ", "- "],
    *[" ", " ", " ", " ", "  ", "\n", "\n\n", "\t", "\u2028", "\u00a0", "\u3000"],
    *[". ", "! ", "? ", ".", "...", "…", ", ", "; ", ": ", " — ", "(", ")", '"', "“", "”", "'"],
    *[
        " >> ",
        " - ",
        " • ",
        " | ",
        " 😀 ",
        " ♪ ",
        "\r\n",
        "\r\n\r\n",
        "\u2029",
        "no. ",
        "me. ",
        "[1]",
    ],
    *["é", "e\u0301", "\u0301", "\u20dd", "😀", "👍🏽", "👩\u200d👩\u200d👧", "\u200d", "\ufe0f"],
    *["مرحبا", "؟ ", "\u200f", "שלום", "你好", "。", "！", "」", "กำ", "หนึ่ง", "हिन्दी", "। "],
    *["\x00", "\x1b", "\x1c", "\x7f", "\x85"],
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.text(max_size=80),
)
LIMITS = st.builds(
    SegmentLimits, max_words=st.integers(2, 12), max_length=st.integers(4, 60)
) | st.just(SegmentLimits())
SEGMENTERS = st.builds(
    Segmenter,
    st.sampled_from(["en", "pt-BR", "de", "ja", "ar", "hi", "xx"]),
    LIMITS,
    find_sentences=st.booleans(),
)


def stream(
    segmenter: Segmenter, chunks: Iterable[str], pauses: Sequence[float] = (0.0,)
) -> list[str]:
    """Segments of a text that comes in chunks, found as a session finds them.

    Before the code point i of the whole there is the pause i of ``pauses``, again and again.
    """
    segments: list[str] = []
    text = ""
    for chunk in chunks:
        scanned = len(text)
        text += chunk
        while True:
            begin = sum(map(len, segments))
            end = segmenter.find_end(
                text,
                scanned,
                lambda place: pauses[(begin + place) % len(pauses)],  # noqa: B023
            )
            if end is None:
                break
            segments.append(text[: end.position])
            text = text[end.position :]
            scanned = 0
    return [*segments, text] if text else segments


def split(segmenter: Segmenter, text: str) -> list[str]:
    return [text[start:end] for start, end in segmenter.split(text)]


def cut(text: str, cuts: Iterable[int]) -> list[str]:
    places = [0, *sorted(min(c, len(text)) for c in cuts), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Hello there. How are you? Fine! ", ["Hello there. ", "How are you? ", "Fine! "]),
        ("en", "One sentence only", ["One sentence only"]),
        ("en", "I saw Dr. Smith. He was fine.", ["I saw Dr. Smith. ", "He was fine."]),
        ("pt", "Falei com o Sr. Silva. Ele riu.", ["Falei com o Sr. Silva. ", "Ele riu."]),
        ("pt-BR", "O Dr. Sousa veio. Sim.", ["O Dr. Sousa veio. ", "Sim."]),
        ("en", "It is 3.5 metres. Yes.", ["It is 3.5 metres. ", "Yes."]),
        ("en", "See e.g. Page 3. Good.", ["See e.g. Page 3. ", "Good."]),
        ("en", 'He said "No way." She left.', ['He said "No way." ', "She left."]),
        ("en", "She left. “Why?” he asked.", ["She left. ", "“Why?” he asked."]),
        ("en", "1. First thing. 2. Second.", ["1. First thing. ", "2. Second."]),
        ("en", "A title\n\nThe text. More", ["A title\n\n", "The text. ", "More"]),
        ("en", "\n\n\nHello there. You", ["\n\n\nHello there. ", "You"]),
        ("ja", "今日は。元気ですか？はい", ["今日は。", "元気ですか？", "はい"]),
        ("ar", "مرحبا بك. كيف حالك؟ جيد", ["مرحبا بك. ", "كيف حالك؟ ", "جيد"]),
        ("ja", "なに！！」次", ["なに！！」", "次"]),
        ("en", "(It was late.) We left", ["(It was late.) ", "We left"]),
        ("en", "(1) One. Two. Three", ["(1) One. ", "Two. ", "Three"]),
        ("en", "Wait… Now. … No", ["Wait… ", "Now. … ", "No"]),
        ("en", "He left.[1][2] She", ["He left.[1][2] ", "She"]),
        ("pt", "— Vamos? — disse ele. — Sim", ["— Vamos? — disse ele. ", "— Sim"]),
        ("fr", "Il dit « Oui. » Puis", ["Il dit « Oui. » ", "Puis"]),
        ("fr", "Bonjour ! Viens", ["Bonjour ! ", "Viens"]),
        ("en", "", []),
        ("en", "   ", ["   "]),
    ],
)
def test_a_segment_is_a_sentence(language: str, text: str, expected: list[str]) -> None:
    assert split(Segmenter(language), text) == expected


TURNS = [
    *["Did the boat come?", "It came late.", "Who was on it?", "My aunt was.", "Only her?"],
    *["I said no.", "She had a dog!", "You may laugh.", "It bit me.", "OK.", "Where is it now?"],
    *["In the yard.", "Is that wise?", "Not really, it barks.", "Feed it.", "With what?", "No."],
    "Then we wait.",
]
MARKS = [
    *[">>", "-", "–", "—", "•", "…", "...", "♪", "😀", "👩\u200d👩\u200d👧", "☺\ufe0f", "*", "#"],
    *["|", "(", ")", "[", "]", "( )", "->", "→", "►", "♪♪", "***", "- -", ">> -", "·", "~", "_"],
    *['"', "“", "”", "«", "»", "/", "&", "\u200b", "¿"],
]


@pytest.mark.parametrize("mark", MARKS)
def test_marks_that_stand_alone_hide_no_sentence_end(mark: str) -> None:
    for text in (f" {mark} ".join(TURNS), " ".join(f"{mark} {turn}" for turn in TURNS)):
        segments = split(Segmenter("en"), text)
        assert len(segments) == len(TURNS)
        assert all(turn in segment for turn, segment in zip(TURNS, segments, strict=True))


@pytest.mark.parametrize(
    ("mark", "introduces"),
    [(">>", True), ("-", True), ("•", True), ("[", True), ("“", True), ("😀", False), ("”", False)],
)
def test_a_mark_that_stands_alone_belongs_to_what_it_introduces(
    mark: str, introduces: bool
) -> None:
    segmenter = Segmenter("en")
    before = f"It came. {mark} "
    first = "It came. " if introduces else before
    assert split(segmenter, f"{before}Who") == [first, f"{before}Who".removeprefix(first)]
    assert segmenter.settled_length(before) == len(first)
    assert segmenter.is_ended(before) is not introduces


def test_a_song_has_a_note_before_and_after() -> None:
    text = "♪ It came. ♪ Who ♪ sang?"
    assert split(Segmenter("en"), text) == ["♪ It came. ♪ ", "Who ♪ sang?"]


def test_marks_are_settled_unless_a_sentence_has_ended() -> None:
    assert Segmenter("en").settled_length("It came - ") == len("It came - ")
    assert Segmenter("en").settled_length('It came. "') == len("It came. ")
    assert Segmenter("en").settled_length('It came. " ') == len('It came. " ')
    assert Segmenter("ja").settled_length("なに。「") == len("なに。")
    assert Segmenter("en").settled_length("It came. ") == len("It came. ")
    assert Segmenter("en", find_sentences=False).settled_length("It came. - ") == 11


BLANK_LINES = [
    "\n\n",
    "\r\n\r\n",
    "\r\r",
    "\n \t\n",
    "\u2028\u2028",
    "\x85\x85",
    "\u2029",
    "\n\r\n",
]


@pytest.mark.parametrize("blank", BLANK_LINES)
def test_a_blank_line_ends_a_segment_whatever_ends_a_line(blank: str) -> None:
    assert split(Segmenter("en"), f"A title{blank}the text") == [f"A title{blank}", "the text"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_a_line_end_alone_ends_nothing(line_end: str) -> None:
    assert len(split(Segmenter("en"), f"A title{line_end}the text")) == 1


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Please call me. ", "We said no. ", "You may. ", "It is art. ", "No. ", "Look"]),
        ("en", ["OK. ", "It is an ID. ", "We met in May. ", "It is as old as I. ", "Now"]),
        ("en", ["Take pens, paper, etc. ", "Go, etc. and come. ", "I saw Ken. ", "He waved"]),
        ("en", ["CALL ME. ", "WE SAID NO. ", "MR. LOW LEFT"]),
        ("en", ["Mr. Low met Dr. Ray at St. Ives on Jan. 5. ", "No. 5 is Art. 5, see fig. 3"]),
        ("en", ["J. K. Low came. ", "It took approx. five hours"]),
        ("en", ["Add 2 tbsp. sugar and 1 tsp. salt. ", "Wait 5 min. ", "Then stir"]),
        ("en", ["Pay invoice no. INV-7 for room no. B4. ", "Was it yours? ", "No. ", "It was his"]),
        ("pt", ["Seg. 9h, sáb. 10h, dom. fechado. ", "Vestido tam. M é bom"]),
        ("pt", ["Moro na R. Augusta. ", "E ele na av. Brasil, no séc. XX. ", "É. ", "Eu não"]),
        (
            "pt",
            ["O Sr. Lima, a Dra. Reis e D. Pedro II. ", "Foi no século XX. ", "Frutas, etc. e sal"],
        ),
        ("es", ["Está bien. ", "Creo que no. ", "El mar. ", "El Sr. Paz corrió 10 km. ", "Luego"]),
        ("fr", ["C'est de l'art. ", "Un vin sec. ", "M. Petit voit Mme. Roux"]),
        ("de", ["Er sieht mich. ", "Diese Art. ", "Am 3. Oktober kam Dr. Berg, Art. 5"]),
        ("it", ["Dimmi di no. ", "Non mi va. ", "Viene dagli USA. ", "Il dott. Neri"]),
        ("ru", ["Это я. ", "А. С. Пушкин"]),
    ],
)
def test_a_word_that_is_an_abbreviation_too_ends_a_sentence(
    language: str, sentences: list[str]
) -> None:
    assert split(Segmenter(language), "".join(sentences)) == sentences


def test_an_end_is_found_after_a_start() -> None:
    text = "It came. Who was on it? My aunt"
    segmenter = Segmenter("en")
    assert segmenter.find_end(text, start=9) == SegmentEnd(len("Who was on it? "))
    assert segmenter.find_end(text, len("Who was on it? M"), start=9) is None
    paused = segmenter.find_end("x we sail", 0, lambda place: 3.0 if place == 3 else 0.0, start=2)
    assert paused == SegmentEnd(3)


def test_a_sentence_ends_only_when_the_next_word_begins() -> None:
    segmenter = Segmenter("en")
    assert segmenter.find_end("Hello there.") is None
    assert segmenter.find_end("Hello there. ") is None
    assert segmenter.find_end('Hello there. "') is None
    assert segmenter.find_end('Hello there. "Y') == SegmentEnd(len("Hello there. "))


@pytest.mark.parametrize("opening", ['"', "“", "'", "(", "¿", "«", '("'])
def test_a_sentence_may_begin_with_a_mark(opening: str) -> None:
    assert split(Segmenter("en"), f"She left. {opening}Why") == ["She left. ", f"{opening}Why"]


def test_a_decision_is_about_the_place_just_passed_only() -> None:
    """An earlier place, once passed, is never an end again, whatever follows."""
    text = "Hello there. You"
    segmenter = Segmenter("en")
    assert segmenter.find_end(text, len("Hello there. ")) == SegmentEnd(len("Hello there. "))
    assert segmenter.find_end(text, len("Hello there. Y")) is None
    assert segmenter.find_end(text + " are. Yes", len(text)) == SegmentEnd(len(text + " are. "))


def test_the_client_finds_sentences_if_it_says_so() -> None:
    segmenter = Segmenter("en", SegmentLimits(max_words=6), find_sentences=False)
    assert split(segmenter, "Hi. You. Yes. No. One. Two. Six. Ten.") == [
        "Hi. You. Yes. No. One. Two. ",
        "Six. Ten.",
    ]


@pytest.mark.parametrize(
    ("language", "text", "ended"),
    [
        ("en", "Hello.", True),
        ("en", "Hello. \n", True),
        ("en", "Really?", True),
        ("en", "Stop!", True),
        ("en", "What?!", True),
        ("en", 'He said "no."', True),
        ("en", "He said “no.”", True),
        ("en", "(It was late.)", True),
        ("en", "Yes. It is 3.5 metres.", True),
        ("en", "You may.", True),
        ("en", "No. 😀", True),
        ("en", "It went 160km/h.", True),
        ("en", "It blows at 5 m/s.", True),
        ("pt", "Custa R$ 5/kg.", True),
        ("pt", "a leste do meridiano 35° O.", True),
        ("pt", "Olá.", True),
        ("pt", "Tudo bem com vocês?", True),
        ("zh", "\u4f60\u597d\u3002", True),
        ("ja", "\u5143\u6c17\u3067\u3059\u304b\uff1f", True),
        ("hi", "\u0939\u093f\u0928\u094d\u0926\u0940\u0964", True),
        ("ar", "كيف حالك؟", True),
        ("en", "", False),
        ("en", "  ", False),
        ("en", ".", False),
        ("en", "Good luck", False),
        ("en", "Good luck,", False),
        ("en", "Good luck:", False),
        ("en", "Mr.", False),
        ("en", "I met Dr.", False),
        ("en", "e.g.", False),
        ("en", "3.", False),
        ("en", "It has vitamin C.", False),
        ("en", "wait...", False),
        ("en", "wait…", False),
        ("en", "“wait . . .”", False),
        ("en", "wait...?", True),
        ("pt", "o Sr.", False),
    ],
)
def test_a_complete_sentence_is_ended(language: str, text: str, ended: bool) -> None:
    assert Segmenter(language).is_ended(text) is ended


EIGHT = "we sail south and they sail north today "


NO_CAPITAL = EIGHT.removeprefix("we ")
CAPITAL = "We" + EIGHT.removeprefix("we")


@pytest.mark.parametrize(
    ("before", "word", "seconds", "end"),
    [
        # Text without marks and capitals: from eight words on.
        (EIGHT, "north", 0.29, None),
        (EIGHT, "north", 0.3, "sentence"),
        (NO_CAPITAL, "north", 2.9, None),
        (NO_CAPITAL, "north", 3.0, "sentence"),
        ("well ", "north", 2.9, None),
        (EIGHT.replace("south", "3.5"), "north", 0.9, "sentence"),
        ("\u4eca\u65e5\u306f\u5143\u6c17\u3067\u3059\u304b ", "\u4eca", 0.3, "sentence"),
        # Text that clearly goes on.
        (CAPITAL, "north", 2.9, None),
        (CAPITAL, "north", 3.0, "inside"),
        ("I would like to ", "thank", 1.1, None),
        ("We sail, ", "and", 2.9, None),
        (EIGHT.replace("south", "south,"), "north", 2.9, None),
        # The next word may begin a sentence, or be a name.
        (CAPITAL, "North", 0.9, None),
        (CAPITAL, "North", 1.0, "inside"),
        (CAPITAL, "3", 1.0, "inside"),
        ("We sail, ", "North", 1.0, "inside"),
        # A mark that is no sentence end for what comes next, but a pause makes it one.
        ("We sail at 9 a.m. ", "north", 1.0, "sentence"),
        ("We sail... ", "north", 1.0, "sentence"),
        ("We sail... ", "north", 0.9, None),
        # Nothing to translate.
        (" — ", "north", 9.0, None),
    ],
)
def test_a_pause_ends_a_segment(before: str, word: str, seconds: float, end: str | None) -> None:
    found = Segmenter("en").find_end(
        before + word, 0, lambda place: seconds if place == len(before) else 0.0
    )
    expected = SegmentEnd(len(before), in_sentence=end == "inside") if end else None
    assert found == expected
    client = Segmenter("en", find_sentences=False)
    assert client.find_end(before + word, pause_before=lambda _: seconds) is None


def test_a_limit_ends_a_segment_in_its_sentence() -> None:
    segmenter = Segmenter("en", SegmentLimits(max_words=4, max_length=30))
    assert segmenter.find_end("a b c d e") == SegmentEnd(8, in_sentence=True)
    assert segmenter.find_end("a b c, d") == SegmentEnd(7, in_sentence=True)
    assert segmenter.find_end("a" * 31) == SegmentEnd(30, in_sentence=True)
    assert segmenter.find_end("Go on. D") == SegmentEnd(7)


@pytest.mark.parametrize(
    ("text", "overlong"),
    [
        ("one two three", 0),
        ("one two three four", 1),
        ("one two three four five six seven eight", 2),
        ("one, two three four five six seven eight", 0),
        ("one, two three four five six seven eight nine", 1),
        ("One two three four five six seven", 0),
        ("One two three four five six seven eight", 1),
        ("3.5 4,5 one two", 1),
        ("one two three four, ", 0),
        ("\u4eca\u65e5\u306f\u5143", 1),
        ("\u4eca\u65e5\u3002\u306f\u5143\u6c17", 0),
        ("", 0),
    ],
)
def test_text_without_marks_grows_overlong(text: str, overlong: int) -> None:
    limits = SegmentLimits(bare_words=4)
    assert Segmenter("en", limits).num_overlong(text) == overlong
    assert Segmenter("en", limits, find_sentences=False).num_overlong(text) == 0


def test_a_segment_holds_no_more_words_than_allowed() -> None:
    assert split(Segmenter("en", SegmentLimits(max_words=4)), "a b c d e f g h i") == [
        "a b c d ",
        "e f g h ",
        "i",
    ]


@pytest.mark.parametrize("mark", [",", ";", ":", " —"])
def test_from_three_quarters_on_a_segment_ends_with_a_clause(mark: str) -> None:
    early, late = f"a{mark} b c", f"a b{mark} c"
    segmenter = Segmenter("en", SegmentLimits(max_words=4 if mark != " —" else 5))
    assert split(segmenter, f"{early} d")[0] != f"a{mark} "
    assert split(segmenter, f"x {late} d")[0] == f"x a b{mark} "


def test_a_long_segment_ends_with_a_clause_by_its_length_too() -> None:
    segmenter = Segmenter("en", SegmentLimits(max_length=40))
    assert split(segmenter, "a" * 32 + ", b c") == ["a" * 32 + ", ", "b c"]
    assert split(segmenter, "a" * 20 + ", b c") == ["a" * 20 + ", b c"]


@pytest.mark.parametrize(
    ("text", "limit", "first"),
    [
        ("abcdefgh", 4, "abcd"),
        ("abcde\u0301gh", 5, "abcd"),  # combining accent
        ("กกกกกิก", 5, "กกกก"),  # Thai vowel sign: a mark of combining class 0
        ("कककककिक", 5, "कककक"),  # Devanagari vowel sign: a spacing mark
        ("aaaa👩\u200d👩a", 5, "aaaa"),  # joined emoji, before the joiner
        ("aaaa👩\u200d👩a", 6, "aaaa"),  # and after it
        ("aaaa☺\ufe0fa", 5, "aaaa"),  # variation selector
        ("aaaa👍🏽a", 5, "aaaa"),  # skin tone
        ("a" + "\u0301" * 9, 6, "a\u0301\u0301"),  # never less than half the limit
    ],
)
def test_a_cut_inside_a_word_keeps_what_is_one_character(text: str, limit: int, first: str) -> None:
    assert split(Segmenter("en", SegmentLimits(max_length=limit)), text)[0] == first


@given(SEGMENTERS, TEXTS, st.lists(st.integers(0, 200), max_size=12))
@example(Segmenter("en", SegmentLimits(max_length=14)), "Hi there. (((((Good", list(range(20)))
def test_chunks_cut_anywhere_give_the_segments_of_the_whole(
    segmenter: Segmenter, text: str, cuts: list[int]
) -> None:
    whole = split(segmenter, text)
    assert stream(segmenter, cut(text, cuts)) == whole
    assert stream(segmenter, text) == whole


@given(
    SEGMENTERS,
    TEXTS,
    st.lists(st.integers(0, 200), max_size=12),
    st.lists(st.sampled_from([0.0, 0.0, 0.5, 3.0]), min_size=1, max_size=9),
)
def test_chunks_cut_anywhere_end_at_the_same_pauses(
    segmenter: Segmenter, text: str, cuts: list[int], pauses: list[float]
) -> None:
    whole = stream(segmenter, [text], pauses)
    assert stream(segmenter, cut(text, cuts), pauses) == whole
    assert stream(segmenter, text, pauses) == whole
    assert "".join(whole) == text


@pytest.mark.parametrize("space", "\t\n\x0b\x0c\x1c\x85\u00a0\u1680\u2003\u2028\u202f\u3000")
@pytest.mark.parametrize("word", ["I", "a", "Dr", "é", "你"])
def test_any_white_space_may_stand_before_a_full_stop(word: str, space: str) -> None:
    text = f"{word}{space}.{space}Then"
    assert "".join(split(Segmenter("en"), text)) == text


@given(SEGMENTERS, TEXTS)
def test_segments_make_up_the_text_and_none_is_longer_than_allowed(
    segmenter: Segmenter, text: str
) -> None:
    segments = split(segmenter, text)
    assert "".join(segments) == text
    for segment in segments:
        assert 0 < len(segment) <= segmenter.limits.max_length
        # A mark that stands alone is no word to end a segment at.
        up_to_last_word = re.match(r".*\w|", segment, re.DOTALL)
        assert up_to_last_word
        assert len(up_to_last_word.group().split()) <= segmenter.limits.max_words


@given(st.text(st.sampled_from("กิำ่aé\u0301हि😀🏽\u200d\ufe0f"), min_size=30, max_size=80))
def test_no_cut_parts_a_mark_from_its_letter_if_half_a_segment_has_a_place(text: str) -> None:
    limit = 20
    end = len(split(Segmenter("th", SegmentLimits(max_length=limit)), text)[0])
    if end > limit // 2:
        assert not unicodedata.category(text[end]).startswith("M")
        assert "\u200d" not in text[end - 1 : end + 1]


def test_a_word_of_a_hundred_thousand_characters_is_cut_quickly() -> None:
    segments = split(Segmenter("en"), "x" * 100_000)
    assert {len(segment) for segment in segments[:-1]} == {600}
    assert sum(map(len, segments)) == 100_000


@pytest.mark.parametrize("language", ["en", "pt", "de", "hy", "hi", "am", "th", "zh", "my", "xx"])
def test_no_letter_or_digit_ends_a_sentence(language: str) -> None:
    """The segmenter does not ask sentencex about words that have no mark."""
    letters = [c for c in map(chr, range(0x20000)) if c.isalnum()]
    text = " ".join(f"Word{letter} Word" for letter in letters)
    assert len(sentencex.get_sentence_boundaries(language, text)) == 1


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("Small • Large • X-Large", ["Small ", "• Large ", "• X-Large"]),
        ("Home | Shop | 24 hours", ["Home ", "| Shop ", "| 24 hours"]),
        ("Red → green", ["Red ", "→ green"]),
        ("Red\u00a0•\u00a0blue", ["Red\u00a0", "•\u00a0blue"]),
        ("We met. • Then we left", ["We met. ", "• Then we left"]),
        ("• Light • Dry", ["• Light ", "• Dry"]),
        # No items.
        ("a|b and c •d", ["a|b and c •d"]),
        ("5 - 3 are two, or 4 / 2", ["5 - 3 are two, or 4 / 2"]),
    ],
)
def test_items_in_a_line_are_segments(text: str, segments: list[str]) -> None:
    segmenter = Segmenter("en")
    assert [text[start:end] for start, end in segmenter.split(text)] == segments


@pytest.mark.parametrize(
    ("text", "length"), [("Small •", 6), ("Small • ", 6), ("Small", 5), ("• ", 2), ("Small •  ", 9)]
)
def test_a_sign_between_items_is_not_settled(text: str, length: int) -> None:
    assert Segmenter("en").settled_length(text) == length
