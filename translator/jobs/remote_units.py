"""Translates the units of a job with servers."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from queue import SimpleQueue

from translator.client import BatchItem, BatchResult, TranslatorClient
from translator.client.login import Login
from translator.errors import MarkupNotKeptError, OperatorError
from translator.jobs.settings import MIME_TYPES, UnitSettings
from translator.jobs.units import Origin, Unit, UnitResult

__all__ = ["RemoteUnits"]

# Units that a server has at once. It gives less credit if it wants to.
_WINDOW = 512
# Letters are not needed to see which model a server has.
_PROBE = "…"
# A server may have to load a model first.
_PROBE_S = 30.0
_ORIGINS = {"memory": Origin.MEMORY, "source": Origin.NONE}


class RemoteUnits:
    """A ``UnitTranslator`` that shares units between servers, whichever is the quickest.

    What a server that went away has not answered, is asked of it again when it is back.

    Args:
        addresses: The servers.
        settings: How units are translated.
        login: How this client and the servers know each other.
        patience_s: How long a server may be away.
    """

    def __init__(
        self,
        addresses: Iterable[str],
        settings: UnitSettings,
        login: Login = Login(),  # noqa: B008
        *,
        patience_s: float = 600.0,
    ) -> None:
        self._login = login
        self._addresses = tuple(addresses)
        self._settings = settings
        self._patience_s = patience_s

    def fingerprint(self) -> str:
        """What translations depend on besides text and options, as the servers say.

        Raises:
            OperatorError: The servers have different models.
            TranslatorError: One does not translate the pair, or cannot be reached.
        """
        found = {address: self._fingerprint_of(address) for address in self._addresses}
        first, *others = found
        for other in others:
            if found[other] != found[first]:
                raise OperatorError(
                    f"{first} and {other} have different models or glossaries; a job needs the "
                    "same on all"
                )
        return found[first]

    def _fingerprint_of(self, address: str) -> str:
        settings = self._settings
        with TranslatorClient(address, **self._login.arguments()) as client:
            if settings.source == "und":
                models = client.list_models(timeout_s=_PROBE_S).models
                return "+".join(sorted(model.fingerprint for model in models))
            [probe] = client.translate(
                [_PROBE],
                source=settings.source,
                target=settings.target,
                model=settings.model,
                glossaries=settings.glossaries,
                timeout_s=_PROBE_S,
            )
            if probe.error is not None:
                raise probe.error
            return probe.fingerprint

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """See ``UnitTranslator.translate``."""
        servers = _Servers(self._addresses, self._settings, self._login, self._patience_s)
        waiting: deque[int] = deque()
        try:
            for number, unit in enumerate(units):
                waiting.append(number)
                if unit.text:
                    servers.send(number, unit)
                    while servers.are_full:
                        servers.receive()
                else:
                    # It waits for nothing that comes after it.
                    servers.results[number] = UnitResult("")
                    while servers.num_due:
                        servers.receive()
                while waiting and waiting[0] in servers.results:
                    yield servers.results.pop(waiting.popleft())
            while waiting:
                while waiting[0] not in servers.results:
                    servers.receive()
                yield servers.results.pop(waiting.popleft())
        finally:
            servers.close()


class _Servers:
    """Batches with servers, each in a thread of its own."""

    def __init__(
        self,
        addresses: tuple[str, ...],
        settings: UnitSettings,
        login: Login,
        patience_s: float,
    ) -> None:
        self._login = login
        self.results: dict[int, UnitResult] = {}
        self._addresses = addresses
        self._settings = settings
        self._patience_s = patience_s
        self._terms = list(settings.glossary or {})
        self._lanes: dict[tuple[str, tuple[str, ...]], _Lane] = {}
        self._arrived: SimpleQueue[tuple[_Lane, BatchResult | Exception]] = SimpleQueue()

    @property
    def num_due(self) -> int:
        """Units without a result."""
        return sum(lane.num_due for lane in self._lanes.values())

    @property
    def are_full(self) -> bool:
        """Whether all servers have as much as they should."""
        return self.num_due >= _WINDOW * len(self._addresses)

    def send(self, number: int, unit: Unit) -> None:
        """Give a unit to the server that has the least."""
        lanes = [self._lane(address, unit.templates) for address in self._addresses]
        min(lanes, key=lambda lane: lane.num_due).send(number, unit)

    def _lane(self, address: str, templates: tuple[str, ...]) -> "_Lane":
        key = address, templates
        if key not in self._lanes:
            self._lanes[key] = _Lane(
                *key, self._settings, self._login, self._patience_s, self._arrived
            )
        return self._lanes[key]

    def receive(self) -> None:
        """Wait for a result.

        Raises:
            TranslatorError: A server can translate nothing more.
        """
        lane, found = self._arrived.get()
        if isinstance(found, Exception):
            raise found
        lane.num_due -= 1
        self.results[int(found.item.id)] = _result(found, self._terms)

    def close(self) -> None:
        """End the batches; what is due is given up."""
        for lane in self._lanes.values():
            lane.close()


class _Lane:
    """A batch with one server."""

    def __init__(
        self,
        address: str,
        templates: tuple[str, ...],
        settings: UnitSettings,
        login: Login,
        patience_s: float,
        arrived: "SimpleQueue[tuple[_Lane, BatchResult | Exception]]",
    ) -> None:
        self.num_due = 0
        self._address = address
        self._templates = templates
        self._settings = settings
        self._login = login
        self._patience_s = patience_s
        self._arrived = arrived
        self._items: SimpleQueue[BatchItem | None] = SimpleQueue()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="translator-job", daemon=True)
        self._thread.start()

    def send(self, number: int, unit: Unit) -> None:
        self.num_due += 1
        self._items.put(BatchItem(unit.text, str(number), mime_type=MIME_TYPES[unit.kind]))

    def close(self) -> None:
        """End the batch and its thread."""
        self._closed.set()
        self._items.put(None)
        self._thread.join()

    def _run(self) -> None:
        settings = self._settings
        try:
            with (
                TranslatorClient(self._address, **self._login.arguments()) as client,
                client.batch(
                    iter(self._items.get, None),
                    source=settings.source,
                    target=settings.target,
                    model=settings.model,
                    glossary=settings.glossary or {},
                    glossaries=settings.glossaries,
                    preserve_lines=settings.preserve_lines,
                    markup=self._templates,
                    resume_timeout_s=self._patience_s,
                ) as results,
            ):
                for result in results:
                    if self._closed.is_set():
                        return
                    self._arrived.put((self, result))
        except Exception as error:
            self._arrived.put((self, error))


def _result(result: BatchResult, terms: Sequence[str]) -> UnitResult:
    translation, error = result.translation, result.error
    # What stays as it is has no translation; what only lacks something has one.
    if isinstance(error, MarkupNotKeptError) or (error is not None and not translation.text):
        return UnitResult(None, Origin.NONE, error.reason, error.message)
    return UnitResult(
        translation.text,
        _ORIGINS.get(result.origin, Origin.ENGINE),
        issues=tuple(issue.kind for issue in translation.quality_issues),
        terms=tuple(
            (f"{use.glossary}:{use.entry}" if use.glossary else terms[use.entry], use.how)
            for use in translation.terms
        ),
    )
