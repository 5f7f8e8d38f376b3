"""What translates one text of a request: a plain text or a page."""

from translator.documents.page import PageTranslation
from translator.documents.plain import TextTranslation
from translator.service.checks import MARKDOWN, PAGES
from translator.service.requests import TextsRequest
from translator.session.events import Binding
from translator.terms.glossary import Glossary
from translator.text.segmenter import Segmenter

__all__ = ["TextJob", "text_job"]

TextJob = TextTranslation | PageTranslation


def text_job(
    request: TextsRequest,
    index: int,
    key: str,
    binding: Binding,
    segmenter: Segmenter,
    glossary: Glossary | None,
    *,
    is_pivoted: bool,
) -> TextJob:
    """Begin the translation of a text.

    Args:
        request: What is asked for.
        index: Which of its texts.
        key: Names the job's requests in the engine.
        binding: The model of the first leg, and its tokenizer.
        segmenter: Finds the segments.
        glossary: The request's terms.
        is_pivoted: Whether a second leg follows.

    Raises:
        InvalidRequestError: There is no such template syntax.
    """
    text = request.texts[index]
    if request.mime_type in PAGES:
        return PageTranslation(
            key, binding, segmenter, text, request.templates, glossary=glossary,
            is_pivoted=is_pivoted, is_markdown=request.mime_type == MARKDOWN,
        )  # fmt: skip
    return TextTranslation(
        key, binding, segmenter, text, request.num_alternatives,
        preserve_lines=request.preserve_lines, glossary=glossary, is_pivoted=is_pivoted,
    )  # fmt: skip
