"""XLIFF: segments as texts, and the file with their translations."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.unit.jobs.formats.helpers import OPTIONS, cells_of, untouched, written
from translator.jobs.cells import Cell, FormatOptions, InputFileError, Kind, Suggestion
from translator.jobs.formats.xliff import XliffFile, read_decided

pytestmark = pytest.mark.unit

XLIFF = XliffFile()

FILE_12 = """<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
  <file original="a.html" source-language="en" datatype="html">
    <header><note>source</note></header>
    <body>
      <trans-unit id="one">
        <source>Fish &amp; chips</source>
        <note>A dish</note>
      </trans-unit>
      <trans-unit id="two">
        <source>Press <g id="1">the <x id="2" equiv-text="{{name}}"/> key</g><ph id="3">&lt;br/&gt;</ph>now</source>
        <target state="new"/>
        <alt-trans><source>Other</source><target>Outro</target></alt-trans>
      </trans-unit>
      <trans-unit id="done"><source>Yes</source><target state="translated">Sim</target></trans-unit>
      <trans-unit id="no" translate="no"><source>Never</source></trans-unit>
      <group translate="no"><trans-unit id="in"><source>Neither</source></trans-unit></group>
      <trans-unit id="html"><source><![CDATA[<p>Hello <b>you</b></p>]]></source><target><![CDATA[<p>Hello <b>you</b></p>]]></target></trans-unit>
      <trans-unit id="42"><source>42</source></trans-unit>
      <trans-unit id="mrk"><source>Use <mrk mtype="protected">Acme Go</mrk> daily</source><target></target></trans-unit>
      <trans-unit id="pair"><source><bpt id="1">&lt;b&gt;</bpt>Bold<ept id="1">&lt;/b&gt;</ept> text</source></trans-unit>
      <trans-unit id="icu"><source>{N, plural, =1 {one <x id="INTERPOLATION"/> thing} other {many things}}</source></trans-unit>
      <trans-unit id="escaped"><source>A &lt;b&gt;bold&lt;/b&gt; move</source></trans-unit>
    </body>
  </file>
</xliff>
"""  # noqa: E501
FILE_2 = """<?xml version="1.0" encoding="UTF-8"?>
<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en">
 <file id="f1">
  <unit id="u1">
   <notes><note>source</note></notes>
   <segment>
    <source>Press <pc id="1">the key</pc><ph id="2" disp="%s"/> now</source>
   </segment>
   <ignorable><source> and </source></ignorable>
   <segment state="initial" subState="x:y"><source>Stop<sc id="3"/> here<ec startRef="3"/></source><target>old</target></segment>
   <segment state="final"><source>Done</source><target>Feito</target></segment>
  </unit>
  <unit id="u2" translate="no"><segment><source>Never</source></segment></unit>
 </file>
