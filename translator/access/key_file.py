"""Adds keys to the file of the rules, and takes them out; whatever else it says stays."""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from translator.access.caller import Role
from translator.access.keys import digest, new_key
from translator.access.rules import NAME, Rules, parse_rules
from translator.errors import ConfigError

__all__ = ["add_key", "read_file", "revoke_key"]

# The line that begins an entry, and a later one that begins something else.
_BEGIN = "[[keys]]"
_TABLE = re.compile(r"^\s*\[", re.MULTILINE)
_NAME = re.compile(r"""^\s*name\s*=\s*(["'])(.*?)\1\s*(#.*)?$""", re.MULTILINE)


def read_file(path: Path) -> tuple[str, Rules]:
    """The file's text, and what it says; both are empty where there is none.

    Raises:
        ConfigError: It cannot be read, or is not valid.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"access: {path} cannot be read ({error})") from error
    return text, parse_rules(text, path)


def add_key(
    path: Path,
    name: str,
    roles: Sequence[Role],
    expires: date | None,
    quotas: Mapping[str, int],
) -> str:
    """Add a key. Returns it; only its digest is kept.

    Raises:
        ConfigError: There is such a name already, or the file cannot be used.
    """
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"access: {name!r} is no name; allowed: letters, digits and . _ @ -")
    text, rules = read_file(path)
    if name in rules.names:
        raise ConfigError(f"access: {path} has the name {name!r} already; revoke it first")
    key = new_key()
    lines = [_BEGIN, f'name = "{name}"', f'sha256 = "{digest(key)}"']
    lines.append("roles = [" + ", ".join(f'"{role}"' for role in roles) + "]")
    if expires is not None:
        lines.append(f"expires = {expires.isoformat()}")
    lines += [f"{quota} = {amount}" for quota, amount in quotas.items() if amount]
    before = f"{text.rstrip()}\n\n" if text.strip() else ""
    new = before + "\n".join(lines) + "\n"
    parse_rules(new, path)
    _write(path, new)
    return key


def revoke_key(path: Path, name: str) -> None:
    """Take a key out: it opens no call from now on.

    Raises:
        ConfigError: There is no key of that name, or the file cannot be used.
    """
    text, rules = read_file(path)
    keys = {grant.caller.name: found for found, grant in rules.keys.items()}
    if name not in keys:
        known = ", ".join(sorted(keys)) or "none"
        raise ConfigError(f"access: {path} has no key of the name {name!r}; keys: {known}")
    for begin in [match.start() for match in re.finditer(r"^\s*\[\[\s*keys\s*\]\]", text, re.M)]:
        first_line_end = text.find("\n", text.find("[", begin))
        following = _TABLE.search(text, first_line_end)
        end = following.start() if following is not None else len(text)
        named = _NAME.search(text, begin, end)
        if named is not None and named[2] == name:
            new = text[:begin] + text[end:]
            left = parse_rules(new, path)
            if {*left.keys} == {*rules.keys} - {keys[name]}:
                _write(path, new.lstrip("\n"))
                return
    raise ConfigError(f"access: the key {name!r} stands in {path} in an unusual way; take it out")


def _write(path: Path, text: str) -> None:
    """Put a new file in the place of the old one: nobody ever reads half of it."""
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(
            f"access: {path} cannot be written ({error.strerror or error})"
        ) from error
