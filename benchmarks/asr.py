"""Real recognisers' results, replayed through their adapters and a session with the fake model.

    python -m benchmarks.asr --data ../shared/data [--model]

For each recording: the final transcript, taken from the recording without the adapter, is what the
adapter commits, word for word, at every time as far as it has come; the translation of every
segment is that of its final source; and it is the same as when the final text comes by itself. Says
also how much is revised. With --model the embedded model translates the English ones, with the
default policy as well: what it commits is what it commits when nothing tentative ever comes. No
text leaves the recordings: what is printed is counts.
"""

import csv
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.evaluation import load, options
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.asr import (
    AwsTranscribeResults,
    DeepgramResults,
    ElitrResults,
    ElitrSentences,
    Results,
    SimulStreamingResults,
    SourcePiece,
    SpeechmaticsResults,
    WatsonResults,
)
from translator.catalog.catalog import Served
from translator.documents.plain import TextTranslation
from translator.engine.engine import Engine
from translator.eval.replay import policy_with
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.policy.registry import Latency, PolicyChoice
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.testing import FakeModel
from translator.text.segmenter import Segmenter, SegmentLimits
from translator.text.words import strip_final_punctuation

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "asr.json"
# Where a long text without marks is cut depends on the hypotheses there were.
UNCUT = SegmentLimits(bare_words=10_000)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a recogniser said, and what of it is final in the end.

    Attributes:
        name: Of its file.
        results: The adapter, new.
        messages: In the recogniser's own format.
        final: The final transcript, words with single spaces.
        is_english: Whether the embedded model can translate it.
    """

    name: str
    results: Results
    messages: Sequence[Any]
    final: str
    is_english: bool = True


# The recordings


def watson(folder: Path) -> Recording:
    messages = json.loads((folder / "raw" / "watson_car_loan.json").read_text("utf-8"))
    results = [result for message in messages for result in message.get("results", [])]
    final = "".join(r["alternatives"][0]["transcript"] for r in results if r["final"])
    return Recording("watson_car_loan", WatsonResults(), messages, spaced(final))


def speechmatics(folder: Path) -> Recording:
    lines = json_lines(folder / "raw" / "speechmatics_demo_run1.jsonl")
    events = json_lines(folder / "speechmatics_demo_run1.events.jsonl")
    final = " ".join(event["text"] for event in events if event["final"])
    messages = [line["payload"] for line in lines]
    return Recording("speechmatics_demo", SpeechmaticsResults(), messages, spaced(final))


def aws(folder: Path) -> Recording:
    events = json_lines(folder / "aws_transcribe_hello.events.jsonl")
    final = " ".join(event["text"] for event in events if event["final"])
    messages = [
        {
            "Transcript": {
                "Results": [
                    {
                        "ResultId": event["seg"],
                        "StartTime": event["start"],
                        "EndTime": event["end"],
                        "IsPartial": not event["final"],
                        "Alternatives": [{"Transcript": event["text"]}],
                    }
                ]
            }
        }
        for event in events
    ]
    return Recording("aws_transcribe_hello", AwsTranscribeResults(), messages, spaced(final))


def deepgram(folder: Path) -> Recording:
    """Only the pattern of its revisions is known: kept, erased, added words. Words are made up.

    So are times: a word ends when its message comes, and a final result with its last word.
    """
    with (folder / "deepgram_es_revision_pattern.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    numbers = itertools.count()
    words: list[dict[str, Any]] = []
    final: list[str] = []
    start_s = 0.0
    messages: list[dict[str, Any]] = []
    for row in rows:
        kept, added, now_s = int(row["kept_words"]), int(row["added_words"]), float(row["t"])
        begin_s = words[-1]["end"] if words else start_s
        # Messages of the same moment have a bit of audio between them.
        step_s = max(0.1, now_s - begin_s) / max(1, added)
        words = words[:kept]
        for _ in range(added):
            begin_s = words[-1]["end"] if words else start_s
            words.append({"word": f"w{next(numbers)}", "start": begin_s, "end": begin_s + step_s})
        is_final = row["kind"] == "final"
        messages.append(deepgram_message(words, start_s, is_final))
        if is_final:
            final += [word["word"] for word in words]
            start_s = words[-1]["end"] if words else start_s
            words = []
    return Recording("deepgram_es", DeepgramResults(), messages, " ".join(final), False)


def deepgram_message(words: list[dict[str, Any]], start_s: float, is_final: bool) -> dict[str, Any]:
    text = " ".join(word["word"] for word in words)
    return {
        "type": "Results",
        "start": start_s,
        "duration": words[-1]["end"] - start_s if words else 0.0,
        "is_final": is_final,
        "speech_final": False,
        "channel": {"alternatives": [{"transcript": text, "words": words}]},
    }


def simulstreaming(folder: Path) -> Recording:
    messages = json_lines(folder / "simulstreaming_acl110_append_only.events.jsonl")
    final = "".join(message["text"] for message in messages)
    # "final" says there that the text does not change; the recogniser's own is_final is not kept.
    return Recording("simulstreaming_acl110", SimulStreamingResults(), messages, spaced(final))


def elitr(folder: Path, year: int) -> Recording:
    """What the events call a commit, and at the end what the last hypothesis adds."""
    lines = (folder / "raw" / f"otf_kit{year}_thirdact.txt").read_text("utf-8").splitlines()
    events = json_lines(folder / f"otf_kit{year}_thirdact.events.jsonl")
    last = next(event for event in reversed(events) if event["kind"] == "hypothesis")
    commits = [e for e in events if e["kind"] == "commit" and e["start"] < last["start"]]
    final = " ".join(event["text"] for event in [*commits, last])
    return Recording(f"otf_kit{year}", ElitrResults(), lines, spaced(final))


def elitr_sentences(folder: Path) -> Recording:
    """Complete sentences, and what the last update has beside them."""
    path = folder / "raw" / "otf_kit2019_thirdact.brief_first_half.txt"
    # The recording was cut in two in the middle of an update, of which two lines are there.
    lines = path.read_text("utf-8").splitlines()[:-2]
    split = [line.split(" ", 2) for line in lines]
    complete = {int(n): text for n, code, text in split if int(code) - int(n) == 100}
    rest: dict[int, str] = {}
    for number, _, text in reversed(split):
        if rest and int(number) >= min(rest):
            break
        rest[int(number)] = text
    final = " ".join(text for _, text in sorted((complete | rest).items()))
    return Recording("otf_kit2019 sentences", ElitrSentences(), lines, spaced(final))


RECORDINGS: tuple[Callable[[Path], Recording], ...] = (
    watson,
    speechmatics,
    aws,
    deepgram,
    simulstreaming,
    lambda folder: elitr(folder, 2019),
    lambda folder: elitr(folder, 2021),
    elitr_sentences,
)


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def spaced(text: str) -> str:
    """Without the line breaks for a web page, and with single spaces."""
    return " ".join(text.replace("<br>", " ").replace("...", " ").split())


# The checks


def pieces_of(recording: Recording) -> Iterator[SourcePiece]:
    for message in recording.messages:
        yield from recording.results.accept(message)
    yield from recording.results.finish()


def translate(
    pieces: Iterable[SourcePiece],
    policy: Latency | PolicyChoice,
    model: Seq2SeqModel,
    segments: SegmentLimits = UNCUT,
) -> tuple[list[str], list[str]]:
    """Committed text of each segment, and the final source of each.

    Fails where an update's lengths do not agree with what was committed.
    """
    engine = Engine({model.info.name: model})
    pair = model.info.pairs[0]
    binding = Binding(pair.target, model.info, model.tokenizer(pair))
    config = SessionConfig(
        (binding,), policy_with(Served(model, pair), policy), Segmenter("en", segments)
    )
    session = Session("replay", "replay", config, SessionLimits(), time.monotonic)
    texts: dict[int, str] = {}
    sources: dict[int, tuple[int, int]] = {}
    source = ""

    def settle() -> None:
        while requests := session.next_requests():
            for request in requests:
                engine.submit(request)
            for outcome in engine.run():
                session.accept(outcome)
        for outbox in session.outboxes.values():
            for _, event in outbox.take():
                text = texts.get(event.segment_id, "") + event.committed
                if event.committed_length != len(text):
                    raise AssertionError("committed_length does not agree")
                texts[event.segment_id] = text
                end = event.source_start + event.source_committed_length
                if end > len(source):
                    raise AssertionError("committed from source that is not")
                sources[event.segment_id] = (event.source_start, end)

    for sequence, piece in enumerate(pieces, start=1):
        source += piece.committed
        session.update_source(SourceUpdate(sequence, **asdict(piece)))
        settle()
    session.end_source()
    settle()
    return list(texts.values()), [source[start:end] for start, end in sources.values()]


def translate_alone(source: str, model: Seq2SeqModel) -> str:
    """What ``Translate`` makes of a segment."""
    engine = Engine({model.info.name: model})
    pair = model.info.pairs[0]
    binding = Binding(pair.target, model.info, model.tokenizer(pair))
    whole = Segmenter("en", SegmentLimits(10_000, 100_000), find_sentences=False)
    translation = TextTranslation("alone", binding, whole, source.strip())
    for request in filter(None, translation.ask()):
        engine.submit(request)
    for outcome in engine.run():
        translation.accept(outcome)
    return translation.result(alignments=False)[0]


def revisions(pieces: Sequence[SourcePiece]) -> tuple[int, int]:
    """How many pieces take back words that were shown, and how many words."""
    num_erasing = num_erased = 0
    shown: list[str] = []
    for piece in pieces:
        now = (piece.committed + piece.tentative).split()
        same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(shown, now, strict=False))
        erased = len(shown) - sum(1 for _ in same)
        num_erasing += erased > 0
        num_erased += erased
        shown = piece.tentative.split()
    return num_erasing, num_erased


def check(recording: Recording, model: Seq2SeqModel) -> dict[str, Any]:
    pieces = list(pieces_of(recording))
    failures = []
    committed = ""
    for piece in pieces:
        committed += piece.committed
        if not (recording.final + " ").startswith(committed):
            failures.append("committed what is not final")
            break
    committed = "".join(piece.committed for piece in pieces)
    if committed != recording.final:
        failures.append("final words lost or repeated")
    if any("  " in piece.committed + piece.tentative for piece in pieces):
        failures.append("two spaces")
    final_only = PolicyChoice("final-only", {})
    texts, sources = translate(pieces, final_only, model)
    if "".join(sources) != recording.final:
        failures.append("a segment has other source")
    # What was cut in its sentence at a limit, and what goes on with it, is not translated alone.
    ended = [True, *(strip_final_punctuation(source) != source for source in sources)]
    alone = [i for i in range(len(sources)) if ended[i] and ended[i + 1]]
    if any(texts[i] != translate_alone(sources[i], model) for i in alone):
        failures.append("a segment is not the translation of its source")
    final = [
        replace(piece, tentative="") for piece in pieces if piece.committed or piece.end_of_segment
    ]
    if translate(final, final_only, model)[0] != texts:
        failures.append("interim results change the translation")
    for policy in (Latency.BALANCED, PolicyChoice("local-agreement", {})):
        early = translate(pieces, policy, model)
        if early[1] != sources:
            failures.append("a policy changes the segments")
        if early != translate(final, policy, model):
            failures.append("interim results change what is committed early")
    if "".join(translate(pieces, Latency.BALANCED, model, SegmentLimits())[1]) != recording.final:
        failures.append("a cut segment has other source")
    num_erasing, num_erased = revisions(pieces)
    num_words = len(recording.final.split())
    return {
        "recording": recording.name,
        "messages": len(recording.messages),
        "updates": len(pieces),
        "% that erase": round(100 * num_erasing / len(pieces)),
        "final words": num_words,
        "erased/final word": round(num_erased / num_words, 2),
        "segments": len(texts),
        "ok": "; ".join(failures) or "ok",
    }


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    parser.add_argument("--model", action="store_true", help="translate with the embedded model")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recordings = [read(arguments.data / "incremental_asr") for read in RECORDINGS]
    model: Seq2SeqModel = FakeModel()
    if arguments.model:
        model = load(LanguagePair("en", "pt"), arguments.precision).model
        recordings = [recording for recording in recordings if recording.is_english]
    rows = [check(recording, model) for recording in recordings]
    print(table(rows))
    measured = Measured.now(arguments.precision if arguments.model else None)
    if arguments.model:
        print(f"\n{measured}")
    else:
        save(arguments.output, rows, measured)
    return 0 if all(row["ok"] == "ok" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
