"""Triple barriers against an oracle in whole ticks and fractions, written from the definition."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import label_triple_barrier
from topoquant.lib.labeling.barriers import TOUCHED, plain_exit
from topoquant.lib.labeling.barriers_kernel import first_touch

HOUR = pd.Timedelta("1h")
START = pd.Timestamp("2024-01-01", tz="UTC")
TICK = 100  # ticks of a price of 1: a price of 97 ticks is .97, which no float holds
NONE = float("inf")


def made_bars(ticks, hours=None) -> pd.DataFrame:
    """Bars without a symbol from (open, high, low, close) in ticks."""
    hours = np.arange(len(ticks)) if hours is None else np.asarray(hours)
    prices = np.asarray(ticks, dtype=float).T / TICK
    open_time = START.tz_localize(None).to_datetime64() + hours.astype("m8[h]")
    names = ["open", "high", "low", "close"]
    return pd.DataFrame(
        {"open_time": pd.DatetimeIndex(open_time.astype("M8[ns]"), tz="UTC")}
        | dict(zip(names, prices, strict=True))
    )


def oracle_exit(ahead, above, below):
    """Where a long is closed: (bars held, what was touched, exit in ticks); the first bar is the entry's."""
    ceiling, floor = ahead[0][0] + above, ahead[0][0] - below
    for held, (opening, high, low, _) in enumerate(ahead, start=1):
        if held > 1 and opening >= ceiling:
            return held, "above", opening
        if held > 1 and opening <= floor:
            return held, "below", opening
        if high >= ceiling and low <= floor:
            return held, "both", None
        if high >= ceiling:
            return held, "above", ceiling
        if low <= floor:
            return held, "below", floor
    return len(ahead), "time", ahead[-1][3]


def oracle_row(ahead, width, upper, lower, side):
    """(bars held, label, touched, ret) of a row, with `width` in ticks; side None, 1 or -1."""
    gain, loss = upper * width, lower * width
    above, below = (loss, gain) if side == -1 else (gain, loss)
    held, what, price = oracle_exit(ahead, above, below)
    upward = "lower" if side == -1 else "upper"
    downward = "upper" if side == -1 else "lower"
    touched = {"above": upward, "below": downward}.get(what, what)
    entry = ahead[0][0]
    move = (-loss if what == "both" else (side or 1) * (price - entry)) / Fraction(entry)
    if side is None:
        label = {"upper": 1, "lower": -1, "both": -1, "time": 0}[touched]
    else:
        label = int(touched == "upper")
    return held, label, touched, float(move)


def oracle(ticks, hours, widths, upper, lower, horizon, sides):
    """All rows as (time, t1, label, touched, ret); a width or side of None has no row."""
    rows = []
    for t, (width, side) in enumerate(zip(widths, sides, strict=True)):
        is_whole = t + horizon < len(ticks) and hours[t + horizon] == hours[t] + horizon
        if not is_whole or width is None or side in (0, "none"):
            continue
        held, *outcome = oracle_row(ticks[t + 1 : t + 1 + horizon], width, upper, lower, side)
        rows.append((hours[t] + 1, hours[t] + 1 + held, *outcome))
    return rows


def as_rows(labelled: pd.DataFrame):
    """A frame in the oracle's words: hours since the start."""
    hours = [(labelled[name] - START) // HOUR for name in ("time", "t1")]
    columns = [*hours, labelled["label"], labelled["touched"], labelled["ret"]]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def decoded_bar(bytes_):
    """One bar out of six bytes: (open, high, low, close), hours since the bar before, width and side."""
    low, inside, high = sorted(92 + byte % 17 for byte in bytes_[:3])
    ends = [(low, high), (high, low), (inside, inside), (inside, high), (low, inside)][bytes_[3] % 5]
    step = 3 if bytes_[4] > 240 else 1
    return (
        (ends[0], high, low, ends[1]),
        step,
        [None, 1, 2, 4, 4, 6][bytes_[4] % 6],
        [1, -1, 0, "none"][bytes_[5] % 4],
    )


@st.composite
def paths(draw):
    """Prices, barriers and sides in ticks: few different numbers, so hits are exact and ties are common.

    Out of bytes, since thousands of paths drawn number by number take minutes. A frame holds up to
    two hundred decisions, each with a path of its own ahead.
    """
    raw = draw(st.binary(min_size=240, max_size=1_200))
    decoded = [decoded_bar(raw[i : i + 6]) for i in range(0, len(raw) - 5, 6)]
    ticks, steps, widths, sides = (list(column) for column in zip(*decoded, strict=True))
    barrier = st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(3), NONE])
    side = draw(st.sampled_from([None, 1, -1, "drawn"]))
    return {
        "ticks": ticks, "hours": np.cumsum(steps).tolist(), "widths": widths, "upper": draw(barrier),
        "lower": draw(barrier), "horizon": draw(st.integers(1, 20)), "side": side,
        "sides": sides if side == "drawn" else [side] * len(ticks),
    }  # fmt: skip


