"""Turns requests into tensors and calls the model; besides models, only this file knows torch."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from math import exp
from typing import cast

import torch
from torch import Tensor

from translator.engine.batch import Decoding
from translator.engine.request import Request, RunnerUp
from translator.engine.slots import Move, SlotTable
from translator.errors import DecodingError
from translator.models.base import (
    EncoderStates,
    FusedBatch,
    FusedModel,
    Opened,
    Prediction,
    Prefill,
    Seq2SeqModel,
    Steps,
    seconds_from_logits,
)
from translator.models.info import ENCODER_CACHE_TOKENS

__all__ = ["EncoderCache", "Runner"]

# Rows of logits computed at once: bounds memory (rows x vocabulary x 4 bytes) for long drafts.
_MAX_LOGIT_ROWS = 256


class EncoderCache:
    """Encoder states of the sources translated last, within a budget of tokens.

    A source that comes again while its states are cached (another target, a retry after a resume, a
    request that was superseded and filed again) is not encoded again.
    """

    def __init__(self, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self.num_tokens = 0
        self._states: OrderedDict[tuple[int, ...], EncoderStates] = OrderedDict()

    def get(self, source: tuple[int, ...]) -> EncoderStates | None:
        """The states of a source, or None."""
        states = self._states.get(source)
        if states is not None:
            self._states.move_to_end(source)
        return states

    def put(self, source: tuple[int, ...], states: EncoderStates) -> None:
        """Keep the states of a source; evict the least recently used if there is no room."""
        self._states[source] = states
        self.num_tokens += states.num_tokens
        while self.num_tokens > self.max_tokens and len(self._states) > 1:
            _, dropped = self._states.popitem(last=False)
            self.num_tokens -= dropped.num_tokens


class Runner:
    """One model's batch: admits requests and advances all that run.

    Args:
        model: The model.
        slots: Who owns which row.
        eos_id: The token that ends a target.
        encoder_cache_tokens: The budget of the encoder cache.
        bell: One byte; other than 0: requests wait, so one step is enough.
    """

    def __init__(
        self,
        model: Seq2SeqModel,
        slots: SlotTable,
        eos_id: int,
        *,
        encoder_cache_tokens: int = ENCODER_CACHE_TOKENS,
        bell: bytearray | None = None,
    ) -> None:
        self.model = model
        self.slots = slots
        self.eos_id = eos_id
        self.encoder_cache = EncoderCache(encoder_cache_tokens)
        self._batch = model.new_batch()
        self._bell = bytearray(1) if bell is None else bell
        self._fused = model if isinstance(model, FusedModel) else None

    def encode(self, requests: Sequence[Request]) -> list[EncoderStates]:
        """Encoder states of each request; each distinct source not in the cache is encoded once."""
        states = {r.source: self.encoder_cache.get(r.source) for r in requests}
        missing = [source for source, cached in states.items() if cached is None]
        if missing:
            for source, encoded in zip(missing, self.model.encode(missing), strict=True):
                states[source] = encoded
                self.encoder_cache.put(source, encoded)
        return [found for r in requests if (found := states[r.source]) is not None]

    def start(
        self, requests: Sequence[Request], encoder_states: Sequence[EncoderStates]
    ) -> list[Decoding | DecodingError]:
        """Prefill, verify the drafts, and give each unfinished request a slot.

        The decoder runs once over prefix and draft. Position i predicts token i, so the draft holds
        up to the first position whose own choice differs; that choice replaces it, and decoding
        goes on from the state of that very position. Without a ``draft_bias`` b the output is as
        from scratch. With one, the choice at the position of draft token d is biased (Zeng et al.,
        "Self-Speculative Biased Decoding for Faster Re-translation", arXiv 2509.21740):

            argmax over t of (1 - b) P(t | source, tokens before) + b [t = d]

        Returns:
            For each request its decoding, or the error that this request failed with.
        """
        limits = [self.model.max_target_tokens(len(r.source)) for r in requests]
        # Known tokens must leave room for one predicted token below the length limit.
        known = [
            (r.target_prefix + r.draft)[: max(limit - 1, len(r.target_prefix))]
            for r, limit in zip(requests, limits, strict=True)
        ]
        firsts = [len(r.target_prefix) for r in requests]
        opened, runners_up = self._open(requests, encoder_states, known, firsts)
        started: list[Decoding | DecodingError] = []
        for index, request in enumerate(requests):
            decoding = Decoding(
                request, encoder_states[index], limits[index], self.eos_id, steps_run=1
            )
            alignment = None if opened.aligned is None else opened.aligned[index]
            decoding.tokens.extend(request.target_prefix)
            decoding.log_probabilities.extend(0.0 for _ in request.target_prefix)
            if alignment is not None:
                decoding.alignment.extend(alignment[: firsts[index]])
            try:
                position = _verify(
                    decoding,
                    known[index][firsts[index] :],
                    opened.predictions[index],
                    alignment,
                    runners_up.get(index),
                )
            except DecodingError as error:
                started.append(error)
                continue
            started.append(decoding)
            if not decoding.is_finished:
                row, moves = self.slots.acquire(decoding)
                self._move(moves)
                self._batch.load(row, encoder_states[index], opened, index, position)
        return started

    def step(
        self, num_rows: int, most: int = 1
    ) -> tuple[int, list[Decoding | tuple[Decoding, DecodingError]]]:
        """Advance the first running requests by one token or more; release those that are done.

        Args:
            num_rows: How many of them.
            most: No more tokens than so many each, and only one where the model is not a
                ``FusedModel``, or once somebody rings the bell.

        Returns:
            How many steps there were, and the requests that are finished; those whose scores cannot
            be used each with the error.
        """
        owners = self.slots.owners[:num_rows]
        steps, runners_up = self._advance(owners, most)
        through: list[Decoding | tuple[Decoding, DecodingError]] = []
        for row, decoding in enumerate(owners):
            aligned = None if steps.aligned is None else steps.aligned[row]
            for step, token in enumerate(steps.tokens[row]):
                decoding.steps_run += 1
                log_probability = steps.log_probabilities[row][step]
                try:
                    _check(log_probability)
                except DecodingError as error:
                    through.append((decoding, error))
                    break
                decoding.append(
                    token,
                    log_probability if decoding.request.probable else 0.0,
                    None if aligned is None else aligned[step],
                    runners_up.get(row),
                )
            else:
                if decoding.is_finished:
                    through.append(decoding)
        for done in through:
            self.release(done[0] if isinstance(done, tuple) else done)
        return steps.num_steps, through

    def release(self, decoding: Decoding) -> None:
        """Free a request's slot."""
        self._move(self.slots.release(decoding))

    def _move(self, moves: Sequence[Move]) -> None:
        for row, to in moves:
            self._batch.move(row, to)

    def _open(
        self,
        requests: Sequence[Request],
        encoder_states: Sequence[EncoderStates],
        known: Sequence[Sequence[int]],
        firsts: Sequence[int],
    ) -> tuple[Opened, dict[int, RunnerUp]]:
        """What the model says of known tokens from ``firsts`` on, and second choices."""
        biased = any(request.draft_bias for request in requests)
        probable = biased or any(request.probable for request in requests)
        if self._fused is not None and not any(request.runners_up for request in requests):
            return self._fused.open_targets(encoder_states, known, firsts, probable=probable), {}
        return self._open_unfused(requests, encoder_states, known, firsts, probable=probable)

    @torch.inference_mode()
    def _open_unfused(
        self,
        requests: Sequence[Request],
        encoder_states: Sequence[EncoderStates],
        known: Sequence[Sequence[int]],
        firsts: Sequence[int],
        *,
        probable: bool,
    ) -> tuple[Opened, dict[int, RunnerUp]]:
        prefill = self.model.prefill(encoder_states, known)
        drafts = [tokens[first:] for tokens, first in zip(known, firsts, strict=True)]
        predicted = self._predict_known(encoder_states, prefill, firsts, drafts, probable=probable)
        # A request with runners-up has no draft: one position is predicted.
        runners_up = self._runners_up(
            {
                index: (prefill.hidden[index, firsts[index]], predicted[index].tokens[0])
                for index, request in enumerate(requests)
                if request.runners_up
            }
        )
        return Opened(predicted, _best_source(prefill.alignment), prefill.states), runners_up

    def _advance(self, owners: Sequence[Decoding], most: int) -> tuple[Steps, dict[int, RunnerUp]]:
        """The next tokens of these rows, and second choices."""
        probable = any(owner.request.probable for owner in owners)
        tokens = [owner.tokens[-1] for owner in owners]
        if self._fused is not None and not any(owner.request.runners_up for owner in owners):
            batch = cast(FusedBatch, self._batch)
            room = [owner.max_tokens - len(owner.tokens) for owner in owners]
            return batch.advance(
                tokens, room, end=self.eos_id, most=most, bell=self._bell, probable=probable
            ), {}
        return self._advance_unfused(owners, tokens, probable=probable)

    @torch.inference_mode()
    def _advance_unfused(
        self, owners: Sequence[Decoding], tokens: Sequence[int], *, probable: bool
    ) -> tuple[Steps, dict[int, RunnerUp]]:
        output = self._batch.step(torch.tensor(tokens, device=self.model.device))
        choice = self.model.predict(
            output.hidden, probable=probable, sources=[owner.source for owner in owners]
        )
        runners_up = self._runners_up(
            {
                row: (output.hidden[row], choice.tokens[row])
                for row, owner in enumerate(owners)
                if owner.request.runners_up
            }
        )
        aligned = None
        if output.alignment is not None:
            aligned = output.alignment.argmax(-1, keepdim=True).tolist()
        steps = Steps(
            [[token] for token in choice.tokens],
            [[log_probability] for log_probability in choice.log_probabilities],
            aligned,
        )
        return steps, runners_up

    def _predict_known(
        self,
        encoder_states: Sequence[EncoderStates],
        prefill: Prefill,
        firsts: Sequence[int],
        drafts: Sequence[Sequence[int]],
        *,
        probable: bool,
    ) -> list[Prediction]:
        """The greedy choice of each request at every position of its draft, and after it.

        Positions inside the target prefix need no scores: what follows them is given.
        """
        rows = torch.cat(
            [
                prefill.hidden[index, first : first + len(draft) + 1]
                for index, (first, draft) in enumerate(zip(firsts, drafts, strict=True))
            ]
        )
        # Nothing is drafted for a request's last position; any token will do there.
        drafted = [token for draft in drafts for token in (*draft, self.eos_id)]
        sources = [
            states
            for states, draft in zip(encoder_states, drafts, strict=True)
            for _ in range(len(draft) + 1)
        ]
        choice = self._predict(rows, drafted, sources, probable=probable)
        predictions: list[Prediction] = []
        start = 0
        for draft in drafts:
            end = start + len(draft)
            predictions.append(
                Prediction(
                    choice.tokens[start : end + 1],
                    choice.log_probabilities[start : end + 1],
                    choice.draft_log_probabilities[start:end],
                )
            )
            start = end + 1
        return predictions

    def _predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int],
        sources: Sequence[EncoderStates],
        *,
        probable: bool,
    ) -> Prediction:
        """The greedy choice at each row of ``hidden`` [N, D], and how probable the drafted is."""
        parts = [
            self.model.predict(
                hidden[first:end],
                drafted[first:end],
                probable=probable,
                sources=sources[first:end],
            )
            for first in range(0, len(hidden), _MAX_LOGIT_ROWS)
            for end in [first + _MAX_LOGIT_ROWS]
        ]
        return Prediction(
            [token for part in parts for token in part.tokens],
            [score for part in parts for score in part.log_probabilities],
            [score for part in parts for score in part.draft_log_probabilities],
        )

    def _runners_up(self, positions: Mapping[int, tuple[Tensor, int]]) -> dict[int, RunnerUp]:
        """The second choice at some positions, given as ``hidden`` [D] and the token chosen."""
        if not positions:
            return {}
        hidden, chosen = zip(*positions.values(), strict=True)
        # No more rows than there are slots.
        found = seconds_from_logits(self.model.logits(torch.stack(hidden)), chosen)
        return {at: RunnerUp(*each) for at, each in zip(positions, found, strict=True)}


