"""The terms of a call in this process: its own, those of a file, those of a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from translator.arguments import Strings, check_strings
from translator.errors import InvalidRequestError
from translator.service.requested_terms import RequestedTerms
from translator.terms.files import read_table
from translator.terms.folder import GlossaryFolder, load_glossary
from translator.terms.glossary import Glossary
from translator.terms.table import GlossaryFileError

__all__ = ["CallTerms"]


class CallTerms:
    """The terms that a call asks for.

    Args:
        folder: The glossaries that it can name; None: there are none.
        glossary: Source terms to target terms, or a file of them.
        names: The glossaries that it names.

    Raises:
        InvalidRequestError: A term is not allowed, a file is no glossary, or there is none of a
            name.
    """

    def __init__(
        self,
        folder: GlossaryFolder | None,
        glossary: Mapping[str, str] | Path | None,
        names: Strings,
    ) -> None:
        self._table = None
        if isinstance(glossary, Path):
            try:
                self._table = read_table(glossary)
            except GlossaryFileError as error:
                # It is the input here, not part of an installation.
                raise InvalidRequestError("glossary", error.message) from error
            glossary = None
        entries = tuple((glossary or {}).items())
        names = check_strings("glossaries", names)
        self._asked = RequestedTerms.of(folder, "", entries, names, owner="translator")
        self._known: dict[tuple[str, ...], Mapping[str, Glossary]] = {}

    def between(
        self, source: str, targets: Sequence[str], *, is_detected: bool = False
    ) -> Mapping[str, Glossary]:
        """The glossary of each target that has one; see ``RequestedTerms.between``.

        Raises:
            InvalidRequestError: A glossary has none of the targets.
            GlossaryFileError: The file of a name is damaged.
        """
        key = source, *targets
        if key not in self._known:
            named = self._asked.between(source, targets, is_detected=is_detected)
            self._known[key] = {**named, **self._of_file(source, targets, named, is_detected)}
        return self._known[key]

    def _of_file(
        self,
        source: str,
        targets: Sequence[str],
        named: Mapping[str, Glossary],
        is_detected: bool,
    ) -> dict[str, Glossary]:
        """What the file has, before what is ``named``."""
        found: dict[str, Glossary] = {}
        refusal: GlossaryFileError | None = None
        for target in targets if self._table is not None else ():
            assert self._table is not None  # noqa: S101
            try:
                pair = self._table.choose(source, target)
            except GlossaryFileError as error:
                refusal = refusal or error
                continue
            try:
                own = load_glossary(self._table, *pair)
            except GlossaryFileError as error:
                raise InvalidRequestError("glossary", error.message) from error
            found[target] = Glossary.layered([own, named[target]]) if target in named else own
        if refusal is not None and not (found or is_detected):
            raise InvalidRequestError("glossary", refusal.message) from refusal
        return found
