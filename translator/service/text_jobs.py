"""What translates one text of a request: a plain text or a page."""

from collections.abc import Callable, Iterable, Iterator

from translator.documents.page import PageTranslation
from translator.documents.plain import TextTranslation
from translator.documents.repairs import REPAIR_ROUNDS
from translator.documents.template import evident_syntaxes
from translator.engine.request import Outcome, Priority, Request
from translator.service.checks import MARKDOWN, PAGES
from translator.service.requests import TextsRequest
from translator.session.events import Binding
from translator.terms.glossary import Glossary
from translator.text.segmenter import Segmenter

__all__ = ["Round", "TextJob", "rounds", "text_job"]

TextJob = TextTranslation | PageTranslation
# Requests to be answered, None among them being a step without one; and what takes the outcomes.
Round = tuple[Iterator[Request | None], Callable[[Outcome], None]]


def text_job(
    request: TextsRequest,
    index: int,
    key: str,
    binding: Binding,
    segmenter: Segmenter,
    glossary: Glossary | None,
    *,
    is_pivoted: bool,
    priority: Priority | None = None,
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
        priority: Of the job's requests in the engine; by default that of the request.

    Raises:
        InvalidRequestError: There is no such template syntax.
    """
    text = request.texts[index]
    if priority is None:
        priority = request.priority
    templates = request.templates or evident_syntaxes(text)
    if request.mime_type in PAGES:
        return PageTranslation(
            key, binding, segmenter, text, templates, glossary=glossary,
            is_pivoted=is_pivoted, is_markdown=request.mime_type == MARKDOWN, priority=priority,
        )  # fmt: skip
    return TextTranslation(
        key, binding, segmenter, text, request.num_alternatives,
        preserve_lines=request.preserve_lines, glossary=glossary, is_pivoted=is_pivoted,
        templates=templates, priority=priority,
    )  # fmt: skip


def rounds(job: TextJob, further: Iterable[Binding]) -> Iterator[Round]:
    """What a text asks of the engine: each round once all of the one before is answered.

    Args:
        job: The text, just begun.
        further: The models of the legs after the first.
    """
    for asked in (job.ask(), *(job.go_on(binding) for binding in further)):
        yield asked, job.accept
        for _ in range(REPAIR_ROUNDS):
            repairs = _Counted(job.repairs())
            yield repairs, job.accept_repair
            if not repairs.count:
                break
    yield iter(job.branch_requests()), job.accept_branch


class _Counted:
    """Counts the requests that go through."""

    def __init__(self, requests: Iterator[Request | None]) -> None:
        self._requests = requests
        self.count = 0

    def __iter__(self) -> Iterator[Request | None]:
        return self

    def __next__(self) -> Request | None:
        request = next(self._requests)
        self.count += request is not None
        return request
