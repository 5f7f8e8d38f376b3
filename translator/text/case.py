"""Translates text in capitals, which many captions are, with models trained on sentences.

A model leaves words in capitals untranslated. So it gets the sentence in lower case, and its
translation is put back into capitals. Neither step changes the number of code points, so every
position in the text stays valid.

The functions are pure. For a segment that grows, call ``is_capitals`` again whenever it has grown,
always with all of it. The answer may change from False to True as words come ("THE", "THE TRAIN"),
and from True to False when the first small letter comes ("THE TRAIN leaves"), which is rare. Text
that is committed stays as it is, and so do the model's tokens for it, which are the target prefix
either way: the answer holds for what is committed and shown from then on.
"""

import re
import unicodedata
from collections.abc import Callable

__all__ = [
    "capitals",
    "in_case_of",
    "is_capitals",
    "sentence_case",
    "small_letters",
    "with_first_capital",
]

_TOKEN = re.compile(r"\S+")
# A word, with the apostrophes in it.
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_FIRST_WORD = re.compile(r"[\W_]*([^\W\d_]\w*)")
# A shorter word that both languages have may mean something else in each.
_NAME_LENGTH = 3
_DOTTED = re.compile(r"(?:[^\W\d_]\.){2,}")
_ORDINAL = re.compile(r"\d+(?:ST|ND|RD|TH|S)\W*")
_AFTER_SENTENCE = "\"'”’»)]}"
# A word so long is no acronym that is not known; a shorter one may be.
_WORD_LENGTH = 5
_VOWELS = re.compile(r"[AEIOUYÀ-ÆÈ-ÏÒ-ÖØ-ÝĀĂĄĒĖĘĚĪĮŌŐŒŪŮŰŲŸ]")
_LATIN = re.compile(r"[A-ZÀ-ÖØ-ÞĀ-Ž]+")
# Written with a capital, but no acronyms although they have no vowel; and not even with that.
_TITLES = frozenset(["MR", "MRS", "MS", "DR", "DRS", "ST", "SR", "SRS", "JR"])
_NO_ACRONYMS = frozenset(
    ["CM", "FT", "HM", "HMM", "KG", "KM", "LTD", "MM", "NTH", "PST", "SH", "SHH"]
)
_ACRONYMS = {
    "en": "AI CEO CIA EU FBI FIFA GDP HIV IBM NASA NATO UEFA UK UN UNESCO UNICEF URL USA USB",
    "pt": "CEO CIA EUA FBI FIFA HIV IBGE IBM INSS NASA ONU OMS OTAN PIB SUS UEFA UNESCO UNICEF USB",
    "es": "CEO CIA FBI FIFA HIV IBM NASA ONU OMS OTAN PIB UEFA UE UNESCO UNICEF USB",
    "fr": "CIA FBI FIFA IBM NASA ONU OMS OTAN PIB UEFA UE UNESCO UNICEF USB",
    "de": "CIA EU FBI FIFA IBM NASA NATO UEFA UNO UNESCO UNICEF USA USB",
}
_ROMAN = re.compile(r"X{0,3}(?:I[XV]|V?I{1,3})")
# "I saw", far more often than six.
_SAW = frozenset(["es", "pt"])
# The letters of these are in pairs of their own.
_DOTLESS = frozenset(["az", "tr"])
# Small letters and capitals of Georgian, whose capitals nobody reads.
_MKHEDRULI = range(0x10D0, 0x1100)
_MTAVRULI = range(0x1C90, 0x1CC0)


def is_capitals(text: str, language: str, *, former: bool = False) -> bool:
    """Whether a segment is all in capitals, rather than an acronym or two.

    It has no small letter, and two words of which one is no acronym ("THE TRAIN", "BBC NEWS"), or
    one such word that is long or has a sentence-end mark ("HELLO", "STOP!"). Acronyms alone
    ("NATO", "OK.") are not in capitals, nor is text with letters of a script that has none,
    whatever Latin words are in it.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        former: Whether the segment before was in capitals; then one word will do.
    """
    if capitals(text, language) != text or text.lower() == text or any(map(_has_no_case, text)):
        return False
    language = language.split("-")[0].lower()
    tokens = [token for token in text.split() if not any(map(str.isdigit, token))]
    words = [word for token in tokens for word in _words(token) if word.lower() != word]
    plain = [word for word in words if len(word) > 1 and not _is_acronym(word, language)]
    if not plain:
        return False
    is_sentence = _ends_sentence(text.split()[-1])
    return former or len(words) > 1 or len(plain[0]) >= _WORD_LENGTH or is_sentence


