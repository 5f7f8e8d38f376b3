"""What the scripts that train the counting models share."""

import time
from collections.abc import Callable, Sequence
from io import BytesIO
from random import Random
from typing import Any

import sentencepiece
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from tests.models.counting.language import any_number, is_held_out, sentence

__all__ = ["beginnings", "fit", "held_out_numbers", "padded", "vocabulary"]

BATCH, PEAK, WARM_UP = 64, 1.5e-3, 300
SHAPE: dict[str, Any] = {
    "d_model": 128,
    "encoder_layers": 3,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 256,
    "decoder_ffn_dim": 256,
    "max_position_embeddings": 256,
    "scale_embedding": True,
    "activation_function": "relu",
    "dropout": 0.0,
}


def vocabulary(texts: Sequence[str], size: int, **options: Any) -> bytes:
    """A SentencePiece model of these texts."""
    output = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=output,
        vocab_size=size,
        hard_vocab_limit=False,
        minloglevel=3,
        **options,
    )
    return output.getvalue()


def beginnings(random: Random, count: int) -> list[str]:
    """Sentences, and beginnings of sentences as a stream has them."""
    sources = [sentence(random) for _ in range(count)]
    for i in range(0, count, 3):
        words = sources[i].split()
        sources[i] = " ".join(words[: random.randint(1, len(words))])
    return sources


def padded(rows: Sequence[Tensor], pad: int) -> Tensor:
    """Rows of different lengths as one tensor."""
    return pad_sequence(list(rows), True, pad)


def fit(
    model: torch.nn.Module,
    examples: Callable[[int], tuple[Sequence[Tensor], Sequence[Tensor]]],
    pad: int,
    steps: int,
) -> None:
    """Train on what ``examples`` makes: so many sources and targets, as tokens."""
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    began = time.monotonic()
    for step in range(steps):
        rate = PEAK * min((step + 1) / WARM_UP, (steps - step) / (steps - WARM_UP))
        for group in optimizer.param_groups:
            group["lr"] = rate
        sources, targets = examples(BATCH)
        source, target = padded(sources, pad), padded(targets, -100)
        loss = model(input_ids=source, attention_mask=(source != pad).long(), labels=target).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 200 == 0:
            print(f"{step} {loss.item():.4f} {time.monotonic() - began:.0f} s", flush=True)


def held_out_numbers(random: Random, count: int) -> list[int]:
    """Numbers that no example has."""
    found = (any_number(random) for _ in iter(int, 1))
    return [n for _, n in zip(range(count), filter(is_held_out, found), strict=False)]