def label(path, bars=None) -> pd.DataFrame:
    """The function's answer: widths in ticks become fractions of the entry, which they then hit exactly."""
    n = len(path["ticks"])
    entries = [opening for opening, *_ in path["ticks"][1:]] + [1]
    width = np.array(
        [np.nan if w is None else w / e for w, e in zip(path["widths"], entries, strict=True)], dtype=float
    )
    side = path["side"]
    if side == "drawn":
        side = np.array([np.nan if one == "none" else one for one in path["sides"]])
    bars = made_bars(path["ticks"], path["hours"]) if bars is None else bars
    return label_triple_barrier(
        bars, width=width[: min(n, len(bars))], upper=float(path["upper"]), lower=float(path["lower"]),
        horizon=path["horizon"], interval="1h",
        side=side[: len(bars)] if isinstance(side, np.ndarray) else side,
    )  # fmt: skip


@given(path=paths())
@settings(max_examples=400, deadline=None)
def test_every_row_is_the_oracle_s(path):
    got = as_rows(label(path))
    wanted = oracle(**{name: path[name] for name in path if name != "side"})
    assert [row[:4] for row in got] == [row[:4] for row in wanted]
    np.testing.assert_allclose([row[4] for row in got], [row[4] for row in wanted], rtol=0, atol=1e-11)


@given(path=paths(), cut=st.integers(1, 200))
@settings(max_examples=50, deadline=None)
def test_a_row_needs_no_bar_after_its_horizon(path, cut):
    bars = made_bars(path["ticks"], path["hours"])[:cut]
    known = bars["open_time"].iloc[-1] + HOUR
    whole = label(path)
    fits = whole["time"] + path["horizon"] * HOUR <= known
    pd.testing.assert_frame_equal(label(path, bars), whole[fits].reset_index(drop=True))


@given(path=paths(), row=st.integers(0, 199))
@settings(max_examples=50, deadline=None)
def test_prices_after_t1_change_nothing(path, row):
    whole = label(path)
    if len(whole) == 0:
        return
    t1 = whole["t1"].iloc[row % len(whole)]
    bars = made_bars(path["ticks"], path["hours"])
    prices = ["open", "high", "low", "close"]
    bars.loc[bars["open_time"] >= t1, prices] = [3.0, 9.0, 0.1, 5.0]
    changed = label(path, bars)
    pd.testing.assert_frame_equal(changed[changed["t1"] <= t1], whole[whole["t1"] <= t1])


@given(path=paths())
@settings(max_examples=50, deadline=None)
def test_the_kernel_says_what_the_plain_function_says(path):
    prices = made_bars(path["ticks"])[["open", "high", "low", "close"]].to_numpy().T.copy()
    horizon = min(path["horizon"], len(path["ticks"]) - 1)
    rows = np.arange(len(path["ticks"]) - horizon)
    for sign in (1.0, -1.0):
        gain, loss = float(path["upper"]) * 0.04, float(path["lower"]) * 0.04
        side, width = np.full(len(path["ticks"]), sign), np.full(len(path["ticks"]), 0.04)
        exits, touched, ret = first_touch(
            *prices, rows, width, side, float(path["upper"]), float(path["lower"]), horizon
        )
        for t in rows:
            entry = prices[0, t + 1]
            bar, code, price = plain_exit(
                *prices[:, t + 1 : t + 1 + horizon],
                profit=entry * (1 + sign * gain), stop=entry * (1 - sign * loss),
            )  # fmt: skip
            assert (exits[t], touched[t]) == (t + 1 + bar, code)
            assert ret[t] == pytest.approx(sign * (price / entry - 1), abs=1e-12)


