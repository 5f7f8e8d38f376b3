"""``translator keys``: adds, lists and revokes the keys of callers."""

from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from translator.access.caller import Role
from translator.access.key_file import add_key, read_file, revoke_key
from translator.config import load_config
from translator.errors import ConfigError

__all__ = ["command"]

_CALLS = (Role.STREAM, Role.TRANSLATE, Role.BATCH)
_file = click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="The file of the rules.  [default: the setting access]",
)


@click.group("keys")
def command() -> None:
    """The keys by which a server knows its callers.

    A server that runs with the file (`serve --access FILE`) takes a change within a second. Streams
    that are open go on.
    """


@command.command("add")
@click.argument("name")
@_file
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="What the caller may do; repeatable.  [default: stream, translate, batch]",
)
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Its last day (UTC)."
)
@click.option("--sessions", type=click.IntRange(min=0), default=0, help="Streams at once.")
@click.option("--characters-per-minute", type=click.IntRange(min=0), default=0)
@click.option("--characters-per-day", type=click.IntRange(min=0), default=0)
@click.option("--batch-items-per-day", type=click.IntRange(min=0), default=0)
def add(
    name: str, file: Path | None, roles: tuple[str, ...], expires: datetime | None, **quotas: int
) -> None:
    """Make a key for NAME and print it. Only its digest is kept: nobody can print it again."""
    chosen = [Role(role) for role in roles] or list(_CALLS)
    last_day: date | None = None if expires is None else expires.date()
    key = add_key(_path(file), name, chosen, last_day, quotas)
    click.echo(key)


@command.command("list")
@_file
def show(file: Path | None) -> None:
    """List who may call, without the keys."""
    _, rules = read_file(_path(file))
    table = Table("name", "by", "roles", "expires", "quota", box=None)
    for kind, grants in (("key", rules.keys), ("certificate", rules.certificates)):
        for grant in grants.values():
            quota = grant.caller.quota
            told = {
                "sessions": quota.sessions,
                "characters a minute": quota.characters_per_minute,
                "characters a day": quota.characters_per_day,
                "items a day": quota.batch_items_per_day,
            }
            table.add_row(
                grant.caller.name,
                kind,
                ", ".join(sorted(grant.caller.roles)),
                f"{grant.expires:%Y-%m-%d}" if grant.expires else "",
                ", ".join(f"{amount} {what}" for what, amount in told.items() if amount),
            )
    if rules.tokens is not None:
        roles = ", ".join(sorted(rules.tokens.roles))
        table.add_row(f"those of {rules.tokens.issuer}", "token", roles, "", "")
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 140
    console.print(table)


@command.command("revoke")
@click.argument("name")
@_file
def revoke(name: str, file: Path | None) -> None:
    """Take the key of NAME out. It opens no further call; streams that are open go on."""
    revoke_key(_path(file), name)


def _path(file: Path | None) -> Path:
    path = file or load_config().access
    if path is None:
        raise ConfigError("access: is not set, and there is no --file")
    return path
