"""What Riva answers to those who have texts translated, from this server's models.

The protocol: https://docs.nvidia.com/nim/speech/latest/reference/api-references/nmt/protos.html.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from translator.errors import InvalidRequestError
from translator.fronts.rpc.descriptors import service_in
from translator.fronts.rpc.front import RpcFront
from translator.service.requests import TextsRequest
from translator.terms.term import Term, faults

__all__ = ["Riva"]

# What is not to be translated, as its clients mark it in a text.
_MARKED = re.compile(r"<dnt>(.*?)</dnt>", re.DOTALL)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


class Riva(RpcFront):
    """A front: ``nvidia.riva.nmt.RivaTranslation``."""

    name = "riva"
    descriptor = service_in(Path(__file__).with_name("messages.binpb"))
    fields: ClassVar[Mapping[str, str]] = {
        "source_language_code": "source_language",
        "target_language_code": "target_language",
        "glossary": "dnt_phrases",
    }
    elsewhere = (
        "texts are, by TranslateText. Have speech recognised first, and send its text there, or "
        "word by word to StreamingTranslate of translator.v1.TranslatorService"
    )

    async def TranslateText(self, request: Any, context: Any) -> dict[str, Any]:  # noqa: N802
        length = request.max_len_variation
        if length and not _NUMBER.fullmatch(length):
            raise InvalidRequestError(
                "max_len_variation", f'is {length[:40]!r}; allowed: a whole number, such as "20"'
            )
        texts, marked = _unmarked(request.texts)
        asked = TextsRequest(
            source=request.source_language,
            target=request.target_language,
            texts=texts,
            model=request.model,
            glossary=_glossary(request.dnt_phrases, marked),
        )
        found = await self.translated(asked, context)
        return {
            "translations": [
                {"text": each.text, "language": request.target_language} for each in found
            ],
            "id": request.id if request.HasField("id") else None,
        }

    async def ListSupportedLanguagePairs(  # noqa: N802
        self, request: Any, context: Any
    ) -> dict[str, Any]:
        return {
            "languages": {
                each.info.name: {
                    "src_lang": sorted({pair.source for pair in each.info.pairs}),
                    "tgt_lang": sorted({pair.target for pair in each.info.pairs}),
                }
                for each in self.offered(request.model, context)
            }
        }


def _unmarked(texts: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The texts without marks, and what was marked."""
    marked = (phrase.strip() for text in texts for phrase in _MARKED.findall(text))
    # What is not worth a term, such as a dash, stays by itself.
    terms = [phrase for phrase in dict.fromkeys(marked) if not any(faults(Term(phrase)))]
    return tuple(_MARKED.sub(r"\1", text) for text in texts), terms


def _glossary(lists: Sequence[str], marked: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Terms and their translations; "": it stays. What is marked in a text stays in any case."""
    entries = [entry for each in lists for entry in each.split(",") if entry.strip()]
    pairs = (entry.partition("##")[::2] for entry in entries)
    terms = [(source.strip(), target.strip()) for source, target in pairs]
    return (*((s, t) for s, t in terms if s not in marked), *((phrase, "") for phrase in marked))
