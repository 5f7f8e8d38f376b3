"""The memory: what people decided wins, what is similar is only shown, files come and go."""

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from translator.cli import main
from translator.jobs.cells import InputFileError, Suggestion
from translator.jobs.fuzzy import Fuzzy
from translator.jobs.memory import Memory, MemoryEntry, MemoryFileError
from translator.jobs.memory_files import read_memory, write_csv, write_tmx
from translator.jobs.plan import Plan
from translator.jobs.remembered_units import RememberedUnits
from translator.jobs.store import Store
from translator.jobs.units import Origin, Unit, UnitResult

pytestmark = pytest.mark.unit


def entry(source: str, target: str, tags: str = "en pt", time: int = 1) -> MemoryEntry:
    first, second = tags.split()
    return MemoryEntry(source, target, first, second, time, "test")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "memory.db") as opened:
        yield opened


class Upper:
    """Puts texts into capitals; remembers which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        waiting: list[Unit] = []
        for unit in units:
            waiting.append(unit)
            if len(waiting) > 2 or not unit.text:
                yield from map(self._result, waiting)
                waiting.clear()
        yield from map(self._result, waiting)

    def _result(self, unit: Unit) -> UnitResult:
        if unit.text:
            self.asked.append(unit.text)
        return UnitResult(unit.text.upper(), Origin.ENGINE)


def test_the_newest_decision_counts(memory: Memory) -> None:
    stats = memory.add([entry("lamp", "candeeiro"), entry(" ", "x"), entry("x", "")])
    assert (stats.num_added, len(memory.pairs())) == (1, 1)
    before = memory.revision()
    assert memory.add([entry(" lamp\n", "candeeiro")]).num_same == 1
    assert memory.add([entry("lamp", "abajur", time=0)]).num_older == 1
    assert memory.revision() == before
    stats = memory.add([entry("lamp", "lâmpada", time=2), entry("lamp", "luminária", time=2)])
    assert (stats.num_replaced, stats.contradicted) == (2, {"lamp"})
    assert memory.revision() != before
    assert memory.view("en", "pt").get(["lamp"]) == {"lamp": "luminária"}


def test_nothing_of_a_broken_file_is_added(memory: Memory) -> None:
    def broken() -> Iterator[MemoryEntry]:
        yield entry("lamp", "lâmpada")
        raise InputFileError(None, "broken")  # type: ignore[arg-type]

    with pytest.raises(InputFileError):
        memory.add(broken())
    assert memory.pairs() == []


def test_texts_are_the_same_composed_or_not_and_keep_their_white_space(memory: Memory) -> None:
    memory.add([entry("cafe\u0301", "Kaffee")])
    view = memory.view("en", "pt")
    assert view.get(["\tcaf\u00e9  ", "cafe", "Caf\u00e9", "\ud800", "", " "]) == {
        "\tcaf\u00e9  ": "\tKaffee  "
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("en pt", None),  # Brazil and Portugal say different things
        ("en pt-BR", "carrinho"),
        ("EN_us pt_br", "carrinho"),
        ("en pt-PT", "cesto"),
        ("en-GB pt-PT", None),
        ("und pt-BR", "carrinho"),
        ("pt en", None),
    ],
)
def test_languages_fit_if_nothing_speaks_against_it(
    memory: Memory, wanted: str, found: str | None
) -> None:
    memory.add([entry("cart", "carrinho", "en-US pt-BR"), entry("cart", "cesto", "en-US pt-PT")])
    view = memory.view(*wanted.split())
    assert view.get(["cart"]).get("cart") == found
    assert view.all().get("cart") == found


def test_an_entry_of_just_the_languages_comes_first(memory: Memory) -> None:
    memory.add([entry("cart", "carrinho", "en pt"), entry("cart", "cesto", "en pt-PT")])
    assert memory.view("en", "pt").get(["cart"]) == {"cart": "carrinho"}
    assert memory.view("en", "de").is_empty


def test_another_file_is_no_memory(tmp_path: Path) -> None:
    Store(tmp_path / "store.db").close()
    with pytest.raises(MemoryFileError, match="is not a memory of translations"):
        Memory(tmp_path / "store.db")


# In a job


def test_a_memory_wins_and_the_rest_is_translated_in_order(memory: Memory) -> None:
    memory.add(entry(f"text {n}", f"texto {n}") for n in range(0, 2000, 3))
    upper = Upper()
    units = RememberedUnits(upper, memory.view("en", "pt"))
    results = list(units.translate(Unit(f"text {n}") for n in range(2000)))
    expected = [f"TEXT {n}" if n % 3 else f"texto {n}" for n in range(2000)]
    assert [result.text for result in results] == expected
    assert {result.origin for result in results[::3]} == {Origin.MEMORY}
    assert upper.asked == [f"text {n}" for n in range(2000) if n % 3]


def test_a_plan_knows_what_a_memory_has(memory: Memory) -> None:
    memory.add([entry("cart", "carrinho")])
    plan = Plan()
    units = RememberedUnits(Upper(), memory.view("en", "pt"))
    plan.look_up(map(Unit, ["cart", "cart", "red lamp"]), units)
    assert (plan.different["texts"], plan.missing["texts"]) == (2, 1)


def test_what_is_known_does_not_wait_for_what_is_not(memory: Memory) -> None:
    memory.add([entry("known", "conhecido")])
    given: list[Unit] = []

    def units() -> Iterator[Unit]:
        while True:
            given.append(Unit("known"))
            yield given[-1]

    assert next(RememberedUnits(Upper(), memory.view("en", "pt")).translate(units()))
    assert len(given) < 2000


def test_what_is_similar_is_shown_and_never_used(memory: Memory) -> None:
    pytest.importorskip("rapidfuzz", reason="similar texts need the extra [batch]")
    memory.add([entry("Hoodie-XS-Black", "Moletom-XS-Preto"), entry("Chair", "Cadeira")])
    view = memory.view("en", "pt")
    units = RememberedUnits(Upper(), view, Fuzzy(view.all(), 75))
    given = [Unit("Hoodie-XL-Black"), Unit("Hoodie-XS-Black"), Unit(""), Unit("Table")]
    similar, same, empty, other = units.translate(given)
    assert similar.text == "HOODIE-XL-BLACK"
    assert similar.suggestions == (Suggestion("Hoodie-XS-Black", "Moletom-XS-Preto", 93),)
    assert (same.text, same.suggestions) == ("Moletom-XS-Preto", ())
    assert (empty.suggestions, other.suggestions) == ((), ())


@given(st.lists(st.text("ab ", max_size=12), max_size=20), st.text("ab ", max_size=12))
def test_all_similar_texts_are_looked_at(known: list[str], text: str) -> None:
    pytest.importorskip("rapidfuzz", reason="similar texts need the extra [batch]")
    from rapidfuzz import fuzz

    texts = {each.strip() for each in known} - {""}
    found = Fuzzy({each: each for each in texts}, 60).find(text)
    closest = sorted((fuzz.ratio(text.strip(), each) for each in texts), reverse=True)
    assert [s.percent for s in found] == [int(percent) for percent in closest[:3] if percent >= 60]


# Files

TMX = """<?xml version="1.0"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="en-US"/><body>
<tu changedate="20200102T000000Z"><tuv xml:lang="en-US"><seg>Hi <ph x="1">{name}</ph>,
 you</seg></tuv><tuv xml:lang="pt-BR"><seg>Oi <ph x="1">{name}</ph>,
 você</seg></tuv></tu>
