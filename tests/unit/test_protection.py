"""What a model must not touch comes back as it was, wherever it stands and however it comes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translator.text.detokenizer import TargetText
from translator.text.protection import Protected, Verbatim, protect

pytestmark = pytest.mark.unit

# As the embedded models have it.
_HELD = frozenset("áéíóúâêôãõçàÁÉÍÓÚÂÊÔÃÕÇÀ°")
_LACKED = frozenset("{}<>@~^`\\#")


def writes(character: str) -> bool:
    return character in _HELD or (character.isascii() and character not in _LACKED)


def hidden(text: str) -> list[str]:
    return [mask.text for mask in protect(text, writes).masks]


def restored(protected: Protected, said: str, *, complete: bool = False) -> str:
    target = TargetText(said, tuple(range(1, len(said) + 1)))
    missing = [(mask, len(said)) for mask in protected.missing(said)] if complete else []
    return protected.restored(target, missing).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs £5.", ["£5"]),
        ("It costs £ 5, or 7 € here.", ["£ 5", "7 €"]),
        ("A resistor of 50 Ω and one of 4.7kΩ", ["50 Ω", "4.7kΩ"]),
        ("8–10 Ω, £5-10 and 3×5 Ω", ["8–10 Ω", "£5-10", "3×5 Ω"]),
        ("From 8 – 10 Ω", ["10 Ω"]),
        ("It was −5 °C outside", ["−5"]),
        ("Write to (info@shop.com), please.", ["info@shop.com"]),
        ("See https://shop.example/a?b=c#d.", ["https://shop.example/a?b=c#d"]),
        ("See shop.com/sale, or www.shop.pt!", ["shop.com/sale", "www.shop.pt"]),
        ("Hello {first name}, you have %d of %1$s", ["{first name}", "%d", "%1$s"]),
        ("Hi {{ user.name | upper }}, %(count)s and ${total}", None),
        ("See also $t(nav.home), $user.name", ["$t(nav.home)", "$user.name"]),
        ("<b>Bold</b> and <br/>", ["<b>", "</b>", "<br/>"]),
        ("Great!🎉 Well done👍🏽👨‍👩‍👧.", ["🎉", "👍🏽👨‍👩‍👧"]),
        ("★★★★☆ Excellent", ["★★★★☆"]),
        ("Paint #ff00aa for @maria in #lisbon", ["#ff00aa", "@maria", "#lisbon"]),
        ("The id is 550e8400-e29b-41d4-a716-446655440000.", None),
        ("EAN 4006381333931, SKU AB-1234-XL, v2.3.1", ["4006381333931", "AB-1234-XL", "v2.3.1"]),
        ("Open C:\\temp\\a.txt or /etc/hosts", ["C:\\temp\\a.txt", "/etc/hosts"]),
        ("Rates of %2/%3 %4 and %1", ["%2/%3 %4", "%1"]),
        ("Ruoa-XS-Rgwpr-68 at 219.126.246.250:80", ["Ruoa-XS-Rgwpr-68", "219.126.246.250:80"]),
        ("The commit a22dfd9ee6", ["a22dfd9ee6"]),
        ("The label shows ª or “ or » here", ["ª", "“", "»"]),
        ("Write to Mrvy-XS-Jktuu-28 or Hoodie-XS-Black", ["Mrvy-XS-Jktuu-28", "Hoodie-XS-Black"]),
        ("if (x && y >= 5) use `npm install --save`", ["&&", ">= 5", "`npm install --save`"]),
        ("The word Привет stays", ["Привет"]),
        ("Привет, мир stays", ["Привет", "мир"]),
        ("Nike™ and 10×20", ["Nike™", "10×20"]),
        ("a" * 101 + " is no word", ["a" * 101]),
        # What every model knows stays.
        ("COVID-19-related, 1ª and n.º 5, 1.234.567.890", []),
        ("COVID-19 in 2024, 24/7 on 2026-11-29 at 10:30", []),
        ("It is 50% of 1,200.50 on the B2B side of U.S. trade", []),
        ("I can't. He's e.g. fine (really), no. 5", []),
        ("A ação é só isto", []),
        ("hello.how are you", []),
        ("5.A new one", []),
    ],
)
def test_what_a_model_must_not_touch_is_hidden(text: str, expected: list[str] | None) -> None:
    protected = protect(text, writes)
    if expected is not None:
        assert [mask.text for mask in protected.masks] == expected
    assert len(protected.masks) > 0 or expected == []
    # Nothing that the model lacks is left, and what it says back is the text again.
    assert all(writes(c) or c.isspace() or c in "ªº" for c in protected.text)
    assert restored(protected, protected.text) == text


@pytest.mark.parametrize(
    ("text", "model_sees", "said", "expected"),
    [
        ("He said “hello”.", 'He said "hello".', 'Ele disse "olá".', "Ele disse “olá”."),
        ("Er sagt „ja“.", 'Er sagt "ja".', 'Ele diz "sim".', "Ele diz „sim“."),
        ("« Oui » dit-il", '"Oui" dit-il', '"Sim" disse', "« Sim » disse"),
        ("It’s John’s", "It's John's", "É d'água", "É d’água"),
        ("Wait… what?", "Wait... what?", "Espere... o quê?", "Espere… o quê?"),
        ("fine – really", "fine - really", "bem - mesmo", "bem – mesmo"),
        ("yes—no", "yes - no", "sim - não", "sim—não"),
        ("1998–1999 guarda-chuva", "1998-1999 guarda-chuva", "1998-1999 um-brella", None),
        ('"plain" stays', '"plain" stays', '"isto" fica', '"isto" fica'),
    ],
)
def test_typographic_characters_go_in_plain_and_come_back(
    text: str, model_sees: str, said: str, expected: str | None
) -> None:
    protected = protect(text, writes)
    assert protected.text == model_sees
    assert restored(protected, said) == (expected or said.replace("1998-1999", "1998–1999"))


def test_a_doubled_code_word_counts_once_and_an_invented_one_never() -> None:
    protected = protect("Send {a} to {b}", writes)
    assert protected.text == "Send %1 to %2"
    assert restored(protected, "Envie %2 a %1, %2 e %7.") == "Envie {b} a {a}, e."


def test_a_space_that_the_model_leaves_out_is_there() -> None:
    protected = protect("Go to {a}, see shop.com or £5", writes)
    assert protected.text == "Go to %1, see %2 or %3"
    assert restored(protected, "Vá a%1, ver%2 ou%3") == "Vá a{a}, ver shop.com ou£5"
    # Where words have no spaces between them, none is missing.
    assert restored(protected, "前往%1，参见%2或%3") == "前往{a}，参见shop.com或£5"


def test_a_lost_code_word_is_told_and_put_in() -> None:
    protected = protect("Send {a} to {b}", writes)
    assert [mask.text for mask in protected.missing("Envie a %2")] == ["{a}"]
    assert restored(protected, "Envie a %2") == "Envie a {b}"
    assert restored(protected, "Envie a %2", complete=True) == "Envie a {b} {a}"


def test_tokens_inside_what_is_put_back_end_with_it() -> None:
    protected = protect("To info@shop.com now", writes)
    assert protected.text == "To %1 now"
    target = protected.restored(TargetText("Para %1 já", (4, 6, 7, 10)))
    assert target.text == "Para info@shop.com já"
    assert target.token_ends == (4, 18, 18, 21)


def test_each_place_comes_from_a_place_of_the_original() -> None:
    text = "It’s {n} at £5…"
    protected = protect(text, writes)
    assert protected.text == "It's %1 at %2..."
    assert [protected.rewritten.origin(*span) for span in ((0, 4), (4, 7), (7, 10), (10, 13))] == [
        (0, 4),
        (4, 8),
        (8, 11),
        (11, 14),
    ]
    assert protected.rewritten.origin(13, 16) == (14, 15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Send it to {na", 11),
        ("Send it to {name}", 11),
        ("Send it to {name} ", 11),
        ("Send it to {name} and ", None),
        ("It costs 50", 9),
        ("It costs 50 ", 9),
        ("It costs 50 euros", None),
        ("It has 8–10", 7),
        ("It is 3×5 ", 6),
        ("Write to info@sh", 9),
        ("Run `npm inst", 4),
        ("Run `npm install` and ", None),
        ("If x < 10 then ", None),
        ("Hello there", None),
        ("Hello there ", None),
    ],
)
def test_it_is_known_from_where_on_more_source_may_change_it(
    text: str, expected: int | None
) -> None:
    assert protect(text, writes).open_from == expected


def test_nothing_left_for_a_model_is_known() -> None:
    for text in ("★★★★☆", "#1", "info@shop.com", "Привет мир", "{a} {b}, {c}!", "…", "a" * 700):
        assert not protect(text, writes).has_words, text
    for text in ("12:30", "2026-11-29", "1,000.50", "350", "24/7", "(5)"):
        assert not protect(text, writes).has_words, text
    for text in ("Hello {name}", "5 apples", "a"):
        assert protect(text, writes).has_words, text


def test_ranges_of_the_caller_stay_as_they_are() -> None:
    text = "We sell the Big Mac here"
    for put, expected in ((None, "Vendemos o Big Mac aqui"), ("Grande", "Vendemos o Grande aqui")):
        protected = protect(text, writes, [Verbatim(12, 19, put)])
        assert protected.text == "We sell the %1 here"
        assert restored(protected, "Vendemos o %1 aqui") == expected


PIECES = st.sampled_from(
    [
        *[
            "hello",
            "wör",
            "{name}",
            "{",
            "}",
            "<b>",
            "<",
            "%s",
            "%1",
            "%",
            "£5",
            "€",
            "50",
            " ",
            " ",
        ],
        *[
            "a@b.co",
            "🎉",
            "’",
            "“",
            "”",
            "—",
            "…",
            "«",
            "»",
            "Ω",
            "你好",
            "\n",
            "#1",
            "x.com/y",
            ".",
        ],
        *["\u200b", "e\u0301", "--", "ﬁ", "²", "m²", "1º", "\u00a0", "[[x]]", "&amp;", "\\", "_a_"],
    ]
)
TEXTS = st.lists(PIECES, max_size=20).map("".join)


@given(TEXTS)
def test_whatever_is_hidden_comes_back(text: str) -> None:
    protected = protect(text, writes)
    for mask in protected.masks:
        assert text[mask.start : mask.end] == mask.text
    found = restored(protected, protected.text)
    assert all(mask.text in found for mask in protected.masks)
    # A place is never before the one that it follows.
    spans = [protected.rewritten.origin(i, i + 1) for i in range(len(protected.text))]
    assert all(0 <= a <= b <= len(text) for a, b in spans)
    assert spans == sorted(spans)


@given(TEXTS, TEXTS)
@example("hellowör\u00a050", "wör")
@example("wör -", "wör")
def test_what_is_settled_stays_as_a_text_grows(text: str, more: str) -> None:
    before, after = protect(text + " ", writes), protect(f"{text} {more}", writes)
    border = len(text) if before.open_from is None else before.open_from
    settled = [mask for mask in before.masks if mask.end <= border]
    assert list(after.masks[: len(settled)]) == settled


@pytest.mark.parametrize("lead", ["• ", "| ", "→ ", "★  ", "•\u00a0"])
def test_a_sign_before_an_item_is_not_for_the_model(lead: str) -> None:
    protected = protect(f"{lead}Blue at £5", writes)
    assert protected.text == "Blue at %1"
    assert protected.rewritten.origin(0, 4) == (len(lead), len(lead) + 4)
    assert restored(protected, "Azul por %1") == f"{lead}Azul por £5"
    assert protected.concealed(f"{lead}Azul por £5") == "Azul por %1"
    assert protect(f"{lead}Blue", lambda _: True).text == "Blue"


@pytest.mark.parametrize(
    ("text", "has_words"),
    [("• L", False), ("• XL", True), ("L", True), ("• 5", False), ("•", False)],
)
def test_a_single_letter_in_a_row_of_items_is_a_name(text: str, has_words: bool) -> None:
    assert protect(text, writes).has_words is has_words


def test_a_dash_keeps_the_spaces_that_no_line_breaks_at() -> None:
    protected = protect("The house\u00a0– a small one – is\u202f—\u00a0sold", writes)
    said = "A casa - uma pequena - é - vendida"
    assert restored(protected, said) == "A casa\u00a0– uma pequena – é\u202f—\u00a0vendida"


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("Depth: 40~cm", "Profundidade: 40 cm", "Profundidade: 40~cm"),
        ("It is 1.50~m", "Tem 1,50 m", "Tem 1,50~m"),
        ("Mrs.~Reed left", "A Sra. Reed saiu", "A Sra.~Reed saiu"),
        ("5 kg and 5~kg", "5 kg e 5 kg", "5 kg e 5~kg"),
        ("40~cm and 12 kg", "12 kg e 40 cm", "12 kg e 40~cm"),
        ("10~000~people", "10 000 pessoas", "10~000~pessoas"),
        ("of~rice", "de arroz", "de arroz"),
    ],
)
def test_a_no_break_space_stays_with_its_number_or_word(
    text: str, said: str, expected: str
) -> None:
    protected = protect(text.replace("~", "\u00a0"), writes)
    assert restored(protected, said).replace("\u00a0", "~") == expected
    assert protected.concealed(expected.replace("~", "\u00a0")) == said
