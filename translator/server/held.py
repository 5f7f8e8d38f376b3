"""The beginning of a stream whose source's language is not known yet."""

from translator.server.language import SourceLanguages
from translator.text.words import count_steps
from translator.v1 import streaming_pb2

__all__ = ["HeldSource"]

# From so many words on the language may be clear; no more than so much is waited for.
_MIN_WORDS = 4
_MAX_LENGTH = 500
_MAX_MESSAGES = 1_000


class HeldSource:
    """Keeps what comes, in order, until the words are enough to tell their language.

    Then the stream takes it up as if it came only now, so nothing is lost and everything is checked
    as ever. Of tentative tails only the last is kept, as the ones before it count for nothing.

    Attributes:
        messages: What has come.
        last_sequence: Of the last source update or flush among it.
    """

    def __init__(self, languages: SourceLanguages) -> None:
        self.messages: list[streaming_pb2.StreamingTranslateRequest] = []
        self.last_sequence = 0
        self._languages = languages
        self._committed = self._tentative = ""
        # Whether a segment has ended: its reader waits.
        self._is_urgent = False

    def add(self, message: streaming_pb2.StreamingTranslateRequest) -> None:
        """Keep a message that is no config."""
        if message.HasField("source"):
            source = message.source
            self._drop_tentative()
            self._committed += source.committed
            self._tentative = source.tentative
            self._is_urgent |= source.end_of_segment and not self._is_blank
            self.last_sequence = source.sequence
        elif message.HasField("flush"):
            self._is_urgent |= not self._is_blank
            self.last_sequence = message.flush.sequence
        self.messages.append(message)

    @property
    def _is_blank(self) -> bool:
        return not self._committed.strip()

    def _drop_tentative(self) -> None:
        if self._tentative:
            last = next(m for m in reversed(self.messages) if m.HasField("source"))
            last.source.ClearField("tentative")

    async def language(self, *, ended: bool) -> str | None:
        """The language, as soon as it is clear.

        Sure enough after a few words; likely is enough where a segment has ended, since its reader
        waits, and where no more is waited for.

        Args:
            ended: Whether no more comes; a source without a word has no language then.

        Raises:
            LanguageNotDetectedError: It is not clear, and no more is waited for.
        """
        text = self._committed if ended else self._committed + self._tentative
        is_last = (
            ended or len(self._committed) >= _MAX_LENGTH or len(self.messages) >= _MAX_MESSAGES
        )
        if not text.strip():
            return None
        if not (is_last or self._is_urgent or count_steps(text) >= _MIN_WORDS):
            return None
        found = await self._languages.detect(text)
        if found is not None and (
            (found.is_sure and count_steps(text) >= _MIN_WORDS)
            or (found.is_likely and (is_last or self._is_urgent))
        ):
            return found.language
        if is_last:
            raise self._languages.not_detected("source")
        return None
