"""Endings in brackets: "file(s)" is "files", and "bem-vindo(a)" is "bem-vindo".

Forms and shops leave it open whether there is one or more, and whom they speak to. Models are
trained on hardly any of it: the embedded ones make "anexos)" of "attachment(s)" and "Thank you(a)"
of "obrigado(a)". So they get the plural, and the first of two genders. In the translation the
plural gets its brackets back: "o(s) arquivo(s)". Pure text, linear in its length.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from translator.text.rewriting import Edit, in_order

__all__ = ["optional_endings", "with_brackets"]

_LETTER = r"[^\W\d_]"
_BRACKETS = re.compile(rf"(?<={_LETTER})\((?P<ending>{_LETTER}{{1,4}})\)(?!\w)")
_SLASH = re.compile(r"(?<=[oOrR])/(?:a|A)(?![\w/])|(?<=[oO][sS])/(?:as|AS)(?![\w/])")


@dataclass(frozen=True, slots=True)
class _Plural:
    """One way to make a plural: "item(ns)" is "itens".

    Attributes:
        singular: What the plural ending takes the place of.
        brackets: The ending as it is written in brackets.
        end: How the plural ends.
        words: What a plural that is to get brackets has to match.
    """

    singular: str
    brackets: str
    end: str
    words: re.Pattern[str]


def _plurals(*rules: tuple[str, str, str, str]) -> tuple[_Plural, ...]:
    return tuple(
        _Plural(singular, brackets, end, re.compile(words, re.IGNORECASE))
        for singular, brackets, end, words in rules
    )


_NEVER = r"(?!)"
# By language. The first that fits counts: for a word with brackets, and for a plural.
_PLURALS: dict[str, tuple[_Plural, ...]] = {
    "en": _plurals(
        ("", "ren", "ren", "children"),
        ("", "s", "s", r"(?:cook|mov|calor|[tp]|hood|self|browni|smooth)ies"),
        ("y", "ies", "ies", r"\w{2,}ies"),
        ("", "es", "es", r"\w+(?:ss|x|ch|sh|(?<![oa])us)es"),
        ("", "s", "s", r"\w{2,}[^su']s"),
    ),
    "pt": _plurals(
        ("", "s", "s", r"\w+ãos|mães|leis|reis|pais|\w+wares|\w+[^aeiouáéíóúâêô][rz]es|hectares"),
        ("ês", "es", "eses", r"meses|\w+[glu]eses"),
        ("ás", "es", "ases", "gases"),
        ("", "es", "es", r"\w*(?<!árv)[aeiouáéíóúâêô][rz]es|países"),
        ("ão", "ões", "ões", r"\w+ões"),
        ("ão", "ães", "ães", r"\w+ães"),
        ("m", "ns", "ns", r"\w+[aeiou]ns"),
        ("el", "éis", "éis", r"\w+éis"),
        ("ol", "óis", "óis", r"\w+óis"),
        ("il", "is", "is", r"[a-z]{2,}[^aeiou\W]is"),
        ("al", "ais", "ais", _NEVER),
        ("l", "is", "is", r"\w{2,}[aeu]is"),
        # Of verbs: "requer(em)", "pode(m)", "foi(ram)", "está(ão)", "chegou(aram)".
        ("i", "ram", "ram", _NEVER),
        ("ou", "aram", "aram", _NEVER),
        ("eu", "eram", "eram", _NEVER),
        ("iu", "iram", "iram", _NEVER),
        ("á", "ão", "ão", _NEVER),
        ("", "em", "em", _NEVER),
        ("", "m", "m", _NEVER),
        ("", "s", "s", r"\w{2,}[^s]s"),
    ),
    "es": _plurals(
        ("ón", "es", "ones", r"\w+[sxcg]iones"),
        ("z", "ces", "ces", r"\w+[aeiou]ces"),
        ("", "es", "es", r"\w+[aeiouáéíóú][rldjy]es|[^\W_áéíóú]+[aeiou]nes|meses"),
        # Not "imágenes", which is "imagen" without its accent.
        ("", "s", "s", r"(?!\w*[áéíóú]\w*nes)\w{2,}[^s]s"),
    ),
}
_GENDERS: dict[str, frozenset[str]] = {
    "pt": frozenset(["a", "as", "o", "os", "à", "às", "ora", "oras", "sua", "suas"]),
    "es": frozenset(["a", "as", "o", "os", "ora", "oras"]),
}
# Before a plural, these are plurals too. So is what looks like an adjective after it.
_ARTICLES: dict[str, frozenset[str]] = {
    "pt": frozenset(
        [
            *["os", "as", "aos", "às", "dos", "das", "nos", "nas", "pelos", "pelas"],
            *["seus", "suas", "meus", "minhas", "novos", "novas", "outros", "outras", "mesmos"],
            *["mesmas", "seguintes"],
        ]
    ),
    "es": frozenset(["las", "sus", "mis", "nuevos", "nuevas", "otras", "siguientes"]),
}
_ADJECTIVE = re.compile(r" (?!\w*mos\b)[^\W\d_]{3,}[oa]s(?!\w)")
_LONGEST_ARTICLE = max(map(len, frozenset[str]().union(*_ARTICLES.values())))
# These have no singular, or are no nouns.
_NO_PLURALS: dict[str, frozenset[str]] = {
    "en": frozenset(["always", "his", "its", "news", "series", "this", "thus", "was", "yes"]),
    "pt": frozenset(
        [
            *["antes", "após", "apenas", "atrás", "cais", "demais", "depois", "eis", "jamais"],
            *["lápis", "mais", "mas", "menos", "nós", "parabéns", "pois", "seis", "três", "vocês"],
            *["ônibus", "vírus"],
        ]
    ),
    "es": frozenset(["además", "antes", "después", "más", "menos", "tres", "ustedes"]),
}


def optional_endings(text: str, language: str) -> Iterator[Edit]:
    """Find the endings that a word may have or not, with what to say for each.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
    """
    language = _base(language)
    if language not in _PLURALS:
        return
    genders = _GENDERS.get(language, frozenset())
    edits = [*_in_brackets(text, language, genders)] if "(" in text else []
    if genders and "/" in text:
        edits += [Edit(match.start(), match.end(), "") for match in _SLASH.finditer(text)]
    yield from in_order(edits)


def _in_brackets(text: str, language: str, genders: frozenset[str]) -> Iterator[Edit]:
    reached = 0
    for match in _BRACKETS.finditer(text):
        start, end = match.span()
        if match["ending"].lower() in genders:
            yield Edit(start, end, "")
        # "f(s)" is a function.
        elif text[start - 2 : start].isalpha() or genders:
            plural = _plural_of(text, start, match["ending"], language)
            if plural is None:
                continue
            # "Product(s) require(s) attention."
            is_verb = language == "en" and reached and len(text[reached:start].split()) == 1
            said = plural.end.upper() if match["ending"].isupper() else plural.end
            yield Edit(start - len(plural.singular), end, "" if is_verb else said)
            reached = end


def _plural_of(text: str, start: int, ending: str, language: str) -> _Plural | None:
    """What a word that ends at ``start`` is with an ending that follows in brackets."""
    for plural in _PLURALS[language]:
        end = text[max(0, start - len(plural.singular)) : start].lower()
        if ending.lower() in {plural.brackets, plural.end} and end == plural.singular:
            return plural
    return None


def with_brackets(said: str, words: Iterable[tuple[int, int]], language: str) -> Iterator[Edit]:
    """Find what to write for the plurals that stand for one as well.

    Args:
        said: A translation.
        words: The ranges of the words that translate one with an ending in brackets, in order. The
            first of them that is a plural gets brackets, as do articles before it.
        language: The BCP-47 code of the translation.
    """
    language = _base(language)
    if language not in _PLURALS:
        return
    articles = _ARTICLES.get(language, frozenset())
    for start, end in words:
        word = said[start:end]
        if word.lower() in articles | _NO_PLURALS[language]:
            continue
        for plural in _PLURALS[language]:
            if plural.words.fullmatch(word):
                yield from reversed([*_articles_before(said, start, articles)])
                yield _bracketed(word, start, plural)
                yield from _adjective_after(said, end, language)
                return


def _articles_before(said: str, start: int, articles: frozenset[str]) -> Iterator[Edit]:
    """Brackets for articles before a place, the last first: "o(s) seguinte(s)"."""
    while start > 1 and said[start - 1] == " ":
        end = start - 1
        begin = max(0, end - _LONGEST_ARTICLE - 1)
        begin += said[begin:end].rfind(" ") + 1
        if said[begin:end].lower() not in articles:
            return
        yield Edit(end - 1, end, f"({said[end - 1]})")
        start = begin


def _adjective_after(said: str, end: int, language: str) -> Iterator[Edit]:
    articles = _ARTICLES.get(language, frozenset())
    found = _ADJECTIVE.match(said, end) if articles else None
    if found and found[0][1:].lower() not in _NO_PLURALS[language] | articles:
        last = found.end()
        yield Edit(last - 1, last, f"({said[last - 1]})")


def _bracketed(word: str, start: int, plural: _Plural) -> Edit:
    singular, brackets = plural.singular, plural.brackets
    if word.isupper():
        singular, brackets = singular.upper(), brackets.upper()
    end = start + len(word)
    return Edit(end - len(plural.end), end, f"{singular}({brackets})")


def _base(language: str) -> str:
    return language.split("-")[0].lower()
