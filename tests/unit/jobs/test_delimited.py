"""Tables: only translated cells change, and whatever else is wrong is told where."""

import csv
import io
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.jobs.cells import Cell, FormatOptions, InputFileError, Kind, Piece, Rule
from translator.jobs.encoding import Encoding
from translator.jobs.formats.delimited import Csv, Tsv
from translator.jobs.formats.lines import Lines

pytestmark = pytest.mark.unit

TEXT = Rule(Kind.TEXT)


def pieces(data: bytes, rules: dict[str, Rule], *, encoding: str = "") -> list[Piece]:
    options = FormatOptions("en", "pt", rules, encoding)
    return list(Csv().pieces(io.BytesIO(data), "shop.csv", options))


def cells(found: Iterable[Piece]) -> list[Cell]:
    return [piece for piece in found if isinstance(piece, Cell)]


def put_together(found: Iterable[Piece], text: str | None = None) -> bytes:
    return b"".join(
        piece if isinstance(piece, bytes) else piece.encode(piece.text if text is None else text)
        for piece in found
    )


def raw(found: Iterable[Piece]) -> bytes:
    return b"".join(piece if isinstance(piece, bytes) else piece.raw for piece in found)


def test_only_cells_with_a_rule_change() -> None:
    data = b'\xef\xbb\xbfsku;name;ean\r\n"A-1";"A ""big"" lamp";0012345678905\r\nA-2; ;7\r\n'
    found = pieces(data, {"name": TEXT})
    assert [cell.text for cell in cells(found)] == ['A "big" lamp']
    assert raw(found) == put_together(found) == data
    changed = data.replace(b'"A ""big"" lamp"', b'"Lume; ""x"""')
    assert put_together(found, 'Lume; "x"') == changed


@pytest.mark.parametrize(
    ("translation", "expected"),
    [("Vela", b"Vela"), ("Vela, azul", b'"Vela, azul"'), ('Vela "azul"', b'"Vela ""azul"""')],
)
def test_a_translation_is_quoted_where_it_has_to_be(translation: str, expected: bytes) -> None:
    found = pieces(b"name\nCandle\n", {"name": TEXT})
    assert put_together(found, translation) == b"name\n" + expected + b"\n"


FIELDS = st.text(st.sampled_from('ab é"\n\r,;\té1😀'), max_size=12)


