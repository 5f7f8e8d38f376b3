"""Pieces of HTML and of templates, right and wrong, and what an unreliable model makes of texts."""

from hypothesis import strategies as st

from translator.documents.html import Page
from translator.documents.markdown import MarkdownPage
from translator.documents.marks import MarkedText, Translated

__all__ = ["SOUP", "TEMPLATES", "translations"]

SOUP = st.lists(
    st.sampled_from(
        [
            *["<b>", "</b>", "<i>", "</i>", "<a id=1>", "</a>", "<b title=one>", "<img>"],
            *["<a title='x \"y\" z' href={{q}}>", '<img alt="a b">', "<br>", "<p>", "</p>"],
            *["<div>", "</div>", "<table>", "<td>", "</table>", "<li>", "<ruby>", "<rt>", "</rt>"],
            *["<span translate=no>", '<span translate="yes">', "</span>", "<code>", "</code>"],
            *["<!--", "-->", "<!-- c -->", "<noscript>", "</noscript>", "<script>", "</script>"],
            *["<textarea placeholder=hi>", "</textarea>", "<title>", "<svg>", "</svg>", "</>"],
            *["<", ">", "</", '<p x="', "one ", "two", "three", "é", "😀", ".", ", ", " ", "#"],
            *["\r", "\n", "\r\n", "\0", "&amp;", "&nbsp;", "&", '"', "'", "=", "/", "%s", "{", "}"],
            *["{{x}}", "{{#y}}", "{{", "}}", "{% if %}", "{n, plural, one {"],
        ]
    ),
    max_size=40,
).map("".join)
TEMPLATES = st.sampled_from(
    [
        (),
        ("liquid",),
        ("mustache", "printf"),
        ("icu",),
        ("jinja", "brace"),
        ("magento", "i18next"),
        (r"regex:t\w+",),
        ("regex:<b>",),
    ]
)

_TARGETS = st.lists(
    st.sampled_from(
        [
            "uma",
            "casa",
            "ção",
            "two",
            "<b>",
            "&",
            '"',
            "'",
            "{{x}}",
            "{",
            "}",
            "%s",
            "\xa0",
            ".",
            " ",
            "\0",
            "{% if %}",
            "#",
            "&#123;",
            "{x}",
        ]
    ),
    max_size=12,
)


@st.composite
def _translation(draw: st.DrawFn, source: MarkedText) -> Translated | None:
    if draw(st.integers(0, 4)) == 0:
        return None
    target = draw(st.sampled_from(["", " "])).join(draw(_TARGETS))

    def part(text: str) -> st.SearchStrategy[tuple[int, int]]:
        place = st.integers(0, len(text))
        return st.tuples(place, place).map(lambda ends: (min(ends), max(ends)))

    alignment = st.tuples(part(source.text), part(target)).map(lambda each: each[0] + each[1])
    opaque = st.lists(
        part(target) | st.none(), min_size=len(source.opaque), max_size=len(source.opaque)
    )
    return Translated(
        target, draw(st.lists(alignment, max_size=6)), draw(opaque) if draw(st.booleans()) else None
    )


def translations(page: Page | MarkdownPage) -> st.SearchStrategy[list[Translated | None]]:
    """Any translations of a page's texts, with any alignments."""
    return st.tuples(*map(_translation, page.texts)).map(list)
