"""Makes a datastore of somebody's own translations, and measures what it is worth."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import mean, stdev
from typing import NamedTuple

import numpy as np
import torch

from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.models.base import Seq2SeqModel
from translator.models.datastore import Datastore, DatastoreCard, quantized
from translator.models.datastore_model import DatastoreModel
from translator.training.translations import Example

__all__ = ["Gain", "datastore_gain", "likeness", "make_datastore"]

_BATCH = 32
# So many of them tell what they are worth, each with what is learned of the other parts.
_MAX_MEASURED, _PARTS = 2_000, 8


class Gain(NamedTuple):
    """What a datastore is worth: how like some targets translations are, 0 to 1; see ``likeness``.

    Attributes:
        before: To translations that it has not seen, by the model as it is.
        after: The same with a datastore of other translations.
        error: Standard error of the difference.
        kept: To what the model itself says of general text, with such a datastore.
    """

    before: float
    after: float
    error: float
    kept: float

    @property
    def is_worse(self) -> bool:
        """Whether the difference is a loss, and no chance (p < 0.025)."""
        return self.after + 1.96 * self.error < self.before


@torch.inference_mode()
def make_datastore(
    model: Seq2SeqModel,
    translations: Sequence[Sequence[Example]],
    card: DatastoreCard,
    *,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Datastore:
    """Make a datastore.

    Args:
        model: The model that will decode with it, and without any.
        translations: The examples of each translation that it is to know.
        card: What to say of it.
        on_progress: Called with the number of examples that are done.
    """
    texts = [number for number, each in enumerate(translations) for _ in each]
    examples = [example for each in translations for example in each]
    keys, done = [], 0
    for batch in _batches(examples):
        prefill = model.prefill(
            model.encode([example.source for example in batch]),
            [example.target[:-1] for example in batch],
        )
        for index, example in enumerate(batch):
            said = prefill.hidden[index, : len(example.target)]
            keys.append(quantized(said.float().cpu().numpy()))
        done += len(batch)
        on_progress(done)
    return Datastore(
        card,
        np.concatenate(keys),
        np.array([token for example in examples for token in example.target], np.int32),
        _starts([len(example.target) for example in examples]),
        np.array([token for example in examples for token in example.source], np.int32),
        _starts([len(example.source) for example in examples]),
        np.array(texts, np.int32),
    )


def datastore_gain(
    model: Seq2SeqModel,
    examples: Sequence[Sequence[Example]],
    rehearsal: Sequence[Example],
    *,
    seed: int = 0,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Gain:
    """Measure what translations are worth for others of the same kind (cross-validation).

    Args:
        model: The model as it is.
        examples: Those of each translation, which stay together.
        rehearsal: What it says of general text.
        seed: Of what is drawn.
        on_progress: Called with the number of translations that are done.
    """
    order = list(examples)
    random.Random(seed).shuffle(order)  # noqa: S311  (no secret)
    del order[_MAX_MEASURED:]
    before, after, kept = list[float](), list[float](), list[float]()
    for part in range(_PARTS):
        aside = order[part::_PARTS]
        known = [each for n, each in enumerate(order) if n % _PARTS != part]
        knowing = DatastoreModel(model, make_datastore(model, known, DatastoreCard("")))
        before += _likeness(model, aside)
        after += _likeness(knowing, aside)
        kept += _likeness(knowing, [[each] for each in rehearsal[part::_PARTS]])
        on_progress(len(order) * (part + 1) // _PARTS)
    differences = [b - a for a, b in zip(before, after, strict=True)]
    error = stdev(differences) / math.sqrt(len(differences)) if len(differences) > 1 else 0.0
    return Gain(mean(before), mean(after), error, mean(kept) if kept else 1.0)


def likeness(said: Sequence[int], target: Sequence[int]) -> float:
    """How like two texts are: F1 of the tokens that both have, in any order; 0 to 1."""
    common = (Counter(said) & Counter(target)).total()
    return 2 * common / (len(said) + len(target)) if said or target else 1.0


def _likeness(model: Seq2SeqModel, translations: Sequence[Sequence[Example]]) -> list[float]:
    """For each translation the mean likeness of what a model says to its targets."""
    engine = Engine({model.info.name: model})
    examples = [(n, example) for n, each in enumerate(translations) for example in each]
    for number, (_, example) in enumerate(examples):
        engine.submit(Request((str(number), ""), number, model.info.name, example.source))
    likely, weights = [0.0] * len(translations), [0.0] * len(translations)
    for outcome in engine.run():
        number, example = examples[outcome.request.version]
        # The end of sentence is the last of a target.
        said = () if outcome.hypothesis is None else outcome.hypothesis.tokens
        likely[number] += example.weight * likeness(said, example.target[:-1])
        weights[number] += example.weight
    return [each / weight for each, weight in zip(likely, weights, strict=True)]


def _batches(examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
    for first in range(0, len(examples), _BATCH):
        yield examples[first : first + _BATCH]


def _starts(lengths: Sequence[int]) -> np.ndarray:
    return np.cumsum([0, *lengths], dtype=np.int64)