def _verify(
    decoding: Decoding,
    draft: Sequence[int],
    predicted: Prediction,
    alignment: Sequence[int] | None,
    runner_up: RunnerUp | None,
) -> int:
    """Take draft tokens as long as they are chosen, then the choice that differs.

    Returns:
        The position that this last choice was made at.
    """
    bias = decoding.request.draft_bias
    first = len(decoding.request.target_prefix)
    for index, token in enumerate(predicted.tokens):
        log_probability = predicted.log_probabilities[index]
        _check(log_probability)
        holds = index < len(draft) and token == draft[index]
        if bias and index < len(draft) and not holds:
            drafted = predicted.draft_log_probabilities[index]
            if (1 - bias) * exp(drafted) + bias > (1 - bias) * exp(log_probability):
                token, log_probability = draft[index], drafted
                holds = decoding.biased = True
        source_token = None if alignment is None else alignment[first + index]
        decoding.append(
            token,
            log_probability if decoding.request.probable else 0.0,
            source_token,
            runner_up,
        )
        if not holds or decoding.is_finished:
            return first + index
    raise AssertionError("the last position has no draft token that could hold")


def _check(log_probability: float) -> None:
    # NaN fails every comparison; +-inf would mean that all scores were infinite.
    if not -1e30 < log_probability < 1e30:
        raise DecodingError("the model's scores are not numbers (NaN or infinite)")


def _best_source(alignment: Tensor | None) -> list[list[int]] | None:
    """For each request and position the source token attended to most."""
    return None if alignment is None else alignment.argmax(-1).tolist()
