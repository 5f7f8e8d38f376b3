"""Gives a text the form of the sentences that models are trained on, and takes it back again.

What is typed or recognised often lacks what nearly every sentence of a corpus has: a capital at its
beginning and a mark at its end. Models then take it for a piece of something else: "hello" became
"Olá, óplicedade". Figures are in docs/models.md.

Titles and labels have no mark either, and become worse with one: to a model "Yoga Pant." is the
name of something, which it leaves alone. Those with capitals tell that they are titles. A model
loses words of them ("Summer Beach Hat"), and translates names ("Apple watch") where it gets them in
small letters, so it is asked with and without capitals. Of a few other words nobody knows, so it is
asked with a full stop and without. What the model finds more probable counts.
"""

import re
from enum import Enum

from translator.text.case import capitals, small_letters
from translator.text.questions import is_question

__all__ = [
    "FULL_STOP",
    "QUESTION_MARK",
    "Ending",
    "as_title",
    "ending",
    "title_as_sentence",
    "title_lead",
    "with_first_small",
    "with_pronouns",
    "with_sentence_begun",
]

FULL_STOP, QUESTION_MARK = ".", "?"
# So many words may be a label as well as a sentence.
_MAX_LABEL_WORDS = 4
_FIRST_WORD = re.compile(r"[\W_]*(\w+(?:['’]\w+)*)")
# "May I help you?" is not the month.
_MAY_WE = re.compile(r"\s(?:I|we|you|he|she|they|it)\b")
_WORD = re.compile(r"(?<![\d_])[^\W\d_]+(?:['’][^\W\d_]+)*")
# A longer one is a sentence with capitals, or a list of names.
_MAX_TITLE_WORDS = 10
# Words that a title may have in small letters, of languages whose titles have capitals.
_SMALL_IN_TITLES = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a an and at by for from in of on or the to with",
        "pt": "a ao aos as à às com da das de do dos e em na nas no nos o os ou para pela pelo por "
        "que se sem um uma",
    }.items()
}
_TITLE_LEAD = {"en": 1.0}
# Not in "i.e.", nor in a list: "i)".
_SMALL_I = re.compile(r"(?<![^\s\"'“‘])i(?=['’](?:m|ve|ll|d)\b|[\s,?!;]|$)")
# All nouns have a capital.
_NOUNS_IN_CAPITALS = "de"
_ENGLISH_NAMES = frozenset(
    """
    i monday tuesday wednesday thursday friday saturday sunday january february march april may
    june july august september october november december american arabic african asian
    australian brazilian british canadian chinese christian dutch english european french german
    greek hebrew indian irish italian japanese jewish korean latin mexican muslim polish
    portuguese roman russian scottish spanish swedish swiss turkish africa america asia
    australia brazil britain canada china england europe france germany india ireland italy
    japan london mexico portugal russia scotland spain switzerland turkey christmas easter god
    internet
    """.split()  # noqa: SIM905
)


class Ending(Enum):
    """How a text is to end for the model.

    Attributes:
        AS_IT_IS: It has a mark, or is a title.
        FULL_STOP: With a full stop.
        QUESTION_MARK: With a question mark.
        EITHER: With a full stop or without, whichever the model finds more probable.
    """

    AS_IT_IS = ""
    FULL_STOP = FULL_STOP
    QUESTION_MARK = QUESTION_MARK
    EITHER = "either"


def ending(said: str, visible: str, language: str) -> Ending:
    """How a whole text is to end for the model.

    Args:
        said: What the model gets, with code words.
        visible: The same with spaces for what is behind code words.
        language: The source's BCP-47 code; only its language counts. "": it is not known, or the
            text is no question.
    """
    last = said[-1:]
    if not last.isalnum() or (last.isalpha() and last.lower() == last.upper()):
        # It has a mark, or its script has no capitals; some of those have another full stop.
        return Ending.AS_IT_IS
    words = [word for word in visible.split() if any(map(str.isalnum, word))]
    later = words[1:]
    if 2 * sum(word == word.lower() != word.upper() for word in later) < len(later):
        return Ending.AS_IT_IS
    if is_question(said, language):
        return Ending.QUESTION_MARK
    return Ending.EITHER if len(words) <= _MAX_LABEL_WORDS else Ending.FULL_STOP


