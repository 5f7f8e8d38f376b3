"""What Brazil and Portugal say with other forms: "está fazendo" and "está a fazer".

The words are those of the region already; see ``portuguese_words.py``.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from translator.text.case import in_case_of
from translator.text.portuguese_words import OTHER_GENDER
from translator.text.rewriting import Edit
from translator.text.words import begins_sentence

__all__ = ["grammar_of_region"]

# Each pattern has a function that says what becomes of a match.

_ADVERB = r"(?:\s+(?:ainda|sempre|apenas|agora|também|só|já|realmente|[^\W\d_]+mente))?"
_BEING = (
    r"\b(?:est(?:á|ão|ou|amos|ás|ava|avam|ávamos|ive|eve|iveram|ará|arão|ar|aria|ariam|eja|ejam"
    r"|ivesse|ivessem|iver|iverem)|continu(?:a|am|o|ou|aram|amos|ará|ar|e|em)"
    r"|fic(?:a|am|o|ou|aram|amos|ar)|and(?:a|am|o|ou|aram|amos|ar))"
)
_GERUND = (
    rf"(?i)(?P<being>{_BEING}{_ADVERB})(?:\s+(me|te|se|lhe|nos))?\s+([^\W\d_]*(?:[aei]|po))ndo\b"
)
_NO_GERUNDS = frozenset(["quando", "lindo", "brando", "estupendo", "horrendo", "findo", "comando"])
_INFINITIVE = (
    rf"(?i)(?P<being>{_BEING}{_ADVERB})\s+a\s+([^\W\d_]+(?:[aei]|po)r|pôr)"
    r"(?:-(me|te|se|lhe|nos))?\b(?!-)"
)
_NO_INFINITIVES = frozenset(
    [
        *["par", "bar", "mulher", "colher", "qualquer", "popular", "particular", "militar"],
        *["familiar", "similar", "regular", "escolar", "circular", "titular", "auxiliar"],
    ]
)
_PRONOUN = (
    r"(?:(?P<who>Eu|Ele|Ela|Eles|Elas|Nós|Você|Vocês|A gente)\s+(?P<theirs>me|te|se|lhes?|nos)"
    r"|(?P<first>Me|Te|Lhes?))\s+(?P<verb>[^\W\d_]{2,})\b(?!-)"
)
# A pronoun would be within these: "dar-te-ei".
_FUTURE = ("rei", "rá", "rás", "rão", "remos", "ria", "riam")
_OURS = (
    r"\b(?P<owner>Meus?|Minhas?|Seus?|Suas?|Nossos?|Nossas?)(?=\s+"
    r"(?!(?:deus|senhora?)\b|(?:amor|car[oa]|querid[oa]|filh[oa]|amig[oa]|bem|anjo)s?\s*[,.!?])"
    r"[a-zà-ü])"
)
_CONTROL = r"(?i)\b(?:o|a?o|d[eo]|no|pelo|um|com|sem|sob|seu|este|esse)\s+(?P<it>controle)\b"
# Not "eu controlo", nor "eu o controlo".
_CONTROLLED = (
    r"(?i)(?P<verb>\beu\s+(?:\w+\s+)?)?"
    r"\b(?:o|a?o|d[eo]|no|pelo|um|com|sem|sob|seu)\s+(?P<it>controlo)\b"
)
_BILLION = r"(?i)(?:(?<![\d.,])1\s+|\bum\s+)?\bbilh(?:ão|ões)\b"
_THOUSAND_MILLION = (
    r"(?i)(?P<count>(?:\d[\d.,]*|\b(?:dois|duas|três|quatro|cinco|seis|sete|oito|nove|dez|onze|doze"
    r"|quinze|vinte|trinta|quarenta|cinquenta|cem|vários|muitos|alguns))\s+)?\bmil\s+milhões\b"
)
_ACCESS = r"(?i)\bacess(?P<ending>ar|a|e|am|em|ou|aram)\b(?:\s+(?P<article>[oa]s?)\b)?"
_ACCESSED = {"ar": "er", "a": "e", "e": "a", "am": "em", "em": "am", "ou": "eu", "aram": "eram"}
_ACCEDE = (
    r"(?i)\b(?P<verb>acede(?:r|m)?|aceda|acedam|acedeu|acederam)\s+(?P<to>à|ao|a)(?P<plural>s?)\b"
)
_ACCEDED = {
    "aceder": "acessar",
    "acede": "acessa",
    "acedem": "acessam",
    "acedeu": "acessou",
    "aceda": "acesse",
    "acedam": "acessem",
    "acederam": "acessaram",
}
# After these, a verb is said of the noun before: "A cor do ecrã é bonita".
_BEHIND_ANOTHER = re.compile(r"\b(?:d[aeo]s?|n[ao]s?|aos?|às?|pel[ao]s?|em|com|para|por|sem)\s+$")
# What stands behind a noun in its gender, perhaps after a verb: "está partida".
_AGREES = (
    r"(?:(?:\s+d[aeo]s?(?:\s+[^\W\d_]+){1,2}?)?"
    r"\s+(?P<verb>est(?:á|ão|ava|avam)|é|são|era|eram|foi|foram|fic(?:a|am|ou|aram)|parece)"
    r"(?:\s+(?:muito|bem|mais|tão|toda|quase|ainda|não))?)?\s+"
    r"[^\W\d_]*(?:[ai]d|[oó]s|iv|ic|nov|pequen|limp|car|barat|suj|chei|vazi|pret|branc|vermelh"
    r"|amarel|larg|lind|bonit|abert|quebrad|próxim|últim|primeir)(?P<gender>[ao])s?\b(?!-)"
)


def _infinitive(found: re.Match[str]) -> Edit | None:
    """Reword "está trabalhando" as "está a trabalhar"."""
    _, pronoun, stem = found.groups()
    if f"{stem}ndo".lower() in _NO_GERUNDS:
        return None
    verb = "pôr" if stem.lower() == "po" else f"{stem}r"
    return Edit(found.end("being"), found.end(), f" a {verb}{f'-{pronoun}' if pronoun else ''}")


def _gerund(found: re.Match[str]) -> Edit | None:
    """Reword "está a trabalhar" as "está trabalhando"."""
    _, verb, pronoun = found.groups()
    if verb.lower() in _NO_INFINITIVES:
        return None
    gerund = f"{verb[:-1].replace('ô', 'o')}ndo"
    said = f" {pronoun} {gerund}" if pronoun else f" {gerund}"
    return Edit(found.end("being"), found.end(), said)


def _pronoun_behind(found: re.Match[str]) -> Edit | None:
    """Reword "Me liga" as "Liga-me", and "Eu te amo" as "Eu amo-te"."""
    verb, first = found["verb"], found["first"]
    if verb.endswith(_FUTURE) or not begins_sentence(found.string, found.start()):
        return None
    pronoun = (first or found["theirs"]).lower()
    if first:
        return Edit(*found.span(), f"{verb[0].upper()}{verb[1:]}-{pronoun}")
    verb = verb[:-1] if pronoun == "nos" and verb.endswith("mos") else verb
    return Edit(found.end("who"), found.end(), f" {verb}-{pronoun}")


def _article(found: re.Match[str]) -> Edit | None:
    """Reword "Meu carro" as "O meu carro" where a sentence begins."""
    owner = found["owner"].lower()
    if not begins_sentence(found.string, found.start()) or found.string.rstrip()[-1:] == "!":
        return None
    article = ("A" if "a" in owner else "O") + ("s" if owner.endswith("s") else "")
    return Edit(*found.span(), f"{article} {owner}")


def _access(found: re.Match[str]) -> Edit:
    """Reword "acessar o site" as "aceder ao site"."""
    verb = f"{found[0][0]}ced{_ACCESSED[found['ending'].lower()]}"
    article = (found["article"] or "").lower()
    to = f"à{article[1:]}" if article[:1] == "a" else f"a{article}"
    return Edit(*found.span(), f"{verb} {to}")


def _in_a(found: re.Match[str]) -> Edit:
    """Reword "em um" as "num"."""
    return Edit(*found.span(), "N" if found[0][0] == "E" else "n")


def _accede(found: re.Match[str]) -> Edit:
    """Reword "aceder ao site" as "acessar o site"."""
    article = {"à": " a", "ao": " o", "a": ""}[found["to"].lower()] + found["plural"]
    return Edit(*found.span(), in_case_of(found["verb"], _ACCEDED[found["verb"].lower()]) + article)


def _controlled(found: re.Match[str]) -> Edit | None:
    """Reword "o controlo" as "o controle"."""
    return None if found["verb"] else Edit(*found.span("it"), "controle")


def _billion(found: re.Match[str]) -> Edit:
    count = found["count"]
    if not count:
        return Edit(*found.span(), in_case_of(found[0], "um bilhão"))
    is_one = re.match(r"1(?:,\d+)?\s", count) is not None
    return Edit(*found.span(), f"{count}{'bilhão' if is_one else 'bilhões'}")


def _adjective(found: re.Match[str], ending: str) -> Edit | None:
    """Reword "o ecrã está partida" as "o ecrã está partido"."""
    if found["verb"] and _BEHIND_ANOTHER.search(
        found.string, max(0, found.start() - 8), found.start()
    ):
        return None
    wrong = found["gender"].lower() != ending
    return Edit(*found.span("gender"), in_case_of(found["gender"], ending)) if wrong else None


class _Rule(NamedTuple):
    """A pattern, and what says what becomes of a match.

    Attributes:
        parts: Of these a text has one, or the pattern is not looked for.
        pattern: What is looked for.
        becomes: An edit, or None if the match stays.
    """

    parts: tuple[str, ...]
    pattern: re.Pattern[str]
    becomes: Callable[[re.Match[str]], Edit | None]


def _rule(parts: str, pattern: str, becomes: Callable[[re.Match[str]], Edit | None]) -> _Rule:
    return _Rule(tuple(parts.split("|")), re.compile(pattern), becomes)


def _adjectives(region: str) -> Iterator[_Rule]:
    for gender, ending in ((True, "a"), (False, "o")):
        nouns = "|".join(noun for noun, is_it in OTHER_GENDER[region].items() if is_it == gender)
        yield _rule(nouns, rf"(?i)\b(?:{nouns}){_AGREES}", partial(_adjective, ending=ending))


_RULES: dict[str, tuple[_Rule, ...]] = {
    "BR": (
        *_adjectives("BR"),
        _rule(" a ", _INFINITIVE, _gerund),
        _rule("ced", _ACCEDE, _accede),
        _rule("controlo", _CONTROLLED, _controlled),
        _rule("milhões", _THOUSAND_MILLION, _billion),
    ),
    "PT": (
        *_adjectives("PT"),
        _rule("ndo", _GERUND, _infinitive),
        _rule("Me |Te |Lhe| me | te | se | lhe| nos ", _PRONOUN, _pronoun_behind),
        _rule("Meu|Minha|Seu|Sua|Noss", _OURS, _article),
        _rule("m u", r"\b[Ee]m (?=uns?\b|umas?\b|um\b)", _in_a),
        _rule("controle", _CONTROL, lambda m: Edit(*m.span("it"), "controlo")),
        _rule("controles", r"\bcontroles\b", lambda m: Edit(*m.span(), "controlos")),
        _rule("bilh", _BILLION, lambda m: Edit(*m.span(), in_case_of(m[0], "mil milhões"))),
        _rule("cess", _ACCESS, _access),
    ),
}


def grammar_of_region(region: str, text: str) -> Iterator[Edit]:
    """Find what a region says with other forms, or in another order.

    Args:
        region: "BR" or "PT".
        text: Some Portuguese, with the words of that region.
    """
    for parts, pattern, becomes in _RULES[region]:
        if any(map(text.__contains__, parts)):
            edits = map(becomes, pattern.finditer(text))
            yield from (edit for edit in edits if edit is not None)
