"""The models a server has, and which of them serves a pair."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import langcodes
from langcodes.tag_parser import LanguageTagError

from translator.errors import (
    ConfigError,
    InvalidRequestError,
    LanguagePairNotSupportedError,
    ModelNotFoundError,
)
from translator.models.base import LanguagePair, Seq2SeqModel, Tokenizer

__all__ = ["Catalog", "Served"]

# How much worse than a perfect match (0) a tag of the same language may be, on CLDR's scale.
_MAX_DISTANCE = 100


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

    def __init__(self, models: Iterable[Seq2SeqModel]) -> None:
        named: dict[str, Seq2SeqModel] = {}
        for model in sorted(models, key=lambda m: m.info.name):
            if model.info.name in named:
                raise ConfigError(
                    f"models: two models have the name {model.info.name!r}; "
                    "a model is named after its folder, so rename one of the folders"
                )
            named[model.info.name] = model
        self.models: Mapping[str, Seq2SeqModel] = named

    @property
    def pairs(self) -> list[LanguagePair]:
        """Every pair that some model translates."""
        return sorted({pair for model in self.models.values() for pair in model.info.pairs})

    def resolve(self, source: str, target: str, model: str = "") -> Served:
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
        candidates = [self.models[model]] if model else list(self.models.values())
        served = [
            (_distance(wanted.source, pair.source) + _distance(wanted.target, pair.target), c, pair)
            for c in candidates
            for pair in c.info.pairs
        ]
        distance, best, pair = min(
            served, key=lambda s: s[0], default=(2 * _MAX_DISTANCE, None, wanted)
        )
        if best is None or distance >= _MAX_DISTANCE:
            pairs = sorted({str(p) for c in candidates for p in c.info.pairs})
            by = f"model {model!r} does not translate" if model else "no model translates"
            raise LanguagePairNotSupportedError(
                f"{by} {source} to {target}; there are: {', '.join(pairs) or 'none'}",
                metadata={"source": source, "target": target, "pairs": ",".join(pairs)},
            )
        return Served(best, pair)


def _standardize(field: str, code: str) -> str:
    if not code:
        raise InvalidRequestError(field, 'is empty; a BCP-47 code such as "en" is needed')
    try:
        return langcodes.standardize_tag(code)
    except LanguageTagError:
        raise InvalidRequestError(
            field, f'is {code[:40]!r}; a BCP-47 code such as "en" or "pt-BR" is needed'
        ) from None


def _distance(wanted: str, offered: str) -> int:
    """How far an offered tag is from the wanted one; far too far for another language."""
    if wanted == offered:
        return 0
    if langcodes.get(wanted).language != langcodes.get(offered).language:
        return _MAX_DISTANCE
    return min(_MAX_DISTANCE - 1, 1 + langcodes.tag_distance(wanted, offered))
