"""The rows of a study, by times alone or by the rate of labels that nothing was fitted to."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars.synthetic import synthetic_bars
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import LogReturnOptions, TriggerOptions, fit_target, label_bars, split_bars
from topoquant.lib.sampling import SplitOptions, assign_rows, before_test

CHRONOLOGICAL = {"train": 0.7, "val": 0.15, "n_folds": 5, "embargo": None}
STRATIFIED = CHRONOLOGICAL | {"kind": "stratified", "n_val_blocks": 3}


@pytest.fixture(scope="module")
def shift():
    """A market whose base rate of a trigger falls to a sixth, and that trigger."""
    market = synthetic_bars("shift", n_bars=12_000, seed=3)
    label = TriggerOptions(horizon=4, side="up", threshold=0.0071, rate=None)
    return market.bars, label


def rates(bars, label, splits):
    target = fit_target(bars, splits["time"], interval="15m", options=label)
    labels = label_bars(bars, target, label, interval="15m")
    return splits.merge(labels, on=["symbol", "time"]).groupby("set")["label"].mean()


def test_a_base_rate_that_fell_to_a_sixth_comes_within_a_hundredth(shift):
    bars, label = shift
    before = rates(bars, label, split_bars(bars, "15m", label=label, split=SplitOptions(**CHRONOLOGICAL)))
    assert before["train"] > 4 * before["val"]
    assert before["train"] - before["val"] > 0.08
    splits = split_bars(bars, "15m", label=label, split=SplitOptions(**STRATIFIED))
    after = rates(bars, label, splits)
    assert abs(after["train"] - after["val"]) <= 0.01
    left_out = splits["set"].isin(["purged", "embargoed"]).mean()
    assert 0 < left_out < 0.1


def test_without_being_asked_for_the_rate_times_alone_decide(shift):
    bars, label = shift
    options = SplitOptions(**CHRONOLOGICAL)
    expected = assign_rows(bars, "15m", horizon=4, options=options, n_rows=500)
    times_only = bars[["symbol", "open_time"]]
    made = split_bars(times_only, "15m", label=label, split=options, n_rows=500)
    pd.testing.assert_frame_equal(made, expected)


def test_test_bars_move_no_row(shift):
    bars, label = shift
    options = SplitOptions(**STRATIFIED)
    late = ~before_test(bars, "15m", horizon=4, options=options)
    prices = ["open", "high", "low", "close"]
    other = bars.assign(**{name: np.where(late, bars[name] * 7, bars[name]) for name in prices})
    pd.testing.assert_frame_equal(
        split_bars(bars, "15m", label=label, split=options),
        split_bars(other, "15m", label=label, split=options),
    )


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (TriggerOptions(horizon=4, side="up", threshold=None, rate=0.1), "the rate cannot choose both"),
        (LogReturnOptions(horizons=(4,), reference="open"), "with a label of 0 and 1"),
    ],
)
def test_a_stratified_split_refuses(shift, label, message):
    with pytest.raises(InputError, match=message):
        split_bars(shift[0], "15m", label=label, split=SplitOptions(**STRATIFIED))
