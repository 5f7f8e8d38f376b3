"""How tagged words are scored, and the pages that are scored."""

import json
from collections import Counter
from pathlib import Path

import pytest

from translator.documents.html import parse
from translator.eval.markup import MarkupScore, score_markup, tagged_words

pytestmark = pytest.mark.unit

PAGES = json.loads(
    (Path(__file__).parents[1] / "data" / "markup.en-pt.json").read_text(encoding="utf-8")
)


def test_words_between_tags() -> None:
    found = tagged_words("a <b>Big <i>r&eacute;d</i></b> b<br><u>g</u>o <b>x")
    assert found == [
        ("<i>", Counter(["réd"])),
        ("<b>", Counter(["big", "réd"])),
        ("<u>", Counter(["g"])),
    ]


def test_f1_by_hand() -> None:
    # Common: "casa" and "azul" of 2 + 2 words, "um" of 1 + 2; the third pair is lost: 0 of 0 + 1.
    pages = [
        ("<b>casa azul</b> <i>um</i> dois", "<b>Azul casa</b> <i>um dois</i>"),
        ("x", "<b>x</b>"),
    ]
    assert score_markup(pages) == MarkupScore(3, 2, 2 * 3 / (4 + 3 + 1))
    assert score_markup([]) == MarkupScore(0, 0, 1.0)


def test_the_same_tag_twice_goes_by_order() -> None:
    pages = [("<b>a</b> <b>b</b>", "<b>a</b> <b>b</b>")]
    assert score_markup(pages) == MarkupScore(2, 2, 1.0)


def test_the_pages_have_the_same_tags_on_both_sides() -> None:
    pairs = 0
    for page in PAGES:
        source, target = tagged_words(page["source"]), tagged_words(page["target"])
        assert sorted(tag for tag, _ in source) == sorted(tag for tag, _ in target)
        assert all(words for _, words in source + target)
        assert parse(page["source"]).texts
        pairs += len(source)
    assert pairs >= 150
