"""The first barrier a price touches, all rows in one pass: what `barriers.plain_exit` says of one."""

from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.base import BaseContext
from numba.core.typing import Signature
from numba.extending import intrinsic
from numpy.typing import NDArray

LOWER, TIME, UPPER, BOTH = range(4)
# Far below any tick, far above the noise of a product: a price exactly at a barrier touches it.
TOLERANCE = 1e-12
LANES = 8

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@intrinsic
def hit_among_eight(
    _typing: BaseContext, highs: types.Array, lows: types.Array, start: types.Integer, ceiling: types.Float,
    floor: types.Float,
) -> tuple[Signature, Callable[..., ir.Value]]:  # fmt: skip
    """Return the first k in 0 .. 7 with highs[start + k] >= ceiling or lows[start + k] <= floor, else 8.

    Two vector comparisons and a count of trailing zeros. LLVM vectorises no loop that may end
    early, and a processor guesses wrong where it ends: bar by bar that is half the time of a row.
    """
    lanes, index = ir.VectorType(ir.DoubleType(), LANES), ir.IntType(32)
    nothing, to_all = ir.Constant(lanes, ir.Undefined), ir.Constant(ir.VectorType(index, LANES), [0] * LANES)

    def generate(
        context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: list[ir.Value]
    ) -> ir.Value:
        def load(place: int) -> ir.Value:
            array = cgutils.create_struct_proxy(signature.args[place])(context, builder, arguments[place])
            first = builder.gep(array.data, [arguments[2]])
            prices = builder.load(builder.bitcast(first, lanes.as_pointer()))
            prices.align = 8
            return prices

        def spread(place: int) -> ir.Value:
            one = builder.insert_element(nothing, arguments[place], ir.Constant(index, 0))
            return builder.shuffle_vector(one, nothing, to_all)

        is_up = builder.fcmp_ordered(">=", load(0), spread(3))
        is_down = builder.fcmp_ordered("<=", load(1), spread(4))
        bits = builder.bitcast(builder.or_(is_up, is_down), ir.IntType(LANES))
        # A bit beyond the eight stands for "none".
        bits = builder.or_(builder.zext(bits, ir.IntType(64)), ir.Constant(ir.IntType(64), 1 << LANES))
        return builder.cttz(bits, ir.Constant(ir.IntType(1), 0))

    return types.int64(highs, lows, start, ceiling, floor), generate


@njit(cache=True, nogil=True)
def first_hit(highs: Floats, lows: Floats, first: int, last: int, ceiling: float, floor: float) -> np.int64:
    """Return the first bar of first .. last that reaches ceiling or floor, else last + 1."""
    # Unsigned: numba takes a signed index for one that may count from the end.
    bar, end = np.uint64(first), np.uint64(last + 1)
    lanes, one = np.uint64(LANES), np.uint64(1)
    while bar + lanes <= end:
        n_passed = hit_among_eight(highs, lows, bar, ceiling, floor)
        if n_passed < LANES:
            return np.int64(bar) + n_passed
        bar += lanes
    while bar < end and highs[bar] < ceiling and lows[bar] > floor:
        bar += one
    return np.int64(bar)


@njit(cache=True, nogil=True)
def first_touch(
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, rows: Integers,
    width: Floats, side: Floats, upper: float, lower: float, horizon: int,
) -> tuple[Integers, NDArray[np.int8], Floats]:  # fmt: skip
    """Return the bar of the exit, the barrier touched and the return of the position, per row of `rows`.

    `highs` and `lows` contain the opens: a bar that opens beyond a barrier also touches it.
    """
    exits = np.empty(rows.size, np.int64)
    touched = np.empty(rows.size, np.int8)
    returns = np.empty(rows.size)
    outcomes = np.empty(2)
    for i in range(rows.size):
        t = rows[i]
        entry, is_long = opens[t + 1], side[t] > 0
        gain, loss = upper * width[t], lower * width[t]
        ceiling = entry * (1.0 + (gain if is_long else loss)) * (1.0 - TOLERANCE)
        floor = entry * (1.0 - (loss if is_long else gain)) * (1.0 + TOLERANCE)
        j = first_hit(highs, lows, t + 1, t + horizon, ceiling, floor)
        if j > t + horizon:
            exits[i], touched[i] = t + horizon, TIME
            returns[i] = side[t] * (closes[t + horizon] / entry - 1.0)
            continue
        exits[i] = j
        # The entry bar's own open is the entry, between the barriers: it never opens beyond one.
        if (opens[j] >= ceiling) | (opens[j] <= floor):
            touched[i] = UPPER if (opens[j] >= ceiling) == is_long else LOWER
            returns[i] = side[t] * (opens[j] / entry - 1.0)
            continue
        is_up, is_down = highs[j] >= ceiling, lows[j] <= floor
        is_both, is_gain = is_up & is_down, (is_up != is_down) & (is_up == is_long)
        # Looked up, not branched on: which side comes first is a coin toss, and a wrong guess is dear.
        touched[i] = LOWER + (UPPER - LOWER) * is_gain + (BOTH - LOWER) * is_both
        outcomes[0], outcomes[1] = -loss, gain
        returns[i] = outcomes[np.uint64(is_gain)]
    return exits, touched, returns
