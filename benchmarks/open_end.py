"""Trains the open ends of the embedded models: what tells them that a source goes on.

    python -m benchmarks.open_end --data ../shared/data

What an open end is: ``translator/models/open_end.py``. It needs source text alone, here that of
FLORES-200 dev but for the first 200 sentences, which check it. The model translates each sentence
whole. A beginning of k source words is then to become the tokens that come from these words, up to
the first that is aligned with a later one, and the end of sentence after them. Only the vector is
trained; it begins as the end of sentence. Some six minutes for each pair.

Prints the loss on the check sentences (nats a token), of the end of sentence and as it falls, and
writes ``translator/models/open_ends/PAIR.npy``.
"""

import argparse
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from rich.progress import track
from torch import Tensor

import translator.models
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.eval.data import read_sentences
from translator.models.loading import embedded_models, load_marian_folder
from translator.models.marian import read_marian_folder
from translator.models.pair import LanguagePair
from translator.models.ssru import Network, load_network

NUM_CHECKED = 200
BATCH = 64
LEARNING_RATE = 0.3
WARM_UP = 20
SHOW_EVERY = 50
OUTPUT = Path(translator.models.__path__[0]) / "open_ends"


@dataclass(frozen=True, slots=True)
class Example:
    """The tokens of a source that goes on, without an end, and what it is enough for."""

    source: list[int]
    target: list[int]


def examples_of(folder: Path, pair: LanguagePair, texts: Sequence[str]) -> list[list[Example]]:
    """For each text one example for each of its words but the last."""
    model = load_marian_folder(folder, pair=pair)
    tokenizer = model.tokenizer(pair)
    engine = Engine({model.info.name: model})
    encoded = [tokenizer.encode_source(text) for text in texts]
    for number, source in enumerate(encoded):
        engine.submit(Request((str(number), ""), number, model.info.name, source.tokens))
    found = {
        outcome.request.version: outcome.hypothesis
        for outcome in engine.run()
        if outcome.hypothesis is not None
    }
    examples: list[list[Example]] = []
    for number, text in enumerate(texts):
        hypothesis = found[number]
        ends = [encoded[number].spans[token][1] for token in hypothesis.alignment]
        words = text.split()
        of_text = []
        for count in range(1, len(words)):
            beginning = " ".join(words[:count])
            known = next(
                (i for i, end in enumerate(ends) if end > len(beginning)), len(hypothesis.tokens)
            )
            of_text.append(
                Example(
                    list(tokenizer.encode_source(beginning).tokens[:-1]),
                    [*hypothesis.tokens[:known], tokenizer.eos_id],
                )
            )
        examples.append(of_text)
    return examples


def loss_of(network: Network, examples: Sequence[Example], open_end: Tensor) -> Tensor:
    """Mean cross-entropy of the targets' tokens, when the sources end with ``open_end`` [D]."""
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


def train(network: Network, eos_id: int, examples: list[list[Example]], steps: int) -> Tensor:
    """The open end [D], trained on all examples but those of the first texts."""
    drawn = random.Random(0)  # noqa: S311  (no secret)
    checked = [e for of_text in examples[:NUM_CHECKED] for e in of_text[1::3]]
    end_of_sentence = network.embed_source(torch.tensor(eos_id))

    def check(vector: Tensor) -> float:
        with torch.no_grad():
            parts = [checked[at : at + BATCH] for at in range(0, len(checked), BATCH)]
            losses = [loss_of(network, part, vector).item() * len(part) for part in parts]
        return sum(losses) / len(checked)

    print(f"end of sentence: {check(end_of_sentence):.4f}", flush=True)
    vector = end_of_sentence.clone().requires_grad_()
    optimizer = torch.optim.Adam([vector], LEARNING_RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / WARM_UP) * (1 - step / steps)
    )
    # A text of one word has no beginning that goes on.
    rest = [of_text for of_text in examples[NUM_CHECKED:] if of_text]
    for step in track(range(1, steps + 1), "training"):
        loss = loss_of(network, [drawn.choice(drawn.choice(rest)) for _ in range(BATCH)], vector)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % SHOW_EVERY == 0 or step == steps:
            print(f"step {step}: {check(vector):.4f}", flush=True)
    return vector.detach()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    options.output.mkdir(exist_ok=True)
    for pair, folder in embedded_models():
        print(pair)
        file = options.data / "parallel" / f"flores200-dev.{pair}.jsonl"
        sentences = read_sentences(file, source_field="src", reference_field="ref")
        examples = examples_of(folder, pair, [sentence.source for sentence in sentences])
        files = read_marian_folder(folder)
        network = load_network(files.tensors, files.hyper_parameters)
        eos_id = examples[0][0].target[-1]
        vector = train(network, eos_id, examples, options.steps)
        np.save(options.output / f"{pair}.npy", vector.numpy())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
