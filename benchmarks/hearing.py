"""The recogniser alone: from the end of a word until it is a draft, and until it is committed.

    python -m benchmarks.hearing TALK.wav MODEL

The clock is that of the audio, plus the processor time of each pass; so the figures hold for a core
of its own, whatever else this machine does. ``benchmarks.speech`` has the whole way to the screen.
"""

import statistics
import sys
import time
from pathlib import Path

from benchmarks.measured import Measured
from benchmarks.table import table
from translator.speech.audio import read_audio
from translator.speech.recogniser import BYTES_PER_S
from translator.speech.whisper import WhisperSpeech

# What a listener gives its recogniser at once, in seconds.
_LEAST_S, _MOST_S = 0.3, 5.0


def _row(what: str, delays: list[float]) -> dict[str, object]:
    delays.sort()
    return {
        "what": what,
        "words": len(delays),
        "median s": round(statistics.median(delays), 2),
        "p95 s": round(delays[int(0.95 * len(delays))], 2),
        "max s": round(delays[-1], 2),
    }


def main(arguments: list[str]) -> None:
    path, model = arguments
    audio = b"".join(read_audio(path))
    speech = WhisperSpeech(Path(model))
    speech.listen("en").accept(audio[: 3 * BYTES_PER_S])
    recogniser = speech.listen("en")
    now_s, heard, text = 0.0, 0, ""
    # When there were so many words: committed, and with the draft.
    log: list[tuple[float, int, int]] = []
    ends_s: list[float] = []
    while heard < len(audio):
        now_s = max(now_s, min(len(audio) / BYTES_PER_S, heard / BYTES_PER_S + _LEAST_S))
        spoken = round(now_s * 10) * BYTES_PER_S // 10
        if now_s * BYTES_PER_S >= len(audio):
            spoken = len(audio)
        come = min(spoken, heard + round(_MOST_S * BYTES_PER_S))
        began_s = time.process_time()
        pieces = recogniser.accept(audio[heard:come])
        now_s += time.process_time() - began_s
        heard = come
        for piece in pieces:
            text += piece.committed
            log.append((now_s, len(text.split()), len((text + piece.tentative).split())))
            if piece.start_s is not None and piece.end_s is not None:
                number = len(piece.committed.split())
                step_s = (piece.end_s - piece.start_s) / number
                ends_s += [piece.start_s + step_s * (index + 1) for index in range(number)]
    drafts = [next(t for t, _, n in log if n > i) - end for i, end in enumerate(ends_s)]
    committed = [next(t for t, n, _ in log if n > i) - end for i, end in enumerate(ends_s)]
    print(text)
    print(table([_row("draft", drafts), _row("committed", committed)]))
    print(f"{now_s:.1f} s for {len(audio) / BYTES_PER_S:.1f} s of audio")
    print(Measured.now())


if __name__ == "__main__":
    main(sys.argv[1:])
