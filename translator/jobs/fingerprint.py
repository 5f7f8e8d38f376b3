"""What translations depend on, found out once: models need not be looked into for a known text."""

import platform
from collections.abc import Callable
from pathlib import Path

from translator import __version__
from translator.catalog.installed import locate
from translator.catalog.store import Store as ModelStore
from translator.config import ServerConfig
from translator.errors import OperatorError
from translator.jobs.store import Store, key_of
from translator.languages.pair import LanguagePair
from translator.models.embedded import embedded_models
from translator.models.fingerprint import ALGORITHMS
from translator.models.phrases import own_phrases

__all__ = ["remembered_fingerprint"]


def remembered_fingerprint(
    store: Store, config: ServerConfig, route: tuple[str, str, str], compute: Callable[[], str]
) -> str:
    """The fingerprint of what translates a pair.

    Args:
        store: Remembers it, until a file of a model or something about this machine changes.
        config: Names the models.
        route: Source, target and model.
        compute: Finds it out, which takes seconds.
    """
    files = _files(config)
    if files is None:
        return compute()
    settings = config.precision, config.device, str(config.shortlist), str(config.fake_model)
    machine = (platform.node(), platform.machine(), platform.processor())
    code = __version__, str(ALGORITHMS)
    key = key_of("fingerprint", *route, *settings, *machine, *code, *config.models, *files)
    known = store.get([key]).get(key)
    if known is not None:
        return known.decode()
    found = compute()
    store.put({key: found.encode()})
    return found


def _files(config: ServerConfig) -> list[str] | None:
    """The files of the models, with size and time; None: they are not on this machine."""
    try:
        folders = [
            Path(spec.partition("=")[2])
            if "=" in spec
            else locate(LanguagePair.parse(spec), ModelStore(config.store)).folder
            for spec in config.models
        ] or [folder for _, folder in embedded_models()]
        found = [
            f"{path}:{stat.st_size}:{stat.st_mtime_ns}"
            for folder in (*folders, own_phrases())
            for path in sorted(folder.iterdir())
            if path.is_file() and (stat := path.stat())
        ]
    except (OSError, OperatorError):
        return None
    return found