def sentence_case(text: str, language: str) -> str:
    """Turn a text in capitals into a sentence: lower case, except its first letter and acronyms.

    Acronyms are those that are known, Roman numerals, and those that have dots or digits in them or
    no vowel; names are not known. The sentence has as many code points as ``text``, each from the
    one in its place. A longer text changes no word of it but the last.

    Args:
        text: The text.
        language: Its BCP-47 code; only its language counts.
    """
    language = language.split("-")[0].lower()
    starts = True

    def rewrite(found: re.Match[str]) -> str:
        nonlocal starts
        token = found[0]
        if not any(map(str.isalpha, token)):
            is_number = any(map(str.isdigit, token))
            starts = (starts and not is_number) or _ends_sentence(token)
            return token
        small = _small_token(token, language)
        if starts:
            first = next(i for i, letter in enumerate(token) if letter.isalpha())
            small = small[:first] + token[first] + small[first + 1 :]
        starts = _ends_sentence(token)
        return small

    return _TOKEN.sub(rewrite, text)


def capitals(text: str, language: str) -> str:
    """Put a text into capitals, where its script has them, without changing its length.

    A letter whose capital would be two letters, such as ß, stays as it is.

    Args:
        text: The text.
        language: Its BCP-47 code; only its language counts.
    """
    if language.split("-")[0].lower() in _DOTLESS:
        text = text.replace("i", "İ")
    return _each(text, str.upper)


def in_case_of(word: str, said: str) -> str:
    """What stands for a word, in small letters but for names, with the capitals of that word."""
    if word.isupper() and len(word) > 1:
        return said.upper()
    return said[:1].upper() + said[1:] if word[:1].isupper() else said


def with_first_capital(text: str, source: str, language: str) -> str:
    """A translation with a capital at its beginning, if its source begins with one.

    A first word that has a capital elsewhere, such as "iPhone", or stands in the source as it is,
    stays. The length is the same.

    Args:
        text: The translation of a sentence.
        source: The sentence.
        language: The translation's BCP-47 code; only its language counts.
    """
    first = next(filter(str.isalnum, source), "")
    found = _FIRST_WORD.match(text)
    if found is None or not first.isupper():
        return text
    start, word = found.start(1), found[1]
    is_name = word != word.lower() or (
        len(word) >= _NAME_LENGTH and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", source)
    )
    if is_name or _has_no_case(word[0]):
        return text
    return text[:start] + capitals(word[0], language) + text[start + 1 :]


def _small_token(token: str, language: str) -> str:
    if _DOTTED.search(token) is not None:
        return token
    if any(map(str.isdigit, token)):
        return small_letters(token, language) if _ORDINAL.fullmatch(token) else token
    return _WORD.sub(lambda found: _small_word(found[0], language), token)


def _words(token: str) -> list[str]:
    return [] if _DOTTED.search(token) else _WORD.findall(token)


def _small_word(word: str, language: str) -> str:
    stem = _stem(word)
    if stem in _TITLES or (language == "en" and stem == "I"):
        return word[0] + small_letters(word[1:], language)
    kept = len(stem) if _is_acronym(word, language) else 0
    return word[:kept] + small_letters(word[kept:], language)


def _is_acronym(word: str, language: str) -> bool:
    stem = _stem(word)
    if stem == "OK" or stem in _ACRONYMS.get(language, "").split():
        return True
    if len(stem) > 1 and _ROMAN.fullmatch(stem) and not (stem == "VI" and language in _SAW):
        return True
    has_vowel = _LATIN.fullmatch(stem) is None or _VOWELS.search(stem) is not None
    # One letter before an apostrophe is an elision, as in "D'ÁGUA".
    is_elision = len(stem) == 1 and stem != word
    is_word = stem in _TITLES or stem in _NO_ACRONYMS
    return not (has_vowel or is_elision or is_word) and len(stem) < _WORD_LENGTH


def _stem(word: str) -> str:
    """The part of a word before an apostrophe."""
    return word.replace("’", "'").split("'", 1)[0]


def small_letters(text: str, language: str) -> str:
    """Put a text into small letters, where its script has them, without changing its length."""
    if language in _DOTLESS:
        text = text.replace("I", "ı").replace("İ", "i")
    small = _each(text, str.lower)
    # The last sigma of a word has a form of its own.
    return small[:-1] + "ς" if len(small) > 1 and small.endswith("σ") else small


def _each(text: str, change: Callable[[str], str]) -> str:
    """Change each character, unless the result would be several characters or an unused one."""
    changed = change(text)
    if len(changed) == len(text) and text.isascii():
        return changed
    return "".join(map(_one, text, map(change, text)))


def _one(character: str, changed: str) -> str:
    return changed if len(changed) == 1 and ord(changed) not in _MTAVRULI else character


def _has_no_case(letter: str) -> bool:
    """Whether a character is a letter of a script without capitals. The "ª" of "1ª" is not."""
    is_letter = unicodedata.category(letter) == "Lo" or ord(letter) in _MKHEDRULI
    return is_letter and letter not in "ªº"


def _ends_sentence(token: str) -> bool:
    """Whether the word after a token gets a capital: it starts a sentence, or is a name."""
    if _DOTTED.search(token) is not None:
        return False
    bare = token.rstrip(_AFTER_SENTENCE)
    return bare[-1:] in {".", "!", "?", "…"}
