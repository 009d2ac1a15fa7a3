"""Whether stamps are those of the calendar: a comparison with bars that are known to be right."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.schema import infer_interval, interval_timedelta, stamps_ns
from topoquant.lib.errors import InputError, bad_input

Signs = NDArray[np.float32]

# Below this many common returns nothing can be said.
_LEAST_COMMON = 50
# Standard errors by which another shift must stand out: the largest of 4 million by chance is 5.6.
_CLEAR = 8.0
# By how much its agreement must exceed the one of the stamps as they are.
_MORE = 2.0
# Steps that are compared, and the largest shift: two years of minutes.
_MOST_STEPS = 1 << 20
# Parts that are compared by themselves, for a shift that not all rows share: as many at most, of
# as many steps at least.
_MOST_PARTS = 16
_SHORTEST_PART = 1024


@dataclass(frozen=True, kw_only=True)
class _Shift:
    """The shift at which signs agree best, in steps from the stamps, and how well.

    Attributes
    ----------
    n_steps : int
        0 where they agree best as stamped.
    agreement, as_stamped : float
        In [-1, 1], at that shift and at none.
    n_stamped : int
        Returns that both have as stamped.
    is_clear : bool
        Whether it is another than 0 and stands out.
    """

    n_steps: int
    agreement: float
    as_stamped: float
    n_stamped: int
    is_clear: bool


def check_stamps(bars: pd.DataFrame, reference: pd.DataFrame, interval: str) -> dict[str, object]:
    """Refuse stamps that are shifted against those of a reference.

    Coins rise and fall together within the same minute. The signs of both markets' returns are
    compared at every shift between them; agreement is the mean product of signs, 1 where they
    always agree. Stamps are refused when some shift other than 0 agrees at least twice as well
    and by more than 8 standard errors; so they are for each of up to 16 parts of 1,024 bars or
    more, since stamps may be wrong in summer alone or in one of two joined files. A one-bar shift
    (stamps of the close) shows as well as hours of a time zone or years of wrong dates, from some
    five hundred bars on for coins that agree by .4. Where the markets do not move together at all
    nothing shows; the agreement returned says so.

    Parameters
    ----------
    bars : DataFrame, shape (n, any)
        One symbol's clean bars.
    reference : DataFrame, shape (m, any)
        Bars in time order whose stamps are right: of another coin, or of the same one from
        another source. `open_time`, `close` and, if there, `symbol` are read. Their interval may
        be a multiple or a divisor of `interval`.
    interval : str
        Interval of `bars`.

    Returns
    -------
    dict
        reference (its name), n_common (returns that both have), agreement (in [-1, 1]).

    Raises
    ------
    InputError
        For shifted stamps, naming the shift; for fewer than 50 common returns, a reference
        without the columns, out of order, or of an interval that does not fit.

    Examples
    --------
    >>> from topoquant.lib.bars.synthetic import synthetic_bars
    >>> bars = synthetic_bars("noise", n_bars=500, seed=1, interval="1h").bars
    >>> check_stamps(bars, bars.assign(symbol="REF"), "1h")
    {'reference': 'REF', 'n_common': 499, 'agreement': 1.0}
    >>> late = bars.assign(open_time=bars["open_time"] + pd.Timedelta("9h"))
    >>> check_stamps(late, bars.assign(symbol="REF"), "1h")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: open_time must be in step with REF, got stamps that look shifted by
    +9 h (returns agree by 1.00 there, by ... as stamped): convert them to UTC open times, or check those
    of REF
    """
    name = _reference_name(reference)
    own, other = interval_timedelta(interval), interval_timedelta(infer_interval(reference))
    step, finer = max(own, other), min(own, other)
    if step % finer != pd.Timedelta(0):
        raise bad_input("reference", f"of {interval}, a multiple or a divisor", other, "resample it")
    coarse, width = (bars, own) if own >= other else (reference, other)
    phase = int((stamps_ns(coarse)[0] + width.value) % step.value)
    first, signs = _return_signs(bars, own, step, phase)
    reference_first, reference_signs = _return_signs(reference, other, step, phase)
    unshifted = (reference_first - first) // step.value
    start = max(0, len(signs) - _MOST_STEPS)
    signs, unshifted, first = signs[start:], unshifted - start, first + start * step.value
    near = slice(max(0, -unshifted - _MOST_STEPS), max(0, len(signs) - unshifted + _MOST_STEPS))
    reference_signs, unshifted = reference_signs[near], unshifted + near.start
    if len(signs) == 0 or len(reference_signs) == 0:
        raise _too_few(0, name)
    return _compare(signs, reference_signs, unshifted, first, step, name)


def _reference_name(reference: pd.DataFrame) -> str:
    """Return what to call a reference, refusing one that cannot be compared with."""
    absent = [column for column in ("open_time", "close") if column not in reference.columns]
    if absent:
        raise bad_input("reference", "bars with open_time and close", f"no {', '.join(absent)}", "add them")
    steps = np.diff(stamps_ns(reference))
    if (steps <= 0).any():
        raise bad_input("reference", "in time order, one bar per time", "other bars", "validate it first")
    return str(reference["symbol"].iloc[0]) if "symbol" in reference.columns else "the reference"


def _return_signs(
    bars: pd.DataFrame, width: pd.Timedelta, step: pd.Timedelta, phase: int
) -> tuple[int, Signs]:
    """Return signs of returns from step to step, 0 where a close is missing, and when the first begins."""
    known = stamps_ns(bars) + width.value
    first = int(known[0] + (phase - known[0]) % step.value)
    grid = np.arange(first, known[-1] + 1, step.value)
    row = np.searchsorted(known, grid, side="right") - 1
    # A close stands for the instant only while no later bar could have closed.
    closes = np.where(grid - known[row] < width.value, bars["close"].to_numpy(np.float64)[row], np.nan)
    return first, np.nan_to_num(np.sign(np.diff(closes))).astype(np.float32)


def _compare(
    signs: Signs, reference: Signs, unshifted: int, first: int, step: pd.Timedelta, name: str
) -> dict[str, object]:
    """Refuse signs that agree better at another shift than `unshifted`, as a whole or in a part."""
    whole = _best_shift(signs, reference, unshifted)
    if whole.is_clear:
        raise _shifted(whole, "", step, name)
    if whole.n_stamped < _LEAST_COMMON:
        raise _too_few(whole.n_stamped, name)
    length = max(_SHORTEST_PART, -(-len(signs) // _MOST_PARTS))
    # The last bars go with the part before them rather than alone.
    starts = range(0, max(1, len(signs) - length // 2), length)
    for start, stop in pairwise([*starts, len(signs)] if len(starts) > 1 else []):
        near = max(0, start - unshifted - length)
        part = _best_shift(
            signs[start:stop], reference[near : max(0, stop - unshifted + length)], unshifted + near - start
        )
        if part.is_clear:
            days = [pd.Timestamp(first + at * step.value, unit="ns", tz="UTC") for at in (start, stop)]
            raise _shifted(part, f" from {days[0]:%Y-%m-%d} to {days[1]:%Y-%m-%d}", step, name)
    return {"reference": name, "n_common": whole.n_stamped, "agreement": round(whole.as_stamped, 4)}


def _best_shift(signs: Signs, reference: Signs, unshifted: int) -> _Shift:
    """Find the shift at which the signs agree best, and how well they agree at `unshifted`."""
    if len(signs) == 0 or len(reference) == 0:
        return _Shift(n_steps=0, agreement=0.0, as_stamped=0.0, n_stamped=0, is_clear=False)
    shifts = np.arange(-len(reference) + 1, len(signs))
    n_common = np.rint(_cross_sums(np.abs(signs), np.abs(reference)))
    agreement = _cross_sums(signs, reference) / np.maximum(n_common, 1)
    # In standard errors of a mean of independent signs.
    clarity = np.where(n_common >= _LEAST_COMMON, agreement * np.sqrt(n_common), 0.0)
    best, at = int(np.argmax(clarity)), shifts == unshifted
    n_stamped = int(n_common[at].sum())
    as_stamped = float(agreement[at].sum()) if n_stamped >= _LEAST_COMMON else 0.0
    return _Shift(
        n_steps=int(shifts[best]) - unshifted,
        agreement=float(agreement[best]),
        as_stamped=as_stamped,
        n_stamped=n_stamped,
        is_clear=bool(
            shifts[best] != unshifted and clarity[best] > _CLEAR and agreement[best] > _MORE * as_stamped
        ),
    )


def _shifted(found: _Shift, where: str, step: pd.Timedelta, name: str) -> InputError:
    """Build the refusal of shifted stamps."""
    here = f"by {found.as_stamped:.2f} as stamped"
    if found.n_stamped < _LEAST_COMMON:
        here = f"{found.n_stamped} are common as stamped"
    shift = _shift_text(found.n_steps * step)
    got = f"stamps that look shifted by {shift}{where} (returns agree by {found.agreement:.2f} there, {here})"
    remedy = f"convert them to UTC open times, or check those of {name}"
    return bad_input("open_time", f"in step with {name}", got, remedy)


def _too_few(n_common: int, name: str) -> InputError:
    """Build the refusal of a reference with which nothing can be compared."""
    return bad_input(
        "reference",
        f"bars that share {_LEAST_COMMON} returns or more with the bars",
        f"{n_common} in common with {name}",
        "bring one of the same time, or leave it out",
    )


def _cross_sums(left: Signs, right: Signs) -> NDArray[np.float64]:
    """Return sum over j of left[j + k] * right[j] for every k from -(len(right) - 1) on."""
    n = len(left) + len(right) - 1
    size = 1 << (n - 1).bit_length()
    sums = np.fft.irfft(np.fft.rfft(left, size) * np.conj(np.fft.rfft(right, size)), size)
    return np.roll(sums, len(right) - 1)[:n]


def _shift_text(shift: pd.Timedelta) -> str:
    """Write a shift in the largest unit that divides it: +9 h, -1,096 days."""
    seconds = int(shift.total_seconds())
    sizes = {"days": 86_400, "h": 3_600, "min": 60, "s": 1}
    unit = next(name for name, size in sizes.items() if seconds % size == 0)
    return f"{seconds // sizes[unit]:+,} {unit}"
