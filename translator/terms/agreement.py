"""Puts the word before a term into the term's gender, where the term's ending tells it.

A term that is forced follows an article that the model chose for another noun: "o cesta", after "o
carrinho". Only Portuguese is known here; in other languages, and where the ending does not tell
("leite"), the word stays.
"""

__all__ = ["agreeing"]

_PAIRS = (
    "o a, os as, um uma, uns umas, ao à, aos às, do da, dos das, no na, nos nas, num numa, "
    "pelo pela, pelos pelas, meu minha, meus minhas, teu tua, teus tuas, seu sua, seus suas, "
    "nosso nossa, nossos nossas, este esta, estes estas, esse essa, esses essas, aquele aquela, "
    "aqueles aquelas, deste desta, destes destas, desse dessa, desses dessas, neste nesta, "
    "nestes nestas, nesse nessa, nesses nessas, daquele daquela, naquele naquela, outro outra, "
    "outros outras, novo nova, novos novas, mesmo mesma, todo toda, todos todas, nenhum nenhuma, "
    "algum alguma, alguns algumas, cujo cuja, cujos cujas, muito muita, muitos muitas"
)
_FEMININE_OF = dict(pair.split() for pair in _PAIRS.split(", "))
_MASCULINE_OF = {feminine: masculine for masculine, feminine in _FEMININE_OF.items()}
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
# Many in -ma are masculine ("problema"), and many are not ("cama").
_UNCLEAR_ENDINGS = ("ma", "mas", "ista", "istas")


def agreeing(word: str, form: str, language: str) -> str:
    """The word before a term, in the term's gender.

    Args:
        word: Such as an article.
        form: The term, as it is written.
        language: BCP-47 code of both.
    """
    if language.split("-")[0].lower() != "pt":
        return word
    noun = form.split(" ")[0].split("-")[0]
    if noun != noun.lower():
        # A name.
        return word
    is_feminine = _is_feminine(noun)
    table = _FEMININE_OF if is_feminine else _MASCULINE_OF
    found = table.get(word.lower())
    if found is None or is_feminine is None:
        return word
    if word.isupper() and len(word) > 1:
        return found.upper()
    return found.capitalize() if word[:1].isupper() else found


def _is_feminine(noun: str) -> bool | None:
    """Whether a noun is feminine; None where its ending does not tell."""
    if noun in _MASCULINE or noun in _FEMININE:
        return noun in _FEMININE
    if noun.endswith(_UNCLEAR_ENDINGS):
        return None
    if noun.endswith(_FEMININE_ENDINGS):
        return True
    return False if noun.endswith(_MASCULINE_ENDINGS) else None