<tu><tuv xml:lang="en-US"><seg>Hi <ph x="1"/></seg></tuv>
<tuv xml:lang="pt-BR"><seg>Oi</seg></tuv></tu>
<tu><tuv xml:lang="en-US"><seg>Cart</seg></tuv><tuv xml:lang="de"><seg>Wagen</seg></tuv></tu>
<tu srclang="de"><tuv xml:lang="de"><seg>Rot</seg></tuv><tuv xml:lang="pt"><seg>V</seg></tuv></tu>
</body></tmx>"""


def read(path: Path, source: str = "", target: str = "") -> list[tuple[str, str, str, str]]:
    found = read_memory(path, source, target, Counter())
    return [(e.source, e.target, e.source_language, e.target_language) for e in found]


def test_tmx_is_read_with_what_its_codes_stand_for(tmp_path: Path) -> None:
    path = tmp_path / "file.tmx"
    path.write_text(TMX, "utf-8")
    skipped: Counter[str] = Counter()
    entries = list(read_memory(path, "", "", skipped))
    assert [(e.source, e.target) for e in entries] == [
        ("Hi {name},\n you", "Oi {name},\n você"),
        ("Cart", "Wagen"),
        ("Rot", "V"),
    ]
    assert entries[0].time == 1577923200
    assert skipped == {"with markup that is not in the file": 1}
    assert read(path, "en", "de") == [("Cart", "Wagen", "en-US", "de")]
    assert read(path, "de", "pt") == [("Rot", "V", "de", "pt")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_are_read(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "file.csv"
    rows = [
        ("file", "Source", "translation", "source_language"),
        ("a", '"Big\nlamp"', '"É ""isso"""', "en-GB"),
        ("b", "none", "", ""),
        ("c", "cart", "carrinho", ""),
    ]
    text = "\n".join(separator.join(row) for row in rows)
    path.write_bytes(text.encode(encoding))
    expected = [("Big\nlamp", 'É "isso"', "en-GB", "pt"), ("cart", "carrinho", "en", "pt")]
    assert read(path, "en", "pt") == expected


