"""``translator serve``: runs the service until it is told to stop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from translator.cli.running import Announcement, check_start, serve
from translator.cli.store import store_option
from translator.cli.workers import Workers
from translator.config import ServerConfig, load_config, warn_of_service_links
from translator.log import set_up_log

__all__ = ["command"]

_F = TypeVar("_F", bound=Callable[..., Any])


def _setting(name: str, *declarations: str, **attributes: Any) -> Callable[[_F], _F]:
    """Make the option for a setting, with the type, help and default of its field."""
    field = ServerConfig.model_fields[name]
    declarations = declarations or (f"--{name.replace('_', '-')}",)
    allowed, default = get_args(field.annotation), field.default
    if isinstance(default, bool):
        yes, _, no = declarations[0].replace("--", "").partition("/")
        default = yes if default else no
    elif isinstance(default, str) and allowed:
        attributes["type"] = click.Choice(allowed)
    elif "metavar" not in attributes:
        attributes["type"] = next(
            kind for kind in (int, float, str) if kind in (field.annotation, *allowed)
        )
    # What is unset has no value to show; its description says what happens then.
    shown = f"  [default: {default}]" if default else ""
    return click.option(
        *declarations, default=None, help=f"{field.description}{shown}", **attributes
    )


@click.command("serve")
@click.option("--config", "file", type=click.Path(path_type=Path), help="Settings in TOML.")
@_setting("host")
@_setting("port")
@_setting("models", "--model", "models", multiple=True, metavar="PAIR[=FOLDER]")
@store_option
@_setting("glossaries", metavar="FOLDER")
@_setting("preload", "--preload/--no-preload")
@_setting("model_memory", metavar="SIZE")
@_setting("device")
@_setting("precision")
@_setting("shortlist", "--shortlist/--no-shortlist")
@_setting("threads")
@_setting("workers")
@_setting("metrics_port")
@_setting("admin_port")
@_setting("tls_cert", metavar="FILE")
@_setting("tls_key", metavar="FILE")
@_setting("tls_client_ca", metavar="FILE")
@_setting("allow_plaintext", is_flag=True)
@_setting("access", metavar="FILE")
@_setting("audit_log", metavar="FILE")
@_setting("trace_endpoint", metavar="URL")
@_setting("trace_sample")
@_setting("drain_grace_s")
@_setting("fake_model", is_flag=True)
@_setting("log_level")
@_setting("log_format")
@click.option("--check", is_flag=True, help="Only check everything that a start needs.")
def command(file: Path | None, check: bool, **options: Any) -> None:
    """Run the server.

    SIGTERM or Ctrl-C lets streams move to another server first; a second signal ends it at once.
    `serving on HOST:PORT` is printed once it is ready; everything else goes to standard error.
    Further settings (limits, heartbeat) come from --config and from TRANSLATOR_* variables.
    """
    given = {key: value for key, value in options.items() if value is not None and value != ()}
    config = load_config(file, given)
    set_up_log(config.log_level, config.log_format, config.audit_log)
    warn_of_service_links()
    if check:
        check_start(config)
        click.echo("everything that a start needs is there")
    elif config.workers > 1:
        asyncio.run(Workers(config).run())
    else:
        asyncio.run(serve(config, _announce))


def _announce(server: Announcement) -> None:
    server.admin()
    server.address()
