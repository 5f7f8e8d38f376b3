"""Trains the open end of a Marian model, which tells it that a source goes on.

``models/marian/open_end.py`` says what that is. Training needs text in the source language only.
The model first translates each sentence whole. The target for its first k source words is then the
translation's tokens up to the first one that is aligned with a later word, and an end of sentence.
Only the vector is trained; it starts as a copy of the end of sentence.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.errors import ConfigError, ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.marian.converted import is_converted, read_converted_folder
from translator.models.marian.folder import read_marian_folder
from translator.models.marian.loading import load_marian_folder
from translator.models.marian.recurrent import RecurrentModel
from translator.models.marian.ssru import Network, load_network
from translator.text.segmenter import Segmenter
from translator.text.tokens import Tokenizer

__all__ = ["Example", "Trained", "examples_of", "sentences_of", "train_open_end"]

_MIN_SENTENCES = 20
# Longer ones are left out: a batch is as long as its longest.
_MAX_TOKENS = 128
# One sentence in this many is kept aside for checking, up to this many of them.
_CHECKED_SHARE, _MAX_CHECKED = 5, 200
_BATCH = 64
_LEARNING_RATE = 0.3
# A share of the steps.
_WARM_UP = 1 / 8


@dataclass(frozen=True, slots=True)
class Example:
    """The tokens of a source that goes on, without an end, and the target it is enough for."""

    source: list[int]
    target: list[int]


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained open end, and how good it is.

    Attributes:
        vector: float32 [D].
        loss: Mean cross-entropy on the sentences that were kept aside, in nats per token.
        loss_before: The same with an end of sentence in its place.
    """

    vector: NDArray[np.float32]
    loss: float
    loss_before: float


def sentences_of(text: str, language: str) -> list[str]:
    """Split a text, one paragraph a line, into sentences of two words or more."""
    segmenter = Segmenter(language)
    found = [
        " ".join(line[start:end].split())
        for line in text.splitlines()
        for start, end in segmenter.split(line)
    ]
    return [sentence for sentence in found if " " in sentence]


def examples_of(
    folder: Path,
    pair: LanguagePair,
    sentences: Sequence[str],
    *,
    on_progress: Callable[[int], None] = lambda _: None,
) -> list[list[Example]]:
    """Make the examples to learn from: one for each word of each sentence except its last.

    Args:
        folder: A folder for ``read_marian_folder``, or what it was converted to.
        pair: The pair it translates.
        sentences: Sentences in its source language, of the kind it will get; hundreds or, better,
            thousands.
        on_progress: Called with the number of sentences that are translated.

    Returns:
        Examples in the order of the sentences. Sentences that are too long, have one word, or whose
        translation does not end are left out.

    Raises:
        ModelFilesError: The files are damaged, or the model does not align.
        ConfigError: There are too few sentences.
    """
    model = load_marian_folder(folder, pair=pair)
    if not isinstance(model, RecurrentModel) or not model.info.supports_alignment:
        raise ModelFilesError(f"{folder}: does not align, so what comes from where is not known")
    tokenizer = model.tokenizer(pair)
    engine = Engine({model.info.name: model})
    encoded = {text: tokenizer.encode_source(text) for text in sentences}
    encoded = {text: e for text, e in encoded.items() if len(e.tokens) <= _MAX_TOKENS}
    texts = list(encoded)
    for number, source in enumerate(encoded.values()):
        engine.submit(Request((str(number), ""), number, model.info.name, source.tokens))
    found: dict[int, list[Example]] = {}
    for count, outcome in enumerate(engine.run(), 1):
        number, hypothesis = outcome.request.version, outcome.hypothesis
        if hypothesis is not None and not hypothesis.truncated:
            text = texts[number]
            ends = [encoded[text].spans[token][1] for token in hypothesis.alignment]
            found[number] = list(_beginnings(text, hypothesis.tokens, ends, tokenizer))
        on_progress(count)
    examples = [found[number] for number in sorted(found) if found[number]]
    if len(examples) < _MIN_SENTENCES:
        raise ConfigError(
            f"the text has {len(examples)} sentences of 2 words to {_MAX_TOKENS} tokens, "
            f"expected at least {_MIN_SENTENCES}, better hundreds"
        )
    return examples


