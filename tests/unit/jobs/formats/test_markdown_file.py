"""Markdown files: blocks as cells, and the file with their translations."""

import pytest
from hypothesis import assume, given

from tests.unit.jobs.formats.helpers import cells_of, untouched, written
from tests.unit.test_markdown import SOUP
from translator.documents.markdown import parse
from translator.documents.marks import Translated
from translator.jobs.cells import FormatOptions, InputFileError, Kind
from translator.jobs.formats.markdown_file import MarkdownFile

pytestmark = pytest.mark.unit

MARKDOWN = MarkdownFile()
FILE = """---
title: Stays
---
# A title

Some [linked][one] text
on *two* lines, and [more].

```
code
```

- a list
- of two

[one]: /one
[more]: <two> "A title of the link"
"""


def upper(markdown: str) -> str:
    page = parse(markdown)
    return page.render([Translated(text.text.upper()) for text in page.texts])


def test_blocks_are_cells() -> None:
    cells = cells_of(MARKDOWN, FILE.encode())
    assert [(cell.place.row, cell.text) for cell in cells] == [
        (4, "# A title"),
        (
            6,
            "Some [linked][one] text\non *two* lines, and [more].\n\n[ONE]: /\n[MORE]: /",
        ),
        (13, "- a list\n- of two"),
    ]
    assert {cell.kind for cell in cells} == {Kind.MARKDOWN}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_all_but_the_texts_stays(newline: str) -> None:
    data = FILE.replace("\n", newline).encode()
    assert untouched(MARKDOWN, data) == data
    assert written(MARKDOWN, data, lambda text: text) == data
    result = written(MARKDOWN, data, upper).decode().replace("\r\n", "\n")
    assert result == FILE.replace("# A title", "# A TITLE").replace("- a list", "- A LIST").replace(
        "- of two", "- OF TWO"
    ).replace(
        "Some [linked][one] text\non *two* lines, and [more].",
        "SOME [LINKED][one] TEXT ON *TWO* LINES,\nAND [MORE][more].",
    )


def test_a_translation_without_its_links_is_an_error() -> None:
    cell = cells_of(MARKDOWN, FILE.encode())[1]
    with pytest.raises(ValueError, match="definitions"):
        cell.encode("lost")


def test_another_encoding_is_told() -> None:
    with pytest.raises(InputFileError, match="row 2: byte 0xE9 is not utf-8"):
        cells_of(MARKDOWN, b"a\ncaf\xe9")
    options = FormatOptions("en", "pt", encoding="latin-1")
    assert written(MARKDOWN, b"caf\xe9", upper, options) == b"CAF\xc9"


@given(SOUP)
def test_any_file_is_rebuilt(markdown: str) -> None:
    data = markdown.encode()
    assert untouched(MARKDOWN, data) == data
    assert written(MARKDOWN, data, lambda text: text) == data


@given(SOUP)
def test_blocks_have_the_texts_of_the_document(markdown: str) -> None:
    # A mark in the middle would be one at the start of its block.
    assume("\ufeff" not in markdown[1:])
    cells = cells_of(MARKDOWN, markdown.encode())
    found = [text.text for cell in cells for text in parse(cell.text).texts]
    wanted = [text.text for text in parse(markdown.removeprefix("\ufeff")).texts]
    assert found == wanted
