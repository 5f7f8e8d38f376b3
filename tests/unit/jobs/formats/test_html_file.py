"""HTML files: texts as cells, and the file with their translations."""

import pytest
from hypothesis import given

from tests.unit.html_soup import SOUP
from tests.unit.jobs.formats.helpers import cells_of, untouched, written
from translator.documents.html import parse
from translator.documents.html_verify import verify
from translator.documents.marks import Translated
from translator.jobs.cells import FormatOptions, InputFileError, Kind
from translator.jobs.formats.html_file import HtmlFile

pytestmark = pytest.mark.unit

HTML = HtmlFile()
FILE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Fish &amp; chips</title>
<meta name="description" content="Two &quot;good&quot; things"></head>
<body><p>Some <b>bold</b> text with <img alt="a picture" src="x">.</p>
<script>var x = "not a text";</script>
<ul><li>one<li>two</ul></body></html>
"""


def upper(html: str) -> str:
    page = parse(html)
    return page.render([Translated(text.text.upper()) for text in page.texts])


def test_texts_are_cells() -> None:
    cells = cells_of(HTML, FILE.encode())
    assert [(cell.place.row, cell.kind, cell.text) for cell in cells] == [
        (2, Kind.HTML, "Fish &amp; chips"),
        (3, Kind.TEXT, 'Two "good" things'),
        (4, Kind.HTML, 'Some <b>bold</b> text with <img alt="a picture" src="x">.'),
        (6, Kind.HTML, "one"),
        (6, Kind.HTML, "two"),
    ]


def test_all_but_the_texts_stays() -> None:
    for data in (FILE.encode(), FILE.replace("\n", "\r\n").encode("utf-8-sig")):
        assert untouched(HTML, data) == data
        assert written(HTML, data, lambda text: text) == data
        result = written(HTML, data, lambda t: upper(t) if "<" in t or "&" in t else t.upper())
        assert not verify(data.decode(), result.decode())
        assert 'content="TWO &quot;GOOD&quot; THINGS"' in result.decode()
        assert 'TEXT WITH <img alt="A PICTURE" src="x">.' in result.decode()


def test_the_page_says_its_encoding() -> None:
    data = FILE.replace("utf-8", "ISO-8859-1").replace("one", "café").encode("cp1252")
    assert "café" in [cell.text for cell in cells_of(HTML, data)]
    result = written(HTML, data, lambda text: text.replace("two", "→ é"))
    assert b"<li>&#8594; \xe9" in result
    with pytest.raises(InputFileError, match="row 6: byte 0xE9 is not utf-8"):
        cells_of(HTML, FILE.replace("one", "café").encode("cp1252"))


@given(SOUP)
def test_any_file_is_rebuilt(html: str) -> None:
    data = html.encode()
    options = FormatOptions("en", "pt", templates=("liquid",))
    assert untouched(HTML, data, options) == data
    assert written(HTML, data, lambda text: text) == data
    whole = parse(html)
    assert not verify(html, written(HTML, data, _upper_text).decode()), whole


def _upper_text(html: str) -> str:
    return upper(html) if "<" in html or "&" in html else html.replace("one", "uma")