</xliff>
"""  # noqa: E501


def upper(text: str) -> str:
    """A text in capitals, but for tags and what must not be touched."""
    return re.sub(
        r"(<code.*?</code>|<[^<>]*>|&\w+;|\{\{.*?\}\})|([^<&{]+|.)",
        lambda m: m[1] or m[2].upper(),
        text,
    )


def parsed(data: bytes) -> etree._Element:
    return etree.fromstring(data)


def targets(data: bytes) -> dict[str, tuple[str, str]]:
    """The targets of a file, by unit: what they hold, and their state."""
    found: dict[str, tuple[str, str]] = {}
    for unit in parsed(data).iter("{*}trans-unit", "{*}segment"):
        target = unit.find("{*}target")
        name = unit.get("id") or unit.find("{*}source").text
        if target is not None:
            holder = unit if unit.tag.endswith("segment") else target
            inner = etree.tostring(target, encoding="unicode", with_tail=False)
            inner = re.sub(r' xmlns="[^"]*"|\A<[^>]*>|</target>\Z', "", inner)
            found[name] = inner, holder.get("state", "")
    return found


def test_segments_without_a_translation_are_texts() -> None:
    cells = cells_of(XLIFF, FILE_12.encode())
    assert [(cell.place.column, cell.text) for cell in cells] == [
        ("one", "Fish & chips"),
        ("two", 'Press <span id="0">the <code id="1">{{name}}</code> key</span><br id="3">now'),
        ("html", "<p>Hello <b>you</b></p>"),
        ("mrk", 'Use <code id="0">Acme Go</code> daily'),
        ("pair", '<span id="0">Bold</span> text'),
        (
            "icu",
            '<br id="0">one <code id="1">INTERPOLATION</code> thing<br id="2">many things'
            '<br id="3">',
        ),
        ("escaped", "A <b>bold</b> move"),
    ]
    assert [cell.kind for cell in cells].count(Kind.TEXT) == 1
    cells = cells_of(XLIFF, FILE_2.encode())
    assert [(cell.place.column, cell.text) for cell in cells] == [
        ("u1", 'Press <span id="0">the key</span><code id="2">%s</code> now'),
        ("u1", 'Stop<span id="0"> here</span>'),
    ]


def test_targets_of_1_2() -> None:
    review = "needs-review-translation"
    result = written(XLIFF, FILE_12.encode(), upper)
    assert targets(result) == {
        "one": ("FISH &amp; CHIPS", review),
        "two": (
            'PRESS <g id="1">THE <x id="2" equiv-text="{{name}}"/> KEY</g>'
            '<ph id="3">&lt;br/&gt;</ph>NOW',
            review,
        ),
        "done": ("Sim", "translated"),
        "html": ("&lt;p&gt;HELLO &lt;b&gt;YOU&lt;/b&gt;&lt;/p&gt;", review),
        "mrk": ('USE <mrk mtype="protected">Acme Go</mrk> DAILY', review),
        "pair": ('<bpt id="1">&lt;b&gt;</bpt>BOLD<ept id="1">&lt;/b&gt;</ept> TEXT', review),
        "icu": (
            '{N, plural, =1 {ONE <x id="INTERPOLATION"/> THING} other {MANY THINGS}}',
            review,
        ),
        "escaped": ("A &lt;b&gt;BOLD&lt;/b&gt; MOVE", review),
    }
    assert parsed(result).find("{*}file").get("target-language") == "pt"
    assert (
        b'<source>Fish &amp; chips</source>\n        <target state="needs-review-translation" '
        b'state-qualifier="mt-suggestion">FISH &amp; CHIPS</target>\n        <note>'
    ) in result
    assert b"<![CDATA[<p>HELLO <b>YOU</b></p>]]></target>" in result


def test_targets_of_2() -> None:
    result = written(XLIFF, FILE_2.encode(), upper)
    assert targets(result) == {
        "Press ": ('PRESS <pc id="1">THE KEY</pc><ph id="2" disp="%s"/> NOW', "translated"),
        "Stop": ('STOP<sc id="3"/> HERE<ec startRef="3"/>', "translated"),
        "Done": ("Feito", "final"),
    }
    assert parsed(result).get("trgLang") == "pt"
    assert b"subState" not in result


def test_all_but_targets_and_states_stays() -> None:
    def bare(data: bytes) -> str:
        text = re.sub(
            r"\s*<target[^>]*/>|\s*<target.*?</target>", "", data.decode(), flags=re.DOTALL
        )
        return re.sub(r' (state|subState|trgLang|target-language)="[^"]*"', "", text)

    for file in (FILE_12, FILE_2):
        for data in (file.encode(), file.replace("\n", "\r\n").encode()):
            assert bare(written(XLIFF, data, upper)) == bare(data)
            added = re.sub(rb' (trgLang|target-language)="pt"', b"", untouched(XLIFF, data))
            assert added == data


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    data = FILE_12.replace("UTF-8", name).replace("dish", "café").encode(encoding)
    result = written(XLIFF, data, lambda text: text.replace("Fish", "Ryba → ść"))
    assert parsed(result).find(".//{*}target").text == "Ryba → ść & chips"


def test_a_prefix_and_what_is_there_stay() -> None:
    data = (
        b'<x:xliff xmlns:x="urn:oasis:names:tc:xliff:document:1.2" version="1.2"><x:file '
        b'source-language="en-US" target-language="pt-BR"><x:body><x:trans-unit id="a">'
        b"<x:source>Word</x:source><x:target xml:lang='pt-BR' state='new'>Word</x:target>"
        b"</x:trans-unit></x:body></x:file></x:xliff>"
    )
    result = written(XLIFF, data, upper)
    assert b"<x:target xml:lang='pt-BR' state=\"needs-review-translation\" state-q" in result
    assert b">WORD</x:target></x:trans-unit>" in result


def test_templates_are_for_what_is_html() -> None:
    options = FormatOptions("en", "pt", templates=("liquid",))
    cells = cells_of(XLIFF, FILE_12.encode(), options)
    assert {cell.kind: cell.templates for cell in cells} == {
        Kind.TEXT: (),
        Kind.HTML: ("liquid",),
    }


def test_a_unit_may_have_a_length() -> None:
    data = FILE_12.replace('id="one"', 'id="one" maxwidth="20" size-unit="char"').encode()
    assert [cell.max_length for cell in cells_of(XLIFF, data)][:2] == [20, 0]


@pytest.mark.parametrize(
    "target",
    [
        b"",
        # As Trados prepares it.
        b'<target><mrk mtype="seg" mid="1"/> <mrk mtype="seg" mid="2"></mrk></target>',
    ],
)
def test_segments_of_a_source_stay_segments(target: bytes) -> None:
    data = (
        b'<xliff version="1.2"><file source-language="en"><body><trans-unit id="a"><source>'
        b'One. Two.</source><seg-source><mrk mtype="seg" mid="1">One.</mrk> '
        b'<mrk mtype="seg" mid="2">Two.'
        b"</mrk></seg-source>" + target + b"</trans-unit></body></file></xliff>"
    )
    result = written(XLIFF, data, upper)
    assert (
        b'mt-suggestion"><mrk mtype="seg" mid="1">ONE.</mrk> <mrk mtype="seg" mid="2">TWO.</mrk>'
    ) in result


def test_all_segments_of_a_unit_are_written() -> None:
    data = (
        b'<xliff version="2.0" srcLang="en" trgLang="pt"><file id="f"><unit id="u">'
        b"<segment><source>One.</source></segment><ignorable><source> </source></ignorable>"
        b'<segment state="final"><source>Two.</source><target>Dois.</target></segment>'
        b'<segment id="c"><source>Three.</source><target/></segment></unit></file></xliff>'
    )
    assert [cell.place.column for cell in cells_of(XLIFF, data)] == ["u", "u"]
    assert targets(written(XLIFF, data, upper)) == {
        "One.": ("ONE.", "translated"),
        "Two.": ("Dois.", "final"),
        "c": ("THREE.", "translated"),
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (FILE_12[:600], "row 14: is no XML at character"),
        (FILE_12.replace("&amp;", "&"), "row 8: is no XML at character 23 of the line: not well-f"),
        ("<html></html>", "file: begins with <html>; needed is <xliff>"),
        ('<xliff version="3.0"/>', "file: is XLIFF '3.0'; read are"),
        (FILE_2.replace('"en"', '"de"'), "column srcLang: is 'de', but the job's language is 'en'"),
        ("", "row 1: is no XML at character 1 of the line: no element found"),
        (FILE_12.replace("UTF-8", "nope"), "there is no encoding 'nope'"),
        ("<xliff version='1.2'>&x;</xliff>", "undefined entity"),
    ],
)
def test_bad_files_are_told(data: str, message: str) -> None:
    with pytest.raises(InputFileError, match=re.escape(message)):
        cells_of(XLIFF, data.encode())


def test_a_code_that_is_lost_is_an_error() -> None:
    cell = cells_of(XLIFF, FILE_12.encode())[1]
    with pytest.raises(ValueError, match="not all inline codes"):
        cell.encode('Press <span id="0">the key</span>')


def test_the_job_of_a_pair_without_a_source_language() -> None:
    assert cells_of(XLIFF, FILE_2.encode(), FormatOptions("und", "pt-PT"))


def test_deep_nesting_takes_linear_time() -> None:
    content = '<g id="1">' * 10_000 + "text" + "</g>" * 10_000
    data = FILE_12.replace("Fish &amp; chips", content).encode()
    assert b"TEXT" in written(XLIFF, data, upper)


CONTENT = st.recursive(
    st.text(st.sampled_from("ab é.<&>'\"{}%\n\u00a0"), max_size=8).map(
        lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
    ),
    lambda inner: st.lists(
        inner
        | inner.map(lambda text: f'<g id="1">{text}</g>')
        | st.sampled_from(
            ['<x id="1"/>', '<ph id="2">&lt;br&gt;</ph>', '<bpt id="3"/>', '<ept id="3"/>',
             "<!-- c -->", "<![CDATA[<b>x</b>]]>", "<?pi?>", "word "]
        ),
        max_size=4,
    ).map("".join),
    max_leaves=10,
)  # fmt: skip


@given(CONTENT)
def test_any_source_is_copied_to_its_target(content: str) -> None:
    data = FILE_12.replace("Fish &amp; chips", content).encode()
    options = FormatOptions(OPTIONS.source, OPTIONS.target)
    result = parsed(written(XLIFF, data, lambda text: text, options))
    unit = result.find(".//{*}trans-unit")
    source, target = unit.find("{*}source"), unit.find("{*}target")
    if target is None:
        assert not any(map(str.isalpha, "".join(source.itertext()))) or len(source)
        return

    def canonical(element: etree._Element) -> str:
        text = etree.tostring(element, encoding="unicode", with_tail=False)
        return re.sub(r"\A<[^>]*>|</\w+>\Z|(?<=>)\s*\Z", "", text)

    assert canonical(target) == canonical(source)


MATCHES = "urn:oasis:names:tc:xliff:matches:2.0"
SIMILAR = (Suggestion("Fish & chips!", "Peixe <frito>", 93), Suggestion("Fish", "Peixe", 80))


def told(data: str, *, is_decided: bool, suggestions: tuple[Suggestion, ...]) -> str:
    pieces = XLIFF.pieces(io.BytesIO(data.encode()), "file", OPTIONS)
    return b"".join(
        piece.told(is_decided=is_decided, suggestions=suggestions).encode(piece.text.upper())
        if isinstance(piece, Cell)
        else piece
        for piece in pieces
    ).decode()


UNIT_12 = """<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file source-language="en" target-language="pt" original="a" datatype="plaintext"><body>
  <trans-unit id="1">
    <source>Fish &amp; chips</source>
  </trans-unit>
  <trans-unit id="2"><source>Tea</source><target state="new">x</target><note>n</note></trans-unit>
