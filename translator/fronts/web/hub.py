"""What all fronts over HTTP share: the servers, and a caller's texts on their way to them."""

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace

from translator.captions.pairs import Pairs
from translator.captions.servers import Servers
from translator.client import AsyncTranslatorClient, Translation
from translator.client.login import bearer
from translator.errors import (
    LanguageNotDetectedError,
    NotKeptError,
    TranslatorError,
    UnauthenticatedError,
)
from translator.fronts.web.documents import Documents
from translator.languages.detection import FALLBACK, Detection, LanguageDetector
from translator.languages.tags import language

__all__ = ["FALLBACK", "TRACEPARENT", "UNDETERMINED", "Hub", "Texts"]

UNDETERMINED = "und"
# The trace that the request of this task belongs to, also for the servers; "": none.
TRACEPARENT = ContextVar("traceparent", default="")


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of one request, and how they are translated; see ``AsyncTranslatorClient.translate``.

    Attributes:
        texts: The texts.
        source: BCP-47, or "und".
        target: BCP-47.
    """

    texts: Sequence[str]
    source: str
    target: str
    mime_type: str = ""
    glossary: Mapping[str, str] | None = None
    num_alternatives: int = 0
    preserve_lines: bool = True
    alignments: bool = False


class Hub:
    """A client of the servers for everybody who calls a front.

    Args:
        servers: The servers, with the gateway's own key, if it has one.
        documents: Translates files.
        detector: Detects languages.
    """

    def __init__(self, servers: Servers, documents: Documents, detector: LanguageDetector) -> None:
        self.servers = servers
        self.documents = documents
        self._detector = detector
        # The pairs, and their languages: they are asked for in each request.
        self._known: tuple[Pairs, frozenset[str]] = servers.pairs, frozenset()

    def client(self, key: str) -> AsyncTranslatorClient:
        """The servers, as somebody sees them who has this key.

        Args:
            key: The caller's key; "": the gateway's own, if it has one.

        Raises:
            UnauthenticatedError: No key looks like this.
        """
        if not key:
            return self.servers.client
        try:
            return self.servers.client.with_metadata(bearer(key))
        except ValueError:
            raise UnauthenticatedError("the key is not known") from None

    async def translate(self, key: str, request: Texts) -> list[Translation]:
        """Translate texts. What only lacks something of its source counts as translated.

        A text whose language is not clear is taken for English: ``detected_language`` is "" then.

        Raises:
            TranslatorError: One of them cannot be translated.
        """
        found = await self._translate(key, request)
        unclear = [
            number
            for number, each in enumerate(found)
            if isinstance(each.error, LanguageNotDetectedError)
        ]
        if unclear:
            can = self.servers.pairs.can(FALLBACK, request.target)
            source = FALLBACK if can else request.target
            texts = [request.texts[number] for number in unclear]
            again = await self._translate(key, replace(request, texts=texts, source=source))
            for number, each in zip(unclear, again, strict=True):
                found[number] = each
        for each in found:
            if each.error is not None and not isinstance(each.error, NotKeptError):
                raise each.error
        return found

    async def _translate(self, key: str, request: Texts) -> list[Translation]:
        return await self.client(key).translate(
            request.texts,
            request.source,
            request.target,
            mime_type=request.mime_type,
            glossary=request.glossary,
            num_alternatives=request.num_alternatives,
            preserve_lines=request.preserve_lines,
            alignments=request.alignments,
            traceparent=TRACEPARENT.get(),
        )

    @property
    def languages(self) -> list[str]:
        """The languages that are translated from or into, in order."""
        pairs = self.servers.pairs
        return sorted(pairs.sources | pairs.all_targets)

    def knows(self, code: str) -> bool:
        """Whether a language is translated from or into."""
        try:
            wanted = language(code)
        except ValueError:
            return False
        pairs = self.servers.pairs
        if pairs is not self._known[0]:
            self._known = pairs, frozenset(language(each) for each in self.languages)
        return wanted in self._known[1]

    async def detect(self, texts: Sequence[str], target: str = "") -> list[Detection]:
        """The language of each text, of those that are served. Without a word it is English, 0."""
        candidates = {language(code) for code in (*self.languages, *([target] if target else []))}

        def run() -> list[Detection]:
            detect = self._detector.detect
            hint = language(target) if target else ""
            unclear = Detection(FALLBACK, 0.0)
            return [detect(text, candidates, hint) or unclear for text in texts]

        return await asyncio.to_thread(run)

    async def check_key(self, key: str) -> None:
        """Let in only whom the servers let in.

        Raises:
            TranslatorError: They do not, or cannot be reached.
        """
        listed = await self.client(key).list_models(timeout_s=10.0)
        if not self.servers.pairs:
            # Nobody told the gateway, which has no key of its own.
            self.servers.learn(listed.models)

    async def needs_key(self) -> bool:
        """Whether somebody without a key is refused."""
        try:
            await self.check_key("")
        except UnauthenticatedError:
            return True
        except TranslatorError:
            return False
        return False
