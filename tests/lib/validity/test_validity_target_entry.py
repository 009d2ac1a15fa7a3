"""A target is about the bars after its fill, and the check can tell when it is not."""

from functools import partial

import pandas as pd
import pytest

from topoquant.lib.bars import synthetic_panel
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import DirectionOptions, LogReturnOptions, TriggerOptions, label_bars
from topoquant.lib.validity import check_target_entry

CUTS = range(40, 90, 4)
CHECK = partial(check_target_entry, cuts=CUTS, seed=0, interval="15m")


@pytest.fixture(scope="module")
def bars():
    panel = synthetic_panel("noise", symbols=["A", "B"], n_bars=100, seed=3, interval="15m", correlation=0.3)
    return pd.concat([market.bars for market in panel], ignore_index=True)


def labels(options, bars):
    parts = [
        label_bars(one, {"threshold": 0.004}, options, interval="15m") for _, one in bars.groupby("symbol")
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    "options",
    [
        DirectionOptions(horizon=1),
        TriggerOptions(horizon=4, side="both", threshold=0.004, rate=None),
        LogReturnOptions(horizons=(1, 3), reference="open"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_targets_from_the_fill_pass(bars, options):
    before = bars.copy()
    found = CHECK(partial(labels, options), bars)
    assert found.status == "ok", found.finding
    assert found.numbers["n_rows"] == 2 * len(CUTS)
    pd.testing.assert_frame_equal(bars, before)


def test_a_return_from_the_last_close_warns(bars):
    found = CHECK(partial(labels, LogReturnOptions(horizons=(3,), reference="close")), bars)
    assert found.status == "warning"
    assert "logret_3" in found.finding


def test_the_label_of_an_earlier_row_leaks(bars):
    def known(some):
        table = labels(DirectionOptions(horizon=2), some)
        return table.assign(label=table.groupby("symbol")["label"].shift(3)).drop(columns="ret")

    found = CHECK(known, bars)
    assert found.status == "leak"
    assert found.numbers["columns"] == ["label"]


def test_a_constant_is_no_leak(bars):
    def constant(some):
        return labels(DirectionOptions(horizon=2), some).assign(label=1.0).drop(columns="ret")

    assert CHECK(constant, bars).status == "ok"


def test_bars_without_a_symbol_and_cuts_without_rows(bars):
    one = bars[bars["symbol"] == "A"].drop(columns="symbol").reset_index(drop=True)
    honest = partial(label_bars, target={}, options=DirectionOptions(horizon=2), interval="15m")
    assert CHECK(honest, one).status == "ok"
    assert check_target_entry(honest, one, [99], seed=0, interval="15m").status == "warning"
    with pytest.raises(InputError, match="cuts"):
        check_target_entry(honest, one, [100], seed=0, interval="15m")
