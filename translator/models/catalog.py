"""The models a server has, and which of them serves a pair."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import langcodes
from langcodes.tag_parser import LanguageTagError

from translator.errors import (
    ConfigError,
    InvalidRequestError,
    LanguagePairNotSupportedError,
    ModelNotFoundError,
)
from translator.models.base import LanguagePair, ModelInfo, Seq2SeqModel, Tokenizer
from translator.models.tags import TOO_FAR, distance

__all__ = ["Catalog", "Choice", "Described", "Served"]

# An error is not to list the forty thousand pairs of a multilingual model.
_MAX_LISTED = 40


class Described(Protocol):
    """A model of which it is known what it is, loaded or not."""

    @property
    def info(self) -> ModelInfo:
        """What the model is."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """The model for a request, loaded or not, and the pair of its that serves."""

    info: ModelInfo
    pair: LanguagePair


@dataclass(frozen=True, slots=True)
class Served:
    """A model and the pair of its that serves a request."""

    model: Seq2SeqModel
    pair: LanguagePair

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the pair."""
        return self.model.tokenizer(self.pair)


class Catalog:
    """Models by name.

    Raises:
        ConfigError: Two models have one name.
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

    def resolve(self, source: str, target: str, model: str = "") -> Choice:
        """The model for a pair of BCP-47 codes; ``model`` names one, else the closest pair wins.

        Raises:
            InvalidRequestError: A code is not BCP-47.
            ModelNotFoundError: There is no such model.
            LanguagePairNotSupportedError: No model (or not this one) translates the pair.
        """
        if model and model not in self.models:
            raise ModelNotFoundError(
                f"there is no model {model!r}; there are: {', '.join(self.models) or 'none'}",
                metadata={"model": model, "models": ",".join(self.models)},
            )
        wanted = LanguagePair(
            _standardize("source_language_code", source),
            _standardize("target_language_code", target),
        )
        candidates = [model] if model else list(self.models)
        served = [
            (far, self.models[name], pair)
            for name in candidates
            for far, pair in self._offered[name].near(wanted)
        ]
        _, best, pair = min(served, key=lambda s: s[0], default=(TOO_FAR, None, wanted))
        if best is None:
            offered = {p for name in candidates for p in self.models[name].pairs}
            pairs = [str(p) for p in sorted(offered, key=lambda p: (p.source != wanted.source, p))]
            listed, more = pairs[:_MAX_LISTED], len(pairs) - _MAX_LISTED
            by = f"model {model!r} does not translate" if model else "no model translates"
            raise LanguagePairNotSupportedError(
                f"{by} {source} to {target}; there are: {', '.join(listed) or 'none'}"
                + (f" and {more} more" if more > 0 else ""),
                metadata={"source": source, "target": target, "pairs": ",".join(listed)},
            )
        return Choice(best, pair)


class _Offered:
    """The pairs of a model, found by their languages: it may have tens of thousands."""

    def __init__(self, info: ModelInfo) -> None:
        pairs = info.pairs
        self._order = {pair: index for index, pair in enumerate(pairs)}
        self._sources = dict.fromkeys(pair.source for pair in pairs)
        self._targets = dict.fromkeys(pair.target for pair in pairs)

    def near(self, wanted: LanguagePair) -> list[tuple[int, LanguagePair]]:
        """The pairs that could serve, with how far they are; in the model's order."""
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


def _standardize(field: str, code: str) -> str:
    if not code:
        raise InvalidRequestError(field, 'is empty; a BCP-47 code such as "en" is needed')
    try:
        return langcodes.standardize_tag(code)
    except LanguageTagError:
        raise InvalidRequestError(
            field, f'is {code[:40]!r}; a BCP-47 code such as "en" or "pt-BR" is needed'
        ) from None