</body></file></xliff>"""
UNIT_2 = """<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0"
  srcLang="en" trgLang="pt">
<file id="f"><unit id="u"><notes><note>n</note></notes>
  <segment id="s1"><source>Fish &amp; chips</source></segment>
  <segment><source>Tea</source></segment>
</unit><unit id="v"><segment><source>Milk</source></segment></unit></file></xliff>"""


def test_what_comes_from_the_memory_is_what_people_decided() -> None:
    result = told(UNIT_12, is_decided=True, suggestions=())
    assert {each[1] for each in targets(result.encode()).values()} == {"translated"}
    assert result.count('state-qualifier="exact-match"') == 2
    assert [each.target for each in read_decided(io.BytesIO(result.encode()), "x")] == [
        "FISH & CHIPS", "TEA",
    ]  # fmt: skip
    result = told(UNIT_2, is_decided=True, suggestions=())
    assert {each[1] for each in targets(result.encode()).values()} == {"reviewed"}
    assert len(list(read_decided(io.BytesIO(result.encode()), "x"))) == 3


def test_similar_texts_are_alternatives_of_1_2() -> None:
    result = told(UNIT_12, is_decided=False, suggestions=SIMILAR)
    unit = next(parsed(result.encode()).iter("{*}trans-unit"))
    assert [etree.QName(each).localname for each in unit] == [
        "source", "target", "alt-trans", "alt-trans",
    ]  # fmt: skip
    first = unit[2]
    assert (first.get("match-quality"), first.get("origin")) == ("93%", "memory")
    assert [each.text for each in first] == ["Fish & chips!", "Peixe <frito>"]
    # Their targets are nobody's translation of the unit.
    assert [cell.text for cell in cells_of(XLIFF, result.encode())] == []
    assert list(read_decided(io.BytesIO(result.encode()), "x")) == []


def test_similar_texts_are_matches_of_2() -> None:
    result = told(UNIT_2, is_decided=False, suggestions=SIMILAR)
    first, second = parsed(result.encode()).iter("{*}unit")
    assert [etree.QName(each).localname for each in first] == [
        "matches", "notes", "segment", "segment",
    ]  # fmt: skip
    match = first[0][0]
    assert (match.get("ref"), match.get("similarity")) == ("#s1", "93")
    assert [each.text for each in match] == ["Fish & chips!", "Peixe <frito>"]
    assert [etree.QName(each).namespace for each in (match, match[0])] == [
        "urn:oasis:names:tc:xliff:matches:2.0", "urn:oasis:names:tc:xliff:document:2.0",
    ]  # fmt: skip
    # A segment without a name gets one.
    assert second[0][0].get("ref") == f"#{second[1].get('id')}"
    again = UNIT_2.replace(
        "<notes>", f'<m:matches xmlns:m="{MATCHES}"><m:match/></m:matches><notes>'
    )
    unit = next(parsed(told(again, is_decided=False, suggestions=SIMILAR).encode()).iter("{*}unit"))
    assert [len(each) for each in unit if etree.QName(each).localname == "matches"] == [3]


@pytest.mark.parametrize(
    ("data", "content", "text"),
    [
        ("&lt;br/&gt;", 'Sign in.<ph id="1" dataRef="d1"/>Then go', 'Sign in.<br id="0">Then go'),
        ("&lt;img src='a'&gt;", 'a <ph id="1" dataRef="d1"/> b', 'a <img id="0"> b'),
        ("%s", 'Hi <ph id="1" dataRef="d1"/> you', 'Hi <code id="0">%s</code> you'),
        # Nobody knows what it is; as a word it would become one with its neighbour.
        ("x", 'Sign in.<ph id="1"/>Then go', 'Sign in.<img id="0">Then go'),
        ("x", 'Sign <ph id="1"/> in', 'Sign <code id="0">1</code> in'),
    ],
)
def test_codes_of_2_are_what_they_are_in_the_original(data: str, content: str, text: str) -> None:
    file = f"""<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en"
 trgLang="pt"><file id="f"><unit id="0"><originalData><data id="d1">wrong</data></originalData>
<segment><source/></segment></unit>
<unit id="1"><originalData><data id="d1">{data}</data></originalData>
<segment><source>{content}</source></segment></unit></file></xliff>"""
    (cell,) = cells_of(XliffFile(), file.encode())
    assert cell.text == text
