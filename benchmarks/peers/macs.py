"""How much there is to multiply, and how fast this machine multiplies.

Multiply-accumulates (MACs) of a sentence of S source and T target tokens, both with their end;
D is the hidden size, F and G the inner sizes of the encoder's and decoder's feed-forward layers, E
and L the number of encoder and decoder layers, V the target vocabulary:

    encoder              E · (S · (4 D² + 2 D F) + 2 S² D)
    cross keys, values   L · S · 2 D²
    decoder              L · T · (4 D² + 2 D G + 2 S D)
    output               T · D V

An encoder layer has four projections (query, keys, values, out), the two maps of its feed-forward
layer, and two attention products, S² D each. A decoder layer has the two maps of its cell, query
and out, its feed-forward layer, and for each target token two attention products, S D each. What is
not a product of matrices (embeddings, softmax, norms, the cell's recurrence) is not counted, and
the output is over the whole vocabulary, as we compute it.
"""

import time
from collections.abc import Iterable

from translator.models.marian.hyper_parameters import HyperParameters

__all__ = ["int8_ceiling_gmacs", "sentence_macs", "total_macs"]

_ROWS = 512
_SHAPES = ((256, 1536), (1536, 256))


def sentence_macs(hp: HyperParameters, source: int, target: int) -> int:
    """MACs of one sentence; see the module."""
    dim, layers = hp.dim, len(hp.decoder_layers)
    encoder_token = 4 * dim**2 + 2 * dim * hp.encoder_ffn
    encoder = hp.encoder_layers * (source * encoder_token + 2 * source**2 * dim)
    cross = layers * source * 2 * dim**2
    decoder_token = 4 * dim**2 + 2 * dim * hp.decoder_ffn + 2 * source * dim
    output = target * dim * hp.target_vocabulary
    return encoder + cross + layers * target * decoder_token + output


def total_macs(hp: HyperParameters, lengths: Iterable[tuple[int, int]]) -> int:
    """MACs of sentences of so many source and target tokens."""
    return sum(sentence_macs(hp, source, target) for source, target in lengths)


def int8_ceiling_gmacs(seconds: float = 1.0) -> float:
    """What one thread reaches in int8 products of the feed-forward layers' shapes, in GMAC/s.

    ``torch._int_mm``, 512 rows; the fastest pair of products counts.
    """
    import torch

    torch.set_num_threads(1)
    # A weight is kept [out, in], as a linear layer has it.
    pairs = [
        (
            torch.randint(-127, 128, (_ROWS, inner), dtype=torch.int8),
            torch.randint(-127, 128, (outer, inner), dtype=torch.int8).T,
        )
        for inner, outer in _SHAPES
    ]
    best = float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        for left, right in pairs:
            torch._int_mm(left, right)
        best = min(best, time.perf_counter() - began)
    return sum(_ROWS * inner * outer for inner, outer in _SHAPES) / best / 1e9


if __name__ == "__main__":
    print(int8_ceiling_gmacs())
