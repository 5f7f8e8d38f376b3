"""General text for training, which keeps a model from forgetting what it is good at.

The best is text of the kind that the model gets besides: a file of sentences. Without any there are
the phrases of the model, and sentences that were written to ask models with.
"""

import random
from collections.abc import Sequence
from contextlib import suppress

from translator.errors import ConfigError
from translator.languages.pair import LanguagePair
from translator.text.case import capitals
from translator.text.phrases import SLOT, Phrases
from translator.text.segmenter import Segmenter
from translator.training.code_words import carriers_for

__all__ = ["rehearsal_sentences"]

_MAX_GIVEN, _MAX_PHRASES = 400, 300
_NAMES = ("Anna", "Boston", "2019", "Silva")


def rehearsal_sentences(
    pair: LanguagePair, phrases: Phrases, texts: Sequence[str], *, seed: int = 0
) -> list[str]:
    """Sentences to rehearse, at most several hundred.

    Args:
        pair: The model's.
        phrases: Those of the model.
        texts: Text in its source language, one paragraph or sentence in each line; may be empty.
        seed: Of what is drawn.
    """
    segmenter = Segmenter(pair.source)
    given = [
        line[start:end].strip()
        for text in texts
        for line in text.splitlines()
        for start, end in segmenter.split(line)
    ]
    known = [
        capitals(phrase[:1], pair.source) + phrase[1:]
        for phrase in phrases.exact
        if SLOT not in phrase
    ]
    asked: list[str] = []
    with suppress(ConfigError):
        carriers = carriers_for(pair.source)
        asked = [each.format(*_NAMES) for sentences in carriers.values() for each in sentences]
    drawn = random.Random(seed)  # noqa: S311  (no secret)
    return [
        *_drawn(drawn, given, _MAX_GIVEN),
        *_drawn(drawn, known, _MAX_PHRASES),
        *_drawn(drawn, asked, _MAX_PHRASES),
    ]


def _drawn(drawn: random.Random, sentences: Sequence[str], most: int) -> list[str]:
    """Some of the sentences, each once."""
    there = sorted({each for each in sentences if any(map(str.isalpha, each))})
    return drawn.sample(there, min(most, len(there)))
