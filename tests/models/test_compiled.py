"""Transformers models in eight bits whose pass is one compiled call."""

import math
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import MarianMTModel

from tests.models import tiny_transformers
from tests.models.counting.language import sentence, translate
from tests.models.reference import greedy
from tests.models.tiny_transformers import TINY
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.huggingface.compiled import CompiledModel
from translator.models.huggingface.eight_bits import to_eight_bits
from translator.models.huggingface.kernels import GELU, RELU, SWISH, activate
from translator.models.huggingface.loading import load_transformers_model
from translator.models.huggingface.model import Encoded, TransformersModel
from translator.models.loading import load_model
from translator.text.detokenizer import detokenize

pytestmark = pytest.mark.model

COUNTING = Path(__file__).parent / "counting" / "model"
TEXTS = ["the red boat", "she sold nine apples and a pear, then walked home in the rain", "noon"]


def load(name: str, folder: Path, precision: Any = "int8") -> TransformersModel:
    return load_transformers_model(str(folder), pair=TINY[name].pair, precision=precision)


def sources(model: TransformersModel) -> list[tuple[int, ...]]:
    tokenizer = model.tokenizer(model.info.pairs[0])
    return [tokenizer.encode_source(text).tokens for text in TEXTS]


def likeness(found: Tensor, expected: Tensor) -> float:
    """The least of all rows' cosines."""
    return float(torch.nn.functional.cosine_similarity(found, expected, dim=-1).min())


def compare(name: str, folder: Path) -> None:
    """The compiled network with the library's, its maps in eight bits too."""
    exact, eight = load(name, folder, "float32"), load(name, folder)
    assert isinstance(eight, CompiledModel)
    to_eight_bits(exact._decoder.network)
    targets = [(3, 5, 4, 6), tuple(range(3, 25)), ()]
    encoded = [model.encode(sources(model)) for model in (exact, eight)]
    for found, expected in zip(encoded[1], encoded[0], strict=True):
        assert isinstance(found, Encoded)
        assert isinstance(expected, Encoded)
        assert likeness(found.hidden, expected.hidden) > 0.99
    wanted, got = exact.prefill(encoded[0], targets), eight.prefill(encoded[1], targets)
    assert wanted.alignment is not None
    assert got.alignment is not None
    for row, target in enumerate(targets):
        positions = slice(len(target) + 1)
        assert likeness(got.hidden[row, positions], wanted.hidden[row, positions]) > 0.99
        difference = got.alignment[row, positions] - wanted.alignment[row, positions]
        assert difference.abs().max() < 0.1
    hidden = got.hidden[:, 0]
    scores = [model.logits(hidden) for model in (exact, eight)]
    torch.testing.assert_close(*scores, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["marian", "marian-separate", "m2m100", "nllb", "mbart50"])
def test_it_computes_what_the_library_does(name: str, tiny_folders: dict[str, Path]) -> None:
    compare(name, tiny_folders[name])


@pytest.mark.parametrize(
    "changes",
    [
        # As Opus-MT has it.
        {"activation_function": "swish"},
        # Heads of whole vectors, and of a little more than one.
        {"d_model": 64},
        {"d_model": 96, "encoder_attention_heads": 4, "decoder_attention_heads": 4},
        {"encoder_attention_heads": 2, "decoder_attention_heads": 8},
        {"encoder_ffn_dim": 50, "decoder_ffn_dim": 129},
    ],
)
def test_networks_of_other_shapes(
    changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in changes.items():
        monkeypatch.setitem(tiny_transformers.SHAPE, key, value)
    compare("marian", TINY["marian"].make(tmp_path))


def test_what_cannot_be_compiled_has_its_maps_in_eight_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tiny_transformers.SHAPE, "d_model", 24)
    model = load("marian", TINY["marian"].make(tmp_path))
    assert not isinstance(model, CompiledModel)
    assert len(model.encode(sources(model))) == len(TEXTS)


@pytest.mark.parametrize("name", ["marian", "m2m100"])
def test_the_choice_is_that_of_all_scores(name: str, tiny_folders: dict[str, Path]) -> None:
    model = load(name, tiny_folders[name])
    prefill = model.prefill(model.encode(sources(model)), [(3, 4), (7,), (5, 6)])
    hidden = prefill.hidden[:, :2].flatten(0, 1)
    logits = model.logits(hidden)
    best, drafted = logits.argmax(-1), [3, 9, 4, 0, 11, 5]
    # What its files suppress is impossible, here a token of Marian's.
    assert torch.isinf(logits).any() == (name == "marian")
    expected = torch.log_softmax(logits, -1)
    found = model.predict(hidden, drafted)
    assert found.tokens == best.tolist()
    rows = torch.arange(len(hidden))
    for scores, tokens in (
        (found.log_probabilities, best),
        (found.draft_log_probabilities, drafted),
    ):
        torch.testing.assert_close(
            torch.tensor(scores), expected[rows, tokens], atol=1e-4, rtol=1e-4
        )
    assert model.predict(hidden, probable=False).tokens == best.tolist()


def test_activations_are_those_of_torch() -> None:
    x = torch.linspace(-9, 9, 2 * 640).reshape(2, -1)
    for kind, function in (
        (RELU, torch.nn.functional.relu),
        (SWISH, torch.nn.functional.silu),
        (GELU, torch.nn.functional.gelu),
    ):
        found = x.numpy().copy()
        activate(found, kind)
        np.testing.assert_allclose(found, function(x).numpy(), atol=2e-6)


@pytest.mark.parametrize(
    "place",
    [
        "model.decoder.layers.1.encoder_attn.v_proj.weight",
        "model.encoder.layers.0.fc1.bias",
        "model.encoder.layers.1.final_layer_norm.weight",
        "final_logits_bias",
    ],
)
def test_values_that_are_no_numbers_are_refused(
    place: str, tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    for file in tiny_folders["marian"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    network = MarianMTModel.from_pretrained(tiny_folders["marian"])
    with torch.no_grad():
        network.state_dict()[place].view(-1)[1] = math.nan
    network.save_pretrained(tmp_path)
    with pytest.raises(ModelFilesError, match=f"{tmp_path}: its weights are not numbers"):
        load("marian", tmp_path)


def test_a_model_that_counts_is_right_alone_and_in_a_batch() -> None:
    random = Random(77)
    texts = [sentence(random) for _ in range(60)]
    model = load_model(f"en-pt={COUNTING}", precision="int8")
    assert isinstance(model, CompiledModel)
    tokenizer = model.tokenizer(LanguagePair("en", "pt"))
    encoded = [tokenizer.encode_source(text).tokens for text in texts]
    batched = greedy(model, encoded)
    assert [greedy(model, [source])[0] for source in encoded[:20]] == batched[:20]
    said = [detokenize(tokenizer, tokens).text for tokens in batched]
    right = [a == translate(text, "pt") for a, text in zip(said, texts, strict=True)]
    assert sum(right) >= 0.95 * len(right)
