"""Takes out a note that a model adds to a name which it leaves as it is: "Back Office (em inglês)".

Texts that models are trained on have such notes. What was translated does not say that.
"""

import re

from translator.text.detokenizer import TargetText
from translator.text.rewriting import Edit

__all__ = ["without_note"]

_LANGUAGES = (
    "inglês|português|espanhol|francês|alemão|italiano|"
    "English|Portuguese|Spanish|French|German|Italian"
)
# Also while it comes.
_NOTE = re.compile(rf" ?\((?:(?:em|in) (?:{_LANGUAGES})(?:\)|$)|(?:em|in)?$)", re.IGNORECASE)


def without_note(said: TargetText, text: str) -> TargetText:
    """A translation without notes of its language, if its source has nothing in brackets.

    Args:
        said: The translation, or the beginning of one.
        text: What it translates.
    """
    if "(" not in said.text or "(" in text:
        return said
    cuts = [Edit(*found.span(), "") for found in _NOTE.finditer(said.text)]
    return said.edited(cuts) if cuts else said
