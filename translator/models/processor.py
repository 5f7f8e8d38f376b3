"""What this machine can multiply bytes with."""

from importlib.util import find_spec

__all__ = ["cpu_features", "is_int8_faster", "runs_int8"]


def runs_int8() -> bool:
    """Whether kernels can be compiled here; numba has no release for some machines."""
    return find_spec("numba") is not None


# LLVM's names: of x86-64, where those with more have this too, ARM's dot product and I8MM.
_FAST = frozenset({"ssse3", "dotprod", "i8mm"})


def is_int8_faster() -> bool:
    """Whether eight bits are faster than float32: where a few instructions multiply many bytes.

    Measured with SSSE3, AVX2, AVX-VNNI and AVX-512 VNNI. On ARM one instruction multiplies and adds
    16 bytes instead of four floats. Other processors can run eight bits too, but how fast has not
    been measured.
    """
    return runs_int8() and not _FAST.isdisjoint(cpu_features())


def cpu_features() -> frozenset[str]:
    """LLVM's names for the processor's features; empty if it does not know the processor."""
    if find_spec("llvmlite") is None:
        return frozenset()
    from llvmlite.binding import get_host_cpu_features

    return frozenset(name for name, has in get_host_cpu_features().items() if has)