def train_open_end(
    folder: Path,
    examples: Sequence[Sequence[Example]],
    *,
    steps: int,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Trained:
    """Train the open end of the model in ``folder``. Nothing is written.

    Args:
        folder: The folder that ``examples_of`` read.
        examples: Its examples. Those of the first sentences, one in five but 200 at most, are kept
            aside for checking.
        steps: Batches of 64 beginnings.
        on_progress: Called with the number of steps that are done.

    Raises:
        ModelFilesError: The files are damaged.
    """
    files = (read_converted_folder if is_converted(folder) else read_marian_folder)(folder)
    network = load_network(files.tensors, files.hyper_parameters)
    num_checked = min(len(examples) // _CHECKED_SHARE, _MAX_CHECKED)
    checked = [example for of_one in examples[:num_checked] for example in of_one[::3]]
    # All targets end with it, as all whole sources do.
    end_of_sentence = network.embed_source(torch.tensor(checked[0].target[-1]))
    vector = _train(network, end_of_sentence, examples[num_checked:], steps, on_progress)
    return Trained(
        vector.numpy(),
        loss=_mean_loss(network, checked, vector),
        loss_before=_mean_loss(network, checked, end_of_sentence),
    )


def _beginnings(
    text: str, tokens: Sequence[int], ends: Sequence[int], tokenizer: Tokenizer
) -> Iterator[Example]:
    """Make the examples of one sentence.

    Args:
        text: The sentence.
        tokens: [T] Its translation, without the end of sentence.
        ends: [T] The end, in the text, of what each token is aligned with.
        tokenizer: The model's tokenizer.
    """
    words = text.split()
    for count in range(1, len(words)):
        beginning = " ".join(words[:count])
        known = next((i for i, end in enumerate(ends) if end > len(beginning)), len(tokens))
        source = tokenizer.encode_source(beginning).tokens
        yield Example(list(source[:-1]), [*tokens[:known], tokenizer.eos_id])


def _train(
    network: Network,
    start: Tensor,
    examples: Sequence[Sequence[Example]],
    steps: int,
    on_progress: Callable[[int], None],
) -> Tensor:
    """Train the open end [D], starting from ``start``."""
    drawn = random.Random(0)  # noqa: S311  (no secret)
    vector = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([vector], _LEARNING_RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / (_WARM_UP * steps)) * (1 - step / steps)
    )
    for step in range(1, steps + 1):
        loss = _loss(network, [drawn.choice(drawn.choice(examples)) for _ in range(_BATCH)], vector)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        on_progress(step)
    return vector.detach()


def _mean_loss(network: Network, examples: Sequence[Example], open_end: Tensor) -> float:
    parts = [examples[at : at + _BATCH] for at in range(0, len(examples), _BATCH)]
    with torch.no_grad():
        return sum(_loss(network, p, open_end).item() * len(p) for p in parts) / len(examples)


def _loss(network: Network, examples: Sequence[Example], open_end: Tensor) -> Tensor:
    """Mean cross-entropy of the targets' tokens if the sources end with ``open_end`` [D]."""
    lengths = torch.tensor([len(example.source) for example in examples])
    longest = int(lengths.max())
    tokens = torch.tensor([e.source + [0] * (longest + 1 - len(e.source)) for e in examples])
    places = torch.arange(longest + 1)
    is_end = (places == lengths[:, None])[..., None]
    x = torch.where(is_end, open_end, network.embed_source(tokens))
    padding = places > lengths[:, None]
    mask = torch.zeros(padding.shape).masked_fill(padding, -math.inf)[:, None, None]
    cross = network.keys_and_values(network.encode(x, mask))
    longest = max(len(example.target) for example in examples)
    targets = torch.tensor([e.target + [-1] * (longest - len(e.target)) for e in examples])
    # Position 0 has seen nothing: its input is the zero vector.
    before = F.pad(network.embed_target(targets[:, :-1].clamp(min=0)), (0, 0, 1, 0))
    cells = before.new_zeros(len(network.hp.decoder_layers), len(examples), network.hp.dim)
    positions = network.positions(longest)[:longest]
    hidden, _, _ = network.decode(before + positions, cells, cross, mask)
    counts = targets >= 0
    return F.cross_entropy(network.score(hidden[counts]), targets[counts])
