"""The type of a language pair on the command line."""

import click

from translator.languages.pair import LanguagePair

__all__ = ["Pair"]


class Pair(click.ParamType[LanguagePair]):
    """A pair of languages, such as ``en-de``."""

    name = "PAIR"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> LanguagePair:
        try:
            return LanguagePair.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
