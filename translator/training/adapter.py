"""Trains an adapter of a Marian model on somebody's own translations.

``models/marian/adapter.py`` says what an adapter is. It learns the translations by their
cross-entropy, and rehearses general text meanwhile: there it is to say what the model said before,
as probably as before (knowledge distillation), so that it forgets little. A part of the
translations is kept aside, and so is a part of the rehearsal. They tell when to stop, and how much
of what was learned is taken: all changes times a factor of at most 1.
"""

import hashlib
import math
import pickle
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.func import functional_call

from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.errors import ConfigError
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.marian.adapter import Adapter, AdapterCard, base_digest
from translator.models.marian.converted import is_converted, read_converted_folder
from translator.models.marian.folder import read_marian_folder
from translator.models.marian.ssru import Network, load_network
from translator.training.translations import Example

__all__ = ["Options", "Trained", "plain_adapter", "rehearsal_of", "train_adapter"]

# One translation in this many is kept aside, up to this many of them; the same of the rehearsal.
_CHECKED_SHARE, _MAX_CHECKED = 8, 200
# Target tokens of a batch, padding included.
_BATCH_TOKENS = 400
_WARM_UP_STEPS = 20
_SMOOTHING = 0.1
_MAX_NORM = 1.0
# How much the rehearsal counts.
_REHEARSAL = 2.0
# So many of the first pieces, which are the most frequent ones, are scored besides those that
# occur: the whole output layer takes as long as all the rest.
_FREQUENT_PIECES = 3_000
_CHECK_EVERY = 5
# So many checks without a better one end it.
_PATIENCE = 8
_FACTORS = (1.0, 0.75, 0.5, 0.25)


@dataclass(frozen=True, slots=True)
class Options:
    """How to train.

    Attributes:
        rank: Of the adapter's matrices.
        max_steps: Batches at most.
        learning_rate: Of Adam, after the first steps.
        seed: Of what is drawn.
    """

    rank: int = 16
    max_steps: int = 300
    learning_rate: float = 5e-4
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained adapter, and what it is worth on what was kept aside.

    Attributes:
        adapter: The adapter.
        steps: After how many steps it was best.
        factor: How much of the changes is taken.
        loss: Mean cross-entropy of the translations kept aside, in nats per token.
        loss_before: The same of the model as it was.
        forgotten: Mean Kullback–Leibler divergence from the model as it was, on the rehearsal kept
            aside, in nats per token; 0 without any.
    """

    adapter: Adapter
    steps: int
    factor: float
    loss: float
    loss_before: float
    forgotten: float

    @property
    def has_learned(self) -> bool:
        """Whether the model is better with it on what was kept aside."""
        return self.loss < self.loss_before


def rehearsal_of(
    model: Seq2SeqModel,
    pair: LanguagePair,
    sentences: Sequence[str],
    *,
    on_progress: Callable[[int], None] = lambda _: None,
) -> list[Example]:
    """What a model says for sentences, as examples; without those whose translation does not end.

    Args:
        model: The model as it is.
        pair: The pair it translates.
        sentences: In its source language.
        on_progress: Called with the number of sentences that are translated.
    """
    tokenizer = model.tokenizer(pair)
    engine = Engine({model.info.name: model})
    for number, sentence in enumerate(sentences):
        tokens = tokenizer.encode_source(sentence).tokens
        engine.submit(Request((str(number), ""), number, model.info.name, tokens))
    found: dict[int, Example] = {}
    for count, outcome in enumerate(engine.run(), 1):
        said = outcome.hypothesis
        if said is not None and not said.truncated:
            target = (*said.tokens, tokenizer.eos_id)
            found[outcome.request.version] = Example(outcome.request.source, target)
        on_progress(count)
    return [found[number] for number in sorted(found)]


def train_adapter(
    folder: Path,
    pair: LanguagePair,
    examples: Sequence[Sequence[Example]],
    rehearsal: Sequence[Example],
    options: Options,
    *,
    unfinished: Path | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Trained:
    """Train an adapter. Nothing is written but ``unfinished``.

    Args:
        folder: The model's: a folder for ``read_marian_folder``, or what it was converted to.
        pair: The pair it translates.
        examples: Those of each translation.
        rehearsal: What it said of general text.
        options: How to train.
        unfinished: Where what was trained so far is kept. If something of the same training is
            there, it goes on with that.
        on_progress: Called with the number of steps that are done.

    Raises:
        ModelFilesError: The model's files are damaged.
        ConfigError: The rank is larger than the model.
    """
    files = (read_converted_folder if is_converted(folder) else read_marian_folder)(folder)
    hp = files.hyper_parameters
    if options.rank > hp.dim:
        raise ConfigError(
            f"the rank {options.rank} is larger than the model's hidden size; "
            f"allowed: 1 to {hp.dim}"
        )
    plain = plain_adapter(folder, pair, len(examples))
    training = _Training(load_network(files.tensors, hp), examples, rehearsal, options)
    told = [plain.card.base, str(pair), repr(options), repr(examples), repr(rehearsal)]
    training.run(_Unfinished(unfinished, told), on_progress)
    factor, loss, forgotten = training.best_factor()
    before = training.loss_before
    scores = {"loss": loss, "loss_before": before, "forgotten": forgotten}
    card = replace(plain.card, rank=options.rank, scores=scores)
    adapter = Adapter(card, *training.parts(factor))
    return Trained(adapter, training.best_step, factor, loss, before, forgotten)


def plain_adapter(folder: Path, pair: LanguagePair, num_pairs: int) -> Adapter:
    """An adapter that changes nothing, of what nothing was learned by training.

    Raises:
        ModelFilesError: The model's file cannot be read.
    """
    where = str(folder.resolve())
    return Adapter(AdapterCard(str(pair), base_digest(folder), where, 0, num_pairs), {}, {})


# By the names of the network's parameters, with an ending for each of two thin matrices.
_Changes = Mapping[str, Tensor]
_INNER, _OUTER = ".a", ".b"
_OUTPUT_BIAS = "output_bias"


class _Decoding(nn.Module):
    """The decoder's output for known targets: forward takes examples and returns [tokens, D]."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, examples: Sequence[Example]) -> Tensor:
        network = self.network
        sources = _padded([example.source for example in examples])
        # No token is negative.
        mask = torch.zeros(sources.shape).masked_fill(sources < 0, -math.inf)[:, None, None]
        states = network.encode(network.embed_source(sources.clamp(min=0)), mask)
        cross = network.keys_and_values(states)
        targets = _padded([example.target for example in examples])
        # Position 0 has seen nothing: its input is the zero vector.
        before = F.pad(network.embed_target(targets[:, :-1].clamp(min=0)), (0, 0, 1, 0))
        cells = before.new_zeros(len(network.hp.decoder_layers), len(examples), network.hp.dim)
        length = targets.shape[1]
        x = before + network.positions(length)[:length]
        hidden, _, _ = network.decode(x, cells, cross, mask)
        return hidden[targets >= 0]


