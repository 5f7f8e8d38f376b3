"""A device that cannot be used is a sentence."""

import pytest
import torch

from translator.errors import ConfigError
from translator.models.device import check_device

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("device", ["gpu", "", "cuda:", "cuda:x", "cpu:0", "CUDA"])
def test_a_device_that_is_none_says_what_is_allowed(device: str) -> None:
    with pytest.raises(ConfigError, match=r"^device: .* allowed: cpu, cuda, cuda:1"):
        check_device(device)


def test_a_build_for_cpus_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    check_device("cpu")
    for device in ("cuda", "cuda:1"):
        with pytest.raises(ConfigError, match=f"^device: {device} needs a PyTorch with CUDA; "):
            check_device(device)


@pytest.mark.parametrize(
    ("count", "device", "says"),
    [(0, "cuda", "finds no CUDA device"), (2, "cuda:2", "finds cuda:0, cuda:1")],
)
def test_a_device_that_is_not_there_says_which_are(
    monkeypatch: pytest.MonkeyPatch, count: int, device: str, says: str
) -> None:
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    with pytest.raises(ConfigError, match=says):
        check_device(device)


def test_one_that_is_there_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check_device("cuda")
    check_device("cuda:1")
