"""Amazon Transcribe: the results of its streaming API."""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from translator.asr.piece import SourcePiece, Span, said_after
from translator.asr.text import clean, ends_sentence, speaker_name
from translator.asr.writer import Results

__all__ = ["AwsTranscribeResults"]

# Results are one open segment at a time; what is older than this many does not come again.
_REMEMBERED = 32


class AwsTranscribeResults(Results):
    """Takes ``TranscriptEvent``s.

    The newest result with ``IsPartial`` replaces the one before, whether its ``ResultId`` is the
    same or new; the vendor's own example does the same. A result that is not partial is committed,
    and whatever comes for it afterwards is ignored.

    With partial-results stabilisation, the items at the beginning of a result that are ``Stable``
    are committed at once: the vendor promises that they do not change. If one changes after
    all, the committed text stays, and the result goes on after it, judged by its items' times.

    A segment ends with a final result that ends as a sentence does. Others were cut at a pause, or
    for their length, and the sentence goes on.

    https://docs.aws.amazon.com/transcribe/latest/dg/streaming-partial-results.html
    https://docs.aws.amazon.com/transcribe/latest/APIReference/API_streaming_Result.html
    https://docs.aws.amazon.com/transcribe/latest/APIReference/API_streaming_Item.html

    Args:
        channel: The ``ChannelId`` to take, with channel identification; "" takes all results. Two
            channels need an instance each.
    """

    def __init__(self, channel: str = "") -> None:
        super().__init__()
        self._channel = channel

    def _begin(self) -> None:
        super()._begin()
        self._final_ids: deque[str] = deque(maxlen=_REMEMBERED)
        # Items of the open segment that are committed.
        self._stable: list[Span] = []

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        event = message.get("TranscriptEvent", message)
        pieces: list[SourcePiece] = []
        for result in event.get("Transcript", {}).get("Results", []):
            if not self._channel or result.get("ChannelId") == self._channel:
                pieces += self._accept(result)
        return pieces

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        event = message.get("TranscriptEvent", message)
        results = event.get("Transcript", {}).get("Results", [])
        return max((float(result["EndTime"]) for result in results), default=None)

    def _accept(self, result: Mapping[str, Any]) -> list[SourcePiece]:
        name, start_s, end_s = result["ResultId"], result["StartTime"], result["EndTime"]
        if name in self._final_ids:
            return []
        alternatives = result["Alternatives"] or [{"Transcript": ""}]
        items = list(_spans(result, alternatives[0]))
        text = " ".join(item.text for item in items)
        pieces = self._catch_up(start_s, end_s, text, is_final=not result["IsPartial"])
        if pieces is None:
            return []
        new = self._after_stable(said_after(self._horizon.end_s, items))
        if not result["IsPartial"]:
            if not new and not self._stable:
                # Its clock stands still.
                new = items
            self._horizon.add(start_s, end_s, text)
            self._final_ids.append(name)
            self._stable.clear()
            ends = ends_sentence(alternatives[0]["Transcript"])
            tail = self._writer.tail(new, end_s)
            return pieces + self._writer.write([*new, Span("", ends_segment=ends)], tail)
        flags = [item.get("Stable", False) for item in alternatives[0].get("Items") or []]
        num_stable = sum(1 for _ in takewhile(bool, flags))
        committed = new[: max(0, len(new) - (len(items) - num_stable))]
        self._stable += committed
        return pieces + self._writer.write(committed, new[len(committed) :])

    def _after_stable(self, items: Sequence[Span]) -> Sequence[Span]:
        """The items of the open segment that are not committed yet."""
        count = len(self._stable)
        known = [span.text.casefold() for span in self._stable]
        if [span.text.casefold() for span in items[:count]] == known:
            return items[count:]
        return said_after(self._stable[-1].end_s or 0.0, items)


def _spans(result: Mapping[str, Any], alternative: Mapping[str, Any]) -> Sequence[Span]:
    items = alternative.get("Items")
    if not items:
        text = clean(alternative["Transcript"])
        return [Span(text, result["StartTime"], result["EndTime"])]
    return [
        Span(
            clean(item["Content"]),
            item["StartTime"],
            item["EndTime"],
            speaker=speaker_name(item, "Speaker"),
            attached=item["Type"] == "punctuation",
        )
        for item in items
    ]