def with_sentence_begun(said: str, visible: str, language: str) -> str:
    """A source with a capital at its beginning, where it begins with a word in small letters.

    What no model touches stays, and the length is the same.

    Args:
        said: What the model gets, with code words.
        visible: The same with spaces for what is behind code words.
        language: The source's BCP-47 code; only its language counts.
    """
    found, seen = _FIRST_WORD.match(said), _FIRST_WORD.match(visible)
    if found is None or seen is None or found[1] != found[1].lower():
        return said
    # Its first word may be another than the user's ("thanks" for "thx"), but is in its place.
    is_first = found[1] == seen[1] or found.start(1) == seen.start(1)
    if not is_first or seen[1] != seen[1].lower():
        return said
    start = found.start(1)
    return said[:start] + capitals(said[start], language) + said[start + 1 :]


def with_pronouns(said: str, language: str) -> str:
    """An English source with "I" for "i"; the length is the same.

    Args:
        said: What the model gets.
        language: The source's BCP-47 code; only its language counts.
    """
    is_english = language.split("-")[0].lower() == "en"
    return _SMALL_I.sub("I", said) if is_english else said


def title_as_sentence(said: str, visible: str, language: str, reworded: str = "") -> str:
    """A title with capitals in small letters, as far as it may be; any other text as it is.

    The first word stays, and so does what is always written with capitals. The length is the same.

    Args:
        said: What the model gets, with code words.
        visible: The same with spaces for what is behind code words.
        language: The source's BCP-47 code; only its language counts.
        reworded: Words that the model gets for others.
    """
    language = language.split("-")[0].lower()
    may_be_small = _SMALL_IN_TITLES.get(language)
    words = _WORD.findall(visible)
    is_short = 1 < len(words) <= _MAX_TITLE_WORDS
    if may_be_small is None or not (is_short and said[-1:].isalnum()):
        return said
    if any(word == word.lower() and word not in may_be_small for word in words[1:]):
        return said
    own = frozenset([*words, *_WORD.findall(reworded)])
    first = True

    def lowered(found: re.Match[str]) -> str:
        nonlocal first
        word = found[0]
        is_first, first = first, False
        if is_first or word not in own or len(word) == 1 or word[1:] != word[1:].lower():
            return word
        if language == "en" and re.split("['’]", word.lower())[0] in _ENGLISH_NAMES:
            return word
        return small_letters(word, language)

    return _WORD.sub(lowered, said)


def title_lead(language: str) -> float:
    """Nats by which a title in small letters may be less probable, and is better all the same.

    Figures are in docs/models.md.

    Args:
        language: The source's BCP-47 code; only its language counts.
    """
    return _TITLE_LEAD.get(language.split("-")[0].lower(), 0.0)


def as_title(text: str, language: str) -> str:
    """A translation with the capitals of a title, where its language's small words are known.

    The length is the same.

    Args:
        text: The translation of a title.
        language: Its BCP-47 code; only its language counts.
    """
    small = _SMALL_IN_TITLES.get(language.split("-")[0].lower())
    if small is None:
        return text

    def raised(found: re.Match[str]) -> str:
        word = found[0]
        is_kept = word in small or word != word.lower()
        return word if is_kept else capitals(word[0], language) + word[1:]

    return _WORD.sub(raised, text)


def with_first_small(text: str, language: str) -> str:
    """A translation with a small letter at its beginning, as its source has.

    A word that has a capital wherever it stands keeps it, as far as that is known.

    Args:
        text: The translation.
        language: Its BCP-47 code; only its language counts.
    """
    language = language.split("-")[0].lower()
    found = _FIRST_WORD.match(text)
    if found is None or language == _NOUNS_IN_CAPITALS:
        return text
    start, word = found.start(1), found[1]
    stem = re.split("['’]", word.lower())[0]
    if word == "May" and _MAY_WE.match(text, found.end(1)):
        stem = ""
    if word[1:] != word[1:].lower() or (language == "en" and stem in _ENGLISH_NAMES):
        return text
    return text[:start] + small_letters(word[0], language) + text[start + 1 :]
