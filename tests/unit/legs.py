"""Fake models that translate directly, and through a pivot language, to the same text."""

from collections.abc import Collection
from dataclasses import replace

from tests.unit.driver import Driver, make_config
from translator.languages.pair import LanguagePair
from translator.session.events import Binding, SessionConfig
from translator.testing import FakeModel

__all__ = ["Models", "first_word", "second_word", "through"]


def first_word(word: str) -> str:
    """What the first leg makes of a word; it copies numbers, and so code words."""
    return word.upper() + "E" if word[-1:].isalpha() else word.upper()


def second_word(word: str) -> str:
    """What the second leg makes of a word: no small letter, or capitals would be restored in it."""
    return word + "º" if word[-1:].isalpha() else word


def through(word: str) -> str:
    """What becomes of a word, by both legs or by the one model that does the same."""
    return second_word(first_word(word))


class Models:
    """What translates: to the targets, and by way of a pivot language to the same text."""

    def __init__(self) -> None:
        self.direct = FakeModel(word=through)
        self.first = FakeModel(LanguagePair("xx", "en"), name="first", word=first_word)
        self.second = FakeModel(
            LanguagePair("en", "yy"), LanguagePair("en", "zz"), name="second", word=second_word
        )

    def config(self, *targets: str, pivoted: Collection[str], **settings: object) -> SessionConfig:
        """A configuration as of ``make_config``; ``pivoted`` are those that take both legs."""
        config = make_config(self.direct, *targets, **settings)  # type: ignore[arg-type]
        second = self.second.tokenizer(LanguagePair("en", "zz"))
        bindings = tuple(
            Binding(b.target, self.second.info, second, pivoted=True) if b.target in pivoted else b
            for b in config.bindings
        )
        first = self.first.tokenizer(LanguagePair("xx", "en"))
        pivot = Binding("en", self.first.info, first) if any(b.pivoted for b in bindings) else None
        return replace(config, bindings=bindings, pivot=pivot)

    def driver(self, config: SessionConfig, **more: object) -> Driver:
        """A session with such a configuration, and what it needs."""
        models = (self.direct, self.first, self.second)
        return Driver(config, *models, word=through, **more)  # type: ignore[arg-type]
