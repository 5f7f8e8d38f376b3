"""Transformers models in eight bits and float32, ours and CTranslate2's, by turns in one run.

    python -m benchmarks.eight_bits [--size nllb-600m]

CTranslate2 is the engine that is usually taken for these models. The model is the small one of the
tests that counts in four languages, grown to the size of a published one: it says the same and
costs as much. Both engines have the same weights, decode greedily and say the same in float32, or
this raises. One thread each. CTranslate2 has no streams: it translates each prefix anew.

What is measured is CPU time, which other work on the machine hardly changes.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import ctranslate2
import torch
from ctranslate2.converters import TransformersConverter
from transformers import AutoTokenizer

from benchmarks.grown import NLLB_600M, OPUS_MT, Size, grow, load_grown
from benchmarks.measured import Measured, save
from benchmarks.peers.engines import Engine as Peer
from benchmarks.table import table
from translator.engine.engine import Engine
from translator.engine.request import Priority, Request
from translator.languages.pair import LanguagePair
from translator.local.driver import settle
from translator.models.base import Seq2SeqModel
from translator.models.huggingface.loading import load_transformers_model
from translator.models.huggingface.model import TransformersModel
from translator.policy.registry import Latency, resolve
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.text.detokenizer import detokenize
from translator.text.segmenter import Segmenter

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "eight_bits.json"
FOLDER = ROOT / "tests" / "models" / "counting" / "many"
PAIR = LanguagePair("en", "pt")
SIZES = {"opus-mt": OPUS_MT, "nllb-600m": NLLB_600M}
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
NUM_BULK, NUM_ALONE, NUM_LIVE = 64, 8, 2
# Words of a sentence in bulk and alone, and of a live one.
SHORT, LONG = 5, 12
# Of all sentences, how many the engines have to say alike in float32.
ALIKE = 0.98


def numbers(count: int, words: int, random: Random) -> list[str]:
    """Sentences of digits."""
    return [" ".join(random.choices(DIGITS[1:], k=words)) + "." for _ in range(count)]


class Ours(Peer):
    """This project's engine, with the model that a server would have."""

    def __init__(self, model: Seq2SeqModel) -> None:
        self._model, self._tokenizer = model, model.tokenizer(PAIR)
        self._engine = Engine({model.info.name: model})

    def bulk(self, texts: list[str]) -> list[str]:
        """All texts wait from the beginning."""
        return self._decode(texts, Priority.BATCH)

    def one(self, text: str) -> str:
        """With the log probabilities that a caller gets."""
        return self._decode([text], Priority.UNARY)[0]

    def _decode(self, texts: list[str], priority: Priority) -> list[str]:
        name, start = self._model.info.name, self._tokenizer.target_start
        for index, text in enumerate(texts):
            source = self._tokenizer.encode_source(text).tokens
            request = Request((str(index), "pt"), index, name, source, start, priority=priority)
            self._engine.submit(request)
        said = {outcome.request.version: outcome.hypothesis for outcome in self._engine.run()}
        return [
            "" if (hypothesis := said[n]) is None else self._text(hypothesis.tokens)
            for n in range(len(texts))
        ]

    def _text(self, tokens: Sequence[int]) -> str:
        return detokenize(self._tokenizer, tokens).text

    def live(self, texts: list[str]) -> None:
        """A stream with the default policy, each text a sentence."""
        binding = Binding(PAIR.target, self._model.info, self._tokenizer)
        config = SessionConfig((binding,), resolve(Latency.BALANCED), Segmenter(PAIR.source))
        session = Session("s", "stream", config, SessionLimits(), time.monotonic)
        for number, word in enumerate(" ".join(texts).split()):
            session.update_source(SourceUpdate(number + 1, word + " "))
            settle(self._engine, [session])
        session.end_source()
        settle(self._engine, [session])


class CTranslate2(Peer):
    """CTranslate2 with a converted model.

    Args:
        folder: What ``convert`` has written.
        model: Ours, whose tokenizer it shares.
        precision: ``float32`` or ``int8``.
    """

    def __init__(self, folder: Path, model: TransformersModel, precision: str) -> None:
        self._translator = ctranslate2.Translator(
            str(folder), compute_type=precision, inter_threads=1, intra_threads=1
        )
        self._tokenizer = model.tokenizer(PAIR)
        pieces: list[str] = json.loads((folder / "shared_vocabulary.json").read_text("utf-8"))
        self._pieces = pieces
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self._start = [pieces[token] for token in self._tokenizer.target_start]

    def bulk(self, texts: list[str]) -> list[str]:
        """In one batch."""
        sources = [
            [self._pieces[token] for token in self._tokenizer.encode_source(text).tokens]
            for text in texts
        ]
        results = self._translator.translate_batch(
            sources, target_prefix=[self._start] * len(sources), beam_size=1, max_batch_size=64
        )
        return [
            detokenize(self._tokenizer, [self._numbers[p] for p in result.hypotheses[0]]).text
            for result in results
        ]

    def one(self, text: str) -> str:
        """A batch of one."""
        return self.bulk([text])[0]


