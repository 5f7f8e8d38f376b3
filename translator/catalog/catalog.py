"""The models of a server, and which of them serves a pair."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Protocol

from translator.errors import (
    ConfigError,
    InvalidRequestError,
    LanguagePairNotSupportedError,
    ModelNotFoundError,
)
from translator.languages.pair import LanguagePair
from translator.languages.tags import TOO_FAR, distance, is_same, standardized
from translator.models.info import ModelInfo
from translator.text.tokens import Tokenizer

if TYPE_CHECKING:
    from translator.models.base import Seq2SeqModel

__all__ = [
    "MAX_LISTED",
    "PIVOT_LANGUAGE",
    "Catalog",
    "Choice",
    "Described",
    "Route",
    "Served",
    "standardize",
]

# The language to go through for a pair that no model translates.
PIVOT_LANGUAGE = "en"

# An error must not list the forty thousand pairs of a multilingual model.
MAX_LISTED = 40


class Described(Protocol):
    """A model that is described, whether it is loaded or not."""

    @property
    def info(self) -> ModelInfo: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """The model chosen for a request, and which of its pairs serves it."""

    info: ModelInfo
    pair: LanguagePair


@dataclass(frozen=True, slots=True)
class Served:
    """A loaded model, and which of its pairs serves a request.

    Attributes:
        model: The model.
        pair: One of its pairs.
        wanted: The BCP-47 code of the target as it was asked for; "" if it is that of the pair.
    """

    model: "Seq2SeqModel"
    pair: LanguagePair
    wanted: str = ""

    @property
    def target(self) -> str:
        """The BCP-47 code of the target, as it was asked for."""
        return self.wanted or self.pair.target

    @property
    def tokenizer(self) -> Tokenizer:
        return self.model.tokenizer(self.pair)


@dataclass(frozen=True, slots=True)
class Route:
    """How to get from a source language to a target language.

    Attributes:
        last: Translates into the target language. None if that is the source's language, so that
            the text passes through.
        first: Translates the source into the pivot language first. None if ``last`` translates the
            source directly.
    """

    last: Choice | None
    first: Choice | None = None

    @property
    def legs(self) -> tuple[Choice, ...]:
        """The translations to make, in order."""
        return tuple(leg for leg in (self.first, self.last) if leg is not None)

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models it takes, one for each leg."""
        return tuple(leg.info.name for leg in self.legs)


