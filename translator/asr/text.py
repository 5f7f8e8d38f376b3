"""Spaces and sentence ends in the text of recognisers."""

import re
from collections.abc import Mapping
from typing import Any

from translator.asr.piece import Span

__all__ = ["clean", "ends_sentence", "joined", "same_word", "speaker_name"]

# Line breaks for a web page, found literally in the output of ELITR's recognisers.
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Scripts that are written without spaces between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff00-\uff60]"
)
_SENTENCE_END = re.compile(r"[.!?…。！？][)\]}»”’\"'」』]*$")


def clean(text: str) -> str:
    """``text`` with single spaces inside, none at its ends, and no literal line breaks."""
    return " ".join(_BREAK.sub(" ", text).split())


def ends_sentence(text: str) -> bool:
    """Whether ``text`` ends like a sentence. A recogniser may also stop in the middle of one."""
    return _SENTENCE_END.search(text.rstrip()) is not None


def speaker_name(result: Mapping[str, Any], field: str) -> str:
    """The speaker of a result; "" if the field is missing, null or empty."""
    name = result.get(field)
    return "" if name is None else str(name)


def joined(before: str, span: Span) -> str:
    """The text of ``span``, with the space that it needs after ``before``."""
    if not before or not span.text or span.attached:
        return span.text
    if _UNSPACED.match(before[-1]) and _UNSPACED.match(span.text):
        return span.text
    return " " + span.text


def same_word(one: str, other: str) -> bool:
    """Whether two words differ at most in case and punctuation."""
    return _bare(one) == _bare(other)


def _bare(word: str) -> str:
    return re.sub(r"[^\w]", "", word).casefold() or word
