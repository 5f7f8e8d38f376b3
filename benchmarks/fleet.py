"""Two servers in processes of their own, behind Envoy, and wires between that can be cut."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import trustme
import yaml

from translator.client import tls_credentials

__all__ = ["Fleet", "Server", "Wire", "envoy", "fleet", "free_port"]

ENVOY_CONFIG = Path(__file__).parents[1] / "deploy" / "envoy" / "envoy.yaml"
_START_S = 60.0
_LOOK_S = 0.05


class Wire:
    """Passes bytes on to a port of this machine, unless it is cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_silent = False
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        """Take connections, at the same port each time."""
        self._is_silent = False
        self._server = await asyncio.start_server(self._handle, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break all connections, and refuse others."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    def silence(self) -> None:
        """Let nothing pass, and tell nobody; new connections are taken."""
        self._is_silent = True

    async def speak(self) -> None:
        """Be as new after a silence: what was lost meanwhile breaks the connections there were."""
        await self.cut()
        await self.open()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, to_writer}
        self._writers |= both
        await asyncio.gather(self._pump(reader, to_writer), self._pump(to_reader, writer))
        self._writers -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if not self._is_silent:
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()


class Server:
    """A server in a process of its own, always at the same port."""

    def __init__(self, options: Sequence[str], limits: Mapping[str, int] | None = None) -> None:
        self.port = free_port()
        self.wire = Wire(self.port)
        self._options = options
        self._limits = {
            f"TRANSLATOR_LIMITS__{name.upper()}": str(value)
            for name, value in (limits or {}).items()
        }
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TRANSLATOR_")}
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "translator", "serve", "--port", str(self.port)),
            *self._options,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=clean | self._limits,
        )
        if self.process.stdout is None or not await self.process.stdout.readline():
            raise RuntimeError("a server did not start")

    def signal(self, number: int) -> None:
        """Send a signal to it."""
        if self.process is not None:
            self.process.send_signal(number)

    def kill_worker(self) -> None:
        """End the worker that has the connections, as the kernel does it where memory is short."""
        if self.process is None:
            return
        # gRPC's sockets speak both versions.
        tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]
        lines = [line.split() for table in tables for line in table.splitlines()[1:]]
        ours = f":{self.port:04X}"
        inodes = {line[9] for line in lines if line[1].endswith(ours) and line[3] == "01"}
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")

        def connections(pid: str) -> int:
            links = [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
            return sum(link[8:-1] in inodes for link in links if link.startswith("socket:"))

        os.kill(int(max(children.read_text().split(), key=connections)), signal.SIGKILL)

    async def ended(self) -> None:
        """Wait until it has ended."""
        if self.process is not None:
            await self.process.wait()

    async def close(self) -> None:
        """End it, whatever state it is in."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self.wire.cut()


@dataclass(slots=True)
class Fleet:
    """Servers behind Envoy.

    Attributes:
        address: Of Envoy.
        admin: Of Envoy's own page, a port.
        ca: File with the authority of its certificate.
    """

    address: str
    admin: int
    ca: Path
    servers: list[Server]

    def credentials(self) -> grpc.ChannelCredentials:
        """What a client connects with."""
        return tls_credentials(ca=self.ca)

    async def healthy(self, count: int) -> None:
        """Wait until Envoy finds so many servers healthy."""
        url = f"http://127.0.0.1:{self.admin}/clusters"
        async with asyncio.timeout(_START_S):
            while await asyncio.to_thread(_healthy, url) != count:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_S)


def _healthy(url: str) -> int:
    """How many servers Envoy finds healthy, as its page says."""
    try:
        with urllib.request.urlopen(url) as page:  # noqa: S310
            return int(page.read().count(b"::health_flags::healthy"))
    except OSError:
        return 0


def envoy() -> str | None:
    """The Envoy binary: beside this Python, or on the path; None if there is none."""
    beside = Path(sys.executable).with_name("envoy")
    return str(beside) if beside.exists() else shutil.which("envoy")


def _configured(ports: Sequence[int], port: int, admin: int, folder: Path) -> str:
    """The shipped config with the addresses and files of this machine."""
    text = ENVOY_CONFIG.read_text(encoding="utf-8").replace("/etc/translator", str(folder))
    whole = yaml.safe_load(text)
    here = {"socket_address": {"address": "127.0.0.1"}}
    resources = whole["static_resources"]
    resources["listeners"][0]["address"] = _at(here, port)
    whole["admin"]["address"] = _at(here, admin)
    resources["clusters"][0]["load_assignment"]["endpoints"] = [
        {"lb_endpoints": [{"endpoint": {"address": _at(here, each)}} for each in ports]}
    ]
    return yaml.safe_dump(whole)


def _at(address: dict[str, Any], port: int) -> dict[str, Any]:
    return {"socket_address": {**address["socket_address"], "port_value": port}}


@asynccontextmanager
async def fleet(
    binary: str, folder: Path, *options: str, count: int = 2, **limits: int
) -> AsyncIterator[Fleet]:
    """Servers behind Envoy, all of them healthy.

    Args:
        binary: Envoy.
        folder: Where to write its certificate and its config.
        options: Of ``translator serve``.
        count: How many servers.
        limits: Settings of the servers' table ``limits``.
    """
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    (folder / "server.pem").write_bytes(b"".join(p.bytes() for p in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(folder / "server.key")
    servers = [Server(options, limits) for _ in range(count)]
    async with AsyncExitStack() as stack:
        for server in servers:
            stack.push_async_callback(server.close)
            await server.wire.open()
        await asyncio.gather(*(server.start() for server in servers))
        port, admin = free_port(), free_port()
        config = folder / "envoy.yaml"
        ports = [server.wire.port for server in servers]
        config.write_text(_configured(ports, port, admin, folder), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *(binary, "--config-path", str(config), "--concurrency", "1"),
            *("--use-dynamic-base-id", "--log-level", "error"),
        )
        stack.push_async_callback(process.wait)
        stack.callback(process.kill)
        all_of_them = Fleet(f"localhost:{port}", admin, folder / "ca.pem", servers)
        await all_of_them.healthy(count)
        yield all_of_them


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
