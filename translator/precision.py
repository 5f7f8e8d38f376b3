"""The number formats that models run in."""

from typing import Literal, get_args

__all__ = ["PRECISIONS", "Precision"]

Precision = Literal["auto", "float32", "bfloat16", "float16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
