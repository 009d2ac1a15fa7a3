import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import excursion, label_trigger
from topoquant.lib.labeling.triggers import plain_extremes
from topoquant.lib.labeling.triggers_kernel import forward_extremes

HOUR = pd.Timedelta("1h")


def made_bars(ticks, hours=None, scale: float = 1.0) -> pd.DataFrame:
    """Bars that open at 100 and close whole cents away: moves are whole basis points, at any scale."""
    ticks = np.asarray(ticks, dtype=float)
    close = (10_000 + ticks) / 100 * scale
    entry = np.full(len(ticks), 100.0 * scale)
    hours = np.arange(len(ticks)) if hours is None else np.asarray(hours)
    open_time = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + hours * HOUR).astype("datetime64[ns, UTC]")
    return pd.DataFrame({
        "symbol": "A", "open_time": open_time, "open": entry, "high": np.maximum(entry, close),
        "low": np.minimum(entry, close), "close": close, "volume": 1.0,
    })  # fmt: skip


ticks = st.lists(st.integers(-60, 60), min_size=2, max_size=60)


@given(ticks=ticks, horizon=st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_the_kernel_says_what_the_windows_say(ticks, horizon):
    bars = made_bars(ticks)
    high, low = bars["high"].to_numpy(), bars["low"].to_numpy()
    for fast, plain in zip(
        forward_extremes(high, low, horizon), plain_extremes(high, low, horizon), strict=True
    ):
        assert np.array_equal(fast, plain, equal_nan=True)


@given(
    ticks=ticks,
    horizon=st.integers(1, 5),
    hit=st.integers(1, 60),
    side=st.sampled_from(["up", "down", "both"]),
    scale=st.sampled_from([1.0, 0.37, 0.001, 640.3]),
)
@settings(max_examples=100, deadline=None)
def test_a_move_of_exactly_the_threshold_counts(ticks, horizon, hit, side, scale):
    bars = made_bars(ticks, scale=scale)
    rows = label_trigger(bars, interval="1h", threshold=hit / 10_000, horizon=horizon, side=side)
    assert len(rows) == max(len(ticks) - horizon, 0)
    for t, label in enumerate(rows["label"]):
        ahead = ticks[t + 1 : t + 1 + horizon]
        up, down = max([0, *ahead]), max([0, *(-tick for tick in ahead)])
        assert label == ({"up": up, "down": down, "both": max(up, down)}[side] >= hit)


def test_a_label_by_hand():
    bars = made_bars([0, 41, 20, -90])
    rows = label_trigger(bars, interval="1h", threshold=0.0041, horizon=2, side="up")
    assert rows["time"].tolist() == (bars["open_time"][:2] + HOUR).tolist()
    assert rows["t1"].tolist() == (bars["open_time"][:2] + 3 * HOUR).tolist()
    assert rows["label"].tolist() == [1.0, 0.0]
    assert rows["max_pct"].tolist() == [0.0041, 0.002]
    np.testing.assert_allclose(rows["ret"], [0.002, -0.009], atol=1e-15)
    both = label_trigger(bars, interval="1h", threshold=0.0041, horizon=2, side="both")
    assert both["max_pct"].tolist() == [0.0041, 0.009]
    assert excursion(bars, interval="1h", horizon=2, side="down")[:2].tolist() == [0.0, 0.009]


def test_max_pct_stays_a_fraction_when_the_price_more_than_doubles():
    rows = label_trigger(made_bars([0, 25_000]), interval="1h", threshold=0.5, horizon=1, side="up")
    assert rows[["label", "max_pct"]].to_numpy().tolist() == [[1.0, 1.0]]


@given(ticks=ticks, horizon=st.integers(1, 5), cut=st.integers(1, 60), garbage=st.integers(-60, 60))
@settings(max_examples=30, deadline=None)
def test_bars_after_t1_change_nothing(ticks, horizon, cut, garbage):
    def label(values):
        return label_trigger(made_bars(values), interval="1h", threshold=0.002, horizon=horizon, side="both")

    known = made_bars(ticks)["open_time"].iloc[min(cut, len(ticks)) - 1] + HOUR
    rows = label(ticks)
    rows = rows[rows["t1"] <= known]
    changed = label([*ticks[:cut], *([garbage] * len(ticks[cut:]))])
    pd.testing.assert_frame_equal(rows, changed[changed["t1"] <= known])
    pd.testing.assert_frame_equal(rows, label(ticks[:cut]))


def test_a_horizon_that_meets_a_gap_or_the_end_is_dropped_even_when_the_threshold_was_hit():
    bars = made_bars([0, 90, 90, 90, 90, 90, 90], hours=[0, 1, 2, 3, 5, 6, 7])
    rows = label_trigger(bars, interval="1h", threshold=0.005, horizon=2, side="up")
    assert (rows["time"] - bars["open_time"][0]).dt.total_seconds().div(3600).tolist() == [1, 2, 6]


def test_bars_need_no_symbol_and_no_interval():
    bars = made_bars([0, 41, 20, -90])
    rows = label_trigger(bars, threshold=0.0041, horizon=2, side="up")
    assert rows.columns.tolist() == ["symbol", "time", "t1", "label", "max_pct", "ret"]
    unnamed = label_trigger(bars.drop(columns="symbol"), threshold=0.0041, horizon=2, side="up")
    pd.testing.assert_frame_equal(unnamed, rows.drop(columns="symbol"))


def test_a_missing_price_leaves_out_every_row_that_looks_at_it():
    bars = made_bars([0] * 8)
    bars.loc[3, "high"] = np.nan
    rows = label_trigger(bars, threshold=0.0041, horizon=2, side="up")
    assert (rows["time"] - bars["open_time"][0]).dt.total_seconds().div(3600).tolist() == [1, 4, 5, 6]


def test_bad_sizes_are_refused():
    bars = made_bars([0, 1, 2])
    with pytest.raises(InputError, match="threshold must be above 0, got 0"):
        label_trigger(bars, interval="1h", threshold=0, horizon=1, side="up")
    with pytest.raises(InputError, match="horizon must be at least 1 bar, got 0"):
        excursion(bars, interval="1h", horizon=0, side="up")
    with pytest.raises(InputError, match="side must be up, down or both"):
        excursion(bars, interval="1h", horizon=1, side="left")
    with pytest.raises(InputError, match="bars must be of one symbol, got A, B"):
        label_trigger(bars.assign(symbol=["A", "B", "B"]), threshold=0.01, horizon=1, side="up")
