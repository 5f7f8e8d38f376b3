"""Files of glossaries: every format, what is wrong with one, a folder, and the command."""

import codecs
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from translator.cli import main
from translator.errors import InvalidRequestError
from translator.terms.files import MAX_FILE_BYTES, parse, read_table
from translator.terms.folder import GlossaryFolder, check_terms, load_glossary
from translator.terms.table import GlossaryFileError
from translator.terms.term import Term

pytestmark = pytest.mark.unit

CART = Term("cart", ("carrinho",))
KEPT = Term("Acme")
TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header/><body>
  <tu>
    <tuv xml:lang="en-US"><seg>red <bpt i="1">&lt;b></bpt>cart<ept i="1">&lt;/b></ept></seg></tuv>
    <tuv xml:lang="pt-BR"><seg>carrinho
      <hi>vermelho</hi></seg></tuv>
    <tuv xml:lang="de"><seg>roter Wagen</seg></tuv>
  </tu>
  <tu><tuv lang="en-US"><seg>lamp</seg></tuv><tuv lang="de"><seg>Lampe</seg></tuv></tu>
</body></tmx>"""
TBX_2 = """<martif type="TBX"><text><body><termEntry>
<langSet xml:lang="en"><tig><term>cart</term></tig><tig><term>basket</term></tig></langSet>
<langSet xml:lang="pt"><ntig><termGrp><term>carrinho</term></termGrp></ntig>
<tig><term>cesto</term></tig></langSet></termEntry></body></text></martif>"""
TBX_3 = """<?xml version='1.0'?>
<tbx xmlns="urn:iso:std:iso:30042:ed-2" style="dca"><text><body><conceptEntry id="c1">
<langSec xml:lang="en"><termSec><term>cart</term></termSec></langSec>
<langSec xml:lang="pt"><termSec><term>carrinho</term></termSec></langSec>
</conceptEntry></body></text></tbx>"""


def terms(data: str | bytes, source: str = "", target: str = "") -> list[Term]:
    table = parse(data if isinstance(data, bytes) else data.encode(), "file")
    pair = table.choose(source, target)
    found = list(table.terms(*pair))
    assert check_terms(table, found) == []
    return [each.term for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "cart,carrinho\nAcme,\n",
        "cart,carrinho\nAcme",
        "cart,carrinho\r\n\r\nAcme,\r\n",
        "cart;carrinho\nAcme;\n",
        "cart\tcarrinho\nAcme\t\n",
        '"cart"\t"carrinho"\nAcme\n',
        "cart##carrinho\nAcme\n",
        "cart ## carrinho\rAcme",
        "en,pt\ncart,carrinho\nAcme,\n",
        "en-US,pt_BR,pos\ncart,carrinho,noun\nAcme,,\n",
        "source,target\ncart,carrinho\nAcme,\n",
        "Source,Target,source_lang,target_lang\ncart,carrinho,en,pt\nAcme,,en,pt\n",
        "cart,carrinho,en,pt\nAcme,,EN,PT-BR\n",
        "cart , carrinho ,,\n , \nAcme,,,\n",
    ],
)
def test_every_table_is_read(text: str) -> None:
    if "EN" in text:
        assert terms(text, "en", "pt") == [CART]
        assert terms(text, "en", "pt-BR") == [KEPT]
    else:
        assert terms(text) == [CART, KEPT]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_encodings_are_told_by_their_mark(encoding: str) -> None:
    text = "água,water\ncart,carrinho\n"
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    assert terms(mark + text.encode(encoding)) == [Term("água", ("water",)), CART]
    document = TBX_3.removeprefix("<?xml version='1.0'?>\n")
    assert terms(mark + document.encode(encoding)) == [CART]


def test_quotes_belong_to_csv() -> None:
    text = '"a ""b"", c",x\n"two\nlines",y\n5" disk,z\n'
    assert terms(text) == [
        Term('a "b", c', ("x",)),
        Term("two\nlines", ("y",)),
        Term('5" disk', ("z",)),
    ]


def test_a_vertical_bar_divides_forms() -> None:
    assert terms("cart,carrinho | cesto\nA\\|B test,teste A\\|B|x\n") == [
        Term("cart", ("carrinho", "cesto")),
        Term("A|B test", ("teste A|B", "x")),
    ]
    # Of several words for one thing each is a term.
    assert terms("cart|basket,carrinho\n") == [CART, Term("basket", ("carrinho",))]


def test_a_table_of_languages_serves_each_pair() -> None:
    table = "en,pt,de\ncart,carrinho,Wagen\nlamp,,Lampe\n,rede,\n"
    assert terms(table, "en", "pt") == [CART]
    assert terms(table, "de", "en") == [Term("Wagen", ("cart",)), Term("Lampe", ("lamp",))]
    with pytest.raises(GlossaryFileError, match="several pairs fit from any language to any"):
        terms(table)
    with pytest.raises(GlossaryFileError, match="no terms from en to fr; it has en, pt, de"):
        terms(table, "en", "fr")


def test_what_is_kept_is_kept_both_ways() -> None:
    assert terms("en,pt\nAcme,\n", "pt", "en") == [KEPT]


@pytest.mark.parametrize(
    ("header", "source", "target", "expected"),
    [
        ("en,pt-BR", "en", "pt", True),
        ("en,pt-BR", "en-GB", "pt-PT", True),
        ("en,zh-Hans", "en", "zh-Hant", False),
        ("en,zh-CN", "en", "zh-TW", False),
        ("en,zh", "en", "zh-TW", True),
        ("en,no", "en", "nb", True),
        ("en,pt", "en", "es", False),
    ],
)
def test_a_tag_means_its_language_in_its_script(
    header: str, source: str, target: str, expected: bool
) -> None:
    if expected:
        assert terms(f"{header}\na,b\n", source, target) == [Term("a", ("b",))]
    else:
        with pytest.raises(GlossaryFileError, match="no terms from"):
            terms(f"{header}\na,b\n", source, target)


def test_of_two_regions_one_has_to_be_named() -> None:
    table = "en,pt-BR,pt-PT\ntrain,trem,comboio\n"
    assert terms(table, "en", "pt-PT") == [Term("train", ("comboio",))]
    with pytest.raises(GlossaryFileError, match="several pairs fit from en to pt"):
        terms(table, "en", "pt")


def test_words_that_look_like_languages_are_terms() -> None:
    assert terms("no,não\nam,sou\n") == [Term("no", ("não",)), Term("am", ("sou",))]


def test_memories_and_term_bases_are_read() -> None:
    assert terms(TMX, "en", "pt") == [Term("red cart", ("carrinho vermelho",))]
    assert terms(TMX, "de", "en") == [Term("roter Wagen", ("red cart",)), Term("Lampe", ("lamp",))]
    assert terms(TBX_2) == [
        Term("cart", ("carrinho", "cesto")),
        Term("basket", ("carrinho", "cesto")),
    ]
    assert terms(TBX_3) == [CART]
    latin = "<?xml version='1.0' encoding='iso-8859-1'?>" + TBX_3.split("\n", 1)[1]
    latin = latin.replace("carrinho", "maçã")
    assert terms(latin.encode("iso-8859-1")) == [Term("cart", ("maçã",))]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "file: it has no terms"),
        (b" \n,\n", "file: it has no terms"),
        (b"cart,carrinho\nma\xe7a,x\n", "file: row 2, column 3: the byte 0xE7 is not UTF-8"),
        ("cart".encode("utf-16-le"), "file: it has NUL characters"),
        ("cart".encode("utf-16") + b"x", "file: row 1, column 5: the byte 0x78 is not UTF-16-LE"),
        (b'a,b\n"c,d\ne,f\n', "file: row 2: a quote is not closed"),
        (b'a,b\n"c"d,e\n', "file: row 2: there is text after a closing quote"),
        (b"x" * (MAX_FILE_BYTES + 1), "file: larger than 20 MB"),
        (b"a,b\n" + b"x" * 200_000 + b",y\n", "file: row 2: field larger than field limit"),
        (b"<?xml version='1.0'?><html/>", "file: <html> is neither TMX nor TBX"),
        (b"<tmx><body></tmx>", "file: row 1, column 14: mismatched tag"),
        (b"<tmx><body/></tmx>", "file: it has no terms"),
        (b"<tmx>\n<tu>\n<tuv><seg>a</seg></tuv></tu></tmx>", "file: row 3: <tuv> has no xml:lang"),
        (b"<?xml version='1.0' encoding='x-none'?><tmx/>", "file: unknown encoding: x-none"),
        (
            b'<!DOCTYPE tmx [<!ENTITY a "x">]><tmx>&a;</tmx>',
            "file: row 1: it declares entities: remove them",
        ),
        (
            b'<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tmx>&a;</tmx>',
            "file: row 1: it declares entities: remove them",
        ),
        (b'<!DOCTYPE tmx SYSTEM "x.dtd"><tmx>&a;</tmx>', "file: row 1: it declares entities"),
        (b"<tmx>&a;</tmx>", "file: row 1, column 6: undefined entity"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(GlossaryFileError) as error:
        parse(data, "file")
    assert error.value.message.startswith(message)


def test_nesting_takes_no_stack() -> None:
    deep = b"<tmx>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</tmx>"
    with pytest.raises(GlossaryFileError, match="no terms"):
        parse(deep, "file")


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([*'a,;\t\n"#|\\ \r\0é', "en", "pt", "##"]), max_size=20).map(
        lambda parts: "".join(parts).encode()
    )
    | st.integers(0, len(TMX)).map(lambda end: TMX[:end].encode())
)
@example(b"a,b,en,pt\nc,d\n")
@example(b'"\n"\n')
@example(b"\xff\xfe\x00")
def test_whatever_a_file_has_it_is_read_or_refused(data: bytes) -> None:
    try:
        table = parse(data, "file")
        pair = table.choose()
    except GlossaryFileError:
        return
    found = list(table.terms(*pair))
    if not check_terms(table, found):
        assert len(load_glossary(table, *pair)) == len(found)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_has_glossaries_by_name(tmp_path: Path) -> None:
    write(tmp_path, shop_csv="en,pt\ncart,carrinho\n", old_tmx=TMX, notes_md="no glossary")
    folder = GlossaryFolder(tmp_path)
    assert folder.names == ("old", "shop")
    shop = folder.get("shop", "en", "pt")
    assert shop.terms == (CART,)
    assert folder.get("shop", "en-US", "pt-BR") is shop
    assert folder.get("shop", "pt", "en").terms == (Term("carrinho", ("cart",)),)
    assert folder.get("old", "en", "de").terms[1] == Term("lamp", ("Lampe",))
    with pytest.raises(
        InvalidRequestError, match=r"config\.names: there is no glossary '\.\./shop'"
    ):
        folder.get("../shop", "en", "pt", field="config.names")
    with pytest.raises(InvalidRequestError, match="glossary 'shop': no terms from en to de"):
        folder.get("shop", "en", "de")


def test_what_is_wrong_in_a_folder_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(GlossaryFileError, match="no such folder"):
        GlossaryFolder(tmp_path / "none")
    write(tmp_path, bad_csv="cart,carrinho\nlamp,lâmpada\ncart,cesto\n---,x\n")
    folder = GlossaryFolder(tmp_path)
    with pytest.raises(GlossaryFileError, match=r"bad.csv: row 3: 'cart' is .*\(row 1\) \(1 more"):
        folder.get("bad", "en", "pt")
    write(tmp_path, bad_tsv="a\tb\n")
    with pytest.raises(GlossaryFileError, match=r"bad.tsv: bad.csv has the same name"):
        GlossaryFolder(tmp_path)
    with pytest.raises(GlossaryFileError, match=r"none\.csv: No such file"):
        read_table(tmp_path / "none.csv")


def test_a_file_that_changes_is_read_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, shop_csv="cart,carrinho\n")
    folder = GlossaryFolder(tmp_path)
    folder.check()
    before = folder.get("shop", "en", "pt")
    write(tmp_path, shop_csv="cart,cesta de compras\n", new_tsv="lamp\tabajur\n")
    after = folder.get("shop", "en", "pt")
    assert (before.terms[0].forms, after.terms[0].forms) == (("carrinho",), ("cesta de compras",))
    assert folder.get("new", "en", "pt").terms[0].forms == ("abajur",)
    # One that is damaged now stays as it was, which is told once.
    write(tmp_path, shop_csv="cart,carrinho\ncart,cesta\n")
    assert folder.get("shop", "en", "pt") is after
    assert folder.get("shop", "en", "pt") is after
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "shop.csv: row 2" in caplog.text
    (tmp_path / "shop.csv").unlink()
    with pytest.raises(InvalidRequestError, match=r"no glossary 'shop'; there are new$"):
        folder.get("shop", "en", "pt")


def test_a_damaged_file_is_found_before_anybody_asks(tmp_path: Path) -> None:
    write(tmp_path, shop_csv="en,pt\ncart,carrinho\ncart,cesta\n")
    folder = GlossaryFolder(tmp_path)
    with pytest.raises(GlossaryFileError, match=r"shop\.csv: row 3: 'cart' is"):
        folder.check()


def check(path: Path, *options: str) -> tuple[int, list[str], str]:
    result = CliRunner().invoke(main, ["glossary", "check", str(path), *options])
    return result.exit_code, result.stdout.replace(str(path), "FILE").splitlines(), result.stderr


def test_the_command_says_how_many_terms_there_are(tmp_path: Path) -> None:
    write(tmp_path, shop_csv="en,pt\ncart,carrinho|cesto\nAcme,\nlamp,Lâmpada\n")
    code, lines, errors = check(tmp_path / "shop.csv")
    assert (code, errors) == (0, "")
    assert lines == [
        "FILE:4: note: 'Lâmpada' is written with its capital inside a sentence too",
        "FILE: CSV, 3 terms from en to pt, 1 not translated, 1 with several forms; 0 problems",
    ]
    code, lines, _ = check(tmp_path / "shop.csv", "--from", "pt", "--to", "en")
    assert code == 0
    assert lines[-1] == "FILE: CSV, 4 terms from pt to en, 1 not translated; 0 problems"


def test_the_command_names_each_row_that_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, shop_csv="cart,carrinho\n,x\na,b,c\ncart,cesto\n...,x\n")
    code, lines, errors = check(tmp_path / "shop.csv")
    assert (code, errors) == (2, "")
    assert lines == [
        "FILE:2: source term: it is empty",
        "FILE:3: column 3: there are 3 columns; 2 are expected",
        "FILE:4: 'cart' is 'carrinho' before, and 'cesto' here (row 1)",
        "FILE:5: source term: '...' has no letter, digit or symbol",
        "FILE: CSV, 4 terms; 4 problems",
    ]


def test_the_command_refuses_what_is_no_glossary(tmp_path: Path) -> None:
    code, lines, errors = check(tmp_path / "none.csv")
    assert (code, lines) == (2, [])
    assert errors == f"Error: {tmp_path / 'none.csv'}: No such file or directory\n"
    write(tmp_path, kept_txt="cart = carrinho\n")
    code, lines, _ = check(tmp_path / "kept.txt")
    assert code == 0
    assert lines[0] == "FILE: note: no term has a translation, so all stay as they are"