def _padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Tokens [rows, longest], with -1 after the end of each."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[-1] * (longest - len(row))] for row in rows])


class _Unfinished:
    """The file of what was trained so far, of one training only."""

    def __init__(self, path: Path | None, told: Sequence[str]) -> None:
        self._path = path
        self._key = hashlib.sha256("\n".join(told).encode()).hexdigest()

    def read(self) -> dict[str, Any] | None:
        """What is there of this training; None if nothing is."""
        if self._path is None or not self._path.is_file():
            return None
        try:
            state = torch.load(self._path, weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
            return None
        is_own = isinstance(state, dict) and state.get("key") == self._key
        return state if is_own else None

    def write(self, state: dict[str, Any]) -> None:
        """Keep it, if there is room: training goes on without."""
        if self._path is None:
            return
        part = self._path.with_name(f"{self._path.name}.part")
        with suppress(OSError, RuntimeError):
            torch.save({"key": self._key, **state}, part)
            part.replace(self._path)
        with suppress(OSError):
            part.unlink()


class _Training:
    """The state of a training.

    Attributes:
        best: The changes that were best on the translations kept aside.
        best_step: After how many steps.
        loss_before: The loss on these of the model as it was.
    """

    def __init__(
        self,
        network: Network,
        examples: Sequence[Sequence[Example]],
        rehearsal: Sequence[Example],
        options: Options,
    ) -> None:
        self._options = options
        drawn = random.Random(options.seed)  # noqa: S311  (no secret)
        self._checked, self._learned = _parted([list(each) for each in examples], drawn)
        aside, rehearsed = _parted([[each] for each in rehearsal], drawn)
        self._aside, self._rehearsed = aside, rehearsed
        self._network, self._decoding = network, _Decoding(network)
        self._base = dict(network.state_dict())
        tokens = {token for part in self._all for example in part for token in example.target}
        pieces = sorted(tokens | set(range(min(_FREQUENT_PIECES, network.hp.target_vocabulary))))
        self._pieces = torch.tensor(pieces)
        self._place = torch.full((network.hp.target_vocabulary,), -1)
        self._place[self._pieces] = torch.arange(len(pieces))
        self._output = network.output_weight[self._pieces]
        self._changes = self._start()
        self.best: _Changes = _copies(self._changes)
        self.best_step = 0
        # What the decoder said before for each example of the rehearsal.
        self._taught: dict[int, Tensor] = {}
        with torch.no_grad():
            for batch in _batched(sorted([*rehearsed, *aside], key=lambda e: len(e.target))):
                lengths = [len(example.target) for example in batch]
                said = torch.split(self._decode({}, batch), lengths)
                self._taught |= {id(e): each.clone() for e, each in zip(batch, said, strict=True)}
        self.loss_before = self._mean_loss({})

    @property
    def _all(self) -> tuple[list[Example], ...]:
        return self._checked, self._learned, self._aside, self._rehearsed

    def _start(self) -> dict[str, Tensor]:
        """Changes that change nothing yet."""
        generator = torch.Generator().manual_seed(self._options.seed)
        rank, changes = self._options.rank, dict[str, Tensor]()
        for name, value in self._base.items():
            if value.ndim == 1:
                size = len(self._pieces) if name == _OUTPUT_BIAS else len(value)
                changes[name] = torch.zeros(size)
            elif not name.startswith(("embeddings.", "output.")):
                outer, inner = value.shape
                drawn = torch.randn(rank, inner, generator=generator)
                changes[name + _INNER] = drawn / math.sqrt(inner)
                changes[name + _OUTER] = torch.zeros(outer, rank)
        return {name: each.requires_grad_() for name, each in changes.items()}

    def run(self, store: _Unfinished, on_progress: Callable[[int], None]) -> None:
        """Train until enough steps are done, or the last checks found nothing better."""
        options, changes = self._options, self._changes
        optimizer = torch.optim.Adam(
            list(changes.values()), options.learning_rate, betas=(0.9, 0.98), eps=1e-6
        )
        best_loss, first = self.loss_before, 0
        if (state := store.read()) is not None:
            first, best_loss, self.best_step = state["step"], state["loss"], state["best_step"]
            self.best = state["best"]
            optimizer.load_state_dict(state["optimizer"])
            with torch.no_grad():
                for name, each in state["changes"].items():
                    changes[name].copy_(each)
        learned = _batches(self._learned, options.seed)
        rehearsed = _batches(self._rehearsed, options.seed) if self._rehearsed else None
        for step in range(1, options.max_steps + 1):
            batch = next(learned)
            again = next(rehearsed) if rehearsed else []
            if step <= first:
                continue
            if step - self.best_step > _PATIENCE * _CHECK_EVERY:
                break
            rate = options.learning_rate * min(1.0, step / _WARM_UP_STEPS)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = self._loss(changes, batch, smoothing=_SMOOTHING)
            if again:
                loss = loss + _REHEARSAL * self._divergence(changes, again)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(list(changes.values()), _MAX_NORM)
            optimizer.step()
            if step % _CHECK_EVERY == 0 or step == options.max_steps:
                found = self._mean_loss(changes)
                if found < best_loss:
                    best_loss, self.best_step, self.best = found, step, _copies(changes)
                store.write(
                    {
                        "step": step,
                        "loss": best_loss,
                        "best_step": self.best_step,
                        "best": dict(self.best),
                        "changes": _copies(changes),
                        "optimizer": optimizer.state_dict(),
                    }
                )
            on_progress(step)
        on_progress(options.max_steps)

    def best_factor(self) -> tuple[float, float, float]:
        """How much of the best changes to take, the loss with that, and what is forgotten."""
        found = []
        for factor in _FACTORS:
            changes = self._scaled(factor)
            loss, forgotten = self._mean_loss(changes), self._mean_divergence(changes)
            found.append((loss + forgotten, factor, loss, forgotten))
        _, factor, loss, forgotten = min(found)
        return factor, loss, forgotten

    def parts(self, factor: float) -> tuple[dict[str, Any], dict[str, Any]]:
        """The matrices and the vectors of the adapter with the best changes times a factor."""
        matrices, vectors = {}, {}
        for name, each in self._scaled(factor).items():
            if name == _OUTPUT_BIAS:
                whole = torch.zeros_like(self._base[name])
                whole[self._pieces] = each
                vectors[name] = whole.numpy()
            elif not name.endswith((_INNER, _OUTER)):
                vectors[name] = each.numpy()
            elif name.endswith(_OUTER):
                of_matrix = name.removesuffix(_OUTER)
                matrices[of_matrix] = each.numpy(), self.best[of_matrix + _INNER].numpy()
        return matrices, vectors

    def _scaled(self, factor: float) -> _Changes:
        """The best changes times a factor."""
        return {
            name: each if name.endswith(_INNER) else each * factor
            for name, each in self.best.items()
        }

    def _decode(self, changes: _Changes, examples: Sequence[Example]) -> Tensor:
        """The decoder's output for the targets, [tokens, D]."""
        changed = {}
        for name, value in self._base.items():
            if name + _OUTER in changes:
                changed[name] = value + changes[name + _OUTER] @ changes[name + _INNER]
            elif name in changes and name != _OUTPUT_BIAS:
                changed[name] = value + changes[name]
        values = {f"network.{name}": value for name, value in changed.items()}
        hidden: Tensor = functional_call(self._decoding, values, (examples,))
        return hidden

    def _scores(self, changes: _Changes, hidden: Tensor) -> Tensor:
        """Scores of the pieces that are looked at, [tokens, pieces]."""
        bias = self._base.get(_OUTPUT_BIAS)
        if bias is not None:
            bias = bias[self._pieces] + changes.get(_OUTPUT_BIAS, torch.zeros(1))
        return F.linear(hidden, self._output, bias)

    def _loss(
        self, changes: _Changes, examples: Sequence[Example], *, smoothing: float = 0.0
    ) -> Tensor:
        """Mean cross-entropy, in nats per token."""
        scores = self._scores(changes, self._decode(changes, examples))
        tokens = self._place[torch.tensor([t for e in examples for t in e.target])]
        weights = torch.tensor([e.weight for e in examples for _ in e.target])
        losses = F.cross_entropy(scores, tokens, reduction="none", label_smoothing=smoothing)
        return (losses * weights).sum() / weights.sum()

    def _divergence(self, changes: _Changes, examples: Sequence[Example]) -> Tensor:
        """Mean divergence from what the model said before, in nats per token."""
        before = torch.cat([self._taught[id(example)] for example in examples])
        taught = F.log_softmax(self._scores({}, before), -1)
        scores = F.log_softmax(self._scores(changes, self._decode(changes, examples)), -1)
        return (taught.exp() * (taught - scores)).sum(-1).mean()

    def _mean_loss(self, changes: _Changes) -> float:
        return self._mean(self._checked, lambda batch: self._loss(changes, batch))

    def _mean_divergence(self, changes: _Changes) -> float:
        return self._mean(self._aside, lambda batch: self._divergence(changes, batch))

    @staticmethod
    def _mean(examples: list[Example], measure: Callable[[list[Example]], Tensor]) -> float:
        """The mean over all tokens of examples; 0 for none."""
        total = weights = 0.0
        with torch.no_grad():
            for batch in _batched(sorted(examples, key=lambda e: len(e.target))):
                weight = sum(len(e.target) * e.weight for e in batch)
                total += float(measure(batch)) * weight
                weights += weight
        return total / weights if weights else 0.0


def _parted(
    examples: Sequence[list[Example]], drawn: random.Random
) -> tuple[list[Example], list[Example]]:
    """Those kept aside, and the others; what belongs to one text stays together."""
    order = list(examples)
    drawn.shuffle(order)
    count = min(len(order) // _CHECKED_SHARE, _MAX_CHECKED)
    aside, others = order[:count], order[count:]
    return [e for each in aside for e in each], [e for each in others for e in each]


def _batches(examples: Sequence[Example], seed: int) -> Iterator[list[Example]]:
    """Batches of about the same length, without end; each example once in each round."""
    drawn = random.Random(seed)  # noqa: S311  (no secret)
    while True:
        order = list(examples)
        drawn.shuffle(order)
        batches = list(_batched(sorted(order, key=lambda e: len(e.target) // 4)))
        drawn.shuffle(batches)
        yield from batches


def _batched(examples: Sequence[Example]) -> Iterator[list[Example]]:
    batch: list[Example] = []
    longest = 0
    for example in examples:
        longest = max(longest, len(example.target))
        if batch and longest * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch, longest = [], len(example.target)
        batch.append(example)
    if batch:
        yield batch


def _copies(changes: _Changes) -> dict[str, Tensor]:
    return {name: each.detach().clone() for name, each in changes.items()}