# A long from 100 with barriers at 102 and 99 over three bars; (open, high, low, close).
FLAT = (100, 101, 100, 100)
BY_HAND = {
    "upper in the entry bar": ([(100, 102, 100, 101)], 1, "upper", 0.02, 1),
    "lower exactly": ([FLAT, (100, 101, 99, 100)], -1, "lower", -0.01, 2),
    "one tick short of both": ([(100, 101, 100, 101), FLAT, (100, 101, 100, 101)], 0, "time", 0.01, 3),
    "both in one bar": ([FLAT, (100, 102, 99, 102)], -1, "both", -0.01, 2),
    "opens above the upper": ([FLAT, (104, 105, 98, 98)], 1, "upper", 0.04, 2),
    "opens below the lower": ([FLAT, FLAT, (97, 103, 96, 103)], -1, "lower", -0.03, 3),
    "opens at the upper, falls": ([FLAT, (102, 102, 97, 97)], 1, "upper", 0.02, 2),
    "nothing": ([FLAT, FLAT, (100, 101, 100, 100)], 0, "time", 0.0, 3),
}
# The same for a short from 100, profit at 98 and stop at 101.
FALLING = (100, 100, 99, 100)
SHORT_BY_HAND = {
    "profit": ([FALLING, (100, 100, 98, 99)], 1, "upper", 0.02, 2),
    "stop": ([(100, 101, 100, 100)], 0, "lower", -0.01, 1),
    "both in one bar": ([FALLING, (100, 101, 98, 98)], 0, "both", -0.01, 2),
    "opens below the profit": ([FALLING, (95, 102, 95, 102)], 1, "upper", 0.05, 2),
    "opens above the stop": ([FALLING, (104, 104, 90, 90)], 0, "lower", -0.04, 2),
    "right but late": ([FALLING, FALLING, (100, 100, 99, 99)], 0, "time", 0.01, 3),
}


def first_row(ahead, side):
    ticks = [(50, 200, 10, 120), *ahead, *[(100, 500, 1, 300)] * (3 - len(ahead)), (100, 500, 1, 300)]
    rows = label_triple_barrier(
        made_bars(ticks), width=np.full(len(ticks), 0.01), upper=2, lower=1, horizon=3, side=side
    )
    row = rows.iloc[0]
    return row["label"], row["touched"], row["ret"], (row["t1"] - row["time"]) / HOUR


@pytest.mark.parametrize("case", BY_HAND)
def test_a_row_by_hand_without_a_side(case):
    ahead, label_, touched, ret, held = BY_HAND[case]
    assert first_row(ahead, None) == (label_, touched, pytest.approx(ret, abs=1e-15), held)
    # A long is labelled by its profit barrier alone.
    assert first_row(ahead, 1) == (float(label_ == 1), touched, pytest.approx(ret, abs=1e-15), held)


@pytest.mark.parametrize("case", SHORT_BY_HAND)
def test_a_row_by_hand_of_a_short(case):
    ahead, label_, touched, ret, held = SHORT_BY_HAND[case]
    assert first_row(ahead, -1) == (label_, touched, pytest.approx(ret, abs=1e-15), held)


def test_a_touched_profit_barrier_returns_exactly_its_distance():
    width = np.full(5, 0.0123456789)
    ticks = [FLAT, FLAT, (100, 110, 100, 105), FLAT, FLAT]
    rows = label_triple_barrier(made_bars(ticks), width=width, upper=1.7, lower=1, horizon=2, side=1)
    assert rows["ret"].iloc[0] == 1.7 * 0.0123456789


