"""Translates a page of HTML or Markdown: each text by itself, and all of them side by side."""

from collections.abc import Collection, Iterator

from translator.documents.html import Page
from translator.documents.html import parse as parse_html
from translator.documents.markdown import MarkdownPage
from translator.documents.markdown import parse as parse_markdown
from translator.documents.marks import MarkedText, Translated
from translator.documents.plain import TextTranslation
from translator.engine.request import Outcome, Priority, Request
from translator.errors import MarkupNotKeptError
from translator.session.events import Binding
from translator.terms.check import TermUse
from translator.terms.glossary import Glossary
from translator.text.integrity import Issue, IssueKind
from translator.text.protection import Verbatim
from translator.text.segmenter import Segmenter

__all__ = ["PageTranslation", "page_text"]


def page_text(page: str, templates: Collection[str] = (), *, is_markdown: bool = False) -> str:
    """The texts that people read on a page, one on each line."""
    return "\n".join(text.text for text in _parse(page, templates, is_markdown).texts)


def _parse(page: str, templates: Collection[str], is_markdown: bool) -> Page | MarkdownPage:
    return (parse_markdown if is_markdown else parse_html)(page, templates=templates)


class PageTranslation:
    """Like ``TextTranslation``, for a page; it has no alternatives.

    Finding the texts and putting them together takes time that grows with the page: make one, and
    ``finish`` it, in a thread where nobody waits.

    Args:
        key: Names its requests in the engine, together with a number for each text.
        binding: Model and tokenizer.
        segmenter: Finds the segments of each text.
        page: The page, or a piece of one.
        templates: Template syntaxes in it; see ``template.find_directives``.
        glossary: Terms and how they are to be translated.
        is_pivoted: Whether a second leg follows.
        is_markdown: Whether it is Markdown; else it is HTML.
        priority: The priority of its requests in the engine.

    Raises:
        InvalidRequestError: There is no such template syntax.
    """

    def __init__(
        self,
        key: str,
        binding: Binding,
        segmenter: Segmenter,
        page: str,
        templates: Collection[str] = (),
        *,
        glossary: Glossary | None = None,
        is_pivoted: bool = False,
        is_markdown: bool = False,
        priority: Priority = Priority.UNARY,
    ) -> None:
        self._length = len(page)
        self._page = _parse(page, templates, is_markdown)
        self._texts = {
            f"{key}.{number}": TextTranslation(
                f"{key}.{number}",
                binding,
                segmenter,
                text.text,
                # Line breaks of a page are spaces.
                preserve_lines=False,
                glossary=glossary,
                is_pivoted=is_pivoted,
                verbatim=[Verbatim(part.start, part.end) for part in text.opaque],
                priority=priority,
            )
            for number, text in enumerate(self._page.texts)
        }

    def ask(self) -> Iterator[Request | None]:
        """See ``TextTranslation.ask``."""
        for text in self._texts.values():
            yield from text.ask()

    def go_on(self, binding: Binding) -> Iterator[Request | None]:
        """See ``TextTranslation.go_on``."""
        for text in self._texts.values():
            yield from text.go_on(binding)

    def repairs(self) -> Iterator[Request | None]:
        """See ``TextTranslation.repairs``."""
        for text in self._texts.values():
            yield from text.repairs()

    def accept(self, outcome: Outcome) -> None:
        """See ``TextTranslation.accept``."""
        self._texts[outcome.request.key[0]].accept(outcome)

    def accept_repair(self, outcome: Outcome) -> None:
        """See ``TextTranslation.accept_repair``."""
        self._texts[outcome.request.key[0]].accept_repair(outcome)

    def branch_requests(self) -> list[Request]:
        """A page has no alternatives."""
        return []

    def accept_branch(self, outcome: Outcome) -> None:
        """Never called."""

    def alternatives(self) -> Iterator[str]:
        """A page has none."""
        return iter(())

    def finish(self, *, whole: bool = False) -> tuple[str, list[Issue]]:
        """The page with translated texts.

        A text, or in Markdown a block, whose translation would change the markup stays as it is.

        Args:
            whole: Whether HTML of which a text would stay fails instead.

        Returns:
            The page, and an issue for each such text, with its place in the source.

        Raises:
            MarkupNotKeptError: ``whole`` says so.
        """
        page, left = self._page.render_kept(self._translated())
        if left and whole and isinstance(self._page, Page):
            raise MarkupNotKeptError("the markup could not be kept; the text is left as it is")
        return page, [Issue(IssueKind.MARKUP, *place) for place in left]

    def issues(self) -> Iterator[Issue]:
        """What the translation lacks; the range is the whole page, as the place is not known."""
        for text in self._texts.values():
            for issue in text.issues():
                yield Issue(issue.kind, 0, self._length)

    def terms(self) -> Iterator[TermUse]:
        """How each term of the glossary was translated; the place in the page is not known."""
        for text in self._texts.values():
            for use in text.terms():
                yield TermUse(use.entry, 0, self._length, use.how, glossary=use.glossary)

    def _translated(self) -> list[Translated]:
        pairs = zip(self._page.texts, self._texts.values(), strict=True)
        return [_translated(marked, text) for marked, text in pairs]


def _translated(marked: MarkedText, text: TextTranslation) -> Translated:
    target, aligned = text.result(alignments=bool(marked.marks or marked.opaque))
    return Translated(
        target,
        [(a.source_start, a.source_end, a.target_start, a.target_end) for a in aligned],
    )
