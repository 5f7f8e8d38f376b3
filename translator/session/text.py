"""A whole text, translated at once: the same segments as a stream, without its policies."""

from translator.engine.request import Outcome, Priority, Request
from translator.session.events import AlignedRange, Binding
from translator.session.hypothesis import ModelSource, TargetHypothesis
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
        self.requests: list[Request] = []
        self._text = text
        self._binding = binding
        self._segments = list(segmenter.split(text))
        self._sources: dict[int, ModelSource] = {}
        self._hypotheses: dict[int, TargetHypothesis] = {}
        for index, (start, end) in enumerate(self._segments):
            segment = text[start:end]
            if not segment.strip() or is_opaque(segment):
                continue
            source = ModelSource.encode(binding.tokenizer, segment, binding.model.max_source_tokens)
            self._sources[index] = source
            self.requests.append(
                Request(
                    key=(key, str(index)),
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
            hypothesis = self._hypotheses.get(index)
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
                    for a in hypothesis.alignments(0, len(target))
                ]
            text += lead + target + tail
        return text, aligned
