"""JSON: strings as texts, and the file with their translations."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.jobs.formats.helpers import cells_of, untouched, written
from translator.jobs.cells import FormatOptions, InputFileError, Kind, Rule
from translator.jobs.formats.json_file import JsonFile

pytestmark = pytest.mark.unit

JSON_FILE = JsonFile()

FILE = r"""{
  "title" : "My \"shop\"",
  "price": 12.50, "empty": "", "code": "123", "flag": true, "none": null,
  "menu": { "items": [ "Home", {"label": "About us"} ] },
  "basket_one": "{{count}} thing in $t(basket)",
  "basket_other": "{{count}} things",
  "url": "a\/b",
  "@@locale": "en",
  "@title": {"description": "Not a text"}
}
"""


def upper(text: str) -> str:
    """A text in capitals, but for tags and placeholders."""
    return re.sub(
        r"(<[^<>]*>|\{\{.*?\}\}|\$t\(.*?\)|&\w+;|<code.*?</code>)|([^<{$&]+|.)",
        lambda m: m[1] or m[2].upper(),
        text,
    )


def test_strings_are_texts() -> None:
    cells = cells_of(JSON_FILE, FILE.encode())
    assert [(str(cell.place), cell.text) for cell in cells] == [
        ("file, row 2, column title", 'My "shop"'),
        ("file, row 4, column menu.items.[0]".replace(".[", "["), "Home"),
        ("file, row 4, column menu.items[1].label", "About us"),
        ("file, row 5, column basket_one", "{{count}} thing in $t(basket)"),
        ("file, row 6, column basket_other", "{{count}} things"),
        ("file, row 7, column url", "a/b"),
    ]


def test_all_but_the_texts_stays() -> None:
    result = written(JSON_FILE, FILE.encode(), upper).decode()
    assert result == FILE.replace("My", "MY").replace("shop", "SHOP").replace(
        "Home", "HOME"
    ).replace("About us", "ABOUT US").replace("} thing in", "} THING IN").replace(
        "} things", "} THINGS"
    ).replace("a\\/b", "A\\/B")


@pytest.mark.parametrize(
    ("rules", "texts"),
    [
        ({"title": Rule()}, ['My "shop"']),
        ({"menu.items[1].label": Rule(Kind.HTML, 9)}, ["About us"]),
        ({"menu.items": Rule()}, ["Home"]),
        ({"menu.items.label": Rule()}, ["About us"]),
        ({"title": Rule(None), "url": Rule(None)}, ["Home", "About us", "{{", "{{"]),
    ],
)
def test_rules_say_which_keys(rules: dict[str, Rule], texts: list[str]) -> None:
    cells = cells_of(JSON_FILE, FILE.encode(), FormatOptions("en", "pt", rules))
    assert [cell.text[: len(t)] for cell, t in zip(cells, texts, strict=True)] == texts


def test_a_key_that_is_not_there_is_told_with_those_that_are() -> None:
    options = FormatOptions("en", "pt", {"titel": Rule()})
    seen = re.escape("menu.items[0], menu.items[1].label")
    with pytest.raises(InputFileError, match=f"has no text at 'titel'; there are: title.*{seen}"):
        cells_of(JSON_FILE, FILE.encode(), options)


@pytest.mark.parametrize(
    ("message", "text", "translation", "wanted"),
    [
        ("Press <0>here</0> now", '<span id="0">', None, "PRESS <0>HERE</0> NOW"),
        ("Press <b>here</b> now", "Press <b>here</b> now", None, "PRESS <b>HERE</b> NOW"),
        (
            "{n, plural, one {# thing} other {# things, {name}}}",
            '<br id="0"><code id="1">#</code> thing<br id="2"><code id="3">#</code> things, '
            '<code id="4">{name}</code><br id="5">',
            None,
            "{n, plural, one {# THING} other {# THINGS, {name}}}",
        ),
        ("{n, select, a {it''s} other {x}}", "<br", None, "{n, select, a {IT''S} other {X}}"),
        ("one <Link>two</Link>\n\nthree", "one <span", None, "ONE <Link>TWO</Link>\n\nTHREE"),
        ("a < b, c", "a < b, c", None, "A < B, C"),
        ("no car | one car", 'no car<br id="0">one car', None, "NO CAR | ONE CAR"),
        ("it''s {n}", "it's {n}", None, "IT''S {N}"),
        ("say {{name}}", "say {{name}}", None, "SAY {{name}}"),
    ],
)
def test_messages(message: str, text: str, translation: str | None, wanted: str) -> None:
    data = json.dumps({"key": message}).encode()
    [cell] = cells_of(JSON_FILE, data)
    assert text in cell.text
    result = json.loads(written(JSON_FILE, data, upper))
    assert result == {"key": wanted}


def test_keys_may_be_kept() -> None:
    options = FormatOptions("en", "pt", keep=frozenset({"title", "menu.items[1].label"}))
    texts = [cell.text for cell in cells_of(JSON_FILE, FILE.encode(), options)]
    assert texts[:2] == ["Home", "{{count}} thing in $t(basket)"]


def test_characters_are_escaped_as_they_were() -> None:
    for data, wanted in [
        (b'{"a": "caf\\u00e9", "b": "t"}', b'{"a": "caf\\u00e9", "b": "\\u00e9"}'),
        ('{"a": "café", "b": "t"}'.encode(), '{"a": "café", "b": "é"}'.encode()),
        (b'{"a": 1, "b": "t"}', '{"a": 1, "b": "é"}'.encode()),
    ]:
        assert written(JSON_FILE, data, lambda text: "é" if text == "t" else text) == wanted


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": "b"', "row 1, column a: the end of the file stands where , or } is needed"),
        (b'{"a":\n "b}', "row 2, column a: a string is wrong: Unterminated string"),
        (b'{"a":\n "\\x"}', "row 2, column a: a string is wrong: Invalid \\escape"),
        (b'{"a": ["x", ]}', "row 1, column a[1]: ']}' stands where a value is needed"),
        (b'{"a": 1,\n}', "row 2, column a: '}' stands where a key is needed"),
        (b'{"a" "b"}', "row 1, column a: '\"b\"}' stands where : is needed"),
        (b"{'a': 1}", "stands where a key is needed"),
        (b'{"a": 01}', "'01}' stands where a value is needed"),
        (b"[1] 2", "row 1: there is more after the end of the JSON"),
        (b'{"a": "\xe9"}', "row 1: byte 0xE9 is not utf-8; name the file's encoding"),
        (b"<html>", "row 1: '<html>' stands where a value is needed"),
        (b'{"a": "x\ny"}', "row 1, column a: a string is wrong"),
    ],
)
def test_bad_files_are_told(data: bytes, message: str) -> None:
    with pytest.raises(InputFileError, match=re.escape(message)):
        cells_of(JSON_FILE, data)


def test_half_a_surrogate_pair_is_told() -> None:
    [cell] = cells_of(JSON_FILE, b'{"a": "x \\ud83d y"}')
    assert cell.problem
    assert untouched(JSON_FILE, b'{"a": "x \\ud83d y"}') == b'{"a": "x \\ud83d y"}'


@pytest.mark.parametrize("nest", ["[", '{"a":'])
def test_deep_nesting(nest: str) -> None:
    close = "]" if nest == "[" else "}"
    data = (nest * 10_000 + '"text"' + close * 10_000).encode()
    assert written(JSON_FILE, data, lambda _: "texto").count(b"texto") == 1


def test_duplicate_keys_are_translated_both() -> None:
    assert written(JSON_FILE, b'{"a": "x", "a": "y"}', upper) == b'{"a": "X", "a": "Y"}'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    data = FILE.replace("\n", "\r\n").encode(encoding)
    assert written(JSON_FILE, data, lambda text: text) == data
    assert "ABOUT US" in written(JSON_FILE, data, upper).decode(encoding)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["a <b>b</b>", "{n, plural, one {a} other {b <0>c</0>}}", "x\n<i>y</i>"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(VALUES, st.sampled_from([None, 0, 3]), st.booleans())
def test_any_json_is_rebuilt_and_stays_json(
    value: object, indent: int | None, only_ascii: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=only_ascii).encode(
        "utf-8", "surrogatepass"
    )
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    assert untouched(JSON_FILE, data) == data
    assert written(JSON_FILE, data, lambda text: text) == data
    assert json.loads(written(JSON_FILE, data, upper)) is not ...


@given(st.text(st.sampled_from('{}[]":,\\ntrue1-. \n'), max_size=12))
def test_what_the_scanner_takes_json_takes_too(text: str) -> None:
    try:
        assert untouched(JSON_FILE, text.encode()) == text.encode()
        is_json = True
    except InputFileError:
        is_json = False
    try:
        json.loads(text)
        expected = True
    except ValueError:
        expected = not text.strip(" \t\r\n")
    assert is_json == expected