def convert(size: Size, folder: Path) -> Path:
    """The grown model, as CTranslate2 reads it, in float32."""
    network = grow(load_transformers_model(str(FOLDER))._decoder.network, size)
    network.config.save_pretrained(folder)
    for name in ("sentencepiece.bpe.model", "vocab.json", "tokenizer_config.json"):
        shutil.copy(FOLDER / name, folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    settings["num_madeup_words"] = size.vocabulary - len(AutoTokenizer.from_pretrained(FOLDER))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    converter = TransformersConverter(str(folder))
    # Its positions are grown too, which no file of weights has.
    converter.load_model = lambda *_, **__: network
    return Path(converter.convert(str(folder / "converted")))


def cpu_ms(call: Callable[[], object]) -> float:
    """CPU milliseconds of all threads."""
    began = time.process_time()
    call()
    return 1e3 * (time.process_time() - began)


def measure(engine: Peer, bulk: list[str], alone: list[str], live: list[str]) -> dict[str, float]:
    """CPU milliseconds of everything in bulk, of one sentence, and of a live word."""
    words = sum(len(text.split()) for text in live)
    return {
        "bulk": cpu_ms(lambda: engine.bulk(bulk)),
        "one sentence": cpu_ms(lambda: [engine.one(text) for text in alone]) / len(alone),
        "live word": cpu_ms(lambda: engine.live(live)) / words,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", choices=list(SIZES), default="opus-mt")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    size = SIZES[arguments.size]
    exact = load_grown(FOLDER, size)
    with tempfile.TemporaryDirectory() as temporary:
        converted = convert(size, Path(temporary))
        engines: dict[str, Peer] = {
            "ours, float32": Ours(exact),
            "ours, int8": Ours(load_grown(FOLDER, size, eight_bits=True)),
            "CTranslate2, float32": CTranslate2(converted, exact, "float32"),
            "CTranslate2, int8": CTranslate2(converted, exact, "int8"),
        }
    reference, random = next(iter(engines)), Random(3)  # noqa: S311
    took: dict[str, list[dict[str, float]]] = {name: [] for name in engines}
    alike, every = dict.fromkeys(engines, 0), 0
    # The first round warms up.
    for number in range(arguments.rounds + 1):
        bulk, alone = numbers(NUM_BULK, SHORT, random), numbers(NUM_ALONE, SHORT, random)
        live = numbers(NUM_LIVE, LONG, random)
        for name, engine in engines.items():
            figures = measure(engine, bulk, alone, live)
            if number:
                took[name].append(figures)
        checked = numbers(NUM_BULK, SHORT, random)
        said = {name: engine.bulk(checked) for name, engine in engines.items()}
        every += len(checked)
        for name in engines:
            alike[name] += sum(map(str.__eq__, said[name], said[reference]))
    if alike["CTranslate2, float32"] < ALIKE * every:
        raise SystemExit(f"in float32 the engines say the same of {alike} of {every} only")
    rows: list[dict[str, Any]] = [
        {"engine": name}
        | {f"{what}, ms": round(median(f[what] for f in took[name]), 1) for what in took[name][0]}
        | {"as ours in float32": f"{alike[name]} of {every}"}
        for name in engines
    ]
    print(table(rows))
    print("\nhow many times as fast ours is in eight bits:")
    ratios: list[dict[str, Any]] = [
        {"than": name}
        | {
            what: round(median(b[what] / a[what] for a, b in zip(mine, took[name], strict=True)), 2)
            for what in mine[0]
        }
        for name in engines
        if (mine := took["ours, int8"]) is not took[name]
    ]
    print(table(ratios))
    save(
        arguments.output,
        {
            "size": arguments.size,
            "CTranslate2": ctranslate2.__version__,
            "rows": rows,
            "times as fast": ratios,
        },
        Measured.now(None),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
