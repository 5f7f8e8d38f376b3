"""Puts the words before a noun into its gender and number.

A term that is forced follows an article that the model chose for another noun: "o cesta", after "o
carrinho", or "uma nova carrinho". Only Portuguese is known here. In other languages, and where the
ending does not tell ("leite"), the words stay.
"""

from translator.text.case import in_case_of

__all__ = ["agreeing", "in_gender"]

_PAIRS = (
    "o a, os as, um uma, uns umas, ao à, aos às, do da, dos das, no na, nos nas, num numa, "
    "pelo pela, pelos pelas, meu minha, meus minhas, teu tua, teus tuas, seu sua, seus suas, "
    "nosso nossa, nossos nossas, este esta, estes estas, esse essa, esses essas, aquele aquela, "
    "aqueles aquelas, deste desta, destes destas, desse dessa, desses dessas, neste nesta, "
    "nestes nestas, nesse nessa, nesses nessas, daquele daquela, naquele naquela, outro outra, "
    "outros outras, novo nova, novos novas, mesmo mesma, todo toda, todos todas, nenhum nenhuma, "
    "algum alguma, alguns algumas, cujo cuja, cujos cujas, muito muita, muitos muitas"
)
# Those whose plural is as usual.
_SINGULARS = (
    "o um ao do no pelo meu teu seu nosso este esse aquele deste desse neste nesse daquele naquele "
    "outro novo mesmo algum cujo"
)
# Before these an article may stand.
_AFTER_ARTICLE = frozenset(
    form
    for word in "meu teu seu nosso outro novo mesmo".split()  # noqa: SIM905
    for form in (word, f"{word}s")
)
_ARTICLES = frozenset(
    form
    for word in "o um ao do no num pelo este esse aquele deste desse neste nesse daquele".split()  # noqa: SIM905
    for form in (word, f"{word}s", "uns")
)
_FEMININE_OF = dict(pair.split() for pair in _PAIRS.split(", "))
_MASCULINE_OF = {feminine: masculine for masculine, feminine in _FEMININE_OF.items()}
_PLURAL_OF = {
    singular: f"{singular[:-1]}ns" if singular.endswith("m") else f"{singular}s"
    for word in _SINGULARS.split()
    for singular in (word, _FEMININE_OF.get(word, word))
}
_SINGULAR_OF = {plural: singular for singular, plural in _PLURAL_OF.items()}
_FEMININE_ENDINGS = (
    "ção",
    "ções",
    "são",
    "sões",
    "dade",
    "dades",
    "gem",
    "gens",
    "tude",
    "a",
    "as",
)
_MASCULINE_ENDINGS = ("o", "os", "or", "ores", "ar", "ares", "ur", "ures", "el", "ol", "éu", "éus")
_MASCULINE = frozenset(["dia", "dias", "mapa", "mapas", "planeta", "planetas"])
_FEMININE = frozenset(
    [
        *["mão", "mãos", "foto", "fotos", "moto", "motos", "tribo", "tribos", "cor", "cores"],
        *["flor", "flores", "dor", "dores", "colher", "mulher"],
    ]
)
_PLURAL_ENDINGS = ("os", "as", "ões", "ães", "ais", "éis", "ens", "es")
_NO_PLURALS = frozenset(["atlas", "caos", "cosmos", "mais", "menos", "pires", "demais"])
# Many in -ma are masculine ("problema"), and many are not ("cama").
_UNCLEAR_ENDINGS = ("ma", "mas", "ista", "istas")


def agreeing(before: str, form: str, language: str) -> tuple[str, str]:
    """The text before a term: what of it stays, and after that words in its gender and number.

    Args:
        before: Such as "com um novo", of which both last words change before "cesta".
        form: The term, as it is written.
        language: BCP-47 code of both.
    """
    noun = form.split(" ")[0].split("-")[0]
    if language.split("-")[0].lower() != "pt" or noun != noun.lower():
        # Another language, or a name.
        return before, ""
    return _agreeing(before, _is_feminine(noun), _is_plural(noun))


def in_gender(before: str, is_feminine: bool) -> tuple[str, str]:
    """The Portuguese text before a noun: what of it stays, and after that words in its gender."""
    return _agreeing(before, is_feminine, None)


def _agreeing(before: str, is_feminine: bool | None, is_plural: bool | None) -> tuple[str, str]:
    start = before.rfind(" ") + 1
    word = before[start:]
    changed = _changed(word, is_feminine, is_plural)
    if _masculine(word) in _AFTER_ARTICLE:
        first = before.rfind(" ", 0, max(0, start - 1)) + 1
        article = before[first : max(0, start - 1)]
        agreed = _changed(article, is_feminine, is_plural)
        if _masculine(article) in _ARTICLES and agreed != article:
            return before[:first], f"{agreed} {changed}"
    return (before, "") if changed == word else (before[:start], changed)


def _masculine(word: str) -> str:
    return _MASCULINE_OF.get(word.lower(), word.lower())


def _changed(word: str, is_feminine: bool | None, is_plural: bool | None) -> str:
    """A word in a gender and number; None: it keeps its own."""
    found = word.lower()
    if is_plural and found in ("a", "à"):
        # Before a plural this is a preposition: "a partes iguais".
        return word
    if is_plural is not None:
        found = (_PLURAL_OF if is_plural else _SINGULAR_OF).get(found, found)
    if is_feminine is not None:
        found = (_FEMININE_OF if is_feminine else _MASCULINE_OF).get(found, found)
    if found == word.lower():
        return word
    return in_case_of(word, found)


def _is_plural(noun: str) -> bool | None:
    """Whether a noun is in the plural; None where its ending does not tell."""
    if not noun.endswith("s"):
        return False if noun[-1:].isalpha() else None
    return True if noun.endswith(_PLURAL_ENDINGS) and noun not in _NO_PLURALS else None


def _is_feminine(noun: str) -> bool | None:
    """Whether a noun is feminine; None where its ending does not tell."""
    if noun in _MASCULINE or noun in _FEMININE:
        return noun in _FEMININE
    if noun.endswith(_UNCLEAR_ENDINGS):
        return None
    if noun.endswith(_FEMININE_ENDINGS):
        return True
    return False if noun.endswith(_MASCULINE_ENDINGS) else None
