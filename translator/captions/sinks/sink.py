"""One destination: what it is sent, and the task that sends it."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from translator.captions.presets import PRESETS
from translator.captions.sinks.feed import Feed
from translator.captions.sinks.transport import SinkError, Transport

__all__ = ["KINDS", "SeqStore", "Sink", "make_sink"]

_log = logging.getLogger(__name__)

KINDS = ("file", "obs", "teams", "vmix", "webhook", "youtube", "zoom")

# What is left at the end is sent for so long, in seconds.
_END_S = 5.0


class SeqStore:
    """Remembers on disk which number each destination was sent last.

    Args:
        path: A file of JSON; None remembers nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def get(self, key: str) -> int:
        """The last number of a destination; 0 if none is known."""
        return self._read().get(key, 0)

    def put(self, key: str, seq: int) -> None:
        """Remember a number. A disk that is full costs the memory of it, not the captions."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps(self._read() | {key: seq}), "utf-8")
            new.replace(self._path)
        except OSError as error:
            _log.warning("the numbers of destinations cannot be kept: %s", error.strerror)

    def _read(self) -> dict[str, int]:
        try:
            read = json.loads(self._path.read_text("utf-8")) if self._path is not None else {}
        except (OSError, ValueError):
            return {}
        if not isinstance(read, dict):
            return {}
        return {str(key): seq for key, seq in read.items() if isinstance(seq, int)}


class Sink:
    """A destination of captions in one language. Its task never holds up another's.

    Args:
        name: For people: the kind of destination.
        feed: What it is sent.
        transport: How.
        key: Names it in the store; without secrets.
        store: Where its numbers are kept.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        name: str,
        feed: Feed,
        transport: Transport,
        *,
        key: str = "",
        store: SeqStore | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.feed = feed
        self.num_sent = 0
        # The last failure; "" since a message arrived.
        self.error = ""
        self._transport = transport
        self._key = key
        self._store = store or SeqStore(None)
        self._clock = clock
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_ending = False

    def commit(self, text: str, *, speaker: str = "", closed: bool = False) -> None:
        """Add committed text; it is sent as the destination takes it."""
        self.feed.commit(text, self._now_ms, speaker=speaker, closed=closed)
        self._news.set()

    def start(self) -> None:
        """Send what is due, in a task of its own, until ``end``."""
        self._task = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Send what is left, for some seconds at most, and close the connection."""
        self.feed.end(self._now_ms)
        self._is_ending = True
        self._news.set()
        task = self._task or asyncio.create_task(self._run())
        try:
            await asyncio.wait({task}, timeout=_END_S)
            if not task.done():
                self.error = self.error or "the last lines did not arrive in time"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._transport.close()

    def switch(self, on: bool) -> None:
        """Send what is committed from now on, or nothing any more."""
        if on:
            self.error = ""
            self.feed.switch_on()
            if not self._is_ending and (self._task is None or self._task.done()):
                self.start()
        else:
            self.feed.switch_off("switched off by an operator")
        self._news.set()

    async def _run(self) -> None:
        try:
            await self._begin()
            while not (self._is_ending and self.feed.is_idle):
                await self._step()
        except Exception as error:
            # A bug: others go on, and an operator may switch it on again.
            _log.exception("%s ended unexpectedly", self.name)
            self.feed.switch_off(f"switched off by an error: {type(error).__name__}")

    async def _begin(self) -> None:
        """Find out which number comes next."""
        try:
            known = await self._transport.last_seq()
        except SinkError:
            # Whatever is wrong is told when a message does not arrive.
            known = 0
        self.feed.seq = max(self.feed.seq, known, self._store.get(self._key))

    async def _step(self) -> None:
        """Send what is due, or wait until something is."""
        self._news.clear()
        message = self.feed.due(self._now_ms)
        if message is None:
            wait_ms = self.feed.wait_ms(self._now_ms)
            try:
                async with asyncio.timeout(None if wait_ms is None else max(wait_ms, 1) / 1000):
                    await self._news.wait()
            except TimeoutError:
                pass
            return
        self._store.put(self._key, message.seq)
        try:
            await self._transport.send(message)
        except SinkError as error:
            self._fail(str(error))
        except asyncio.CancelledError:
            self.feed.failed(self._now_ms, "it was given up")
            raise
        except Exception as error:
            # A bug in a transport: others go on, and so does this one if it can.
            _log.exception("%s failed unexpectedly", self.name)
            self._fail(f"it failed unexpectedly: {type(error).__name__}")
        else:
            self.num_sent += 1
            self.error = ""
            self.feed.sent(self._now_ms)

    def _fail(self, why: str) -> None:
        self.error = why
        self.feed.failed(self._now_ms, why)
        if self.feed.off_reason:
            _log.warning("%s is %s", self.name, self.feed.off_reason)

    @property
    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def make_sink(spec: str, language: str, store: SeqStore | None = None) -> Sink:
    """Make the destination that ``KIND=WHERE`` names.

    Raises:
        ValueError: It names none.
    """
    kind, _, where = spec.partition("=")
    if kind not in KINDS or not where:
        raise ValueError(f"{kind!r} is not KIND=WHERE with one of {', '.join(KINDS)}")
    transport: Transport
    shows = kind == "vmix"
    # Only now: each needs a library of its own.
    if kind == "obs":
        from translator.captions.sinks.obs import Obs

        transport = Obs(where)
        shows = bool(transport.input)
    elif kind == "file":
        from translator.captions.sinks.text_file import TextFile

        transport = TextFile(Path(where))
    else:
        from translator.captions.sinks import http

        makers: dict[str, Callable[[str, str], Transport]] = {
            "teams": http.Teams,
            "vmix": http.VMix,
            "webhook": http.Webhook,
            "youtube": http.YouTube,
            "zoom": http.Zoom,
        }
        transport = makers[kind](where, language)
    preset = PRESETS.get(kind, PRESETS["general"])
    key = f"{kind}-{hashlib.sha256(where.encode()).hexdigest()[:16]}"
    return Sink(kind, Feed(preset, shows=shows, language=language), transport, key=key, store=store)
