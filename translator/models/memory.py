"""How much memory there is for models, and how it is given back."""

import ctypes
import gc
import os
import weakref
from pathlib import Path
from typing import Any

import torch

__all__ = ["default_limit", "give_memory_back", "trim"]

# A share of all memory; the rest is for requests, loading, and everything else.
_SHARE = 0.75
# Where Linux says what a container may take, in version 2 and 1 of control groups.
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def default_limit(device: str, processes: int) -> int:
    """How much memory each of some processes may use for models: a share of the machine's or GPU's.

    In a container it is a share of the container's limit.
    """
    if device.startswith("cuda"):
        total = torch.cuda.get_device_properties(device).total_memory
    else:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        for path in _CGROUP_LIMITS:
            if path.is_file() and (limit := path.read_text("ascii").strip()).isdigit():
                total = min(total, int(limit))
    return int(total * _SHARE) // processes


def give_memory_back(gone: "weakref.ref[Any]") -> None:
    """Return the memory of a dropped model to the system; this takes a moment."""
    if gone() is not None:
        # A server freezes what it has once it has started: see translator.cli.running.
        was_frozen = gc.get_freeze_count() > 0
        gc.unfreeze()
        gc.collect()
        if was_frozen:
            gc.freeze()
    torch.cuda.empty_cache()
    trim()


def trim() -> None:
    """Make the C library return the free memory that it keeps."""
    try:
        # glibc keeps freed memory for itself until it is asked.
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        # Another C library.
        return
