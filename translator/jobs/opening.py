"""What translates the units of a job, put together."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from translator.client.login import Login
from translator.config import load_config
from translator.errors import ClientError, ConfigError
from translator.jobs.config import JobConfig
from translator.jobs.fingerprint import remembered_fingerprint
from translator.jobs.fuzzy import Fuzzy
from translator.jobs.local_units import LocalUnits
from translator.jobs.memory import Memory, MemoryView
from translator.jobs.numbers import NumberedUnits
from translator.jobs.remembered_units import RememberedUnits
from translator.jobs.settings import UnitSettings
from translator.jobs.store import Store, key_of
from translator.jobs.stored_units import StoredUnits
from translator.jobs.units import UnitTranslator
from translator.terms.files import read_entries

if TYPE_CHECKING:
    from translator.local import Translator

__all__ = ["OpenedJob", "opened_job"]

# Far beyond any cell of a catalogue.
_MAX_TEXT_LENGTH = 500_000
# More do not find enough to do in the texts that are under way.
_MOST_THREADS = 8
# What the bytes of an output do not depend on.
_NOT_IN_KEY = {
    "input", "output", "address", "tls", "ca", "cert", "key", "access_key", "store", "store_size",
    "overwrite", "errors", "report", "review", "review_cells", "memory", "glossary", "models",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenedJob:
    """What translates a job.

    Attributes:
        units: Translates its units.
        key: Finds out what an output depends on besides the input: texts, options, models.
        memory: What people decided for its languages; None: nobody was asked.
    """

    units: UnitTranslator
    key: Callable[[], bytes]
    memory: MemoryView | None


@contextmanager
def opened_job(job: JobConfig, *, keeps: bool, is_alone: bool = False) -> Iterator[OpenedJob]:
    """Open what a job needs: its models when they are first needed, its store and memory.

    Args:
        job: The job.
        keeps: Whether there is a store.
        is_alone: Whether this process may take all CPUs, if no setting says how many.

    Raises:
        ClientError: An option is not allowed, or there is no such memory.
        OperatorError: A file cannot be used.
    """
    with ExitStack() as stack:
        stored, stored_key = stack.enter_context(_stored_units(job, keeps=keeps, is_alone=is_alone))
        units: UnitTranslator = stored
        if any(column.numbers for column in job.columns.values()):
            units = NumberedUnits(units, job.target)
        revision, view = "", None
        if job.memory is not None:
            if not job.memory.exists():
                raise ClientError(
                    f"{job.memory}: there is no such memory; `translator memory import` makes one"
                )
            memory = stack.enter_context(Memory(job.memory))
            revision, view = memory.revision(), memory.view(job.source, job.target)
            fuzzy = Fuzzy(view.all(), job.fuzzy) if job.fuzzy else None
            units = RememberedUnits(units, view, fuzzy)
        elif job.fuzzy:
            raise ClientError("fuzzy: needs a --memory to look into")
        options = job.model_dump_json(exclude=_NOT_IN_KEY)
        yield OpenedJob(units, lambda: key_of(stored_key(), options, revision), view)


def _num_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _default_store() -> Path:
    try:
        return user_cache_path("translator") / "translations.db"
    except RuntimeError:
        raise ConfigError("store: this user has no home; name a file, or keep nothing") from None


@contextmanager
def _stored_units(
    job: JobConfig, *, keeps: bool, is_alone: bool
) -> Iterator[tuple[UnitTranslator, Callable[[], bytes]]]:
    """What translates, with the store that it shares with other jobs, and its key."""
    if job.address and job.models:
        raise ClientError("models: are for this process; --address names a running server")
    if job.glossaries and not job.address:
        raise ClientError(
            "glossaries: are a server's, which --address names; in this process --glossary names a "
            "file"
        )
    if job.glossaries and job.source == "und":
        raise ClientError("glossaries: need the texts' language; name it with --from")
    login = Login(job.tls, job.ca, job.cert, job.key, job.access_key)
    if login != Login() and not job.address:
        raise ClientError("tls, ca, cert, key, access_key: are for the servers of --address")
    terms = None
    if job.glossary is not None:
        terms = read_entries(job.glossary, job.source, job.target)
    settings = UnitSettings(
        job.source, job.target, job.model, terms, not job.wrapped, job.glossaries
    )
    with ExitStack() as stack:
        store = None
        if keeps:
            path = job.store or _default_store()
            store = stack.enter_context(Store(path, max_bytes=job.store_size))
        units: UnitTranslator
        if job.address:
            # It loads what a client needs.
            from translator.jobs.remote_units import RemoteUnits

            units = remote = RemoteUnits(job.address, settings, login)
            # Also where nothing is kept: a server that is not there is told at once.
            fingerprint = remote.fingerprint()

            def find_fingerprint() -> str:
                return fingerprint

        else:
            given: dict[str, Any] = {"models": job.models} if job.models else {}
            limits = {"limits": {"max_text_length": _MAX_TEXT_LENGTH}}
            config = load_config(None, given | limits)
            if is_alone and "threads" not in config.model_fields_set:
                config = config.model_copy(update={"threads": min(_num_cpus(), _MOST_THREADS)})
            route = job.source, job.target, job.model

            @cache
            def translator() -> "Translator":
                # It takes seconds to import what models need.
                from translator.local import Translator

                return stack.enter_context(Translator(config))

            units = LocalUnits(translator, settings, store)

            def find_fingerprint() -> str:
                def compute() -> str:
                    return translator().fingerprint(*route)

                return remembered_fingerprint(store, config, route, compute) if store else compute()

        @cache
        def key() -> bytes:
            return settings.key(find_fingerprint())

        yield (units if store is None else StoredUnits(units, store, key())), key
