"""Several targets of one stream, by a model of several languages (``counting/train_many.py``)."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from torch import Tensor

from benchmarks.grown import Size, load_grown
from tests.models.counting.language import (
    TARGETS,
    any_number,
    english,
    is_held_out,
    sentence,
    spoken,
    translate,
)
from tests.models.reference import greedy, text_of
from tests.models.streamed import stream
from translator.languages.pair import LanguagePair
from translator.models.base import DecoderBatch, EncoderStates, Seq2SeqModel
from translator.models.loading import load_model

pytestmark = pytest.mark.model

FOLDER = Path(__file__).parent / "counting" / "many"


class Counted:
    """A model that tells what it was asked for.

    Attributes:
        encoded: Every source that was encoded.
        prefilled: For each prefill the number of requests.
        stepped: For each step the number of rows.
    """

    def __init__(self, model: Seq2SeqModel) -> None:
        self._model = model
        self.encoded: list[tuple[int, ...]] = []
        self.prefilled: list[int] = []
        self.stepped: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        self.encoded += map(tuple, sources)
        return self._model.encode(sources)

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Any:
        self.prefilled.append(len(targets))
        return self._model.prefill(encoder_states, targets)

    def new_batch(self) -> DecoderBatch:
        batch = self._model.new_batch()
        step = batch.step

        def counted(tokens: Tensor) -> Any:
            self.stepped.append(len(tokens))
            return step(tokens)

        batch.step = counted  # type: ignore[method-assign]
        return batch


@pytest.fixture(scope="module")
def model(one_thread: None) -> Seq2SeqModel:
    return load_model(f"all={FOLDER}")


@pytest.mark.parametrize("target", TARGETS)
def test_numbers_that_were_held_out_are_translated_exactly(one_thread: None, target: str) -> None:
    random = Random(11)
    held_out = [n for n in (any_number(random) for _ in range(8_000)) if is_held_out(n)][:60]
    pair = LanguagePair("en", target)
    model = load_model(f"{pair}={FOLDER}")
    sources = [model.tokenizer(pair).encode_source(english(n) + ".").tokens for n in held_out]
    said = [text_of(model, tokens) for tokens in greedy(model, sources)]
    right = sum(a == spoken(n, target) + "." for a, n in zip(said, held_out, strict=True))
    assert right >= 0.95 * len(held_out)


@pytest.mark.parametrize("policy", ["local-agreement", "alignatt", "retranslation", "final-only"])
def test_each_target_gets_its_own_translation(model: Seq2SeqModel, policy: str) -> None:
    random = Random(7)
    for _ in range(4):
        text = sentence(random)
        committed = stream(model, TARGETS, text, policy).committed
        assert {t: c.strip() for t, c in committed.items()} == {
            t: translate(text, t) for t in TARGETS
        }


def test_a_source_is_encoded_once_for_all_targets_and_they_decode_together(
    model: Seq2SeqModel,
) -> None:
    text = "seven, two hundred and forty one thousand six hundred and five, nineteen."
    counted = Counted(model)
    streamed = stream(counted, TARGETS, text, "local-agreement")
    # One source for each word: the end of the text brings nothing that has not been encoded.
    assert len(counted.encoded) == len(set(counted.encoded)) == len(text.split())
    assert counted.prefilled[: len(text.split())] == [4] * len(text.split())
    # A pass of each target is one row of a prefill or of a step.
    assert sum(counted.prefilled) + sum(counted.stepped) == streamed.passes
    assert len(counted.prefilled) + len(counted.stepped) < streamed.passes / 2
    alone = {t: stream(model, [t], text, "local-agreement").committed[t] for t in TARGETS}
    assert streamed.committed == alone


def test_a_model_that_is_grown_says_the_same(model: Seq2SeqModel) -> None:
    size = Size(hidden=256, feed_forward=512, heads=8, layers=4, vocabulary=600)
    grown = load_grown(FOLDER, size)
    text = "forty two, one hundred thousand and nine."
    assert stream(grown, TARGETS, text, "alignatt") == stream(model, TARGETS, text, "alignatt")


@pytest.mark.parametrize("policy", ["guarded-agreement", "local-agreement", "retranslation"])
def test_drafts_and_prefixes_save_three_fifths_of_the_passes(
    model: Seq2SeqModel, policy: str
) -> None:
    random = Random(9)
    streamed = [stream(model, TARGETS, sentence(random), policy) for _ in range(6)]
    assert sum(s.passes for s in streamed) <= 0.4 * sum(s.from_first_token for s in streamed)
