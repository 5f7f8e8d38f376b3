"""OpenAI's Realtime API: the transcription of its audio input."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean
from translator.asr.writer import Results

__all__ = ["OpenAiResults"]

_PREFIX = "conversation.item.input_audio_transcription."
# An item that this many later ones have overtaken will not be completed.
_MOST_OVERTAKING = 8
# Older items do not come again.
_REMEMBERED = 256


@dataclass(slots=True)
class _Item:
    """An utterance: its text so far, and whether that is complete."""

    text: str = ""
    is_complete: bool = False


class OpenAiResults(Results):
    """Takes the server's events for the transcription and for the audio buffer.

    An item is an utterance. Its joined ``delta`` events are tentative, and its ``completed`` event
    is committed, once; later events for it are ignored. Items are transcribed in parallel, so a
    later one may be completed first. It then stays tentative until those before it are complete, in
    the order of ``input_audio_buffer.committed``. An item that ``failed`` is left out. One that is
    never completed is committed as far as it came, with the warning ITEM_NOT_COMPLETED.

    A segment ends with each item. ``session.created`` begins a connection.

    https://platform.openai.com/docs/guides/realtime-transcription
    https://platform.openai.com/docs/api-reference/realtime-server-events
    """

    def _begin(self) -> None:
        super()._begin()
        self._items: dict[str, _Item] = {}
        # When the audio of an item begins and ends, in seconds.
        self._times: dict[str, tuple[float | None, float | None]] = {}
        # Finished items, the newest last.
        self._done: dict[str, None] = {}

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        kind = message["type"]
        if kind in {"session.created", "transcription_session.created"}:
            return self._reconnected()
        if kind in {
            "input_audio_buffer.committed",
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
        }:
            self._place(message)
            return []
        if not kind.startswith(_PREFIX) or message["item_id"] in self._done:
            return []
        item = self._items.setdefault(message["item_id"], _Item())
        match kind.removeprefix(_PREFIX):
            case "delta":
                if item.is_complete:
                    return []
                item.text += message.get("delta") or ""
            case "completed":
                item.text, item.is_complete = message["transcript"], True
            case "failed":
                item.text, item.is_complete = "", True
            case _:
                return []
        return self._write()

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        """Where speech started or stopped; the text itself has no times."""
        ms = message.get("audio_end_ms", message.get("audio_start_ms"))
        return None if ms is None else ms / 1000

    def _place(self, message: Mapping[str, Any]) -> None:
        """Note an item's place and times before its text comes."""
        name = message.get("item_id")
        if name is None or name in self._done:
            return
        start_s, end_s = self._times.pop(name, (None, None))
        if "audio_start_ms" in message:
            start_s = message["audio_start_ms"] / 1000
        if "audio_end_ms" in message:
            end_s = message["audio_end_ms"] / 1000
        self._times[name] = start_s, end_s
        _forget_oldest(self._times)
        # Speech that was too short makes no item.
        if message["type"] == "input_audio_buffer.committed":
            self._items.setdefault(name, _Item())

    def _span(self, name: str) -> Span:
        return Span(clean(self._items[name].text), *self._times.get(name, (None, None)))

    def _write(self) -> list[SourcePiece]:
        committed: list[Span] = []
        while self._items:
            name, first = next(iter(self._items.items()))
            if not first.is_complete:
                if sum(item.is_complete for item in self._items.values()) < _MOST_OVERTAKING:
                    break
                self._warn(
                    "ITEM_NOT_COMPLETED",
                    f"an item was not completed, but {_MOST_OVERTAKING} after it were; it is "
                    "committed as far as it came",
                )
            if first.text.strip():
                committed += [self._span(name), Span("", ends_segment=True)]
            del self._items[name]
            self._times.pop(name, None)
            self._done[name] = None
            _forget_oldest(self._done)
        return self._writer.write(committed, [self._span(name) for name in self._items])


def _forget_oldest(items: dict[str, Any]) -> None:
    if len(items) > _REMEMBERED:
        del items[next(iter(items))]
