"""HTML as Google answers it: quotes and ampersands of texts are references."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.fronts.google_rest.escaping import escaped

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('It\'s a "day".', "It&#39;s a &quot;day&quot;."),
        ("Tom & Ann &amp; Bob &#39; &nope;", "Tom &amp; Ann &amp; Bob &#39; &nope;"),
        ("<a href='x?a=1&b=2'>it's</a>", "<a href='x?a=1&b=2'>it&#39;s</a>"),
        ('<a title="a > b">it\'s</a>', '<a title="a > b">it&#39;s</a>'),
        ("<br/>it's<hr>it's", "<br/>it&#39;s<hr>it&#39;s"),
        # What is no text, or not certainly, stays as it is.
        ("<script>let a = 'b';</script>it's", "<script>let a = 'b';</script>it&#39;s"),
        ("<STYLE>a{b:'c'}</style >it's", "<STYLE>a{b:'c'}</style >it&#39;s"),
        ("<!-- it's -->", "<!-- it's -->"),
        ("5 < 6, isn't it", "5 < 6, isn't it"),
        ("<a title='it is", "<a title='it is"),
        ("<a title='a < b'>it's", "<a title='a < b'>it's"),
        ("", ""),
    ],
)
def test_texts_are_escaped_and_nothing_else(page: str, expected: str) -> None:
    assert escaped(page) == expected


@given(
    st.lists(st.sampled_from(["<a b='", "'>", '"', "<p>", "</p>", "&", "<!--", "-->", "x", "<"]))
)
def test_it_means_what_it_meant(pieces: list[str]) -> None:
    page = "".join(pieces)
    assert html.unescape(escaped(page)) == html.unescape(page)
    assert escaped(escaped(page)) == escaped(page)


def test_a_page_that_closes_nothing_takes_no_longer() -> None:
    for piece in ("<a '", '<a "', "<!--", "<", "&a", "<script>"):
        assert len(escaped(piece * 50_000)) >= len(piece) * 50_000
