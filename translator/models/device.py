"""Checks whether a device can be used, and says why if not."""

import re

import torch

from translator.errors import ConfigError

__all__ = ["check_device"]

_DEVICE = re.compile(r"cpu|cuda(?::(\d+))?")


def check_device(device: str) -> None:
    """Raise ConfigError if models cannot run on ``device``."""
    match = _DEVICE.fullmatch(device)
    if match is None:
        raise ConfigError(f"device: {device!r} is not allowed; allowed: cpu, cuda, cuda:1, …")
    if device == "cpu":
        return
    if not torch.backends.cuda.is_built():  # type: ignore[no-untyped-call]
        raise ConfigError(
            f"device: {device} needs a PyTorch with CUDA; {torch.__version__} is installed, "
            "a build for CPUs"
        )
    count = torch.cuda.device_count()
    if int(match[1] or 0) >= count:
        found = ", ".join(f"cuda:{index}" for index in range(count)) or "no CUDA device"
        raise ConfigError(f"device: {device} is not there; PyTorch finds {found}")
