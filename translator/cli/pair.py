"""A pair of languages on the command line."""

import click

from translator.languages.pair import LanguagePair

__all__ = ["Pair"]


class Pair(click.ParamType[LanguagePair]):
    """``en-de``."""

    name = "PAIR"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> LanguagePair:
        """The pair; a usage error for what is none."""
        try:
            return LanguagePair.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
