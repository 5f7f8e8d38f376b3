"""A whole text, translated at once: the same segments as a stream, without its policies."""

from translator.engine.request import Outcome, Priority, Request
from translator.session.events import AlignedRange, Binding
from translator.session.hypothesis import ModelSource, TargetHypothesis
from translator.session.relay import origin
from translator.text.segmenter import Segmenter, is_opaque

__all__ = ["TextTranslation"]


class TextTranslation:
    """Splits a text into segments and puts their translations together with its own white space.

    Args:
        key: Names its requests in the engine, together with the segment's number.
        binding: Model and tokenizer.
        segmenter: Finds the segments.
        text: What to translate.
    """

    def __init__(self, key: str, binding: Binding, segmenter: Segmenter, text: str) -> None:
        self._key = key
        self._text = text
        self._segments = list(segmenter.split(text))
        self._first: dict[int, TargetHypothesis] = {}
        self._ask(binding, {i: text[start:end] for i, (start, end) in enumerate(self._segments)})

    def go_on(self, binding: Binding) -> None:
        """Translate what the segments have become once more: the second of two legs.

        Call once all outcomes have been taken; then ``requests`` are those of the second leg.
        """
        self._first = self._hypotheses
        self._ask(binding, {index: first.text for index, first in self._first.items()})

    def _ask(self, binding: Binding, sources: dict[int, str]) -> None:
        self.requests: list[Request] = []
        self._binding = binding
        self._sources: dict[int, ModelSource] = {}
        self._hypotheses: dict[int, TargetHypothesis] = {}
        for index, segment in sources.items():
            if not segment.strip() or is_opaque(segment):
                continue
            source = ModelSource.encode(binding.tokenizer, segment, binding.model.max_source_tokens)
            self._sources[index] = source
            self.requests.append(
                Request(
                    key=(self._key, str(index)),
                    version=index,
                    model=binding.model.name,
                    source=source.encoded.tokens,
                    target_prefix=binding.tokenizer.target_start,
                    priority=Priority.UNARY,
                )
            )

    def accept(self, outcome: Outcome) -> None:
        """Take the outcome of one of the requests.

        Raises:
            TranslatorError: The one that befell it; the text cannot be translated.
        """
        if outcome.error is not None:
            raise outcome.error
        if outcome.hypothesis is not None:
            index = outcome.request.version
            self._hypotheses[index] = TargetHypothesis(
                self._binding.tokenizer, self._sources[index], outcome.hypothesis
            )

    def result(self, *, alignments: bool) -> tuple[str, list[AlignedRange]]:
        """The translated text and, if asked for, where each word comes from."""
        text = ""
        aligned: list[AlignedRange] = []
        for index, (start, end) in enumerate(self._segments):
            segment = self._text[start:end]
            stripped = segment.strip()
            lead = segment[: len(segment) - len(segment.lstrip())]
            tail = segment[len(lead) + len(stripped) :]
            hypothesis = self._hypotheses.get(index) or self._first.get(index)
            target = hypothesis.text if hypothesis is not None else stripped
            base = len(text) + len(lead)
            if alignments and hypothesis is not None:
                aligned += [
                    AlignedRange(
                        start + a.source_start,
                        start + a.source_end,
                        base + a.target_start,
                        base + a.target_end,
                    )
                    for a in self._alignments(index)
                ]
            text += lead + target + tail
        return text, aligned

    def _alignments(self, index: int) -> list[AlignedRange]:
        """Where each word of a segment's target comes from in the segment's source."""
        legs = [h[index] for h in (self._first, self._hypotheses) if index in h]
        first, *second = (list(leg.alignments(0, len(leg.text))) for leg in legs)
        if not second:
            return first
        through = [(a, origin(first, a.source_start, a.source_end)) for a in second[0]]
        return [AlignedRange(*found, a.target_start, a.target_end) for a, found in through if found]
