"""An HTML page, translated at once: each of its texts by itself, and all of them side by side."""

from collections.abc import Collection, Iterator

from translator.documents.html import parse
from translator.documents.marks import MarkedText, Translated
from translator.documents.plain import TextTranslation
from translator.engine.request import Outcome, Request
from translator.session.events import AlignedRange, Binding
from translator.terms.check import TermUse
from translator.terms.glossary import Glossary
from translator.text.integrity import Issue
from translator.text.protection import Verbatim
from translator.text.segmenter import Segmenter

__all__ = ["PageTranslation", "page_text"]


def page_text(html: str, templates: Collection[str] = ()) -> str:
    """What a reader reads of a page, a text on each line."""
    return "\n".join(text.text for text in parse(html, templates=templates).texts)


class PageTranslation:
    """Like ``TextTranslation``, for a page; it has no alternatives.

    Finding the texts and putting them together takes time that grows with the page: make it, and
    take its ``pieces``, where nobody waits.

    Args:
        key: Names its requests in the engine, together with a number for each text.
        binding: Model and tokenizer.
        segmenter: Finds the segments of each text.
        html: The page, or a piece of one.
        templates: Template syntaxes in it; see ``template.find_directives``.
        glossary: Terms and how they are to be translated.
        is_pivoted: Whether it goes through two legs.

    Raises:
        InvalidRequestError: There is no such template syntax.
    """

    def __init__(
        self,
        key: str,
        binding: Binding,
        segmenter: Segmenter,
        html: str,
        templates: Collection[str] = (),
        *,
        glossary: Glossary | None = None,
        is_pivoted: bool = False,
    ) -> None:
        self._html = html
        self._page = parse(html, templates=templates)
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

    def pieces(self, *, alignments: bool) -> Iterator[tuple[str, list[AlignedRange]]]:
        """The page with the translations of its texts, in one piece; without alignments."""
        pairs = zip(self._page.texts, self._texts.values(), strict=True)
        yield self._page.render([_translated(marked, text) for marked, text in pairs]), []

    def issues(self) -> Iterator[Issue]:
        """What of the page is not in its translation. Where in the page is not known: all of it."""
        for text in self._texts.values():
            for issue in text.issues():
                yield Issue(issue.kind, 0, len(self._html))

    def terms(self) -> Iterator[TermUse]:
        """What became of each term of the glossary; where in the page is not known."""
        for text in self._texts.values():
            for use in text.terms():
                yield TermUse(use.entry, 0, len(self._html), use.how, glossary=use.glossary)


def _translated(marked: MarkedText, text: TextTranslation) -> Translated:
    target, aligned = text.result(alignments=bool(marked.marks or marked.opaque))
    return Translated(
        target,
        [(a.source_start, a.source_end, a.target_start, a.target_end) for a in aligned],
    )