class Catalog:
    """Models by name.

    Raises:
        ConfigError: Two models have the same name.
    """

    def __init__(self, models: Iterable[Described]) -> None:
        named: dict[str, Described] = {}
        for model in sorted(models, key=lambda m: m.info.name):
            if model.info.name in named:
                raise ConfigError(
                    f"models: two models have the name {model.info.name!r}; "
                    "a model is named after its folder, so rename one of the folders"
                )
            named[model.info.name] = model
        self.models: Mapping[str, ModelInfo] = {name: m.info for name, m in named.items()}
        self._offered = {name: _Offered(info) for name, info in self.models.items()}

    @property
    def pairs(self) -> list[LanguagePair]:
        """Every pair that some model translates."""
        return sorted({pair for info in self.models.values() for pair in info.pairs})

    def route(self, source: str, target: str, model: str = "") -> Route:
        """Find a route between two BCP-47 codes, by one model or else through English.

        It goes through English only if no model is named. A language needs no model into itself:
        its text passes through, unless there is a model for the two variants.

        Raises:
            InvalidRequestError: A code is not BCP-47.
            ModelNotFoundError: There is no such model.
            LanguagePairNotSupportedError: There is no route; the message says what is missing.
        """
        wanted = self._wanted(source, target)
        served = self._closest(wanted, model)
        if is_same(wanted.source, wanted.target):
            apart = distance(wanted.target, wanted.source)
            if served is None or _apart(wanted, served.pair) >= apart:
                return Route(None)
        if served is not None:
            return Route(served)
        languages = (wanted.source, wanted.target, PIVOT_LANGUAGE)
        if model or any(distance(a, b) < TOO_FAR for a, b in combinations(languages, 2)):
            raise self._not_served(source, target, model)
        legs = (
            LanguagePair(wanted.source, PIVOT_LANGUAGE),
            LanguagePair(PIVOT_LANGUAGE, wanted.target),
        )
        first, last = (self._closest(leg, "") for leg in legs)
        if first is None or last is None:
            missing = [
                f"{leg.source} to {leg.target}"
                for leg, found in zip(legs, (first, last), strict=True)
                if found is None
            ]
            instead = f", and none {' or '.join(missing)} for the way through English"
            raise self._not_served(source, target, model, instead)
        return Route(last, first)

    def resolve(self, source: str, target: str, model: str = "") -> Choice:
        """Find the model for a pair of codes; if ``model`` names none, the closest pair wins.

        Raises:
            InvalidRequestError: A code is not BCP-47.
            ModelNotFoundError: There is no such model.
            LanguagePairNotSupportedError: No model (or not this one) translates the pair.
        """
        served = self._closest(self._wanted(source, target), model)
        if served is None:
            raise self._not_served(source, target, model)
        return served

    @staticmethod
    def _wanted(source: str, target: str) -> LanguagePair:
        return LanguagePair(
            standardize("source_language_code", source),
            standardize("target_language_code", target),
        )

    def _candidates(self, model: str) -> list[str]:
        """Names of the models that may serve."""
        if model and model not in self.models:
            raise ModelNotFoundError(
                f"there is no model {model!r}; there are: {', '.join(self.models) or 'none'}",
                metadata={"model": model, "models": ",".join(self.models)},
            )
        return [model] if model else list(self.models)

    def _closest(self, wanted: LanguagePair, model: str) -> Choice | None:
        served = [
            (far, self.models[name], pair)
            for name in self._candidates(model)
            for far, pair in self._offered[name].near(wanted)
        ]
        _, best, pair = min(served, key=lambda s: s[0], default=(TOO_FAR, None, wanted))
        return None if best is None else Choice(best, pair)

    def _not_served(
        self, source: str, target: str, model: str, instead: str = ""
    ) -> LanguagePairNotSupportedError:
        """Make the error for a pair that is not served; ``instead`` adds a reason."""
        begins = standardize("source_language_code", source)
        offered = {p for name in self._candidates(model) for p in self.models[name].pairs}
        pairs = [str(p) for p in sorted(offered, key=lambda p: (p.source != begins, p))]
        listed, more = pairs[:MAX_LISTED], len(pairs) - MAX_LISTED
        by = f"model {model!r} does not translate" if model else "no model translates"
        return LanguagePairNotSupportedError(
            f"{by} {source} to {target}{instead}; there are: {', '.join(listed) or 'none'}"
            + (f" and {more} more" if more > 0 else ""),
            metadata={"source": source, "target": target, "pairs": ",".join(listed)},
        )


def _apart(wanted: LanguagePair, offered: LanguagePair) -> int:
    return distance(wanted.source, offered.source) + distance(wanted.target, offered.target)


class _Offered:
    """A model's pairs, indexed by language, since there may be tens of thousands."""

    def __init__(self, info: ModelInfo) -> None:
        pairs = info.pairs
        self._order = {pair: index for index, pair in enumerate(pairs)}
        self._sources = dict.fromkeys(pair.source for pair in pairs)
        self._targets = dict.fromkeys(pair.target for pair in pairs)

    def near(self, wanted: LanguagePair) -> list[tuple[int, LanguagePair]]:
        """The pairs that could serve, with their distance, in the model's order."""
        sources = [(distance(wanted.source, tag), tag) for tag in self._sources]
        targets = [(distance(wanted.target, tag), tag) for tag in self._targets]
        near = [
            (far + further, LanguagePair(source, target))
            for far, source in sources
            for further, target in targets
            if far + further < TOO_FAR
        ]
        return sorted(
            (found for found in near if found[1] in self._order), key=lambda f: self._order[f[1]]
        )


def standardize(field: str, code: str) -> str:
    """Bring a BCP-47 code into its usual form.

    Raises:
        InvalidRequestError: It is not a code; the error names the ``field``.
    """
    if not code:
        raise InvalidRequestError(field, 'is empty; a BCP-47 code such as "en" is needed')
    try:
        return standardized(code)
    except ValueError:
        raise InvalidRequestError(
            field, f'is {code[:40]!r}; a BCP-47 code such as "en" or "pt-BR" is needed'
        ) from None
