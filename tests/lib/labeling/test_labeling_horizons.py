import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.labeling.horizons import fill_return, horizon_fits, price_after, target_rows

MIDNIGHT = pd.Timestamp("2024-01-01", tz="UTC")


def made_bars(hours) -> pd.DataFrame:
    """Bars that open at whole prices 10, 20, ... and close 1 above."""
    opens = 10.0 * np.arange(1, len(hours) + 1)
    open_time = pd.Series(MIDNIGHT + np.array(hours) * pd.Timedelta("1h")).astype("datetime64[ns, UTC]")
    return pd.DataFrame({"open_time": open_time, "open": opens, "close": opens + 1})


def test_a_horizon_fits_up_to_a_gap_and_up_to_the_end():
    bars = made_bars([0, 1, 2, 5, 6, 7, 8])
    assert horizon_fits(bars, "1h", 1).tolist() == [True, True, False, True, True, True, False]
    assert horizon_fits(bars, "1h", 2).tolist() == [True, False, False, True, True, False, False]
    assert horizon_fits(bars[:0], "1h", 1).tolist() == []


def test_the_fill_is_the_next_open_and_the_exit_a_close():
    bars = made_bars(range(4))
    np.testing.assert_array_equal(price_after(bars["close"], 2), [31, 41, np.nan, np.nan])
    np.testing.assert_array_equal(fill_return(bars, 2), [31 / 20 - 1, 41 / 30 - 1, np.nan, np.nan])


def test_rows_have_keys_t1_targets_and_ret_in_the_order_of_bars_whatever_their_index():
    bars = made_bars([0, 1, 2, 5, 6]).assign(symbol="A").set_axis([9, 9, 1, 0, 3])
    targets = {"label": np.array([1.0, np.nan, 0.0, 1.0, 1.0]), "other": np.arange(5.0)}
    rows = target_rows(bars, interval="1h", horizon=1, targets=targets)
    assert rows.columns.tolist() == ["symbol", "time", "t1", "label", "other", "ret"]
    assert rows["other"].tolist() == [0.0, 3.0]
    assert rows.index.equals(pd.RangeIndex(2))
    hours = (rows["t1"] - MIDNIGHT).dt.total_seconds() / 3600
    assert hours.tolist() == [2, 7]
    assert rows["t1"].dtype == rows["time"].dtype == "datetime64[ns, UTC]"


def test_bars_that_are_not_one_symbols_in_order_are_refused():
    bars = made_bars([1, 2, 3])
    with pytest.raises(InputError, match="bars must be of one symbol, got A, B"):
        horizon_fits(bars.assign(symbol=["A", "A", "B"]), "1h", 1)
    with pytest.raises(InputError, match=r"in order of time, 1h apart or more, got .*01:00.* after .*03:00"):
        horizon_fits(bars.iloc[[2, 0, 1]], "1h", 1)
    with pytest.raises(InputError, match=r"4h apart or more.*give their own interval"):
        horizon_fits(bars, "4h", 1)
