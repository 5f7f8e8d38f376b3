"""Words of catalogues: "2-pack" is "pack of 2", "Tam. M" tamanho M, "nº 5" número 5.

Titles of shops are full of such forms, which small models copy or take for something else: "ships
tomorrow" is "navios amanhã". Pure text, linear in its length.
"""

import re
from collections.abc import Iterator, Sequence

from translator.text.rewriting import Edit, in_order
from translator.text.words import begins_sentence, lower_words

__all__ = ["catalogue_words"]

# "2-pack", but no "6 pack mules".
_PACK = re.compile(
    r"(?<![\w.,-])(?P<number>\d{1,3})[- ](?P<pack>pack)"
    r"(?=[\s)]*(?:$|[).,;:|–-])|(?<=-pack)\s[^\W\d_])",
    re.IGNORECASE,
)
# "nº 5", "N.º 5": a vocabulary may lack the sign.
_NUMBER_SIGN = {
    "en": re.compile(r"(?<![\w.])[nN]o\.(?=\s?\d)"),
    "pt": re.compile(r"(?<!\w)[nN]\.?[º°](?=\s?\d)"),
}
# Not the ones at sea.
_SHIPS = re.compile(
    r"(?:^Ships(?=\s(?:within|tomorrow|today|free|worldwide|separately|same|next|by\s|in\s\d))"
    r"|(?:(?<=\bit\s)|(?<=\bitem\s)|(?<=\border\s)|(?<=\bproduct\s)|(?<=\bthis\s)|(?<=\bwhich\s)"
    r"|(?<=\bversion\s)|(?<=\brelease\s)|(?<=\bfeature\s)|(?<=\bupdate\s)|(?<=\bapp\s)"
    r"|(?<=\busually\s)|(?<=\btypically\s)|(?<=\d\s))ships(?=\s(?:in|from|to|with|within|tomorrow|"
    r"today|free|worldwide|separately|same|next|by|on|via|after)\b))",
    re.IGNORECASE,
)
# Of catalogues, beside what they are of: "Tam. M", "27 Pol", "+ Brinde", "Sz M".
_BESIDE = {
    "en": (
        (re.compile(r"(?<![\w-])sz\.?(?=\s(?:X*[SL]|M|\d))", re.IGNORECASE), "size"),
        (re.compile(r"(?<=\d\s)ct\.?(?=[\s,)]|$)"), "pieces"),
    ),
    "pt": (
        (re.compile(r"(?<![\w-])tam\.?(?=\s(?:P{1,2}|M|X?G{1,3}|\d))", re.IGNORECASE), "tamanho"),
        (re.compile(r"(?<=\d\s)pol\.?(?=[\s,)]|$)", re.IGNORECASE), "polegadas"),
        (re.compile(r"(?<=\d\s)un(?:id)?\.?(?=[\s,)]|$)", re.IGNORECASE), "unidades"),
        (re.compile(r"(?<=\+\s)brinde\b|(?<=\+)brinde\b", re.IGNORECASE), "presente"),
    ),
}
# "Women's Blouse" is a blouse for women, but the cup and the day are theirs.
_FOR_WHOM = re.compile(
    r"(?P<for>(?:Wom[ae]n|Men|(?:Baby )?(?:Girl|Boy)s?|Ladies|Kids?|Child(?:ren)?|Toddlers?)"
    r"(?:['’]s|(?<=s)['’]))\s"
    r"(?P<what>[A-Z](?:(?!\s(?:with|for|in|by)\s)[^,.:;!?(|–—]){2,50}?)"
    r"(?=\s(?:with|for|in|by)\s|\s*[,(|–—]|\s-\s|\Z)"
)
_THEIRS = re.compile(
    r"\b(?:Cup|Day|Team|Rights?|Hospital|Health|Care|League|Club|Championships?|Studies|Shelter|World"
    r"|March|Rooms?|Restrooms?|Toilets?|Bathrooms?|Wear|Clothing|Fashion|Department|Section|Sizes?"
    r"|National|Football|Soccer|Basketball|Tennis|Open|Final|Finals|Museum|Book|Books|Menu|Institute"
    r"|Union|Fund|Association|Society|Foundation|Council|Party|Movement|Choir|Cent(?:er|re)|Library"
    r"|Zone|Aid|Bureau|Commission|College|School|University|Wearhouse)\b"
)
# As models know them best.
_WHOM = {"woman": "Women", "ladies": "Women", "girl": "Girls", "boy": "Boys", "kid": "Children"}
_WHOM |= {"kids": "Children", "child": "Children", "toddler": "Toddlers"}
_WHOM |= {"baby girl": "Baby Girls", "baby boy": "Baby Boys"}
_SMALL_WORD = re.compile(r"(?<![\w'’])[a-z]+")
_SMALL_WORDS = frozenset(
    ["a", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"]
)
# Words without which there is none.
_HINTS = {
    "en": frozenset(
        [
            *["ct", "no", "pack", "ships", "sz", "women", "woman", "men", "girl", "girls", "boy"],
            *["boys", "ladies", "kid", "kids", "child", "children", "toddler", "toddlers"],
        ]
    ),
    "pt": frozenset(["brinde", "n", "pol", "tam", "un", "unid"]),
}


def catalogue_words(text: str, language: str, words: Sequence[str] | None = None) -> Iterator[Edit]:
    """Find forms of catalogues, with what to say for each.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        words: ``lower_words(text)``, if that is known.
    """
    language = language.split("-")[0].lower()
    hints = _HINTS.get(language)
    if hints is None:
        return
    has_sign = "º" in text or "°" in text
    if not has_sign and hints.isdisjoint(lower_words(text) if words is None else words):
        return
    edits = [*_number_signs(text, language), *_beside(text, language)]
    if language == "en":
        edits += [*_packs(text), *_shipped(text), *_for_whom(text)]
    yield from in_order(edits)


def _packs(text: str) -> Iterator[Edit]:
    for match in _PACK.finditer(text):
        pack, number = match["pack"], match["number"]
        yield Edit(*match.span(), f"{pack} {'OF' if pack.isupper() else 'of'} {number}")


def _number_signs(text: str, language: str) -> Iterator[Edit]:
    said = "number" if language == "en" else "número"
    for match in _NUMBER_SIGN[language].finditer(text):
        space = "" if text[match.end()].isspace() else " "
        begins = match[0][0] == "N" and begins_sentence(text, match.start())
        yield Edit(*match.span(), (said.capitalize() if begins else said) + space)


def _beside(text: str, language: str) -> Iterator[Edit]:
    for pattern, word in _BESIDE[language]:
        for match in pattern.finditer(text):
            yield Edit(*match.span(), word.capitalize() if match[0][0].isupper() else word)


def _for_whom(text: str) -> Iterator[Edit]:
    """Whom the goods of a title are for, behind their name."""
    found = _FOR_WHOM.match(text)
    if found is None or _THEIRS.search(found["what"]):
        return
    if not all(word in _SMALL_WORDS for word in _SMALL_WORD.findall(found["what"])):
        # A sentence.
        return
    whom = re.sub("['’]s?\\Z", "", found["for"])
    yield Edit(found.start(), found.start("what"), "")
    yield Edit(found.end("what"), found.end("what"), f" for {_WHOM.get(whom.lower(), whom)}")


def _shipped(text: str) -> Iterator[Edit]:
    for match in _SHIPS.finditer(text):
        yield Edit(*match.span(), "Is shipped" if match[0][0] == "S" else "is shipped")
