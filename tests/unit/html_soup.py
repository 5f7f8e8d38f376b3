"""Pieces of HTML and of templates, right and wrong, and what an unreliable model makes of texts."""

from hypothesis import strategies as st

from translator.documents.html import Page
from translator.documents.markdown import MarkdownPage
from translator.documents.marks import MarkedText, Translated

__all__ = ["SOUP", "TEMPLATES", "TREES", "translations"]

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
_ELEMENTS = st.sampled_from(
    [
        *["b", "i", "a id=1", "b title='one two'", "code", "kbd", "sup", "svg", "ruby", "rt"],
        *["span translate=no", "span translate=yes", "u translate", "p class=notranslate"],
        *["p", "div", "li", "td", "table", "pre", "pre translate=yes", "title", "button", "select"],
        *["textarea placeholder=hi", "noscript", "template", "br/", "option label=x"],
    ]
)
_LEAVES = st.lists(
    st.sampled_from(
        [
            *["one ", "two", " x ", ".", " ", "\n", "&amp;", "&nbsp;", "1", "é", "{{x}}", "%s"],
            *["<img>", '<img alt="a b">', "<br>", "<!-- c -->", "</>", "{% if %}", " | "],
        ]
    ),
    max_size=3,
).map("".join)


def _element(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Some parts, one of them in an element, which is nearly always closed."""

    def join(before: str, tag: str, inside: str, after: str, unclosed: int) -> str:
        end = f"</{tag.split()[0].rstrip('/')}>" if unclosed else ""
        return f"{before}<{tag}>{inside}{end}{after}"

    return st.builds(join, parts, _ELEMENTS, parts, parts, st.integers(0, 20))


# Elements inside of each other, as in real pages, and few mistakes.
TREES = st.recursive(_LEAVES, _element, max_leaves=16)
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
