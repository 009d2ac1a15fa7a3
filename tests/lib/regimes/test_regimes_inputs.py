"""Inputs: worked by hand, blind to the future, restarted after a gap."""

import numpy as np
import pytest
from pydantic import ValidationError

from topoquant.lib.bars import synthetic_bars
from topoquant.lib.errors import InputError
from topoquant.lib.regimes import RegimeInputOptions, input_columns, regime_inputs
from topoquant.lib.validity import check_prefix_invariance

from .conftest import INTERVAL, bars_of


def test_by_hand():
    options = RegimeInputOptions(efficiency=[2], log_volatility=[1.0], log_return=[2])
    table = regime_inputs(bars_of(np.exp([0.0, 0.2, 0.1, 0.1])), options, interval=INTERVAL)
    np.testing.assert_allclose(table["efficiency_2"].iloc[2:], [0.1 / 0.3, 1.0])
    np.testing.assert_allclose(table["log_return_2"].iloc[2:], [0.1, -0.1], atol=1e-12)
    # Squares .04, .01 and 0, each weighing half of the next.
    squares = [(0.04 / 2 + 0.01) / 1.5, (0.04 / 4 + 0.01 / 2) / 1.75]
    np.testing.assert_allclose(table["log_volatility_1"].iloc[2:], 0.5 * np.log(squares))
    assert table.iloc[:2, 2:].isna().all(axis=None)


@pytest.mark.parametrize("kind", ["noise", "regime"])
def test_no_column_changes_when_the_future_is_cut_off(kind):
    bars = synthetic_bars(kind, n_bars=300, seed=1).bars.drop(index=range(120, 130)).reset_index(drop=True)
    options = RegimeInputOptions(efficiency=[8, 16], log_volatility=[6.0], log_return=[1, 5])

    def compute(some):
        return regime_inputs(some, options, interval=INTERVAL)

    check = check_prefix_invariance(compute, bars, range(20, 290, 9), interval=INTERVAL, rtol=0.0)
    assert check.status == "ok", check.finding
    known = compute(bars).iloc[:, 2:].notna().all(axis=1).to_numpy()
    warm_up = max(column.warm_up for column in input_columns(options))
    assert np.flatnonzero(known)[0] == warm_up
    assert np.flatnonzero(~known).tolist() == [*range(warm_up), *range(120, 120 + warm_up)]


def test_a_market_that_stands_still_has_inputs():
    options = RegimeInputOptions(efficiency=[4], log_volatility=[2.0], log_return=[])
    table = regime_inputs(bars_of(np.ones(12)), options, interval=INTERVAL)
    assert table["efficiency_4"].iloc[4:].eq(0.0).all()
    assert np.isfinite(table["log_volatility_2"].iloc[4:]).all()


def test_bars_of_several_symbols_are_refused():
    bars = bars_of(np.ones(6)).assign(symbol=["A", "A", "A", "B", "B", "B"])
    with pytest.raises(InputError, match="one symbol"):
        regime_inputs(
            bars, RegimeInputOptions(efficiency=[2], log_volatility=[], log_return=[]), interval=INTERVAL
        )


@pytest.mark.parametrize("periods", [{}, {"efficiency": [4, 4]}])
def test_no_inputs_and_inputs_asked_for_twice_are_refused(periods):
    with pytest.raises(ValidationError, match="none of them twice"):
        RegimeInputOptions(**{"efficiency": [], "log_volatility": [], "log_return": [], **periods})
