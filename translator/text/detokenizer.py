"""Turns the tokens of a hypothesis into text, and says where each token ends in it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from translator.text.rewriting import Edit, rewrite
from translator.text.tokens import Tokenizer

__all__ = ["TargetText", "detokenize", "tokens_saying"]

# Models that have "$" as a word by itself write "US $ 5", which nobody does.
_DOLLAR = " $"
_BEFORE_DOLLAR = re.compile(r"(?<!\w)(?:US|R|CA?|AU?|NZ|HK|S|MX)\Z")


_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class TargetText:
    """The text of a hypothesis.

    Attributes:
        text: Without leading space.
        token_ends: For each token the code point after its last one.
    """

    text: str
    token_ends: tuple[int, ...]

    def num_tokens_at(self, length: int) -> int | None:
        """How many tokens make up the first ``length`` code points; None inside a token."""
        if length == 0:
            return 0
        # The last token that ends here: control tokens add no text but belong to the prefix.
        count = bisect_right(self.token_ends, length)
        return count if count and self.token_ends[count - 1] == length else None

    def words_of(self, is_chosen: Sequence[bool]) -> Iterator[tuple[int, int]]:
        """The ranges of the words that have a letter of a token for which ``is_chosen`` is true."""
        first = 0
        for word in _WORD.finditer(self.text):
            first = bisect_right(self.token_ends, word.start(), first)
            last = bisect_left(self.token_ends, word.end(), first)
            if any(is_chosen[first : last + 1]):
                yield word.span()

    def edited(self, edits: Sequence[Edit]) -> "TargetText":
        """The same with edits that are in order; a token that ends inside one ends with it."""
        ends: list[int] = []
        number = shift = 0
        for end in self.token_ends:
            while number < len(edits) and edits[number].end <= end:
                edit = edits[number]
                shift += len(edit.text) - (edit.end - edit.start)
                number += 1
            inside = number < len(edits) and edits[number].start < end
            ends.append(
                edits[number].start + shift + len(edits[number].text) if inside else end + shift
            )
        return TargetText(rewrite(self.text, edits).text, tuple(ends))

    def after(self, committed: str, num_tokens: int) -> "TargetText":
        """The same text where ``num_tokens`` tokens at its start stand for ``committed``."""
        length = self.token_ends[num_tokens - 1] if num_tokens else 0
        if self.text[:length] == committed:
            return self
        shift = len(committed) - length
        ends = (
            *(min(end, len(committed)) for end in self.token_ends[: max(num_tokens - 1, 0)]),
            *(end + shift for end in self.token_ends[max(num_tokens - 1, 0) :]),
        )
        return TargetText(committed + self.text[length:], ends)


def detokenize(tokenizer: Tokenizer, tokens: Sequence[int]) -> TargetText:
    """Join the pieces of ``tokens``.

    The text of the first n tokens is a prefix of the text of all of them, so committed text can be
    cut at any token. A currency that ends with a dollar sign has no space before that.
    """
    text = ""
    ends: list[int] = []
    for token in tokens:
        piece = tokenizer.piece(token)
        if piece == _DOLLAR and _BEFORE_DOLLAR.search(text, max(0, len(text) - 3)):
            piece = "$"
        text += piece if text else piece.lstrip(" ")
        ends.append(len(text))
    return TargetText(text, tuple(ends))


def tokens_saying(tokenizer: Tokenizer, text: str) -> tuple[int, ...] | None:
    """Target tokens that say a text, which may begin with a small letter; None if none do.

    Vocabularies lack some capitals, such as "Ó"; a text that begins a sentence gets one back.
    """
    for spelled in (text, text[:1].lower() + text[1:]):
        tokens = (*tokenizer.target_start, *tokenizer.encode_target(spelled))
        if detokenize(tokenizer, tokens).text == spelled:
            return tokens[len(tokenizer.target_start) :]
    return None
