"""The messages of other services' protocols, apart from all others in the process."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import Default, DescriptorPool

__all__ = ["reflected", "service_in"]


def service_in(file: Path) -> ServiceDescriptor:
    """The service in a file of descriptors, which ``make protos`` writes.

    Its messages are in a pool of their own: those that the protocol's own client brings have the
    same names, and both may be in one process.
    """
    pool: Any = DescriptorPool()
    [described] = FileDescriptorSet.FromString(file.read_bytes()).file
    pool.Add(described)
    [service] = described.service
    found: ServiceDescriptor = pool.FindServiceByName(f"{described.package}.{service.name}")
    return found


class _Pools:
    """Several pools as one, which can only be looked into."""

    def __init__(self, pools: Iterable[Any]) -> None:
        self._pools = list(pools)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def find(*what: Any) -> Any:
            for pool in self._pools:
                with suppress(KeyError):
                    return getattr(pool, name)(*what)
            raise KeyError(what)

        return find


def reflected(services: Iterable[ServiceDescriptor]) -> Any:
    """A pool for reflection, which knows these services besides those that all others know.

    Args:
        services: Each in a pool of its own, which goes before that of the process.
    """
    return _Pools([*(service.file.pool for service in services), Default()])
