"""Where marks go in a translation."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.html_soup import SOUP
from translator.documents.html import parse
from translator.documents.marks import Translated
from translator.documents.placement import PieceKind, place

pytestmark = pytest.mark.unit


def placed(html: str, target: str, pairs: str = "") -> str:
    """``html``'s text in other words; ``pairs`` are ``source word=target word``, by position."""
    page = parse(html)
    (text,) = page.texts
    ends = [match.span() for match in re.finditer(r"\w+", text.text)]
    goal = [match.span() for match in re.finditer(r"\w+", target)]
    numbers = [tuple(map(int, pair.split("="))) for pair in pairs.split()]
    return page.render([Translated(target, [ends[i] + goal[j] for i, j in numbers])])


@pytest.mark.parametrize(
    ("html", "target", "pairs", "result"),
    [
        (
            "the <b>white</b> <i>house</i> here",
            "a casa branca aqui",
            "0=0 1=2 2=1 3=3",
            "a <i>casa</i> <b>branca</b> aqui",
        ),
        # Words that are aligned with nothing do not break a run, and do not begin or end one.
        (
            "a <b>race car</b> b",
            "um carro de corrida um",
            "0=0 1=3 2=1 3=4",
            "um <b>carro de corrida</b> um",
        ),
        # The longest run.
        ("<b>a b c</b> d e", "a x y b c", "0=0 1=3 2=4 3=1 4=2", "a x y <b>b c</b>"),
        # Nested as before.
        (
            "x <a>big <b>red</b> bag</a> y",
            "y bolsa vermelha grande x",
            "0=4 1=3 2=2 3=1 4=0",
            "y <a>bolsa <b>vermelha</b> grande</a> x",
        ),
        # Punctuation stays outside.
        ("the <b>end</b>.", "o fim.", "0=0 1=1", "o <b>fim</b>."),
        # A word that went to the neighbour.
        ("do <b>not</b> go", "não vá", "0=0 2=1", "<b>não</b> vá"),
        # A pair that no word is left of stays empty between its neighbours.
        ("<i>go</i> <b>away</b>", "x", "0=0", "<i>x</i><b></b>"),
        # Inside a word, in the same proportion.
        ("<b>W</b>elcome", "Bem", "0=0", "<b>B</b>em"),
        ("a 1<sup>st</sup> b", "a 1º b", "0=0 1=1 2=2", "a 1<sup>º</sup> b"),
        ("H<sub>2</sub>O is", "é H2O", "0=1 1=0", "é H<sub>2</sub>O"),
        # An ending in brackets is a part of its word.
        (
            "red <b>bag(s)</b> on",
            "bolsa(s) vermelha(s) no",
            "0=2 1=0 2=1 3=4",
            "<b>bolsa(s)</b> vermelha(s) no",
        ),
        ("<b>bag</b>(s) on", "bolsa(s) em", "0=0 2=2", "<b>bolsa</b>(s) em"),
        # Lone tags beside the word that they were beside.
        ("red<img> car", "carro vermelho", "0=1 1=0", "carro vermelho<img>"),
        ("red <img>car", "carro vermelho", "0=1 1=0", "<img>carro vermelho"),
        # A tag without a partner parts what is before from what is after.
        ("a <b>b</b> <i>c d", "c d a b", "0=2 1=3 2=0 3=1", "<b></b><i>c d a b"),
        # Without alignments: in the same order.
        ("a <b>b</b> c", "x y z", "", "x <b>y</b> z"),
        # The space stays in the tag that it was in.
        ("a<b> b</b> c", "x y z", "", "x<b> y</b> z"),
        ("<b>a </b>b c", "x y z", "", "<b>x </b>y z"),
        ("a <b>b</b>", "", "", "<b></b>"),
    ],
)
def test_where_tags_go(html: str, target: str, pairs: str, result: str) -> None:
    assert placed(html, target, pairs) == result


@pytest.mark.parametrize(
    ("html", "target", "result"),
    [
        ("say <code>a b</code> now", "diga já", "diga <code>a b</code> já"),
        ("<code>a b</code> now, you", "já", "<code>a b</code> já"),
        ("say <b>it <code>a b</code></b>, you", "diga", "diga <b><code>a b</code></b>"),
        ("a <b><code>b</code></b> c", "x z", "x <b><code>b</code></b> z"),
        # It is there, but in a pair that it was not in.
        ("<b>one two</b> <code>a</code>", "um a dois", "<b>um  dois</b> <code>a</code>"),
    ],
)
def test_where_an_element_goes_that_is_lost(html: str, target: str, result: str) -> None:
    page = parse(html)
    (text,) = page.texts
    ends = [match.span() for match in re.finditer(r"\w+", text.text)]
    goal = [match.span() for match in re.finditer(r"\w+", target)]
    alignments = [ends[i] + goal[j] for i, j in {0: 0, len(ends) - 1: len(goal) - 1}.items()]
    if "dois" in target:
        alignments = [ends[0] + goal[0], ends[1] + goal[2]]
    assert page.render([Translated(target, alignments)]) == result


