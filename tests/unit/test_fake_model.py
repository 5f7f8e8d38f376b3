"""The test kit's model predicts what its scores say."""

import pytest
import torch

from translator.languages.pair import LanguagePair
from translator.models.base import predict_from_logits
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("drafted", [None, [0, 1, 2, 0]])
def test_predictions_are_those_of_the_scores(drafted: list[int] | None) -> None:
    model = FakeModel()
    source = model.tokenizer(LanguagePair("xx", "yy")).encode_source("one two three").tokens
    prefill = model.prefill(model.encode([source]), [()])
    # The translation's tokens are known now, so the scores have a column for each.
    hidden = torch.tensor([[1.0], [1.0], [0.0], prefill.hidden[0, 0].tolist()])
    found = model.predict(hidden, drafted)
    expected = predict_from_logits(model.logits(hidden), drafted, probable=True)
    assert found.tokens == expected.tokens
    assert found.log_probabilities == pytest.approx(expected.log_probabilities, abs=1e-5)
    assert found.draft_log_probabilities == pytest.approx(
        expected.draft_log_probabilities, abs=1e-5
    )
