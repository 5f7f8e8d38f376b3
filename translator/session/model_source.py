"""From a segment's source to tokens for a request."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from translator.engine.request import Hypothesis
from translator.text.case import sentence_case
from translator.text.detokenizer import tokens_saying
from translator.text.given_names import NO_STAND_INS, stand_ins
from translator.text.integrity import Issue, IssueKind, find_issues
from translator.text.openings import NO_OPENING, find_opening, translated_opening
from translator.text.protection import Protected, Verbatim, protect
from translator.text.rewordings import rewordings
from translator.text.rewriting import AS_IT_IS
from translator.text.sentence_form import (
    FULL_STOP,
    QUESTION_MARK,
    Ending,
    ending,
    title_as_sentence,
    title_lead,
    with_pronouns,
    with_sentence_begun,
)
from translator.text.tokens import EncodedText, Tokenizer
from translator.text.words import UNSPACED, lower_words

__all__ = ["BEYOND", "Context", "ModelSource", "without_controls"]

# Control characters mean nothing to a model; a space instead keeps all positions as they are.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# Not before a mark that stands alone: it belongs to the word before.
_WORD_START = re.compile(rf"(?<!\S)[^\w\s]*\w|[{UNSPACED}]")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
# A place after all source.
BEYOND = 1 << 30


def without_controls(text: str) -> str:
    """Replace each control character with a space, so that all positions stay valid."""
    return _CONTROL.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Context:
    """The end of the segment before, if its sentence goes on in this one.

    Attributes:
        source: The last words of its source.
        target: The tokens that were committed for them.
    """

    source: str = ""
    target: tuple[int, ...] = ()

    def before(self, text: str) -> "Context":
        """The source as put before ``text``: with a space between, where the script has spaces."""
        last = self.source[-1:]
        if not last or last.isspace() or _UNSPACED.match(last) or _UNSPACED.match(text):
            return self
        return replace(self, source=self.source + " ")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Source text in the form that a model gets.

    Attributes:
        text: The text, stripped, with spaces for control characters.
        offset: Code points of white space before it in the segment.
        encoded: The tokens of what the model gets, with where in context and text each comes from.
        context: Text put before it, from the segment before.
        truncated: Whether the model's length limit cut it.
        in_capitals: Whether it was turned into a sentence because it is in capitals.
        is_begun: Whether the model gets a capital at its beginning that it does not have.
        mark: What the model gets at its end that it does not have: a full stop, a question mark.
        is_title: Whether it is a title, which the model gets without its capitals.
        second: It in another form, if the model is to choose: ended or not, or a title without its
            capitals.
        protected: What of context and text the model does not see.
        verbatim: Parts of the text that the caller wanted no model to touch.
        terms_open_from: From where on another such part may begin.
        language: BCP-47 code of the text; "" if that is not known.
        opening: The target tokens of a phrase that it opens with, before its own clause.
    """

    text: str
    offset: int
    encoded: EncodedText
    context: str = ""
    truncated: bool = False
    in_capitals: bool = False
    is_begun: bool = False
    mark: str = ""
    is_title: bool = False
    second: "ModelSource | None" = None
    protected: Protected | None = None
    verbatim: tuple[Verbatim, ...] = ()
    terms_open_from: int = BEYOND
    language: str = ""
    opening: tuple[int, ...] = ()

    @classmethod
    def encode(
        cls,
        tokenizer: Tokenizer,
        text: str,
        max_tokens: int,
        context: str = "",
        *,
        is_open: bool = False,
        begins: bool = False,
        ends: bool = False,
        may_go_on: bool = False,
        language: str = "",
        are_capitals: Callable[[str], bool] = lambda _: False,
        verbatim: Sequence[Verbatim] = (),
        open_from: int | None = None,
    ) -> "ModelSource":
        """Tokenize a text for a model.

        Args:
            tokenizer: The model's, for the pair.
            text: A segment, or a part of it.
            max_tokens: The most that the model takes.
            context: What to put before it.
            is_open: Whether a model that understands it is told that more source is to come.
            begins: Whether a sentence begins with it; it then gets a capital where it has none.
            ends: Whether its sentence ends with it; it then gets a full stop where it has none.
            may_go_on: Whether its sentence may go on even so; it then gets one only if it is short
                and the model finds that more probable.
            language: BCP-47 code of the text.
            are_capitals: Whether a text is in capitals; it is then turned into a sentence.
            verbatim: Parts of the text that no model is to touch, in order.
            open_from: From where on another such part may begin that more source makes whole.
        """
        clean = without_controls(text)
        stripped = clean.strip()
        offset = len(clean) - len(clean.lstrip())
        context = without_controls(context).lstrip()
        whole = context + stripped
        shift = len(context) - offset
        parts = [Verbatim(start + shift, end + shift, put) for start, end, put in verbatim]
        rewording, names = AS_IT_IS, NO_STAND_INS
        if tokenizer.knows_sentences:
            words = lower_words(whole)
            # Not every model has figures.
            rewording = rewordings(whole, language, words).in_characters(tokenizer.writes)
            names = stand_ins(whole, language, words)
        protected = protect(whole, tokenizer.writes, parts, tokenizer.code_words, rewording, names)
        visible = protected.visible
        in_capitals = are_capitals(visible[len(context) :])
        said = sentence_case(protected.text, language) if in_capitals else protected.text
        is_begun, ends_with, opening = False, Ending.AS_IT_IS, NO_OPENING
        if tokenizer.knows_sentences:
            given, said = said, with_pronouns(said, language)
            if begins and not context:
                # What is spoken otherwise for the model may be a phrase as it is.
                opening = NO_OPENING if parts or in_capitals else find_opening(whole, language)
                opening = opening if opening.phrase else find_opening(said, language)
                if opening.phrase and tokenizer.phrases.find(said) is not None:
                    # "Good morning, everyone." is one phrase.
                    opening = NO_OPENING
                said, is_begun = _begun(tokenizer, said, visible, language)
                # "i'll" has a capital by now.
                is_begun = is_begun or _first_letter(given) != _first_letter(said)
            if ends and tokenizer.writes(FULL_STOP):
                # What goes on with a sentence is no question by its first words.
                may_ask = begins and tokenizer.writes(QUESTION_MARK)
                ends_with = ending(said, visible, language if may_ask else "")
            if may_go_on and ends_with is Ending.FULL_STOP:
                ends_with = Ending.AS_IT_IS
        first = len(text) if open_from is None else open_from
        if opening.is_open:
            first = min(first, offset)

        def form(
            said: str,
            *,
            mark: str = "",
            is_title: bool = False,
            second: ModelSource | None = None,
        ) -> ModelSource:
            encoded = tokenizer.encode_source(said + mark)
            tokens, spans = encoded.tokens, encoded.spans
            if mark:
                last = len(said)
                spans = tuple((min(start, last), min(end, last)) for start, end in spans)
            if protected.is_rewritten:
                origins = (protected.rewritten.origin(*span) for span in spans[:-1])
                spans = (*origins, (len(whole),) * 2)
            if is_open and tokenizer.open_id is not None:
                tokens = (*tokens[:-1], tokenizer.open_id)
            truncated = len(tokens) > max_tokens
            if truncated:
                tokens = (*tokens[: max_tokens - 1], tokens[-1])
                spans = (*spans[: max_tokens - 1], spans[-1])
            return cls(
                stripped,
                offset,
                EncodedText(tokens, spans),
                context,
                truncated,
                in_capitals,
                is_begun,
                mark,
                is_title,
                second,
                protected,
                tuple(verbatim),
                first,
                language,
                _opening_tokens(tokenizer, opening.phrase, language),
            )

        if ends_with is Ending.EITHER:
            return form(said, second=form(said, mark=FULL_STOP))
        if begins and ends and not (context or in_capitals) and tokenizer.knows_sentences:
            reworded = " ".join(edit.text for edit in protected.reworded)
            plain = title_as_sentence(said, visible, language, reworded)
            if plain != said:
                return form(said, second=form(plain, is_title=True))
        return form(said, mark=ends_with.value)

    def of(self, hypothesis: Hypothesis) -> "ModelSource":
        """The form of it that a hypothesis translates."""
        if self.second is None:
            return self
        return self.second if hypothesis.is_of_second else replace(self, second=None)

    @property
    def second_tokens(self) -> tuple[int, ...]:
        """The tokens of its other form, if the model is to choose."""
        return () if self.second is None else self.second.encoded.tokens

    def after_opening(self, prefix: tuple[int, ...], first: int) -> tuple[int, ...]:
        """A target prefix with all of the opening in it, unless it says something else already.

        Args:
            prefix: Target tokens.
            first: Where in them those of the text begin.
        """
        said, opening = prefix[first:], self.opening
        return (*prefix[:first], *opening) if opening[: len(said)] == said else prefix

    @property
    def second_lead(self) -> float:
        """Nats that the other form gets on top of its own."""
        is_title = self.second is not None and self.second.is_title
        return title_lead(self.language) if is_title else 0.0

    @property
    def has_words(self) -> bool:
        """Whether there is anything to translate in it and its context."""
        return self.protected is not None and self.protected.has_words

    @property
    def visible(self) -> str:
        """Context and text, with spaces for what is behind code words."""
        return self.context + self.text if self.protected is None else self.protected.visible

    def known_numbers(self) -> list[str]:
        """Texts whose numbers may stand in a translation: itself, what a model gets, and terms."""
        if self.protected is None:
            return [self.text]
        protected = self.protected
        return [protected.original, protected.text, *(mask.text for mask in protected.masks)]

    def spoken_figures(self) -> dict[tuple[int, int], str]:
        """What figures the model gets for numbers in words, by their place in the text."""
        if self.protected is None:
            return {}
        first = len(self.context)
        return {
            (edit.start - first, edit.end - first): edit.text
            for edit in self.protected.reworded
            if edit.start >= first and _FIGURES.fullmatch(edit.text)
        }

    def issues_in(self, said: str) -> Iterator[Issue]:
        """What of the text a translation of it lacks; places are code points of the text."""
        yield from find_issues(self.visible[len(self.context) :], said, self.known_numbers())
        for place, figures in self.spoken_figures().items():
            if any(find_issues(figures, said)):
                yield Issue(IssueKind.NUMBER, *place)

    @property
    def open_from(self) -> int | None:
        """Where in the segment begins what more source may turn into something else, if anything.

        See ``Protected.open_from``.
        """
        place = None if self.protected is None else self.protected.open_from
        own = BEYOND if place is None else max(0, place - len(self.context)) + self.offset
        first = min(own, self.terms_open_from)
        return first if first < self.offset + len(self.text) else None

    def ranges_of(self, tokens: Sequence[int]) -> list[tuple[int, int] | None]:
        """For each source token the range ``[start, end)`` of the segment it comes from, or None.

        White space before a word is left out. The end of sentence and the context have no range.
        """
        whole = self.context + self.text
        first = len(self.context)
        shift = self.offset - first
        ranges: list[tuple[int, int] | None] = []
        for token in tokens:
            start, end = self.encoded.spans[token]
            start = max(start, first)
            while start < end and whole[start].isspace():
                start += 1
            ranges.append((shift + start, shift + end) if start < end else None)
        return ranges

    def is_context(self, token: int) -> bool:
        """Whether a source token comes from the context."""
        start, end = self.encoded.spans[token]
        return start < end <= len(self.context)

    def word_starts(self) -> list[int]:
        """Where the words of the source begin in the segment."""
        return [self.offset + match.start() for match in _WORD_START.finditer(self.text)]


def _begun(tokenizer: Tokenizer, said: str, visible: str, language: str) -> tuple[str, bool]:
    """A source with a capital at its beginning, and whether that is new.

    A model for words in small letters has no capitals, and gets none.
    """
    begun = with_sentence_begun(said, visible, language)
    changed = [new for old, new in zip(said, begun, strict=True) if new != old]
    is_begun = any(map(tokenizer.writes, changed))
    return (begun, True) if is_begun else (said, False)


def _opening_tokens(tokenizer: Tokenizer, phrase: str, language: str) -> tuple[int, ...]:
    """The target tokens of a phrase and its comma; none where it is no phrase of the model."""
    said = translated_opening(phrase, tokenizer.phrases, language) if phrase else None
    tokens = None if said is None else tokens_saying(tokenizer, said)
    return () if tokens is None else tokens


def _first_letter(text: str) -> str:
    return next(filter(str.isalnum, text), "")
