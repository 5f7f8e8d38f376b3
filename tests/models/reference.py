"""The reference decoder: greedy, through the public protocol only."""

from collections.abc import Sequence

import torch

from translator.models.base import Seq2SeqModel


def greedy(model: Seq2SeqModel, sources: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Greedy translation of all sources in one batch, start and end of sentence left out.

    A row that ends is filled with the last one, so that rows 0, 1, … stay the running ones.
    """
    tokenizer = model.tokenizer(model.info.pairs[0])
    states = model.encode(sources)
    prefill = model.prefill(states, [tokenizer.target_start] * len(sources))
    start = len(tokenizer.target_start)
    batch = model.new_batch()
    for row, source_states in enumerate(states):
        batch.load(row, source_states, prefill, row, start)
    outputs: list[list[int]] = [[] for _ in sources]
    owners = list(range(len(sources)))
    hidden = prefill.hidden[:, start]
    while owners:
        tokens = model.logits(hidden).argmax(dim=-1).tolist()
        for row in reversed(range(len(owners))):
            output, source = outputs[owners[row]], sources[owners[row]]
            if tokens[row] != tokenizer.eos_id:
                output.append(tokens[row])
            limit = model.max_target_tokens(len(source)) - start
            if tokens[row] == tokenizer.eos_id or len(output) == limit:
                if row != len(owners) - 1:
                    batch.move(len(owners) - 1, row)
                    owners[row], tokens[row] = owners[-1], tokens[-1]
                owners.pop()
                tokens.pop()
        if owners:
            hidden = batch.step(torch.tensor(tokens, device=model.device)).hidden
    return [tuple(output) for output in outputs]


def text_of(model: Seq2SeqModel, tokens: Sequence[int]) -> str:
    """Target tokens as text, without the leading space."""
    tokenizer = model.tokenizer(model.info.pairs[0])
    return "".join(tokenizer.piece(token) for token in tokens).removeprefix(" ")
