"""Our engine, behind the functions of its peers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.peers.engines import Engine
from translator.catalog.catalog import Served
from translator.engine import engine
from translator.engine.request import Hypothesis, Priority, Request
from translator.eval.data import Sentence
from translator.eval.replay import replay
from translator.languages.pair import LanguagePair
from translator.models.marian.loading import load_marian_folder
from translator.policy.registry import Latency
from translator.text.detokenizer import detokenize

__all__ = ["FromScratch", "Ours"]


class Ours(Engine):
    """Our engine as the server drives it, without the server.

    Args:
        folder: Of the model.
        source: Its source language.
        target: Its target language.
        threads: Of torch, inside an operation.
        options: For loading the model.
    """

    def __init__(
        self, folder: Path, source: str, target: str, threads: int, **options: Any
    ) -> None:
        torch.set_num_threads(threads)
        pair = LanguagePair(source, target)
        self._has_shortlist = bool(options.get("shortlist"))
        self._served = Served(load_marian_folder(folder, pair=pair, **options), pair)
        self._engine = self._new_engine()

    def bulk(self, texts: list[str]) -> list[str]:
        """All wait in the queue from the beginning."""
        # Another engine, which has encoded none of them.
        hypotheses, lengths = self._decode(self._new_engine(), texts, Priority.BATCH)
        # With a shortlist the output layer's products are not those that are counted.
        self.lengths = [] if self._has_shortlist else lengths
        return [detokenize(self._served.tokenizer, h.tokens).text for h in hypotheses]

    def one(self, text: str) -> str:
        """The only request in the engine."""
        (hypothesis,), _ = self._decode(self._engine, [text], Priority.UNARY)
        return detokenize(self._served.tokenizer, hypothesis.tokens).text

    def live(self, texts: list[str]) -> None:
        """Sessions with the default policy, one after the other."""
        sentences = [Sentence(index, text, "") for index, text in enumerate(texts)]
        for _ in replay(self._served, sentences, Latency.BALANCED, jobs=1):
            pass

    def _new_engine(self) -> engine.Engine:
        return engine.Engine({self._served.model.info.name: self._served.model})

    def _decode(
        self, decoder: engine.Engine, texts: Sequence[str], priority: Priority
    ) -> tuple[list[Hypothesis], list[tuple[int, int]]]:
        """A hypothesis for each text, and how many source and target tokens it took."""
        tokenizer, start = self._served.tokenizer, self._served.tokenizer.target_start
        sources = [tokenizer.encode_source(text).tokens for text in texts]
        for index, source in enumerate(sources):
            name = self._served.model.info.name
            decoder.submit(Request((str(index), ""), index, name, source, start, priority=priority))
        hypotheses: dict[int, Hypothesis] = {}
        for outcome in decoder.run():
            if outcome.hypothesis is None:
                raise outcome.error or AssertionError("an outcome is a hypothesis or an error")
            hypotheses[outcome.request.version] = outcome.hypothesis
        ordered = [hypotheses[index] for index in range(len(texts))]
        # The end of the target is a token that is decoded too.
        lengths = [
            (len(source), len(hypothesis.tokens) + (not hypothesis.truncated))
            for source, hypothesis in zip(sources, ordered, strict=True)
        ]
        return ordered, lengths


class FromScratch(Ours):
    """What a stream costs without sessions: the whole of every hypothesis is decoded."""

    live = Engine.live