@given(SOUP)
def test_each_mark_and_opaque_part_comes_once(html: str) -> None:
    for text in parse(html).texts:
        pieces = place(text, Translated("um dois três"))
        marks = [piece.number for piece in pieces if piece.kind is PieceKind.MARK]
        opaque = [piece.number for piece in pieces if piece.kind is PieceKind.OPAQUE]
        assert sorted(marks) == list(range(len(text.marks)))
        assert sorted(opaque) == list(range(len(text.opaque)))


WELL_FORMED = st.recursive(
    st.sampled_from(["one", "two three", "four, five", "six.", "H<sub>2</sub>O", "<u>s</u>even"]),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "a"]), st.lists(inner, min_size=1, max_size=4).map(" ".join)
    ).map(lambda each: f"<{each[0]}>{each[1]}</{each[0]}>"),
    max_leaves=12,
)


@given(WELL_FORMED)
def test_a_text_that_is_its_own_translation_gets_its_tags_back(html: str) -> None:
    # Not by Page.render, which copies such a text.
    for text in parse(f"x {html} y").texts:
        own = [match.span() * 2 for match in re.finditer(r"\w+|[^\w\s]", text.text)]
        pieces = place(text, Translated(text.text, own))
        result = "".join(
            text.marks[piece.number].source if piece.kind is PieceKind.MARK else piece.text
            for piece in pieces
        )
        assert result == f"x {html} y"


def test_an_opaque_part_is_where_its_own_text_is() -> None:
    page = parse("<p>See all <code>n</code> of them.</p>")
    # The full stop comes from the same place.
    aligned = [(8, 9, 10, 11), (8, 9, 11, 12)]
    result = page.render([Translated("Ver todos n.", aligned)])
    assert result == "<p>Ver todos <code>n</code>.</p>"
    # Or is in its word.
    result = page.render([Translated("Ver (todos n).", [(8, 9, 11, 14)])])
    assert result == "<p>Ver (todos <code>n</code>).</p>"


@pytest.mark.parametrize(
    ("html", "target", "alignments", "result"),
    [
        ("<b>Hello</b> world", "Olá, mundo", [(0, 5, 0, 4), (6, 11, 5, 10)], "<b>Olá</b>, mundo"),
        ("HI <b>RED</b> CAR", "OI, CARRO", [(0, 2, 0, 2), (3, 6, 2, 9)], "OI, <b>CARRO</b>"),
        # The source has it too, or it belongs to a number, or it is all that there is.
        ("<b>Hello,</b> world", "Olá, mundo", [(0, 6, 0, 4), (7, 12, 5, 10)], "<b>Olá,</b> mundo"),
        (
            "<b>five dollars</b> more",
            "$5 mais",
            [(0, 4, 1, 2), (5, 12, 0, 1), (13, 17, 3, 7)],
            "<b>$5</b> mais",
        ),
        ("<b>and</b> you", ", tu", [(0, 3, 0, 1), (4, 7, 2, 4)], "<b>,</b> tu"),
    ],
)
def test_punctuation_that_is_not_the_pairs_stays_outside(
    html: str, target: str, alignments: list[tuple[int, int, int, int]], result: str
) -> None:
    page = parse(html)
    assert page.render([Translated(target, alignments)]) == result


@pytest.mark.parametrize("name", ["{{name}}", "{{ user.name }}", "{{{raw}}}", "${{x}}", "%(n)d"])
def test_no_tag_goes_into_a_placeholder(name: str) -> None:
    """Each word is aligned, and a placeholder is one, with or without the mark after it."""
    page = parse(f"Hello, <b>{name}</b>! <i>{name}%</i> off.")
    (text,) = page.texts
    target = f"Olá, {name}! {name}% menos."
    spans = [
        [match.span() for match in re.finditer(rf"{re.escape(name)}|\w+|[!%.]", each)]
        for each in (text.text, target)
    ]
    pairs = [a + b for a, b in zip(*spans, strict=True)]
    wanted = f"Olá, <b>{name}</b>! <i>{name}%</i> menos."
    assert page.render([Translated(target, pairs)]) == wanted


def test_the_same_mark_again_is_the_next_one() -> None:
    page = parse('say <b>"Hi"</b> now')
    (text,) = page.texts
    assert text.text == 'say "Hi" now'
    goal = 'diga "Oi" agora'
    pairs = [(0, 3, 0, 4), (4, 8, 5, 9), (9, 12, 10, 15)]
    assert page.render([Translated(goal, pairs)]) == 'diga <b>"Oi"</b> agora'
