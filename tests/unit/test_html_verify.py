"""What the check of a translated page finds."""

import pytest

from translator.documents.html_verify import verify

pytestmark = pytest.mark.unit

SAME = [
    ("<p>a <b>b</b></p>", "<p><b>c</b> d</p>"),
    ("<b>a</b> <i>b</i>", "<i>a</i> <b>b</b>"),
    ('<img alt="a" src=b>', '<img alt="x &amp; y" src=b>'),
    ("a &nbsp; b", "a b"),
    ("a <img> b", "<img> b a"),
]
DIFFERENT = [
    ("<b>a</b>", "a", {"tags", "nesting"}),
    ("<b>a</b>", "<b>a", {"tags", "nesting"}),
    ("<a href=1>a</a>", "<a href=2>a</a>", {"tags", "nesting"}),
    ("<a href=1>a</a>", "<a  href=1>a</a>", {"tags", "nesting"}),
    ("<a id=1>a</a>", "<a id=1>a</a><a id=1></a>", {"tags", "nesting"}),
    ("<b>a <i>b</i></b>", "<b>a</b> <i>b</i>", {"nesting"}),
    ("<b>a</b><b>c</b>", "<b>a<b>c</b></b>", {"nesting"}),
    ("<p>a</p><div>b</div>", "<div>a</div><p>b</p>", {"nesting"}),
    ("<p><b>a</b></p><p>b</p>", "<p>a</p><p><b>b</b></p>", {"nesting"}),
    ("<!-- 1 -->a<!-- 2 -->", "<!-- 2 -->a<!-- 1 -->", {"nesting"}),
    ("a <code>b</code>", "a <code>c</code>", {"untouched"}),
    ("a <script>b</script>", "a <script>c</script>", {"untouched"}),
    ("<img alt=a>", "<img>", {"tags", "nesting"}),
    ("a</>b", "ab", {"tags", "nesting"}),
    ("a", "a <b", {"tags", "nesting"}),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_other_texts_are_allowed(before: str, after: str) -> None:
    assert verify(before, after) == []


@pytest.mark.parametrize(("before", "after", "found"), DIFFERENT)
def test_everything_else_is_not(before: str, after: str, found: set[str]) -> None:
    assert set(verify(before, after)) == found
    assert set(verify(after, before)) == found


def test_directives() -> None:
    templates = ["liquid"]
    html = "{% if a %}b {{c}} d{% endif %}"
    assert verify(html, "{% if a %}x {{c}}{% endif %}", templates=templates) == []
    assert verify(html, "{% if a %}x{% endif %}", templates=templates) == ["directives"]
    assert verify(html, "{% endif %}{{c}}{% if a %}", templates=templates) == ["directives"]
    assert verify(html, "{% if a %}{{c}}{{c}}{% endif %}", templates=templates) == ["directives"]
    assert verify(html, "x") == []
