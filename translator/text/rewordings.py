"""What a model gets other words for, since it knows those better.

Each family has a module of its own: times of day, spoken numbers, dates and addresses, names of
days and months, words of catalogues, short forms of speech and chat, idioms, spoken English and
Portuguese, names of goods, endings in brackets, commas around who is spoken to. The user's text
stays as it is, and alignments refer to it.
"""

from translator.text.calendar_names import calendar_names
from translator.text.catalogue_words import catalogue_words
from translator.text.clock import clock_times
from translator.text.idioms import IDIOMS
from translator.text.informal import informal
from translator.text.openings import after_opening
from translator.text.optional_endings import optional_endings
from translator.text.plain_words import PlainWords
from translator.text.product_words import PRODUCT_WORDS
from translator.text.rewriting import Rewording
from translator.text.spoken_addresses import spoken_addresses
from translator.text.spoken_english import SPOKEN_ENGLISH
from translator.text.spoken_numbers import spoken_numbers
from translator.text.spoken_portuguese import SPOKEN_PORTUGUESE
from translator.text.vocatives import vocative_commas
from translator.text.words import lower_words

__all__ = ["rewordings"]

_PLAIN_WORDS = PlainWords.joined(IDIOMS, SPOKEN_ENGLISH, SPOKEN_PORTUGUESE, PRODUCT_WORDS)


def rewordings(text: str, language: str, words: list[str] | None = None) -> Rewording:
    """Find what to reword in a text for a model of sentences.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code.
        words: ``lower_words(text)``, if that is known.
    """
    if words is None:
        words = lower_words(text)
    addresses = spoken_addresses(text, language, words)
    numbers = spoken_numbers(text, language, words)
    return (
        clock_times(text, language, words)
        .with_others(addresses.edits, addresses.open_from)
        .with_others(numbers.edits, numbers.open_from)
        .with_others(calendar_names(text, language, words))
        .with_others(catalogue_words(text, language, words))
        .with_others(_PLAIN_WORDS.find(text, language, words))
        .with_others(informal(text, language, words))
        .with_others(optional_endings(text, language))
        .with_others(vocative_commas(text, language, words))
        .with_others(after_opening(text, language))
    )
