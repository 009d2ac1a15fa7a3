"""Logarithms of many numbers at once, bits, and sums that only ever add."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Below this a power or a length is no number of a market; its logarithm is never asked for.
SMALLEST = 1e-300
_MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
_EXPONENT_BITS = np.uint64(52)
# The bits of sqrt(1/2): what lies above belongs to the next power of two.
_HALF_ROOT = np.uint64(0x3FE6A09E667F3BCD)
_BIAS = np.uint64(1023 << 52)
# 2**52 as a number: or-ing a small integer into its last bits makes the float 2**52 + integer.
_MAGIC = np.uint64(0x4330000000000000)
_MAGIC_VALUE = 4503599627370496.0 + 1023.0
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@intrinsic
def _bits_of(typing_context: Any, value: Any) -> Any:  # noqa: ANN401, ARG001 (numba's own signature)
    """Return the 64 bits of a float as an integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401, ARG001
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(types.float64), generate


@intrinsic
def _float_of(typing_context: Any, bits: Any) -> Any:  # noqa: ANN401, ARG001
    """Return the float that has these 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401, ARG001
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), generate


@intrinsic
def count_bits(typing_context: Any, word: Any) -> Any:  # noqa: ANN401, ARG001
    """Return how many bits of a word are set, in one machine instruction."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401, ARG001
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@njit(inline="always", error_model="numpy")
def log_of(value: float) -> float:
    """Natural logarithm of a number of at least `SMALLEST`, to one unit in the last place.

    Without a branch or a call, so that a loop over an array becomes a loop over vector registers. The
    number is z 2^k with z in [sqrt(1/2), sqrt(2)); with s = (z - 1) / (z + 1), ln z = 2 artanh s.
    """
    bits = _bits_of(value)
    # Exponent plus bias, as a float, without a conversion between integers and floats.
    shifted = (bits - _HALF_ROOT + _BIAS) >> _EXPONENT_BITS
    k = _float_of(_MAGIC | shifted) - _MAGIC_VALUE
    z = _float_of(((bits - _HALF_ROOT) & _MANTISSA) + _HALF_ROOT)
    f = z - 1.0
    s = f / (2.0 + f)
    s2 = s * s
    # 2 artanh(s) = 2 s + s s2 (2/3 + 2/5 s2 + ...): the minimax coefficients of Sun's fdlibm (1993).
    tail = s2 * (
        6.666666666666735130e-01
        + s2
        * (
            3.999999999940941908e-01
            + s2
            * (
                2.857142874366239149e-01
                + s2
                * (
                    2.222219843214978396e-01
                    + s2
                    * (
                        1.818357216161805012e-01
                        + s2 * (1.531383769920937332e-01 + s2 * 1.479819860511658591e-01)
                    )
                )
            )
        )
    )
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + tail) + k * _LN2_LOW)) - f)


@njit(cache=True, error_model="numpy")
def logs(values: Array, result: Array) -> None:
    """Write ln(max(value, SMALLEST)) of every value."""
    for i in range(values.size):
        result[i] = log_of(max(values[i], SMALLEST))


@njit(cache=True, error_model="numpy")
def strided_sums(values: Array, stride: int, n_terms: int, result: Array) -> None:
    """Write values[i] + values[i + stride] + ... of `n_terms` terms, for every i they fit behind.

    The positions are cut into blocks of `n_terms` per residue class; a sum is the end of one block and
    the beginning of the next. So nothing is ever subtracted: what has left the sum leaves no rounding.
    """
    n, block = values.size, stride * n_terms
    n_sums = n - stride * (n_terms - 1)
    if n_sums <= 0:
        return
    ends = values.copy()
    begins = values.copy()
    for first in range(0, n, block):
        last = min(first + block, n)
        for i in range(first + stride, last):
            begins[i] += begins[i - stride]
        for i in range(last - stride - 1, first - 1, -1):
            ends[i] += ends[i + stride]
    reach = block - stride
    for first in range(0, n_sums, block):
        # Those that start in the first `stride` places of a block are that block.
        whole = min(first + stride, n_sums)
        last = min(first + block, n_sums)
        for i in range(first, whole):
            result[i] = ends[i]
        for i in range(whole, last):
            result[i] = ends[i] + begins[i + reach]
