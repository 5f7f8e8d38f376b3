"""A target that begins with a token that no reader sees."""

import pytest

from translator.engine.request import Hypothesis
from translator.session.hypothesis import TargetHypothesis
from translator.session.model_source import ModelSource
from translator.testing import FakeTokenizer

pytestmark = pytest.mark.unit


def test_a_language_token_is_part_of_no_word() -> None:
    tokenizer = FakeTokenizer()
    language = tokenizer.eos_id
    tokenizer.target_start = (language,)
    source = ModelSource.encode(tokenizer, "one two three", 100)
    words = tokenizer.encode_target("ONE TWO THREE")
    # What the language token attends to most is the last word.
    hypothesis = Hypothesis((language, *words), (2, 0, 1, 2), (-9.0, -1.0, -2.0, -3.0))
    target = TargetHypothesis(tokenizer, source, hypothesis)
    assert target.text == "ONE TWO THREE"
    assert [(w.end, w.source_end, w.log_probability) for w in target.words(0)] == [
        (3, 3, -1.0),
        (7, 7, -2.0),
        (13, 13, -3.0),
    ]
    assert [(a.source_start, a.source_end) for a in target.alignments(0, 13)] == [
        (0, 3),
        (4, 7),
        (8, 13),
    ]
