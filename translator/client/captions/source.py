"""What a speaker has said and may have to say again. Pure: no I/O."""

from dataclasses import dataclass

from translator.captions.v1 import captions_pb2 as pb
from translator.client.convert import duration
from translator.errors import InvalidRequestError

__all__ = ["KeptSource"]

# A gateway takes 8,192 code points in one message.
_MAX_COMMITTED = 4_000
_MAX_TENTATIVE = 4_000


@dataclass(frozen=True, slots=True)
class _Kept:
    start: int
    end: int
    request: pb.PublishRequest


class KeptSource:
    """The source that has not become captions yet: a gateway that starts anew needs it.

    Args:
        language: What is spoken, BCP-47.
        speaker: Who speaks.

    Attributes:
        position: Code points said so far.
        done: Code points of it that need not be said again.
        settings: What holds for what is said next.
    """

    def __init__(self, language: str, speaker: str) -> None:
        self.position = 0
        self.done = 0
        self.settings = pb.Settings(language_code=language, speaker=speaker)
        # What holds at the first text that is kept.
        self._first = self.settings
        self._kept: list[_Kept] = []
        self._tentative = ""

    @property
    def num_kept(self) -> int:
        """Code points that may have to be said again."""
        return self.position - (self._kept[0].start if self._kept else self.position)

    @property
    def is_done(self) -> bool:
        """Whether all has become captions; white space does not."""
        left = "".join(
            kept.request.source.committed[max(0, self.done - kept.start) :] for kept in self._kept
        )
        return not left.strip()

    def say(
        self,
        committed: str,
        *,
        tentative: str = "",
        end_of_segment: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> list[pb.PublishRequest]:
        """Add source. Returns what to send.

        Raises:
            InvalidRequestError: The tentative text is too long.
        """
        if len(tentative) > _MAX_TENTATIVE:
            raise InvalidRequestError("tentative", f"at most {_MAX_TENTATIVE} code points")
        cuts = range(0, max(1, len(committed)), _MAX_COMMITTED)
        requests = []
        for cut in cuts:
            text = committed[cut : cut + _MAX_COMMITTED]
            is_first, is_last = cut == 0, cut == cuts[-1]
            request = pb.PublishRequest(
                source=pb.SourceText(
                    position=self.position,
                    committed=text,
                    tentative=tentative if is_last else "",
                    end_of_segment=end_of_segment and is_last,
                    start_offset=duration(start_s) if is_first else None,
                    end_offset=duration(end_s) if is_last else None,
                )
            )
            self._keep(request, len(text), is_needed=bool(text) or end_of_segment)
            requests.append(request)
        self._tentative = tentative
        return requests

    def change(self, language: str, speaker: str) -> list[pb.PublishRequest]:
        """Other settings from the next text on; "" means as before. Returns what to send."""
        settings = pb.Settings(
            language_code=language or self.settings.language_code,
            speaker=speaker or self.settings.speaker,
        )
        if settings == self.settings:
            return []
        self.settings = settings
        request = pb.PublishRequest(settings=settings)
        if self._kept:
            self._keep(request, 0, is_needed=True)
        else:
            self._first = settings
        return [request]

    def opening(self, publisher_id: str, room_id: str, key: str) -> pb.PublishRequest:
        """The first message of a call."""
        return pb.PublishRequest(
            opening=pb.Opening(
                key=key,
                room_id=room_id,
                publisher_id=publisher_id,
                settings=self._first,
                position=self._kept[0].start if self._kept else self.position,
            )
        )

    def replay(self) -> list[pb.PublishRequest]:
        """What follows it; what the gateway has already, it skips."""
        requests = [kept.request for kept in self._kept]
        if self._tentative:
            tail = pb.SourceText(position=self.position, tentative=self._tentative)
            requests.append(pb.PublishRequest(source=tail))
        return requests

    def acknowledge(self, position: int) -> None:
        """Forget what has become captions."""
        self.done = max(self.done, position)
        while self._kept and self._kept[0].end <= self.done:
            request = self._kept.pop(0).request
            if request.HasField("settings"):
                self._first = request.settings

    def _keep(self, request: pb.PublishRequest, length: int, *, is_needed: bool) -> None:
        start = self.position
        self.position += length
        if is_needed:
            copy = pb.PublishRequest()
            copy.CopyFrom(request)
            # The tail that may still change comes last.
            if copy.HasField("source"):
                copy.source.ClearField("tentative")
            self._kept.append(_Kept(start, self.position, copy))
