import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.bars import (
    check_one_symbol,
    decision_time,
    infer_interval,
    interval_name,
    interval_timedelta,
    row_keys,
)
from topoquant.lib.errors import InputError


@given(st.integers(1, 500), st.sampled_from("smhdw"))
def test_interval_name_is_the_inverse_of_its_length(count, unit):
    length = interval_timedelta(f"{count}{unit}")
    assert interval_timedelta(interval_name(length)) == length


@pytest.mark.parametrize("text", ["15", "m", "0m", "1M", "-1h", "1.5h", " 1h", "15min", "", None, 15])
def test_an_interval_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="interval must be"):
        interval_timedelta(text)


def test_infer_interval_outvotes_gaps_and_repetitions(make_bars):
    bars = make_bars(range(10, 30)).drop(index=[3, 4, 9])
    assert infer_interval(pd.concat([bars, bars.iloc[-1:]])) == "15m"


def test_infer_interval_needs_two_times(make_bars):
    with pytest.raises(InputError, match="two or more"):
        infer_interval(make_bars([1.0]))


def test_decision_time_is_the_next_open(make_bars):
    bars = make_bars([1.0, 2.0, 3.0])
    time = decision_time(bars, "15m")
    assert time.name == "time"
    assert str(time.dtype) == "datetime64[ns, UTC]"
    assert time[:2].tolist() == bars["open_time"][1:].tolist()


def test_keys_are_those_of_the_rows_in_their_order(make_bars):
    bars = make_bars([1.0, 2.0, 3.0]).iloc[1:]
    keys = row_keys(bars, "15m")
    assert keys.columns.tolist() == ["symbol", "time"]
    assert keys.index.tolist() == [0, 1]
    assert keys["time"].tolist() == (bars["open_time"] + pd.Timedelta("15min")).tolist()
    assert row_keys(bars.drop(columns="symbol"), "15m").equals(keys[["time"]])
    assert bars.columns[0] == "symbol"


def test_one_symbol_or_none_passes(make_bars):
    bars = make_bars([1.0, 2.0])
    check_one_symbol(bars)
    check_one_symbol(bars.drop(columns="symbol"))
    with pytest.raises(InputError, match="of one symbol, got AAA, B"):
        check_one_symbol(bars.assign(symbol=["AAA", "B"]))
