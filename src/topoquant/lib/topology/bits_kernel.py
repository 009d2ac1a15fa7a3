"""Sets of points as bits of 64-bit words."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

ONE = np.uint64(1)
NONE = np.uint64(0)
FULL = np.uint64(0xFFFFFFFFFFFFFFFF)


@intrinsic
def lowest_bit(typing_context: Any, word: Any) -> Any:  # noqa: ANN401, ARG001 (numba's own signature)
    """Return the position of the lowest set bit of a word that is not 0, in one machine instruction."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401, ARG001
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@intrinsic
def highest_bit(typing_context: Any, word: Any) -> Any:  # noqa: ANN401, ARG001
    """Return the position of the highest set bit of a word that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401, ARG001
        zeros = builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))
        return builder.sub(ir.Constant(ir.IntType(64), 63), zeros)

    return types.int64(types.uint64), generate


@njit(inline="always")
def between(word: int, first: int, last: int) -> np.uint64:
    """Return the bits of word number `word` that stand for the positions first..last."""
    begin, end = word * 64, word * 64 + 63
    if first > end or last < begin:
        return NONE
    mask = FULL
    if first > begin:
        mask = mask << np.uint64(first - begin)
    if last < end:
        mask = mask & (FULL >> np.uint64(end - last))
    return mask


@njit(inline="always")
def bit_of(position: int) -> np.uint64:
    """Return the bit of a position within its word."""
    return ONE << np.uint64(position & 63)
