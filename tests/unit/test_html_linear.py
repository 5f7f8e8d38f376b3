"""The cost of HTML is linear in its length. Steps are counted, not seconds: see ``steps.py``."""

import re
from functools import partial

import pytest

from tests.unit.steps import Steps
from translator.documents import html_runs, html_tokens
from translator.documents.html import parse
from translator.documents.html_verify import verify
from translator.documents.marks import Translated

pytestmark = pytest.mark.unit

# What is repeated, what is at the end, and the template syntaxes.
HOSTILE: list[tuple[str, str, tuple[str, ...]]] = [
    ("<b>", "x", ()),
    ("a <b>", "", ()),
    ("a </b>", "", ()),
    ("<b>a</i>", "", ()),
    ("<div>a", "", ()),
    ("<p>a<table><td>", "", ()),
    ("a <img> ", "", ()),
    ("a<b>b</b>", "", ()),
    ("a <i>b c</i> ", "", ()),
    ("<a>b c</a> ", "", ()),
    ("<i>a</i>\n<i>", "", ()),
    ("a <code>b</code> ", "", ()),
    ("a</>", "", ()),
    ("<i></i>", "a", ()),
    (" &nbsp;", "a", ()),
    ("<span translate=no>a<i translate=yes>", "", ()),
    ("<", "a", ()),
    ("a <!--", "", ()),
    ("{{ a ", "", ("liquid", "mustache", "icu", "brace", "printf")),
    ("{{x}} a ", "", ("liquid", "icu", "printf")),
    ("{% raw %}", "", ("liquid",)),
    ("{a, plural, one {b ", "", ("icu",)),
    ("{a, plural, one {b # }}", "", ("icu",)),
    ("[[a", "", (r"regex:\[\[[^\]]+\]\]",)),
    ("%1", "", ("printf",)),
]


def steps_of(html: str, templates: tuple[str, ...]) -> int:
    with pytest.MonkeyPatch.context() as monkeypatch:
        steps = Steps()
        steps.watch(monkeypatch, html_runs, html_tokens)
        return steps.of(partial(translate, html, templates))


def translate(html: str, templates: tuple[str, ...]) -> None:
    page = parse(html, templates=templates)
    found: list[Translated | None] = []
    for text in page.texts:
        target = text.text + " x"
        found.append(
            Translated(target, [match.span() * 2 for match in re.finditer(r"\S+", text.text)])
        )
    result = page.render(found)
    assert verify(html, result, templates=templates) == []


@pytest.mark.parametrize(("part", "end", "templates"), HOSTILE)
def test_four_times_the_page_is_four_times_the_work(
    part: str, end: str, templates: tuple[str, ...]
) -> None:
    small = steps_of(part * 50 + end, templates)
    assert steps_of(part * 200 + end, templates) <= 5 * small


@pytest.mark.parametrize("name", ["div", "b"])
def test_ten_thousand_elements_deep(name: str) -> None:
    html = f"<{name}>a " * 10_000 + f"x</{name}>" * 10_000
    translate(html[: len(html) * 9 // 10], ())


def test_a_long_attribute() -> None:
    html = f'<img src="data:image/png;base64,{"QUJD" * 16_384}"> a <b>b</b>'
    translate(html, ("liquid", "printf"))
