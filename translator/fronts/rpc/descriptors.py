"""The messages of other services' protocols, apart from all others in the process."""

from pathlib import Path
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

__all__ = ["service_in"]


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