def test_the_table():
    bars = made_bars([FLAT] * 6, hours=[0, 1, 2, 5, 6, 7])
    bars.index = pd.Index(range(10, 16))
    arguments = {"width": [0.5, np.nan, 0.5, 0.5, 0.5, 0.5], "upper": 1, "lower": NONE, "horizon": 1}
    rows = label_triple_barrier(bars, **arguments)
    assert rows.columns.tolist() == ["time", "t1", "label", "touched", "ret"]
    assert rows["touched"].dtype == TOUCHED
    assert rows["label"].dtype == np.float64
    assert rows["t1"].dtype == rows["time"].dtype == "datetime64[ns, UTC]"
    assert rows.index.equals(pd.RangeIndex(3))
    assert ((rows["time"] - START) // HOUR).tolist() == [1, 6, 7]
    named = label_triple_barrier(bars.assign(symbol="A"), interval="1h", **arguments)
    pd.testing.assert_frame_equal(named.drop(columns="symbol"), rows)
    assert named.columns[0] == "symbol"
    assert len(label_triple_barrier(bars, **(arguments | {"horizon": 9}))) == 0


def test_a_high_below_the_open_is_as_good_as_the_open():
    rows = label_triple_barrier(
        made_bars([FLAT, FLAT, (103, 101, 100, 100)]), width=np.full(3, 0.02), upper=1, lower=1, horizon=2
    )
    assert rows[["label", "touched"]].to_numpy().tolist() == [[1.0, "upper"]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": [0.1, 0.1]}, r"width must be one per bar, shape \(3,\), got shape \(2,\)"),
        ({"width": 0.1}, r"width must be one per bar, shape \(3,\), got shape \(\)"),
        ({"width": [0.1, 0.0, 0.1]}, "width must be finite and above 0, or NaN for no row, got 0.0 at bar 1"),
        ({"width": [0.1, 0.1, NONE]}, "width must be finite and above 0, .* got inf at bar 2"),
        ({"upper": 0}, "upper must be above 0, in widths, got 0"),
        ({"lower": -1}, "lower must be above 0, in widths, got -1"),
        ({"lower": float("nan")}, "lower must be above 0, in widths, got nan"),
        ({"horizon": 0}, "horizon must be a whole number of at least 1 bar, got 0"),
        ({"horizon": 1.5}, "horizon must be a whole number of at least 1 bar, got 1.5"),
        ({"side": 0}, r"side must be 1, -1 or one per bar, 3, got shape \(\)"),
        ({"side": [1, -1]}, r"side must be 1, -1 or one per bar, 3, got shape \(2,\)"),
        ({"side": [1, 2, 0]}, "side must be -1, 0 or 1, got 2.0 at bar 1"),
    ],
)
def test_what_is_refused(changes, message):
    arguments = {"width": [0.1] * 3, "upper": 1, "lower": 1, "horizon": 1} | changes
    with pytest.raises(InputError, match=message):
        label_triple_barrier(made_bars([FLAT] * 3), **arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bars: bars.iloc[::-1], "bars must be in order of time"),
        (lambda bars: bars.assign(symbol=["A", "A", "B"]), "bars must be of one symbol, got A, B"),
        (
            lambda bars: bars.assign(low=[1.0, 0.0, 1.0]),
            "bars.low must be finite and > 0, got 0.0 at 2024-01-01 01",
        ),
        (lambda bars: bars.assign(close=[1.0, 1.0, np.nan]), "bars.close must be finite and > 0, got nan"),
    ],
)
def test_bars_that_are_refused(change, message):
    bars = change(made_bars([FLAT] * 3))
    with pytest.raises(InputError, match=message):
        label_triple_barrier(bars, width=[0.1] * 3, upper=1, lower=1, horizon=1, interval="1h")


def test_memory_grows_with_rows_and_not_with_the_horizon():
    def peak(n_bars, horizon):
        bars = made_bars([FLAT] * n_bars)
        width = np.full(n_bars, 0.5)
        tracemalloc.start()
        try:
            label_triple_barrier(bars, width=width, upper=1, lower=1, horizon=horizon, interval="1h")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100, 1)  # compiles
    small, large = peak(20_000, 10), peak(80_000, 10)
    assert large < 4.2 * small
    assert peak(20_000, 2_000) < 1.1 * small
    # A row of the table is 49 bytes wide.
    assert small < 200 * 20_000
