"""Linear maps of Transformers models in eight bits."""

import copy
import math
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import MarianMTModel

from tests.models.tiny_transformers import TINY
from translator.errors import ModelFilesError
from translator.models.huggingface.eight_bits import (
    EightBitEmbedding,
    EightBitLinear,
    to_eight_bits,
)
from translator.models.huggingface.loading import (
    describe_transformers_model,
    load_transformers_model,
)
from translator.models.processor import is_int8_faster

pytestmark = pytest.mark.model

# Inner sizes and outputs, of whole tiles and not.
SIZES = [(64, 64), (30, 70), (1, 1), (257, 3), (512, 130)]


def linear(inner: int, outputs: int) -> nn.Linear:
    torch.manual_seed(inner)
    return nn.Linear(inner, outputs)


@pytest.mark.parametrize(("inner", "outputs"), SIZES)
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
def test_it_maps_as_the_float_one_but_for_rounding(inner: int, outputs: int, size: float) -> None:
    exact = linear(inner, outputs)
    x = torch.randn(5, 3, inner) * size
    with torch.inference_mode():
        expected, found = exact(x), EightBitLinear(exact.weight, exact.bias)(x)
    assert found.shape == expected.shape
    # Each weight and each activation is off by half a step at most.
    weights, rows = exact.weight.abs().amax(1), x.abs().amax(-1, keepdim=True)
    step = weights * x.abs().sum(-1, keepdim=True) + rows * exact.weight.abs().sum(1)
    assert ((found - expected).abs() <= step / 254 * 1.02 + 1e-4 * rows).all()


@pytest.mark.parametrize(("inner", "outputs"), SIZES)
def test_a_row_comes_to_the_same_alone_and_among_others(inner: int, outputs: int) -> None:
    mapped = EightBitLinear(linear(inner, outputs).weight)
    x = torch.randn(37, inner)
    alone = torch.cat([mapped(row[None]) for row in x])
    assert torch.equal(mapped(x), alone)
    assert torch.equal(mapped(x.T.contiguous().T), alone)


def test_a_row_of_zeros_is_the_bias_and_a_column_of_zeros_adds_nothing() -> None:
    exact = linear(30, 7)
    with torch.no_grad():
        exact.weight[3] = 0
    mapped = EightBitLinear(exact.weight, exact.bias)
    assert torch.equal(mapped(torch.zeros(2, 30)), exact.bias.detach().expand(2, 7))
    assert torch.equal(mapped(torch.randn(4, 30))[:, 3], exact.bias.detach()[3].expand(4))
    assert mapped(torch.zeros(0, 30)).shape == (0, 7)


def test_weights_of_any_size_keep_their_proportions() -> None:
    exact = linear(64, 5)
    x = torch.randn(3, 64)
    once = EightBitLinear(exact.weight)(x)
    for size in (1e-30, 1e30):
        found = EightBitLinear(exact.weight.detach() * size)(x)
        assert torch.isfinite(found).all()
        torch.testing.assert_close(found / size, once, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_refused_with_their_folder(
    value: float, tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    network = MarianMTModel.from_pretrained(tiny_folders["marian"])
    with torch.no_grad():
        network.model.encoder.layers[0].fc1.weight[2, 3] = value
    with pytest.raises(ModelFilesError, match="NaN or infinite"):
        to_eight_bits(network)
    for file in tiny_folders["marian"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    network.save_pretrained(tmp_path)
    with pytest.raises(ModelFilesError, match=f"{tmp_path}: its weights are not numbers"):
        load_transformers_model(str(tmp_path), pair=TINY["marian"].pair, precision="int8")


def test_all_linear_maps_are_replaced_and_tied_embeddings_with_them(
    tiny_folders: dict[str, Path],
) -> None:
    network = MarianMTModel.from_pretrained(tiny_folders["marian"]).eval()
    eight = copy.deepcopy(network)
    to_eight_bits(eight)
    assert not any(isinstance(module, nn.Linear) for module in eight.modules())
    embedded = eight.model.encoder.embed_tokens
    assert isinstance(embedded, EightBitEmbedding)
    tokens = torch.tensor([[3, 0, 9], [1, 1, 40]])
    with torch.inference_mode():
        found, expected = embedded(tokens), network.model.encoder.embed_tokens(tokens)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= network.model.shared.weight.abs().max() / 254 * 1.01


def test_eight_bits_need_less_memory_and_have_a_fingerprint_of_their_own(
    tiny_folders: dict[str, Path],
) -> None:
    infos = [
        describe_transformers_model(
            str(tiny_folders["marian"]), pair=TINY["marian"].pair, precision=precision
        ).info
        for precision in ("float32", "int8", "auto")
    ]
    assert infos[1].memory_bytes < infos[0].memory_bytes
    assert infos[1].fingerprint != infos[0].fingerprint
    assert infos[2].fingerprint == infos[1 if is_int8_faster() else 0].fingerprint


def test_eight_bits_are_chosen_only_where_a_whole_pass_is_compiled(
    tiny_folders: dict[str, Path],
) -> None:
    described = {
        precision: describe_transformers_model(
            str(tiny_folders["t5"]), pair=TINY["t5"].pair, precision=precision
        ).info.fingerprint
        for precision in ("float32", "auto")
    }
    assert described["auto"] == described["float32"]
