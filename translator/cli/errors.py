"""Turns errors into one sentence and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from translator.errors import (
    ClientError,
    ConnectionLostError,
    LimitError,
    OperatorError,
    TranslatorError,
)

__all__ = ["EXIT_CODES", "exit_code", "one_sentence"]

EXIT_CODES: tuple[tuple[type[TranslatorError], int], ...] = (
    (ConnectionLostError, 3),
    (ClientError, 2),
    (LimitError, 4),
    (OperatorError, 5),
    (TranslatorError, 1),
)


def exit_code(error: TranslatorError) -> int:
    """The exit code that stands for an error."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn a TranslatorError into a sentence on standard error and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        # As a shell has it: 128 and the number of SIGINT.
        raise click.exceptions.Exit(130) from None
    except TranslatorError as error:
        click.echo(f"Error: {error.message}", err=True)
        raise click.exceptions.Exit(exit_code(error)) from error