def test_a_header_may_name_the_languages(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("en,pt-BR\ncart,carrinho\n")
    assert read(tmp_path / "a.csv") == [("cart", "carrinho", "en", "pt-BR")]


def test_the_errors_file_of_a_job_is_read(tmp_path: Path) -> None:
    path = tmp_path / "errors.jsonl"
    lines = [
        {"source": "cart", "translation": "carrinho", "row": 3},
        {"source": "broken", "translation": None},
        {"source": "bad \udc80", "translation": "x"},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    assert read(path, "en", "pt") == [("cart", "carrinho", "en", "pt")]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "sku,title\n", "row 1: has to name its columns"),
        ("a.csv", "", "row 1: has to name its columns"),
        ("a.csv", "source,target\na,b,c\n", "row 2: has 3 fields; the header has 2"),
        ("a.csv", 'source,target\na,"b\n', "row 2, column 2: a quote opens here and is not closed"),
        ("a.tmx", "<tmx", "row 1, column 1: unclosed token"),
        ("a.tmx", "<tmx><body><tu></tu></body></tmx>", "row 1: does not tell what is source"),
        ("a.tmx", "<html/>", "<html> is neither TMX nor TBX"),
        ("a.jsonl", "{}\n", 'row 1: has no "source"'),
        ("a.jsonl", '{"source": "a"}\n{', "row 2: is not JSON"),
        ("a.doc", "what", "is no memory; allowed: .tmx, .xliff"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    (tmp_path / name).write_text(content)
    languages = ("", "") if name == "a.tmx" else ("en", "pt")
    with pytest.raises(InputFileError) as raised:
        read(tmp_path / name, *languages)
    assert told in raised.value.message
    assert raised.value.message.count(name) == 1


XLIFF_12 = """<xliff version="1.2"><file source-language="en" target-language="pt-BR"><body>
<trans-unit id="1"><source>Cart &amp; "co"</source>
<target state="signed-off">Carrinho &amp; co</target></trans-unit>
<trans-unit id="2"><source>Lamp</source>
<target state="needs-review-translation" state-qualifier="mt-suggestion">X</target></trans-unit>
<trans-unit id="3" approved="yes"><source>Lamp</source><target state="new">Luz</target></trans-unit>
<trans-unit id="4"><source>A <g id="1">b</g></source><target>A <g id="1">b</g></target></trans-unit>
<trans-unit id="5"><source>Chair</source></trans-unit>
<trans-unit id="6"><source>Table</source><target> </target></trans-unit></body></file></xliff>"""
XLIFF_2 = """<xliff version="2.0" srcLang="en" trgLang="pt"><file id="f"><unit id="u">
<segment state="translated"><source>Lamp</source><target>X</target></segment>
<segment state="reviewed"><source>Cart</source><target>Carrinho</target></segment>
<segment><source>Chair</source></segment></unit></file></xliff>"""


def test_of_xliff_is_read_what_people_decided(tmp_path: Path) -> None:
    (tmp_path / "a.xlf").write_text(XLIFF_12)
    skipped: Counter[str] = Counter()
    found = list(read_memory(tmp_path / "a.xlf", "", "", skipped))
    assert [(e.source, e.target) for e in found] == [
        ('Cart & "co"', "Carrinho & co"),
        ("Lamp", "Luz"),
    ]
    assert {(e.source_language, e.target_language) for e in found} == {("en", "pt-BR")}
    assert skipped == {"with elements inside": 1}
    (tmp_path / "b.xliff").write_text(XLIFF_2)
    assert read(tmp_path / "b.xliff") == [("Cart", "Carrinho", "en", "pt")]
    (tmp_path / "b.xliff").write_text(XLIFF_2.replace('trgLang="pt"', ""))
    with pytest.raises(InputFileError, match="name them with --from and --to"):
        read(tmp_path / "b.xliff")
    assert read(tmp_path / "b.xliff", "en", "pt") == [("Cart", "Carrinho", "en", "pt")]


def test_languages_have_to_be_named_somewhere(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("source,target\na,b\n")
    with pytest.raises(InputFileError, match="name them with --from"):
        read(tmp_path / "a.csv")
    with pytest.raises(InputFileError, match="name them with --to"):
        read(tmp_path / "a.csv", "en")


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t"))


@given(st.dictionaries(TEXT.filter(str.strip), TEXT.filter(str.strip), max_size=5))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, texts: dict[str, str]
) -> None:
    entries = [MemoryEntry(a, b, "en", "pt-BR", 1_700_000_000, "table") for a, b in texts.items()]
    folder = tmp_path_factory.mktemp("files")
    for name, write in (("a.tmx", write_tmx), ("a.csv", write_csv)):
        with (folder / name).open("wb") as file:
            written, left_out = write(entries, file)
        found = list(read_memory(folder / name, "", "", Counter()))
        assert written + left_out == len(entries)
        assert [(e.source, e.target, e.time) for e in found] == [
            (e.source, e.target, e.time)
            for e in entries
            if not (left_out and name == "a.tmx" and {*e.source, *e.target} & {"\ufffe", "\uffff"})
        ]


def test_tmx_is_xml_that_others_read() -> None:
    file = io.BytesIO()
    odd = [entry('a "<&>" \r b', "ok"), entry("not \x00 xml", "x")]
    assert write_tmx(odd, file) == (1, 1)
    root = ElementTree.fromstring(file.getvalue())  # noqa: S314
    assert [seg.text for seg in root.iter("seg")] == ['a "<&>" \r b', "ok"]
    assert root.get("version") == "1.4"


def test_the_command_imports_exports_and_counts(tmp_path: Path) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["memory", *arguments])
        assert result.exit_code == code, result.output
        return result.output.replace(f"{tmp_path}/", "")

    (tmp_path / "a.csv").write_text("source,target\ncart,carrinho\ncart,cesto\n")
    given, path = str(tmp_path / "a.csv"), ["--memory", str(tmp_path / "m.db")]
    assert run("stats", *path, code=2).startswith("Error: m.db: there is no such memory")
    assert "name them with --from" in run("import", given, *path, code=2)
    assert run("import", given, *path, "--from", "en", "--to", "pt") == (
        "a.csv: 1 added, 1 replaced\n  with several translations, of which one counts: 'cart'\n"
    )
    assert run("stats", *path).startswith("en to pt: 1\nentries: 1, ")
    assert "allowed: .tmx, .csv" in run("export", str(tmp_path / "a.doc"), *path, code=2)
    assert run("export", str(tmp_path / "a.tmx"), *path) == "a.tmx: entries written: 1\n"
    assert run("import", str(tmp_path / "a.tmx"), *path) == "a.tmx: 1 known already\n"
