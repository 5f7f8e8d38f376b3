"""A model as large as one likes that says what a small one says.

Random weights have the cost of a large model, but their output never ends and no draft holds. So a
small trained M2M-100 is grown without a change to what it computes (Chen et al., "Net2Net",
arXiv 1511.05641): every number is repeated, weights are divided by the repeats of their input, and
the layers and the tokens that are added do nothing.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import M2M100Config, M2M100ForConditionalGeneration

from translator.models.huggingface.compiled import eight_bit_model
from translator.models.huggingface.decoder import M2M100Decoder
from translator.models.huggingface.loading import load_transformers_model
from translator.models.huggingface.model import TransformersModel

__all__ = ["M2M100_418M", "NLLB_600M", "OPUS_MT", "Size", "grow", "load_grown"]


@dataclass(frozen=True, slots=True)
class Size:
    """The shape of a model; all of it multiples of the small one's."""

    hidden: int
    feed_forward: int
    heads: int
    layers: int
    vocabulary: int


# As facebook/m2m100_418M.
M2M100_418M = Size(hidden=1024, feed_forward=4096, heads=16, layers=12, vocabulary=128_112)
# As facebook/nllb-200-distilled-600M.
NLLB_600M = Size(hidden=1024, feed_forward=4096, heads=16, layers=12, vocabulary=256_206)
# As Helsinki-NLP/opus-mt-en-de.
OPUS_MT = Size(hidden=512, feed_forward=2048, heads=8, layers=6, vocabulary=58_101)


def grow(small: Any, size: Size) -> M2M100ForConditionalGeneration:
    """``small``, an ``M2M100ForConditionalGeneration`` in float32, with another size."""
    old = small.config
    config = M2M100Config.from_dict(
        old.to_dict()
        | {
            "d_model": size.hidden,
            "encoder_ffn_dim": size.feed_forward,
            "decoder_ffn_dim": size.feed_forward,
            "encoder_attention_heads": size.heads,
            "decoder_attention_heads": size.heads,
            "encoder_layers": size.layers,
            "decoder_layers": size.layers,
            "vocab_size": size.vocabulary,
        }
    )
    with torch.device("meta"):
        large: Any = M2M100ForConditionalGeneration(config)
    large = large.to_empty(device="cpu")
    # Only this one gives attention weights.
    large.set_attn_implementation("eager")
    hidden = torch.arange(size.hidden) % old.d_model
    inner = torch.arange(size.feed_forward) % old.encoder_ffn_dim
    # Each of the old heads becomes several, with its numbers repeated in each.
    per_head, old_per_head = size.hidden // size.heads, old.d_model // old.encoder_attention_heads
    heads = torch.arange(size.heads) * old.encoder_attention_heads // size.heads
    attention = (
        heads[:, None] * old_per_head + torch.arange(per_head)[None] % old_per_head
    ).flatten()
    times = size.hidden // old.d_model
    with torch.no_grad():
        embeddings = torch.zeros(size.vocabulary, size.hidden)
        known = small.model.shared.weight[:, hidden] * times**-0.5
        embeddings[: len(known)] = known
        large.model.shared.weight.copy_(embeddings)
        for side in ("encoder", "decoder"):
            old_stack, stack = getattr(small.model, side), getattr(large.model, side)
            stack.embed_positions.weights = old_stack.embed_positions.weights[:, hidden]
            for index, layer in enumerate(stack.layers):
                # Past the old ones everything is zero, and only what is added to passes through.
                source = old_stack.layers[min(index, len(old_stack.layers) - 1)]
                grown = index < len(old_stack.layers)
                for name, module in layer.named_modules():
                    if isinstance(module, nn.LayerNorm):
                        _norm(source.get_submodule(name), module, hidden)
                    elif isinstance(module, nn.Linear):
                        maps = _maps(name, hidden, attention, inner)
                        _linear(source.get_submodule(name), module, *maps)
                        if name.endswith("q_proj"):
                            _scale(module, (old_per_head / per_head) ** 0.5)
                        if not grown and name.endswith(("out_proj", "fc2")):
                            _scale(module, 0.0)
            _norm(old_stack.layer_norm, stack.layer_norm, hidden)
        _scale(large.model.decoder.layer_norm, times**-0.5)
    large.tie_weights()
    large.generation_config = small.generation_config
    return large.eval()  # type: ignore[no-any-return]


def _maps(name: str, hidden: Tensor, attention: Tensor, inner: Tensor) -> tuple[Tensor, Tensor]:
    """For each number that a layer gives, and for each that it takes, the old one."""
    if name.endswith(("q_proj", "k_proj", "v_proj")):
        return attention, hidden
    if name.endswith("out_proj"):
        return hidden, attention
    return (inner, hidden) if name.endswith("fc1") else (hidden, inner)


def _linear(small: Any, large: Any, outputs: Tensor, inputs: Tensor) -> None:
    repeats = len(inputs) // small.in_features
    large.weight.copy_(small.weight[outputs][:, inputs] / repeats)
    large.bias.copy_(small.bias[outputs])


def _norm(small: Any, large: Any, hidden: Tensor) -> None:
    large.weight.copy_(small.weight[hidden])
    large.bias.copy_(small.bias[hidden])


def _scale(module: Any, factor: float) -> None:
    module.weight.mul_(factor)
    module.bias.mul_(factor)


def load_grown(
    folder: Path,
    size: Size,
    *,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    eight_bits: bool = False,
) -> TransformersModel:
    """The M2M-100 of a folder, grown, behind the engine's protocol."""
    small = load_transformers_model(str(folder))
    network: Any = grow(small._decoder.network, size)
    decoder = M2M100Decoder(network.to(device, dtype))
    generation = replace(
        small._generation,
        alignment_heads=tuple(
            (layer, head)
            for layer in {layer for layer, _ in small._generation.alignment_heads}
            for head in range(size.heads)
        ),
    )
    decoder.align(generation.alignment_heads)
    info = replace(small.info, name=f"{small.info.name}-grown", device=str(device))
    made = eight_bit_model if eight_bits else TransformersModel
    return made(decoder, generation, small._vocabulary, small._languages, info)
