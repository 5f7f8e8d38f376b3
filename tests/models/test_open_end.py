"""The open end: what a model says, and is sure of, when it knows that its source goes on."""

from math import exp
from pathlib import Path

import numpy as np
import pytest

from tests.models.tiny import DIM, tiny_model
from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Request
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder
from translator.models.marian.open_end import OPEN_END
from translator.models.marian.recurrent import RecurrentModel
from translator.session.model_source import ModelSource
from translator.text.tokenizer import SentencePieceTokenizer

pytestmark = pytest.mark.model

EN_PT = LanguagePair("en", "pt")
OPEN = ("The new bridge over the", "She gave him a very", "We will begin when the", "It was one of")


def hypothesis_of(model: Seq2SeqModel, text: str, *, is_open: bool) -> Hypothesis:
    source = ModelSource.encode(
        model.tokenizer(EN_PT), text, model.info.max_source_tokens, is_open=is_open
    )
    engine = Engine({model.info.name: model})
    engine.submit(Request(("a", "b"), 1, model.info.name, source.encoded.tokens))
    (outcome,) = engine.run()
    assert outcome.hypothesis is not None
    return outcome.hypothesis


@pytest.fixture(params=["float32", "int8"])
def model(
    request: pytest.FixtureRequest, embedded: dict[LanguagePair, RecurrentModel]
) -> Seq2SeqModel:
    """Number formats need not say the same, token for token, but each knows what it is told."""
    if request.param == "float32":
        return embedded[EN_PT]
    return load_marian_folder(dict(embedded_models())[EN_PT], pair=EN_PT, precision="int8")


def test_a_model_that_knows_that_its_source_goes_on_is_less_sure_of_how_it_ends(
    model: Seq2SeqModel,
) -> None:
    ends = {
        is_open: [
            exp(hypothesis_of(model, text, is_open=is_open).log_probabilities[-1]) for text in OPEN
        ]
        for is_open in (True, False)
    }
    assert sum(ends[True]) < sum(ends[False])
    tokenizer = model.tokenizer(EN_PT)
    for text in OPEN:
        said = "".join(map(tokenizer.piece, hypothesis_of(model, text, is_open=True).tokens))
        assert said
        assert not said.endswith("."), said


def test_what_is_whole_is_translated_as_without_it(
    embedded: dict[LanguagePair, RecurrentModel],
) -> None:
    model = embedded[EN_PT]
    tokenizer = model.tokenizer(EN_PT)
    source = ModelSource.encode(tokenizer, "The door is open.", 512)
    assert source.encoded == tokenizer.encode_source("The door is open.")
    opened = ModelSource.encode(tokenizer, "The door is open.", 512, is_open=True)
    assert opened.encoded.tokens == (*source.encoded.tokens[:-1], tokenizer.open_id)
    assert opened.encoded.spans == source.encoded.spans


def test_a_source_that_is_cut_keeps_its_open_end(
    embedded: dict[LanguagePair, RecurrentModel],
) -> None:
    tokenizer = embedded[EN_PT].tokenizer(EN_PT)
    source = ModelSource.encode(tokenizer, "door " * 50, 10, is_open=True)
    assert source.truncated
    assert len(source.encoded.tokens) == 10
    assert source.encoded.tokens[-1] == tokenizer.open_id


def test_together_is_as_alone(embedded: dict[LanguagePair, RecurrentModel]) -> None:
    model = embedded[EN_PT]
    engine = Engine({model.info.name: model})
    sources = [
        ModelSource.encode(model.tokenizer(EN_PT), text, 512, is_open=is_open).encoded.tokens
        for text in OPEN
        for is_open in (True, False)
    ]
    for number, source in enumerate(sources):
        engine.submit(Request((str(number), ""), number, model.info.name, source))
    together = {o.request.version: o.hypothesis for o in engine.run()}
    for number, text in enumerate(OPEN):
        for at, is_open in enumerate((True, False)):
            found = together[2 * number + at]
            assert found is not None
            assert found.tokens == hypothesis_of(model, text, is_open=is_open).tokens


def test_a_folder_may_bring_its_own_and_most_have_none(tmp_path: Path, vocabulary: bytes) -> None:
    without = load_marian_folder(tiny_model(vocabulary).write(tmp_path), pair=EN_PT)
    tokenizer = without.tokenizer(EN_PT)
    assert tokenizer.open_id is None
    source = ModelSource.encode(tokenizer, "a door", 512, is_open=True)
    assert source.encoded == tokenizer.encode_source("a door")
    assert not without.info.has_open_end
    np.save(tmp_path / OPEN_END, np.ones(DIM, np.float32))
    with_one = load_marian_folder(tmp_path, pair=EN_PT)
    assert with_one.info.has_open_end
    tokenizer = with_one.tokenizer(EN_PT)
    assert isinstance(tokenizer, SentencePieceTokenizer)
    assert tokenizer.open_id == tokenizer.vocabulary_sizes[0]


def test_a_converted_model_keeps_it(
    embedded: dict[LanguagePair, RecurrentModel], converted: dict[LanguagePair, Path]
) -> None:
    assert embedded[EN_PT].info.has_open_end
    model = load_marian_folder(converted[EN_PT], pair=EN_PT)
    assert model.info.has_open_end
    for text in OPEN:
        kept = hypothesis_of(model, text, is_open=True)
        assert kept.tokens == hypothesis_of(embedded[EN_PT], text, is_open=True).tokens


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged, expected a NumPy array"),
        (b"no array", "damaged, expected a NumPy array"),
        (np.ones(3, np.float32), r"has float32\[3\], expected finite float32"),
        (np.ones(4, np.float64), r"has float64\[4\], expected finite float32"),
    ],
)
def test_one_of_another_model_is_an_error(
    tmp_path: Path, vocabulary: bytes, content: bytes | np.ndarray, message: str
) -> None:
    tiny_model(vocabulary).write(tmp_path)
    if isinstance(content, bytes):
        (tmp_path / OPEN_END).write_bytes(content)
    else:
        np.save(tmp_path / OPEN_END, content)
    with pytest.raises(ModelFilesError, match=f"{OPEN_END}: {message}"):
        load_marian_folder(tmp_path, pair=EN_PT)
