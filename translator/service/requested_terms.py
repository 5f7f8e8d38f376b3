"""The terms of a request: its own entries, then those of the glossaries that it names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from translator.errors import InvalidRequestError
from translator.service.checks import check_glossary
from translator.terms.folder import GlossaryFolder
from translator.terms.glossary import Glossary

__all__ = ["RequestedTerms"]

_MAX_NAMES = 16


@dataclass(frozen=True, slots=True)
class RequestedTerms:
    """The terms that a request asks for.

    Attributes:
        folder: The glossaries that it can name; None: there are none.
        own: The request's own entries; None if there are none.
        names: The glossaries that it names.
        field: How errors name the field with the names.
    """

    folder: GlossaryFolder | None
    own: Glossary | None
    names: tuple[str, ...]
    field: str

    @classmethod
    def of(
        cls,
        folder: GlossaryFolder | None,
        prefix: str,
        entries: Sequence[tuple[str, str]],
        names: Sequence[str],
        *,
        owner: str = "server",
    ) -> "RequestedTerms":
        """Check what a request asks for.

        Args:
            folder: The glossaries that it can name.
            prefix: Before ``glossary`` and ``glossaries`` in errors.
            entries: Source terms with their target terms; "" keeps the source term.
            names: The glossaries that it names.
            owner: Whose glossaries they are, for errors.

        Raises:
            InvalidRequestError: A term is not allowed, or there is no glossary of that name.
        """
        field = f"{prefix}glossaries"
        if len(names) > _MAX_NAMES:
            raise InvalidRequestError(
                field, f"has {len(names)} names; at most {_MAX_NAMES} are allowed"
            )
        if names and folder is None:
            raise InvalidRequestError(
                field, f"there is no glossary {names[0]!r:.80}; this {owner} has none"
            )
        own = check_glossary(f"{prefix}glossary", entries)
        if folder is not None and names:
            folder.check_names(names, field)
        return cls(folder, own, tuple(dict.fromkeys(names)), field)

    def between(
        self, source: str, targets: Sequence[str], *, is_detected: bool = False
    ) -> Mapping[str, Glossary]:
        """The glossary of each target that has one.

        Args:
            source: BCP-47 code of the source.
            targets: Those of the targets that a model translates into.
            is_detected: Whether the source's language was detected. A named glossary that has none
                of the targets is then left out.

        Raises:
            InvalidRequestError: A named glossary has none of the targets.
            GlossaryFileError: Its file is damaged.
        """
        layers: dict[str, list[Glossary]] = {target: [] for target in targets}
        if self.own is not None:
            layers = {target: [self.own] for target in targets}
        for name in self.names:
            refusal: InvalidRequestError | None = None
            found = False
            for target in targets:
                try:
                    layers[target].append(self._named(name, source, target))
                    found = True
                except InvalidRequestError as error:
                    refusal = refusal or error
            if refusal is not None and not (found or is_detected):
                raise refusal
        return dict(self._merged(layers))

    def _named(self, name: str, source: str, target: str) -> Glossary:
        assert self.folder is not None  # noqa: S101
        return self.folder.get(name, source, target, field=self.field)

    def _merged(self, layers: Mapping[str, list[Glossary]]) -> Iterator[tuple[str, Glossary]]:
        for target, own in layers.items():
            if len(own) == 1:
                yield target, own[0]
            elif own:
                is_new = self.own is not None
                yield target, Glossary.layered(own) if is_new else _layered(*own)


@lru_cache(maxsize=64)
def _layered(*layers: Glossary) -> Glossary:
    """``Glossary.layered``; those of a folder stay the same objects while their files do."""
    return Glossary.layered(layers)
