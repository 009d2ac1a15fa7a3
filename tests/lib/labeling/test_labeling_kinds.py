"""Every kind of target goes the same way: options to a fitted target to rows."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import decision_time
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import (
    TARGETS,
    DirectionOptions,
    LogReturnOptions,
    MoveOptions,
    TriggerOptions,
    TripleBarrierOptions,
    average_true_range_width,
    fit_target,
    fit_trigger_threshold,
    label_bars,
    label_direction,
    label_log_return,
    label_move,
    label_trigger,
    label_triple_barrier,
    volatility_width,
)
from topoquant.lib.validity.positions import SIDES

TRIGGER = TriggerOptions(horizon=3, side="down", threshold=None, rate=0.3)
MOVE = MoveOptions(horizon=3, threshold=0.004, side="up", volume_window=5, min_volume_ratio=0.8)
LOG_RETURN = LogReturnOptions(horizons=(1, 4), reference="close")
LONG = TripleBarrierOptions(horizon=4, upper=2, lower=1, side="up", width="atr", period=5)
SHORT = TripleBarrierOptions(horizon=4, upper=2, lower=1, side="down", width="volatility", period=5)
NO_SIDE = TripleBarrierOptions(horizon=4, upper=2, lower=float("inf"), side="both", width="atr", period=5)
EVERY = [TRIGGER, DirectionOptions(horizon=3), MOVE, LOG_RETURN, LONG, SHORT, NO_SIDE]
REFUSED = {
    "no horizon": (DirectionOptions, {"horizon": 0}, "greater than or equal to 1"),
    "unknown": (DirectionOptions, {"horizon": 1, "side": "up"}, "side"),
    "half a filter": (
        MoveOptions,
        {"horizon": 1, "threshold": 0.1, "side": "up", "volume_window": 5, "min_volume_ratio": None},
        "both or neither of volume_window and min_volume_ratio",
    ),
    "a ratio of none": (
        MoveOptions,
        {"horizon": 1, "threshold": 0.1, "side": "up", "volume_window": 5, "min_volume_ratio": 0},
        "greater than 0",
    ),
    "no log-return": (LogReturnOptions, {"horizons": [], "reference": "open"}, "at least 1"),
    "log-returns out of order": (LogReturnOptions, {"horizons": [7, 1], "reference": "open"}, r"\[1, 7\]"),
    "another reference": (LogReturnOptions, {"horizons": [1], "reference": "mid"}, "'open' or 'close'"),
    "nothing to touch": (
        TripleBarrierOptions,
        {"horizon": 1, "upper": float("inf"), "lower": 1, "side": "up", "width": "atr", "period": 5},
        "a finite upper",
    ),
    "another width": (
        TripleBarrierOptions,
        {"horizon": 1, "upper": 1, "lower": 1, "side": "up", "width": "range", "period": 5},
        "'atr' or 'volatility'",
    ),
}


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.004, 200)))
    open_ = np.append(100.0, close[:-1])
    return pd.DataFrame({
        "symbol": "SYN", "open_time": pd.date_range("2024-01-01", periods=200, freq="15min", tz="UTC"),
        "open": open_, "high": np.maximum(open_, close) * 1.001, "low": np.minimum(open_, close) * 0.999,
        "close": close, "volume": rng.uniform(1, 2, 200),
    })  # fmt: skip


def fitted(bars, options) -> dict:
    return fit_target(bars, decision_time(bars, "15m")[:100], interval="15m", options=options)


@pytest.mark.parametrize("options", EVERY, ids=lambda one: type(one).__name__)
def test_a_fitted_target_says_what_it_is(bars, options):
    target = fitted(bars, options)
    assert TARGETS[target["kind"]] is type(options)
    assert target["side"] in SIDES
    assert target["horizon"] == options.horizon
    assert target["target_id"].startswith(target["kind"])
    assert target["text"]


def test_what_a_trigger_is_fitted_to_stays_in_its_target(bars):
    train = decision_time(bars, "15m")[:100]
    alone = fit_trigger_threshold(bars, train, interval="15m", options=TRIGGER)
    assert alone.items() <= fitted(bars, TRIGGER).items()


def test_each_kind_is_labelled_by_its_function_with_its_options(bars):
    atr, volatility = average_true_range_width(bars, period=5), volatility_width(bars, half_life=5)
    threshold = fitted(bars, TRIGGER)["threshold"]
    expected = [
        label_trigger(bars, threshold=threshold, horizon=3, side="down"),
        label_direction(bars, horizon=3),
        label_move(
            bars, threshold=0.004, horizon=3, side="up", volume_window=5, min_volume_ratio=0.8
        ),
        label_log_return(bars, horizons=(1, 4), reference="close"),
        label_triple_barrier(bars, width=atr, upper=2, lower=1, horizon=4, side=1),
        label_triple_barrier(bars, width=volatility, upper=2, lower=1, horizon=4, side=-1),
        label_triple_barrier(bars, width=atr, upper=2, lower=np.inf, horizon=4, side=None),
    ]  # fmt: skip
    for options, rows in zip(EVERY, expected, strict=True):
        assert 0 < len(rows) < len(bars)
        made = label_bars(bars, fitted(bars, options), options, interval="15m")
        pd.testing.assert_frame_equal(made, rows)


@pytest.mark.parametrize("options", EVERY, ids=lambda one: type(one).__name__)
def test_no_row_needs_a_bar_after_its_t1(bars, options):
    target = fitted(bars, options)
    whole = label_bars(bars, target, options, interval="15m").set_index("time")
    end = decision_time(bars, "15m")[150]
    garbage = bars.assign(**{
        name: bars[name].where(bars["open_time"] < end, bars[name] * 7)
        for name in ("open", "high", "low", "close")
    })  # fmt: skip
    known = whole[whole["t1"] <= end]
    again = label_bars(garbage, target, options, interval="15m").set_index("time")
    pd.testing.assert_frame_equal(again[again["t1"] <= end], known)
    assert known["t1"].max() == end


@pytest.mark.parametrize("name", REFUSED)
def test_options_that_cannot_work_are_refused(name):
    made, options, said = REFUSED[name]
    with pytest.raises(ValueError, match=said):
        made(**options)


def test_the_horizon_of_log_returns_is_the_longest():
    assert (LOG_RETURN.horizon, LOG_RETURN.side) == (4, "direction")


def test_options_of_no_target_are_an_error(bars):
    with pytest.raises(TypeError, match="dict is no class of target options"):
        fit_target(bars, bars["open_time"], interval="15m", options={"horizon": 4})
    with pytest.raises(TypeError, match="dict is no class of target options"):
        label_bars(bars, {}, {"horizon": 4}, interval="15m")


def test_a_rate_nobody_can_reach_is_refused(bars):
    flat = bars.assign(high=100.0, low=100.0, open=100.0, close=100.0)
    with pytest.raises(InputError, match="share of train rows labelled 1"):
        fitted(flat, TRIGGER)