@given(
    st.lists(st.tuples(FIELDS, FIELDS, FIELDS), max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_it_reads_what_the_csv_module_writes(
    rows: list[tuple[str, str, str]], separator: str, end: str, encoding: str, quoting: int
) -> None:
    if any(mark in field for row in rows for field in row for mark in "\r\n"):
        # The csv module leaves them without quotes where lines end in another way.
        quoting = csv.QUOTE_ALL
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(("one", "two", "three"))
    writer.writerows(rows)
    data = file.getvalue().encode(encoding)
    found = pieces(data, {"one": TEXT, "two": TEXT, "three": TEXT})
    assert raw(found) == put_together(found) == data
    expected = [value for row in rows for value in row if value.strip()]
    assert [cell.text for cell in cells(found)] == expected


@given(st.binary(max_size=200), st.sampled_from([Csv(), Tsv(), Lines()]))
def test_whatever_the_bytes_are_they_stay_or_one_sentence_says_why(
    data: bytes, kind: Csv | Lines
) -> None:
    rules = {data[:1].decode("latin-1"): TEXT}
    found: list[Piece] = []
    sentence = "x"
    try:
        found += kind.pieces(io.BytesIO(data), "x", FormatOptions("en", "pt", rules))
    except InputFileError as error:
        sentence = str(error)
    assert raw(found) == data or (sentence.startswith("x") and len(sentence) > 10)


def test_a_cell_of_many_chunks_is_whole() -> None:
    long = "word " * 200_000
    found = pieces(f'a,b\n"{long}",x\n'.encode(), {"a": TEXT})
    assert [cell.text for cell in cells(found)] == [long]


@pytest.mark.parametrize(
    ("data", "rules", "sentence"),
    [
        (b"a,b\n1,2\n", {"c": TEXT}, "shop.csv, row 1: has no column 'c'; there are: a, b"),
        (b"a,b,a\n1,2,3\n", {"a": TEXT}, "row 1, column a: the header has it as columns 1 and 3"),
        (b'a,b\n1,"x\n2,y\n', {"a": TEXT}, "row 2, column 2: a quote opens here and is not closed"),
        (b"a,b\n1,2\n", {}, "which columns are to be translated? Name them with --column: a, b"),
        (b"\xff\xfea\x00,\x00b\x00\n", {"a": TEXT}, "is not utf-16-le near byte"),
    ],
)
def test_a_file_that_cannot_be_read(data: bytes, rules: dict[str, Rule], sentence: str) -> None:
    with pytest.raises(InputFileError, match=r".") as caught:
        pieces(data, rules)
    assert sentence in str(caught.value)


def test_a_row_that_is_wrong_is_told_and_the_others_go_on() -> None:
    data = b"sku,name\n1,Lamp\n2,Chair,red\n3\n\n4,Table \xff\n5,B\xc3\xa9d \xc3\xa9\n"
    found = pieces(data, {"name": TEXT})
    assert [(cell.place.row, cell.text, bool(cell.problem)) for cell in cells(found)] == [
        (2, "Lamp", False),
        (3, "", True),
        (4, "", True),
        (6, "Table \udcff", True),
        (7, "Béd é", False),
    ]
    assert cells(found)[1].problem == "has 3 fields; the header has 2"
    assert "0xFF is not utf-8" in cells(found)[3].problem
    assert raw(found) == data


def test_a_second_header_is_none_to_translate() -> None:
    data = "name\nLamp\n\ufeffname\nChair\n".encode()
    assert [cell.text for cell in cells(pieces(data, {"name": TEXT}))] == ["Lamp", "Chair"]


def test_a_column_into_another_keeps_what_is_there() -> None:
    data = b"en,pt\nLamp,\nChair,Cadeira\n"
    found = pieces(data, {"en": Rule(into="pt")})
    assert put_together(found, "Candeeiro") == b"en,pt\nLamp,Candeeiro\nChair,Cadeira\n"


def test_windows_1252_is_told_from_utf_8() -> None:
    found = pieces(
        "name,text\ncafé,olá\n".encode("cp1252"), {"name": TEXT, "text": Rule(Kind.HTML)}
    )
    assert [cell.text for cell in cells(found)] == ["café", "olá"]
    name, text = cells(found)
    assert text.encode("★ á") == b"&#9733; \xe1"
    with pytest.raises(UnicodeEncodeError):
        name.encode("★")


@pytest.mark.parametrize("mark", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_zero_byte_does_not_make_utf_16_of_a_table(mark: str) -> None:
    text = "name,text\nLamp,A lamp\nChair,A \0chair\n"
    for encoding in ("utf-8", mark):
        found = pieces(text.encode(encoding), {"name": TEXT, "text": TEXT})
        assert [cell.text for cell in cells(found)] == ["Lamp", "A lamp", "Chair", "A \0chair"]
        assert raw(found) == text.encode(encoding)


def test_presets_are_told_by_the_header() -> None:
    data = b"Handle,Title,Body (HTML),Vendor,SEO Title\nx,Mug,<p>A mug</p>,Us,Buy\n"
    found = [(cell.text, cell.kind, cell.max_length) for cell in cells(pieces(data, {}))]
    assert found == [
        ("Mug", Kind.TEXT, 255),
        ("<p>A mug</p>", Kind.HTML, 0),
        ("Buy", Kind.TEXT, 70),
    ]
    data = b"TITLE,DESCRIPTION,PRICE,CURRENCY_CODE,TAGS,MATERIALS\nMug,A mug,5,USD,tea,clay\n"
    found = [(cell.text, cell.kind, cell.max_length) for cell in cells(pieces(data, {}))]
    assert found == [("Mug", Kind.TEXT, 140), ("A mug", Kind.TEXT, 0)]


def test_template_syntaxes_are_those_of_the_column_and_of_all() -> None:
    rules = {"title": Rule(Kind.TEXT, templates=("icu",)), "body": Rule(Kind.HTML)}
    options = FormatOptions("en", "pt", rules, templates=("liquid",))
    found = list(Csv().pieces(io.BytesIO(b"title,body\nOne {n},Two\n"), "shop.csv", options))
    assert [cell.templates for cell in cells(found)] == [("icu", "liquid"), ("liquid",)]
    [line] = cells(Lines().pieces(io.BytesIO(b"One {n}"), "x.txt", options))
    assert line.templates == ("liquid",)


def test_lines_keep_their_ends() -> None:
    data = b"One.\r\n\r\n  Two.\rThree.\nFour."
    found = list(Lines().pieces(io.BytesIO(data), "x.txt", FormatOptions("en", "pt")))
    assert [(cell.text, cell.place.row) for cell in cells(found)] == [
        ("One.", 1),
        ("  Two.", 3),
        ("Three.", 4),
        ("Four.", 5),
    ]
    assert put_together(found) == data


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_what_is_skipped_has_no_cells_and_the_rest_is_the_same(encoding: str) -> None:
    rows = "".join(f'{n},"café, {n}\n""x""",\r\n' if n % 3 else f"{n},é,b\n" for n in range(30))
    data = ("sku,title,b\r\n" + rows).encode(encoding)

    def pieces(skipped: int) -> list[tuple[int, bytes, str]]:
        """Where each piece begins, its bytes and its text."""
        options = FormatOptions("en", "pt", {"title": Rule(), "b": Rule()}, skipped=skipped)
        found, at = [], 0
        for piece in Csv().pieces(io.BytesIO(data), "shop.csv", options):
            raw = piece if isinstance(piece, bytes) else piece.raw
            found.append(
                (at, raw, "" if isinstance(piece, bytes) else f"{piece.place}{piece.text}")
            )
            at += len(raw)
        return found

    every = pieces(0)
    for skipped in range(0, len(data) + 10, 7):
        some = pieces(skipped)
        assert b"".join(raw for _, raw, _ in some) == data
        assert [piece for piece in some if piece[0] >= skipped] == [
            piece for piece in every if piece[0] >= skipped
        ]
    assert not any(text for _, _, text in pieces(len(data)))


def test_one_damaged_line_does_not_change_the_encoding_of_all() -> None:
    damaged = "text\nxícara\n".encode() + "açaí, pão, limões e maçãs\n".encode("cp1252")
    assert Encoding.detect(damaged).name == "utf-8"
    assert Encoding.detect("text\naçaí\npão\n".encode("cp1252")).name == "cp1252"
