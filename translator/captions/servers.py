"""The translator servers that a gateway is a client of."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from translator.captions.pairs import Pairs
from translator.client import AsyncTranslatorClient, Model
from translator.client.login import Login
from translator.errors import ConfigError, TranslatorError

__all__ = ["Servers", "connected_servers"]

_log = logging.getLogger(__name__)

_NO_LOGIN = Login()
_REFRESH_S = 60.0
_RETRY_S = 2.0


def _make_client(addresses: Sequence[str], login: Login) -> AsyncTranslatorClient:
    """The one place where a channel to the servers is made."""
    options: list[tuple[str, str]] = []
    if len(addresses) > 1:
        # The target is numbers then; the certificates are for the name.
        host = addresses[0].rpartition(":")[0].strip("[]")
        options = [("grpc.default_authority", host), ("grpc.ssl_target_name_override", host)]
    return AsyncTranslatorClient(
        _channel_target(addresses), channel_options=options, **login.arguments()
    )


def _channel_target(addresses: Sequence[str]) -> str:
    """One target for gRPC, which goes to the next address when one does not answer.

    Raises:
        ConfigError: A name cannot be resolved, or is not HOST:PORT.
    """
    if len(addresses) == 1:
        return addresses[0]
    resolved = []
    for address in addresses:
        host, _, port = address.rpartition(":")
        try:
            found = socket.getaddrinfo(
                host.strip("[]"), int(port), socket.AF_INET, socket.SOCK_STREAM
            )
        except (ValueError, OSError) as error:
            raise ConfigError(f"address: {address} cannot be resolved: {error}") from error
        resolved += [f"{ip!s}:{port}" for *_, (ip, *_) in found]
    return f"ipv4:{','.join(resolved)}"


class Servers:
    """The client for all rooms, and what the servers can translate.

    Attributes:
        client: The client.
        pairs: What can be translated; empty until a server has answered.
    """

    def __init__(self, client: AsyncTranslatorClient) -> None:
        self.client = client
        self.pairs = Pairs()
        self._on_change: list[Callable[[], None]] = []

    def on_change(self, call: Callable[[], None]) -> None:
        """Have something called whenever other pairs are there."""
        self._on_change.append(call)

    def forget(self, call: Callable[[], None]) -> None:
        """Call it no more."""
        self._on_change.remove(call)

    async def refresh(self) -> None:
        """Ask once what there is.

        Raises:
            TranslatorError: No server answered.
        """
        self.learn((await self.client.list_models(timeout_s=10.0)).models)

    def learn(self, models: Sequence[Model]) -> None:
        """Take it that these are the models that there are."""
        found = {(pair.source, pair.target) for model in models for pair in model.pairs}
        before, self.pairs = self.pairs, Pairs(found)
        if before.__dict__ != self.pairs.__dict__:
            for call in list(self._on_change):
                call()

    async def keep_fresh(self) -> None:
        """Ask again and again."""
        while True:
            try:
                await self.refresh()
            except TranslatorError as error:
                _log.warning("the servers do not say what they have: %s", error.reason)
            await asyncio.sleep(_REFRESH_S if self.pairs else _RETRY_S)


@asynccontextmanager
async def connected_servers(
    addresses: Sequence[str], login: Login = _NO_LOGIN
) -> AsyncIterator[Servers]:
    """The servers at these addresses. They may come and go; nothing is waited for.

    Args:
        addresses: ``HOST:PORT`` of each. Their certificates are for the first one's name.
        login: How they and the gateway know each other.

    Raises:
        ConfigError: A name cannot be resolved, or a file of the login cannot be used.
    """
    async with _make_client(addresses, login) as client:
        servers = Servers(client)
        fresh = asyncio.create_task(servers.keep_fresh())
        try:
            yield servers
        finally:
            fresh.cancel()
            await asyncio.gather(fresh, return_exceptions=True)
