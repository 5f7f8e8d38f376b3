"""The memory that models are in: how much there is, and how it is given back."""

import ctypes
import gc
import os
import weakref
from pathlib import Path
from typing import Any

import torch

__all__ = ["default_limit", "give_memory_back", "trim"]

# Of the memory there is; the rest is for requests, for loading, and for everything else.
_SHARE = 0.75
# Where Linux says what a container may take, in version 2 and 1 of control groups.
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def default_limit(device: str, processes: int) -> int:
    """What each of some processes gives to models: a share of the machine's memory, or the GPU's.

    In a container it is a share of what that may take.
    """
    if device.startswith("cuda"):
        there_is = torch.cuda.get_device_properties(device).total_memory
    else:
        there_is = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        for path in _CGROUP_LIMITS:
            if path.is_file() and (limit := path.read_text("ascii").strip()).isdigit():
                there_is = min(there_is, int(limit))
    return int(there_is * _SHARE) // processes


def give_memory_back(gone: "weakref.ref[Any]") -> None:
    """Return what a model has left behind to the system; it takes a moment."""
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
    """Return to the system what the C library keeps of memory that is free."""
    try:
        # glibc keeps freed memory for itself until it is asked.
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        # Another C library.
        return
