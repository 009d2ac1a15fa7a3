"""Whether stamps are those of the calendar: a comparison with bars that are known to be right."""

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


def check_stamps(bars: pd.DataFrame, reference: pd.DataFrame, interval: str) -> dict[str, object]:
    """Refuse stamps that are shifted against those of a reference.

    Coins rise and fall together within the same minute. The signs of both markets' returns are
    compared at every shift between them; agreement is the mean product of signs, 1 where they
    always agree. Stamps are refused when some shift other than 0 agrees at least twice as well
    and by more than 8 standard errors. A one-bar shift (stamps of the close) shows as well as
    hours of a time zone or years of wrong dates. Where the markets do not move together at all
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
    signs, unshifted = signs[start:], unshifted - start
    near = slice(max(0, -unshifted - _MOST_STEPS), max(0, len(signs) - unshifted + _MOST_STEPS))
    reference_signs, unshifted = reference_signs[near], unshifted + near.start
    if len(signs) == 0 or len(reference_signs) == 0:
        raise _too_few(0, name)
    return _compare(signs, reference_signs, unshifted, step, name)


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
    signs: Signs, reference: Signs, unshifted: int, step: pd.Timedelta, name: str
) -> dict[str, object]:
    """Find the shift at which the signs agree best; refuse it if it is another than `unshifted`."""
    shifts = np.arange(-len(reference) + 1, len(signs))
    n_common = np.rint(_cross_sums(np.abs(signs), np.abs(reference)))
    agreement = _cross_sums(signs, reference) / np.maximum(n_common, 1)
    # In standard errors of a mean of independent signs.
    clarity = np.where(n_common >= _LEAST_COMMON, agreement * np.sqrt(n_common), 0.0)
    best, at = int(np.argmax(clarity)), shifts == unshifted
    n_stamped = int(n_common[at].sum())
    enough = n_stamped >= _LEAST_COMMON
    as_stamped = float(agreement[at].sum()) if enough else 0.0
    if shifts[best] != unshifted and clarity[best] > _CLEAR and agreement[best] > _MORE * as_stamped:
        here = f"by {as_stamped:.2f} as stamped" if enough else f"{n_stamped} are common as stamped"
        shift = _shift_text((int(shifts[best]) - unshifted) * step)
        got = f"stamps that look shifted by {shift} (returns agree by {agreement[best]:.2f} there, {here})"
        remedy = f"convert them to UTC open times, or check those of {name}"
        raise bad_input("open_time", f"in step with {name}", got, remedy)
    if not enough:
        raise _too_few(n_stamped, name)
    return {"reference": name, "n_common": n_stamped, "agreement": round(as_stamped, 4)}


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
