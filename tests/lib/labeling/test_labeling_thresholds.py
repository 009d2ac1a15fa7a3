import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import TriggerOptions, fit_trigger_threshold, label_trigger

HOUR = pd.Timedelta("1h")


def made_bars(ticks, symbol: str = "A") -> pd.DataFrame:
    """Hourly bars that open at 100 and close some cents, so basis points, away from it."""
    close = 100 + np.asarray(ticks) / 100
    return pd.DataFrame({
        "symbol": symbol, "open_time": pd.date_range("2024-01-01", periods=len(close), freq="h", tz="UTC"),
        "open": 100.0, "high": np.maximum(100, close), "low": np.minimum(100, close), "close": close,
    })  # fmt: skip


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
    garbage = bars.assign(high=bars["high"].where(bars["open_time"] <= train_times.max() + 3 * HOUR, 1e6))
    assert fit_trigger_threshold(garbage, train_times, interval="1h", options=options) == fitted


def test_a_given_threshold_is_kept_and_ties_take_the_closest_rate():
    bars = made_bars([0, 10, 10, 10, 30, 0, 0, 0, 0, 0, 0])
    times = bars["open_time"] + HOUR
    given_one = TriggerOptions(horizon=1, side="up", threshold=0.003, rate=None)
    stored = fit_trigger_threshold(bars, times, interval="1h", options=given_one)
    assert stored == {
        "threshold": 0.003, "fitted": False, "rate_wanted": None, "rate_fitted": 0.1, "n_rows": 10,
    }  # fmt: skip
    wanted = TriggerOptions(horizon=1, side="up", threshold=None, rate=0.3)
    assert fit_trigger_threshold(bars, times, interval="1h", options=wanted)["threshold"] == 0.001


def test_one_symbol_needs_no_name():
    bars = made_bars([0, 10, 10, 10, 30, 0, 0, 0, 0, 0, 0])
    times = bars["open_time"] + HOUR
    options = TriggerOptions(horizon=1, side="up", threshold=None, rate=0.3)
    named, unnamed = (
        fit_trigger_threshold(one, times, interval="1h", options=options)
        for one in (bars, bars.drop(columns="symbol"))
    )
    assert named == unnamed


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
