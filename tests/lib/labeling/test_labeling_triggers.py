import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import (
    TriggerOptions,
    describe_target,
    excursion,
    fit_trigger_threshold,
    label_trigger,
    plain_extremes,
    target_id,
)
from topoquant.lib.labeling.triggers_kernel import forward_extremes

HOUR = pd.Timedelta("1h")


def made_bars(ticks, hours=None, symbol: str = "A") -> pd.DataFrame:
    """Bars on a grid of whole cents around 100: every move is a whole number of basis points of 100."""
    ticks = np.asarray(ticks, dtype=float)
    close = (10_000 + ticks) / 100
    entry = np.full(len(ticks), 100.0)
    hours = np.arange(len(ticks)) if hours is None else np.asarray(hours)
    open_time = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + hours * HOUR).astype("datetime64[ns, UTC]")
    return pd.DataFrame({
        "symbol": symbol, "open_time": open_time, "open": entry, "high": np.maximum(entry, close),
        "low": np.minimum(entry, close), "close": close, "volume": 1.0,
    })  # fmt: skip


ticks = st.lists(st.integers(-60, 60), min_size=2, max_size=60)


@given(ticks=ticks, horizon=st.integers(1, 9))
@settings(max_examples=200, deadline=None)
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
)
@settings(max_examples=200, deadline=None)
def test_a_move_of_exactly_the_threshold_counts(ticks, horizon, hit, side):
    rows = label_trigger(made_bars(ticks), interval="1h", threshold=hit / 10_000, horizon=horizon, side=side)
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
    np.testing.assert_allclose(rows["ret"], np.log([1.002, 0.991]))
    both = label_trigger(bars, interval="1h", threshold=0.0041, horizon=2, side="both")
    assert both["max_pct"].tolist() == [0.0041, 0.009]
    assert excursion(bars, interval="1h", horizon=2, side="down")[:2].tolist() == [0.0, 0.009]


def test_max_pct_stays_a_fraction_when_the_price_more_than_doubles():
    rows = label_trigger(made_bars([0, 25_000]), interval="1h", threshold=0.5, horizon=1, side="up")
    assert rows[["label", "max_pct"]].to_numpy().tolist() == [[1.0, 1.0]]


@given(ticks=ticks, horizon=st.integers(1, 5), cut=st.integers(1, 60), garbage=st.integers(-60, 60))
@settings(max_examples=200, deadline=None)
def test_bars_after_t1_change_nothing(ticks, horizon, cut, garbage):
    def label(values):
        return label_trigger(made_bars(values), interval="1h", threshold=0.002, horizon=horizon, side="both")

    rows, changed = label(ticks), label([*ticks[:cut], *([garbage] * len(ticks[cut:]))])
    last = made_bars(ticks)["open_time"].iloc[min(cut, len(ticks)) - 1] + HOUR
    pd.testing.assert_frame_equal(rows[rows["t1"] <= last], changed[changed["t1"] <= last])


def test_a_horizon_that_meets_a_gap_or_the_end_is_dropped_even_when_the_threshold_was_hit():
    bars = made_bars([0, 90, 90, 90, 90, 90, 90], hours=[0, 1, 2, 3, 5, 6, 7])
    rows = label_trigger(bars, interval="1h", threshold=0.005, horizon=2, side="up")
    assert (rows["time"] - bars["open_time"][0]).dt.total_seconds().div(3600).tolist() == [1, 2, 6]


def test_bad_sizes_are_refused():
    bars = made_bars([0, 1, 2])
    with pytest.raises(InputError, match="threshold must be above 0, got 0"):
        label_trigger(bars, interval="1h", threshold=0, horizon=1, side="up")
    with pytest.raises(InputError, match="horizon must be at least 1 bar, got 0"):
        excursion(bars, interval="1h", horizon=0, side="up")
    with pytest.raises(InputError, match="side must be up, down or both"):
        excursion(bars, interval="1h", horizon=1, side="left")


def test_the_fitted_threshold_gives_the_wanted_train_rate():
    rng = np.random.default_rng(0)
    bars = pd.concat([made_bars(rng.normal(0, 40, 500), symbol=name) for name in "AB"], ignore_index=True)
    options = TriggerOptions(horizon=4, side="up", threshold=None, rate=0.1)
    train_times = bars["open_time"][:300] + HOUR
    fitted = fit_trigger_threshold(bars, train_times, interval="1h", options=options)
    labels = pd.concat([
        label_trigger(of_symbol, interval="1h", threshold=fitted["threshold"], horizon=4, side="up")
        for _, of_symbol in bars.groupby("symbol")
    ])  # fmt: skip
    train = labels[labels["time"].isin(train_times)]
    assert fitted["n_rows"] == len(train) == 600
    assert fitted["rate_fitted"] == train["label"].mean() == pytest.approx(0.1, abs=1 / 600)
    assert fitted["fitted"]
    assert fitted["target_id"] == target_id(options, fitted["threshold"])
    garbage = bars.assign(high=bars["high"].where(bars["open_time"] <= train_times.max() + 3 * HOUR, 1e6))
    assert fit_trigger_threshold(garbage, train_times, interval="1h", options=options) == fitted


def test_a_given_threshold_is_kept_and_ties_take_the_closest_rate():
    bars = made_bars([0, 10, 10, 10, 30, 0, 0, 0, 0, 0, 0])
    times = bars["open_time"] + HOUR
    given_one = TriggerOptions(horizon=1, side="up", threshold=0.003, rate=None)
    stored = fit_trigger_threshold(bars, times, interval="1h", options=given_one)
    assert stored == {
        "threshold": 0.003, "fitted": False, "rate_wanted": None, "rate_fitted": 0.1, "n_rows": 10,
        "horizon": 1, "side": "up", "target_id": "trigger-up-1-0.003", "text": "up-move >= .003 in 1 bar",
    }  # fmt: skip
    wanted = TriggerOptions(horizon=1, side="up", threshold=None, rate=0.3)
    assert fit_trigger_threshold(bars, times, interval="1h", options=wanted)["threshold"] == 0.001


@pytest.mark.parametrize(
    ("ticks", "changes", "message"),
    [
        ([0, 0, 0, 0], {"rate": 0.1, "threshold": None}, "strictly between 0 and 1 at a threshold above 0"),
        ([0, 9, 9, 9], {"rate": None, "threshold": 0.5}, r"got 0 at 0.5 \(largest move 0.0009, 3 rows\)"),
        ([0], {"rate": None, "threshold": 0.5}, "complete horizon must be at least 1, got 0 of 1"),
    ],
)
def test_labels_of_one_class_are_refused(ticks, changes, message):
    bars = made_bars(ticks)
    options = TriggerOptions(horizon=1, side="up", **changes)
    with pytest.raises(InputError, match=message):
        fit_trigger_threshold(bars, bars["open_time"] + HOUR, interval="1h", options=options)


@pytest.mark.parametrize(
    "changes",
    [{"rate": None}, {"threshold": 0.01}, {"rate": 1.5}, {"horizon": 0}, {"side": "left"}, {"unknown": 1}],
)
def test_options_refuse_what_makes_no_label(changes):
    with pytest.raises(ValidationError):
        TriggerOptions(**({"horizon": 4, "side": "up", "threshold": None, "rate": 0.1} | changes))


def test_target_texts():
    both = TriggerOptions(horizon=60, side="both", threshold=None, rate=0.1)
    assert describe_target(both, 0.00412345) == "move >= .00412 in 60 bars"
    assert target_id(both, 0.00412345) == "trigger-both-60-0.00412345"
