"""How a multilingual model is told the languages: BCP-47 tags to its own codes."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import langcodes
from langcodes.tag_parser import LanguageTagError

from translator.languages.pair import LanguagePair
from translator.languages.tags import closest

__all__ = ["Languages", "Prompt", "TaggedLanguages", "TaskLanguages", "UntaggedLanguages", "tagged"]

# Codes that are in no standard (OPUS, M2M-100), and one that nobody asks for (NLLB).
_OWN = {"pob": "pt-BR", "ns": "nso", "pbt_Arab": "ps"}
_DECORATION = re.compile(r"__(.+)__|>>(.+)<<|<2(.+)>|(.+)")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model gets besides the text.

    Attributes:
        source_start: Tokens before the source.
        target_start: Tokens at the beginning of the target.
    """

    source_start: tuple[int, ...] = ()
    target_start: tuple[int, ...] = ()


class Languages(Protocol):
    """The pairs of a model, and the prompt for each."""

    @property
    def pairs(self) -> tuple[LanguagePair, ...]:
        """Every pair of the model; empty if its files do not say."""
        ...

    @property
    def in_target(self) -> bool:
        """Whether only the target names its language: the source is the same for all targets."""
        ...

    def prompt(self, pair: LanguagePair) -> Prompt:
        """The prompt for a pair; raises KeyError with what there is if the model lacks it."""
        ...


@dataclass(frozen=True, slots=True)
class UntaggedLanguages:
    """A model for one pair, which its files do not name."""

    first: tuple[int, ...] = ()
    in_target: ClassVar[bool] = False

    @property
    def pairs(self) -> tuple[LanguagePair, ...]:
        return ()

    def prompt(self, pair: LanguagePair) -> Prompt:
        return Prompt(target_start=self.first)


@dataclass(frozen=True, slots=True)
class TaggedLanguages:
    """A model with a token for each language.

    Attributes:
        tokens: The tokens of each tag.
        in_target: If true, source and target each begin with the token of their own language. If
            false, the source begins with the target's token, and the source language is not given.
        any_source: Whether the files leave open which languages it translates from.
    """

    tokens: Mapping[str, tuple[int, ...]]
    in_target: bool
    any_source: bool = False

    @property
    def pairs(self) -> tuple[LanguagePair, ...]:
        if self.any_source:
            return ()
        return tuple(LanguagePair(a, b) for a in self.tokens for b in self.tokens if a != b)

    def prompt(self, pair: LanguagePair) -> Prompt:
        target = self._find(pair.target)
        if not self.in_target:
            return Prompt(source_start=target)
        return Prompt(self._find(pair.source), target)

    def _find(self, language: str) -> tuple[int, ...]:
        tag = closest(language, self.tokens)
        if tag is None:
            raise KeyError(_listed(language, self.tokens))
        return self.tokens[tag]


@dataclass(frozen=True, slots=True)
class TaskLanguages:
    """A model whose task is given in words before the source (T5)."""

    starts: Mapping[LanguagePair, tuple[int, ...]]
    in_target: ClassVar[bool] = False

    @property
    def pairs(self) -> tuple[LanguagePair, ...]:
        return tuple(self.starts)

    def prompt(self, pair: LanguagePair) -> Prompt:
        source = closest(pair.source, [p.source for p in self.starts])
        target = closest(pair.target, [p.target for p in self.starts if p.source == source])
        if source is None or target is None:
            raise KeyError(_listed(str(pair), map(str, self.starts)))
        return Prompt(self.starts[LanguagePair(source, target)])


def tagged(
    codes: Iterable[str], token: Callable[[str], tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """Map BCP-47 tags to the tokens of codes such as ``por_Latn``, ``pt_XX`` or ``__pt__``.

    A tag has a script or a region only if two codes differ in it. Codes that are not a language are
    left out.
    """
    standard: dict[str, str] = {}
    for code in codes:
        tag = _standard(code, macro=True)
        if tag in standard.values():
            # Two languages of a group: Twi and Akan.
            tag = _standard(code, macro=False)
        if tag is not None and tag not in standard.values():
            standard[code] = tag
    languages = Counter(langcodes.get(tag).language for tag in standard.values())
    found: dict[str, tuple[int, ...]] = {}
    for code, tag in standard.items():
        language = langcodes.get(tag).language
        found[language if language and languages[language] == 1 else tag] = token(code)
    return found


def _standard(code: str, *, macro: bool) -> str | None:
    match = _DECORATION.fullmatch(code)
    bare = next(group for group in match.groups() if group) if match else code
    bare = _OWN.get(bare, bare).replace("_", "-").removesuffix("-XX")
    try:
        tag = langcodes.standardize_tag(bare, macro=macro)
    except LanguageTagError:
        return None
    return tag if langcodes.tag_is_valid(tag) else None


def _listed(wanted: str, there_are: Iterable[str]) -> str:
    names = sorted(there_are)
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"{wanted} is not among its languages, expected one of {', '.join(names[:12])}{more}"
