"""Given names that a model would change: a *stand-in* takes their place until it has translated.

Small models translate names of people: of "Falei com Paulo" the embedded ones made "I spoke to
Paul", of "Júlia" "Julia", of "Peter" "Pedro". They copy others, so such a name gets one of these,
of the same gender, and the translation gets the name back. Where a name is mostly that of a saint,
a king or a place, it stays as it is: "São Paulo", "Peter the Great", "Paulo e os apóstolos".

Pure text, linear in its length.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from translator.text.rewriting import Edit
from translator.text.words import lower_words

__all__ = ["NO_STAND_INS", "StandIns", "is_given_name", "stand_ins"]


class StandIns(NamedTuple):
    """What stands in a text for given names.

    Attributes:
        edits: Each name's place, and its stand-in, in order.
        names: The name that each stand-in stands for.
        open_from: Where at the end begins what more words may turn into another; None if nothing
            may.
    """

    edits: tuple[Edit, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    open_from: int | None = None


NO_STAND_INS = StandIns()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Those that one of the embedded models changed in one of eight sentences or more, less those that
# are as often something else: words, places, figures of books.
_PT_MEN = """
Abílio Adriano Agostinho Alexandre Aloísio Amadeu Antônio Artur Atílio Augusto Aurélio Bartolomeu
Basílio Benjamim Bento Celso Ciro Cláudio Cosme Cristiano Custódio Cássio César Dario Davi Décio
Edmundo Elias Eliseu Emílio Erasmo Estevão Estêvão Eugênio Felipe Filipe Florêncio Flávio
Francisco Frederico Fábio Félix Genésio Getúlio Gregório Guilherme Haroldo Heitor Henrique Heraldo
Hilário Horácio Hélio Inácio Ismael Jerônimo Jonas Josué José João Juliano Justino Júlio Leopoldo
Lorenzo Lourenço Luan Lucas Luís Lúcio Marcelino Marcos Martinho Mateus Matias Maurício Maximiano
Maximiliano Mário Natanael Nicolau Olavo Otávio Pascoal Patrício Paulo Pedro Petrônio Plínio
Raimundo Rogério Rômulo Rúben Saulo Severino Simão Sérgio Sílvio Tarcísio Telmo Teodoro Teófilo
Tiago Timóteo Tomás Tomé Túlio Ulisses Valentim Valério Vicente Vinícius Virgílio Vítor Zacarias
Ângelo Ícaro Ítalo
"""
_PT_WOMEN = """
Adélia Amélia Ana Angélica Anita Antônia Bernadete Betânia Bárbara Catarina Cecília Cláudia Cássia
Cátia Célia Cíntia Doroteia Débora Edite Elisabete Eloá Emília Ester Eugênia Eulália Flávia Fátima
Henriqueta Isabel Janete Joana Josefina Jéssica Júlia Letícia Lorena Luísa Lídia Lígia Lílian
Lívia Lúcia Marcia Maria Marília Matilde Márcia Mónica Mônica Natália Noemi Nádia Ofélia Olímpia
Olívia Otília Patrícia Penélope Priscila Rebeca Rute Sílvia Sônia Tânia Valéria Verônica
Vânia Walquíria Zoé Ágata Ângela Érica Íris Úrsula
"""
_EN_MEN = """
Adam Alfred Ambrose Bartholomew Benedict Ernest Ezra Ferdinand Francis Frederick Ignatius Isaiah
Jeremiah John Jonah Joseph Joshua Jude Julian Julius Justin Lucius Luke Luther Matthew Matthias
Noah Paul Peter Raphael Stephen Timothy Titus
"""
_EN_WOMEN = """
Amelia Beatrice Brittany Frances Joan Leticia Lorraine Mary Susannah
"""
# These are other words too, and names where a verb of people follows, or inside a sentence.
_EN_WORDS = (
    "Chase Rich Will",
    "Constance Dawn Faith Grace Hope Joy Mercy Patience Prudence Summer",
)
_SMALL_WORDS = {
    "pt": _set(
        "adriano augusto angélica bento celso cristiano félix lorenzo marcos rute ágata íris"
    ),
    "en": _set("justin jude john noah"),
}
_EN_MONTHS = ("August", "April June")
_PT_WORDS = ("Domingos", "Conceição Glória Graça")
# Further names, which the models copy.
_EN_COPIED = """
Aaron Ahmed Alan Alex Alice Allison Amanda Amit Amy Andrea Andrew Angela Anna Anne Anthony Barbara
Ben Bob Brad Brenda Carl Carlos Carol Caroline Charles Charlie Charlotte Chloe Chris Christina
Christine Claire Craig Dan Daniel Dave David Deborah Dennis Diana Diego Don Donna Doug Ed Eddie
Edward Elena Elizabeth Ellen Emma Erin Ethan Eva Fatima Fiona Fred Gary George Greg Hannah Harry
Helen Henry Ian Jack Jacob Jake James Jamie Jane Janet Jenny Jerry Jessica Jill Jim Joe Jonathan
Josh Juan Judy Julia Julie Karen Kate Katherine Kathy Katie Keith Ken Kim Kyle Larry Laura Lauren
Leo Liam Linda Lisa Louise Lucy Maggie Marcus Maria Mark Martin Martha Matt Max Mia Michael Michelle
Mike Mohammed Nancy Natalie Neil Nick Nicole Nina Oliver Olivia Oscar Pam Patricia Patrick Pete Phil
Philip Pooja Priya Rachel Raj Ravi Rebecca Richard Rob Robert Ron Ruth Sally Sam Samantha Samuel
Sandra Sara Sarah Scott Sean Sharon Simon Sofia Sophia Sophie Stephan Steve Steven Susan Ted Thomas
Tim Tina Todd Tom Tony Tracy Victor Victoria Vikram Wei William Yuki Zoe
"""
_PT_COPIED = """
Alice Aline Amanda Anderson André Andréia Antonio António Arthur Beatriz Bernardo Bianca Bruna
Carla Carlos Clara Cristina Daniel Danilo Denise Diego Diogo Edson Eduarda Eduardo Elaine Elisa
Emanuel Enzo Erika Fernando Gabriel Giovana Gisele Gonçalo Helena Hugo Igor Inês Isabela Ivan
Jaqueline Jorge Karina Karla Lara Larissa Laura Leandro Lena Luana Luiz Luiza Manuel Manuela Marcela
Marcelo Margarida Mariana Marina Marta Martim Mauro Melissa Miguel Milena Murilo Nelson Nuno
Pamela Paula Raquel Raul Regina Renan Renato Rita Roberta Ronaldo Rosana Rui Samuel Sandra Sara
Simone Sofia Tatiana Tereza Teresa Thiago Vanessa Vasco Vera Victor Vinicius Viviane Wagner William
Yasmin
"""
# The embedded models copy these, and they stand for others.
_STAND_INS = {
    "pt": (
        ("Ricardo", "Roberto", "Rafael", "Leonardo", "Bruno", "Gustavo", "Rodrigo"),
        ("Fernanda", "Juliana", "Camila", "Gabriela", "Daniela", "Luciana", "Renata", "Larissa"),
    ),
    "en": (
        ("Kevin", "Brian", "Jason", "Ryan", "Eric", "Jeff", "Tyler"),
        ("Jennifer", "Melissa", "Heather", "Emily", "Ashley", "Megan", "Stephanie"),
    ),
}


def _genders(men: str, women: str) -> dict[str, int]:
    return dict.fromkeys(men.split(), 0) | dict.fromkeys(women.split(), 1)


_NAMES = {"pt": _genders(_PT_MEN, _PT_WOMEN), "en": _genders(_EN_MEN, _EN_WOMEN)}
_WORDS = {
    "pt": _genders(*_PT_WORDS),
    "en": _genders(*_EN_WORDS) | _genders(*_EN_MONTHS),
}
_KNOWN = {language: names | _WORDS[language] for language, names in _NAMES.items()}
_HINTS = {language: frozenset(map(str.lower, names)) for language, names in _KNOWN.items()}
_COPIED = {"pt": _set(_PT_COPIED), "en": _set(_EN_COPIED)}
# All that are known, in small letters.
_ALL = {
    language: frozenset(map(str.lower, _COPIED[language].union(names, *_STAND_INS[language])))
    for language, names in _NAMES.items()
}
# Before a name: a saint, somebody of rank, a book.
_BEFORE = {
    "pt": """san|são|santo|santa|sto|sta|rei|rainha|príncipe|princesa|papa|imperador|imperatriz|
        czar|duque|duquesa|conde|condessa|virgem|ave|dom|dona|d|frei""",
    "en": """st|saint|san|king|queen|prince|princess|pope|emperor|empress|tsar|czar|duke|duchess|
        virgin|hail|martin|blessed""",
}
# After one: its number, "the Great", "of Assisi", a verse.
_AFTER = {
    "pt": r"(?:,?\s[oa]\s(?:Grande|Conquistador|Velho|Moço|Terrível|Belo|Católic[oa])\b"
    r"|\s(?:de\s(?:Aquino|Assis)|Batista|Madalena|Colombo|Lutero|Magno)\b"
    r"|\s\d|\s(?:[A-ZÀ-Ü]\w+\s)?[IVX]+\b)",
    "en": r"(?:\s(?:the|of)\s|\sMagdalene?\b|\s\d|\s(?:[A-Z]\w+\s)?(?:[VX]|[IVX]{2,})\b)",
}
# Whose names have other forms in each language.
_RELIGIOUS = {
    "pt": _set("""
        apóstolo apóstolos bíblia coríntios cristo deus discípulo discípulos efésios epístola
        evangelho evangelhos faraó gálatas hebreus herodes israel jesus judas messias pilatos
        profeta profetas romanos salmo versículo
    """),
    "en": _set("""
        apostle apostles bible christ corinthians disciple disciples ephesians epistle eve galatians
        god gospel gospels hebrews herod israel jesus judas messiah pharaoh pilate prophet prophets
        psalm romans verse
    """),
}


# What shows that an English word is a name: a verb of people after it, or, if it is no month, a
# small letter or a comma before it. In Portuguese it is an article.
_DOES = (
    r"\s(?:said|says|told|asked|asks|called|wrote|sent|thinks|wants|works|lives|likes|joined|left|"
    r"can['’]t|won['’]t|isn['’]t|hasn['’]t|didn['’]t|doesn['’]t|and\sI)\b"
)
_INSIDE = r"(?<=[a-zà-ÿ,]\s)"


def _not_before(language: str) -> str:
    words = map(str.strip, _BEFORE[language].split("|"))
    return "".join(rf"(?<!\b{word}\s)(?<!\b{word}\.\s)" for word in words)


def _spelled(before: str, names: str, after: str) -> str:
    return rf"(?<![\w’'-])(?i:{before})(?P<name>{names})(?![\w-])(?!{after})"


def _pattern(language: str) -> re.Pattern[str]:
    before = _not_before(language)
    names = "|".join(sorted(_NAMES[language], key=len, reverse=True))
    if language == "en":
        months = "|".join(_genders(*_EN_MONTHS))
        words = "|".join(_genders(*_EN_WORDS))
        words = rf"(?:{months}|{words})(?={_DOES})|{_INSIDE}(?:{words})(?!\s[A-Z])"
    else:
        # "O Domingos" is no Sunday.
        words = "|".join(_genders(*_PT_WORDS))
        articles = r"(?:(?<=\b[oOaA]\s)|(?<=\b[dn][oa]\s)|(?<=\bcom\s))"
        words = rf"{articles}(?:{words})(?!\s(?:de|do|da|divina)\b)"
    return re.compile(_spelled(before, f"{names}|{words}", _AFTER[language]))


def _small_pattern(language: str) -> re.Pattern[str]:
    """For text in small letters, where some names are words."""
    names = sorted(map(str.lower, _NAMES[language]), key=len, reverse=True)
    free = "|".join(name for name in names if name not in _SMALL_WORDS[language])
    return re.compile(_spelled(_not_before(language), free, _AFTER[language]))


# What comes next may still say that a name at the end is no given name: "João Paulo II".
_NOT_YET = re.compile(r"\s*(?:[A-ZÀ-Ü][\w’'-]*\s*)?\Z")
_PATTERNS = {language: (_pattern(language), _small_pattern(language)) for language in _NAMES}


def is_given_name(text: str, language: str) -> bool:
    """Whether a text begins with a given name that is known here, in any case."""
    return bool(text) and text.split(maxsplit=1)[0].lower() in _ALL[language]


def stand_ins(text: str, language: str, words: Sequence[str] | None = None) -> StandIns:
    """Find the given names that need a stand-in.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        words: ``lower_words(text)``, if that is known.
    """
    language = language.split("-")[0].lower()
    known = _KNOWN.get(language)
    if known is None:
        return NO_STAND_INS
    said = set(lower_words(text) if words is None else words)
    if _HINTS[language].isdisjoint(said) or not _RELIGIOUS[language].isdisjoint(said):
        return NO_STAND_INS
    free = [[name for name in row if name.lower() not in said] for row in _STAND_INS[language]]
    taken: dict[str, str] = {}
    edits: list[Edit] = []
    open_from = None
    pattern, small_pattern = _PATTERNS[language]
    for match in (small_pattern if text.islower() else pattern).finditer(text):
        name = match["name"]
        if name not in taken:
            row = free[known[name[0].upper() + name[1:]]]
            if not row:
                continue
            taken[name] = row.pop(0)
        edits.append(Edit(match.start(), match.end(), taken[name]))
        if open_from is None and _NOT_YET.match(text, match.end()):
            open_from = match.start()
    return StandIns(tuple(edits), tuple((said, name) for name, said in taken.items()), open_from)
