"""Reads how a model is decoded, from ``generation_config.json`` or ``config.json``.

Settings that change the score of a token by itself are followed. Settings that depend on earlier
tokens, such as a repetition penalty, are refused: without them, the model would not perform as
measured.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from translator.errors import ModelFilesError

__all__ = ["Generation", "is_aligning", "read_generation"]

# Settings of greedy decoding that look at more than one token, with the values that do nothing.
_IDLE: dict[str, tuple[object, ...]] = {
    "begin_suppress_tokens": (None, []),
    "encoder_no_repeat_ngram_size": (None, 0),
    "encoder_repetition_penalty": (None, 1.0),
    "exponential_decay_length_penalty": (None,),
    "guidance_scale": (None, 1.0),
    "min_length": (None, 0),
    "min_new_tokens": (None, 0),
    "no_repeat_ngram_size": (None, 0),
    "repetition_penalty": (None, 1.0),
    "sequence_bias": (None, {}),
}
_DEFAULT_MAX_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Generation:
    """How a model is decoded.

    Attributes:
        start_id: The decoder's input before the first target token.
        pad_id: Pads shorter sources.
        eos_id: Ends source and target.
        first_id: The token that every target begins with, or None; a language token does not count.
        suppressed: Tokens that are never generated.
        max_target_tokens: Longest target, end of sentence not included.
        alignment_heads: (layer, head) of the attention that gives the alignment.
    """

    start_id: int
    pad_id: int
    eos_id: int
    first_id: int | None
    suppressed: tuple[int, ...]
    max_target_tokens: int
    alignment_heads: tuple[tuple[int, int], ...]


def is_aligning(folder: Path) -> bool:
    """Whether the model aligns; see ``read_generation``."""
    return _read_json(folder / "generation_config.json").get("alignment_heads") != []


def read_generation(
    folder: Path, network: PreTrainedModel, num_layers: int, num_heads: int
) -> Generation:
    """Read and check the settings.

    ``alignment_heads`` are pairs of layer and head, as in Whisper's files. Without them, all heads
    of the last layer but one are used, because they align best (Garg et al., "Jointly Learning to
    Align and Translate with Transformer Models", arXiv 1909.02074). An empty list means that the
    model does not align.

    Raises:
        ModelFilesError: A setting is missing, or asks for something that is not supported.
    """
    settings: Any = network.generation_config
    config: Any = network.config

    def refuse(key: str, expected: str) -> ModelFilesError:
        value = getattr(settings, key, None)
        return ModelFilesError(
            f"{folder}/generation_config.json: {key} is {value!r}, expected {expected}"
        )

    for key, idle in _IDLE.items():
        if getattr(settings, key, None) not in idle:
            raise refuse(key, f"{idle[-1]!r}: it is not supported here; remove it")

    def token(key: str) -> int:
        value = getattr(settings, key, None)
        value = getattr(config, key, None) if value is None else value
        if not isinstance(value, int):
            raise refuse(key, "one token, here or in config.json")
        return value

    bad_words = getattr(settings, "bad_words_ids", None) or []
    if any(len(words) != 1 for words in bad_words):
        raise refuse("bad_words_ids", "single tokens; remove the others")
    suppressed = [words[0] for words in bad_words] + list(settings.suppress_tokens or [])
    max_length = settings.max_length or _DEFAULT_MAX_LENGTH
    if positions := getattr(config, "max_position_embeddings", None):
        max_length = min(max_length, positions)
    ends_by_force = settings.forced_eos_token_id is not None
    heads = _read_json(folder / "generation_config.json").get("alignment_heads")
    if heads is None:
        layer = max(0, num_layers - 2)
        heads = [[layer, head] for head in range(num_heads)]
    if not all(
        len(pair) == 2 and 0 <= pair[0] < num_layers and 0 <= pair[1] < num_heads for pair in heads
    ):
        raise ModelFilesError(
            f"{folder}/generation_config.json: alignment_heads is {heads!r}, expected pairs of a "
            f"layer below {num_layers} and a head below {num_heads}"
        )
    return Generation(
        start_id=token("decoder_start_token_id"),
        pad_id=token("pad_token_id"),
        eos_id=token("eos_token_id"),
        first_id=settings.forced_bos_token_id,
        suppressed=tuple(suppressed),
        # The start counts, and so does an end that is forced on the last token.
        max_target_tokens=max_length - 1 - ends_by_force,
        alignment_heads=tuple((layer, head) for layer, head in heads),
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
