"""PO: messages as texts, and the file with their translations."""

import re

import polib
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.jobs.formats.helpers import cells_of, untouched, written
from translator.jobs.cells import InputFileError
from translator.jobs.formats.po import PoFile

pytestmark = pytest.mark.unit

PO = PoFile()

FILE = r"""# A comment
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=n != 1;\n"

#: app.py:1
#, python-format
msgid "Hello, %(name)s"
msgstr ""

msgctxt "verb"
msgid "Open"
msgstr "Abrir"

#, fuzzy
#| msgid "Clse"
msgid "Close"
msgstr "Aberto"

msgid "%d file"
msgid_plural "%d files"
msgstr[0] ""
msgstr[1] ""

msgid ""
"A long \"text\"\n"
"with <a href=\"%s\">a link</a>\n"
msgstr ""

msgid "42"
msgstr ""

#, fuzzy
#~ msgid "Old"
#~ msgstr "Velho"

msgid "After"
msgstr "Depois"
"""


def upper(text: str) -> str:
    """A text in capitals, but for tags and placeholders."""
    return re.sub(
        r"(<[^<>]*>|%\(?\w*\)?[sd]|&\w+;)|([^<%&]+|.)", lambda m: m[1] or m[2].upper(), text
    )


def test_what_has_no_translation_is_a_text() -> None:
    cells = cells_of(PO, FILE.encode())
    assert [(cell.place.row, cell.place.column, cell.text) for cell in cells] == [
        (9, "msgstr", "Hello, %(name)s"),
        (18, "msgstr", "Close"),
        (21, "msgstr[0]", "%d file"),
        (21, "msgstr[1]", "%d files"),
        (26, "msgstr", 'A long "text"<br id="0">with <span id="1">a link</span><br id="3">'),
    ]
    assert cells_of(PO, FILE.replace("Abrir", "").encode())[1].note == "verb"


def test_another_reader_reads_the_translations() -> None:
    result = written(PO, FILE.encode(), upper)
    after = polib.pofile(result.decode())
    before = polib.pofile(FILE)
    assert after.metadata == before.metadata
    assert [entry.msgid for entry in after] == [entry.msgid for entry in before]
    by_id = {entry.msgid: entry for entry in after}
    assert by_id["Hello, %(name)s"].msgstr == "HELLO, %(name)s"
    assert by_id["Open"].msgstr == "Abrir"
    assert by_id["Close"].msgstr == "CLOSE"
    assert by_id["Close"].fuzzy
    assert by_id["%d file"].msgstr_plural == {0: "%d FILE", 1: "%d FILES"}
    long = by_id['A long "text"\nwith <a href="%s">a link</a>\n']
    assert long.msgstr == 'A LONG "TEXT"\nWITH <a href="%s">A LINK</a>\n'
    assert by_id["Old"].msgstr == "Velho"
    assert by_id["42"].msgstr == ""


def test_all_but_the_translations_stays() -> None:
    for text in (FILE, FILE.replace("\n", "\r\n")):
        assert untouched(PO, text.encode()) == text.encode()
        result = written(PO, text.encode(), upper).decode()
        assert re.sub(r'msgstr(\[\d\])? (".*"\s*)+', "", result) == re.sub(
            r'msgstr(\[\d\])? (".*"\s*)+', "", text
        )


def test_a_long_translation_is_broken_as_gettext_does() -> None:
    words = "some words " * 12
    result = written(PO, b'msgid "a text"\nmsgstr ""\n', lambda _: words.strip()).decode()
    lines = result.split("\n")
    assert lines[1] == 'msgstr ""'
    assert max(map(len, lines)) <= 79
    assert polib.pofile(result)[0].msgstr == words.strip()


@pytest.mark.parametrize(
    ("forms", "wanted"),
    [
        ("nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);", {0: "CAT", 1: "CATS", 2: "CATS"}),
        ("nplurals=1; plural=0;", {0: "CATS", 1: "CATS"}),
        ("nplurals=3; plural=n==0 ? 0 : n==1 ? 1 : 2;", {0: "CATS", 1: "CAT", 2: "CATS"}),
        ("nplurals=INTEGER; plural=EXPRESSION;", {0: "CAT", 1: "CATS"}),
        ("nplurals=2; plural=import;", {0: "CAT", 1: "CATS"}),
    ],
)
def test_plural_forms_are_those_of_the_header(forms: str, wanted: dict[int, str]) -> None:
    data = (
        f'msgid ""\nmsgstr "Plural-Forms: {forms}\\n"\n\n'
        'msgid "cat"\nmsgid_plural "cats"\nmsgstr[0] ""\nmsgstr[1] ""\n'
    )
    entry = polib.pofile(written(PO, data.encode(), upper).decode())[0]
    assert entry.msgstr_plural == wanted


def test_the_header_names_the_encoding() -> None:
    data = FILE.replace("UTF-8", "ISO-8859-1").replace("Hello", "Olá").encode("latin-1")
    result = written(PO, data, upper)
    assert "OLÁ" in result.decode("latin-1")
    with pytest.raises(UnicodeEncodeError):
        written(PO, data, lambda text: text + "→")
    template = FILE.replace("UTF-8", "CHARSET").encode()
    assert untouched(PO, template) == template


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('msgid "a', "row 1: a string does not end with a quote"),
        ('msgid "a"\n\nmsgid "b"', "row 3: the msgid before has no msgstr"),
        ('msgid "a"\n', "row 1: the file ends before the msgstr of its last entry"),
        ('msgstr "a"\n', "row 1: msgstr stands before its msgid"),
        ('msgid "a"\nmsgstr "b"\nmsgstr "c"', "row 3: msgstr stands twice"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr "c"', "row 3: msgstr does not fit"),
        (
            'msgid "a"\nmsgid_plural "b"\nmsgstr[1] ""\nmsgstr[2] ""',
            "row 1: lacks one of msgstr[0], msgstr[1], … in its middle",
        ),
        ("hello", "row 1: 'hello' is no PO"),
        ('msgid ""\nmsgstr "charset=nope\\n"', "there is no encoding 'nope'"),
        ('msgid ""\nmsgstr "charset=UTF-8\\n"\n\n# \udce9', "row 4: byte 0xE9 is not utf-8"),
    ],
)
def test_bad_files_are_told(data: str, message: str) -> None:
    with pytest.raises(InputFileError, match=re.escape(message)):
        cells_of(PO, data.encode("utf-8", "surrogateescape"))


TEXTS = st.text(st.sampled_from('ab \n\t"\\éß%<>/'), max_size=30)


@example([("\n\n", False, False)], 40)
@given(
    st.lists(st.tuples(TEXTS, st.booleans(), st.booleans()), max_size=5), st.sampled_from([40, 78])
)
def test_any_file_is_rebuilt_and_read_back(
    entries: list[tuple[str, bool, bool]], width: int
) -> None:
    file = polib.POFile(wrapwidth=width)
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    for number, (text, fuzzy, plural) in enumerate(entries):
        source = f"t{number} {text}"
        entry = polib.POEntry(msgid=source, flags=["fuzzy"] * fuzzy)
        if plural:
            entry.msgid_plural, entry.msgstr_plural = source + "s", {0: "", 1: ""}
        file.append(entry)
    data = str(file).encode()
    assert untouched(PO, data) == data
    after = polib.pofile(written(PO, data, lambda text: text).decode())
    for (text, _, plural), entry in zip(entries, after, strict=True):
        assert entry.msgid.endswith(text)
        # Only white space around line breaks may differ.
        target = entry.msgstr_plural[0] if plural else entry.msgstr
        assert target == entry.msgid
