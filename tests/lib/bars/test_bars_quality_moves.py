import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.bars import PRICE_COLUMNS, validate_bars
from topoquant.lib.bars.quality.moves import check_moves, move_limit
from topoquant.lib.errors import InputError

PRICES = list(PRICE_COLUMNS)


def quiet_bars(n=60, interval="15min", price=100.0, seed=0):
    """Bars that open at the close before, and move by about a tenth of a percent."""
    closes = price * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.001, n)))
    opens = np.append(price, closes[:-1])
    stamps = pd.date_range("2024-01-01", periods=n, freq=interval, tz="UTC").as_unit("ns")
    bars = pd.DataFrame({"open_time": stamps, "open": opens, "close": closes, "volume": 1.0})
    high, low = np.maximum(opens, closes) * 1.0002, np.minimum(opens, closes) / 1.0002
    return bars.assign(high=high, low=low)[["open_time", *PRICES, "volume"]]


def test_the_limit_is_two_in_a_minute_and_eight_in_a_day():
    assert move_limit("1m") == 2.0
    assert move_limit("1d") == pytest.approx(8.0)
    assert move_limit("1s") < move_limit("5m") < move_limit("1h") < move_limit("1w")


def test_the_largest_move_is_between_closes_or_within_a_bar_and_never_across_a_gap():
    bars = quiet_bars()
    bars.loc[30:, PRICES] *= 2.0
    held = bars.drop(index=range(26, 30)).reset_index(drop=True)
    found = check_moves(held, "15m")
    assert found.largest < 1.01
    bars.loc[10, ["close", "high"]] = bars.loc[10, "open"] * np.array([1.5, 1.6])
    bars.loc[11:, PRICES] *= 1.5
    moved = check_moves(bars.drop(index=range(26, 30)).reset_index(drop=True), "15m")
    assert moved.largest == pytest.approx(1.5)
    assert moved.largest_at == "2024-01-01T02:30:00+00:00"
    assert moved.limit == move_limit("15m")


@pytest.mark.parametrize("interval", ["1min", "15min", "1D"])
@pytest.mark.parametrize("factor", [10.0, 100.0, 0.1, 0.01])
@pytest.mark.parametrize("columns", [PRICES, ["open"], ["close"]])
def test_a_row_off_by_a_power_of_ten_is_refused_and_named(interval, factor, columns):
    bars = quiet_bars(interval=interval)
    bars.loc[30, columns] *= factor
    bars["high"], bars["low"] = bars[PRICES].max(axis=1), bars[PRICES].min(axis=1)
    when = f"{bars['open_time'][30]:%Y-%m-%d %H:%M}"
    name = interval.replace("min", "m").replace("D", "d")
    with pytest.raises(InputError, match=f"{when}.* a decimal point or a unit is off"):
        check_moves(bars, name)
    assert check_moves(bars, name, max_move=1000).largest > 9


@pytest.mark.parametrize("interval", ["1m", "1d"])
@pytest.mark.parametrize(("column", "factor"), [("high", 10.0), ("high", 100.0), ("low", 0.1), ("low", 0.01)])
def test_a_high_or_low_with_a_misplaced_point_is_refused(interval, column, factor):
    bars = quiet_bars(interval={"1m": "1min", "1d": "1D"}[interval])
    bars.loc[30, column] *= factor
    when = re.escape(str(bars["open_time"][30]))
    with pytest.raises(InputError, match=f"high and low must be other than 10, .*{when}, a factor of"):
        check_moves(bars, interval)
    assert check_moves(bars, interval, max_move=1000).far_wicks == ()


def test_a_wick_of_another_size_is_a_trade_and_is_reported():
    bars = quiet_bars(interval="1D", price=1180.0)
    bars.loc[30, "low"] = 0.06
    bars.loc[40, "high"] *= 40
    report = validate_bars(bars, "1d").to_dict()
    assert report["n_far_wicks"] == 2
    low, high = report["far_wicks"]
    assert (low["open_time"], low["price"]) == ("2024-01-31T00:00:00+00:00", 0.06)
    assert high["factor"] == pytest.approx(40, rel=0.01)


def test_a_change_of_unit_is_refused_even_across_a_gap():
    bars = quiet_bars(n=400)
    bars.loc[200:, PRICES] *= 100
    with pytest.raises(InputError, match=r"prices must be within a factor of 2 from close before to open"):
        check_moves(bars, "15m")
    with pytest.raises(InputError, match=r"over 101 steps of 15m.*off by about 100"):
        check_moves(bars.drop(index=range(100, 200)), "15m")


def test_a_gap_allows_what_its_time_allows():
    bars = quiet_bars(n=400)
    bars.loc[200:, PRICES] *= 3.5
    with pytest.raises(InputError, match=r"a factor of 3\.5 "):
        check_moves(bars, "15m")
    assert check_moves(bars.drop(index=range(100, 200)), "15m").largest < 1.01


def test_many_wild_rows_point_to_a_test_network():
    bars = quiet_bars(interval="1min")
    for row in range(5, 55, 10):
        bars.loc[row:, PRICES] *= 2.5
    message = r"5 of 60 rows: 2024-01-01 00:05, 2024-01-01 00:15, 2024-01-01 00:25, \.\.\.\): .*test network"
    with pytest.raises(InputError, match=message):
        check_moves(bars, "1m")


@given(st.sampled_from(["1m", "15m", "1d"]), st.sampled_from([-1, 1]), st.booleans())
def test_the_limit_itself_is_allowed_and_a_hair_more_is_not(interval, sign, beyond):
    limit = move_limit(interval) * (1 + 1e-6 if beyond else 1)
    closes = np.array([1.0, 1.0, limit**sign, limit**sign])
    opens = np.append(1.0, closes[:-1])
    stamps = pd.date_range("2024-01-01", periods=4, freq=pd.Timedelta(interval.replace("d", "D")), tz="UTC")
    bars = pd.DataFrame({"open_time": stamps, "open": opens, "close": closes})
    bars = bars.assign(high=np.maximum(opens, closes), low=np.minimum(opens, closes))
    if beyond:
        with pytest.raises(InputError, match="prices must be within"):
            check_moves(bars, interval)
    else:
        assert check_moves(bars, interval).largest == pytest.approx(limit)


@pytest.mark.parametrize("max_move", [1.0, 0.5, -1.0, math.nan])
def test_a_limit_that_allows_nothing_is_refused(max_move):
    with pytest.raises(InputError, match="max_move must be a factor above 1"):
        validate_bars(quiet_bars(), "15m", max_move=max_move)


def test_without_a_limit_nothing_is_refused_and_json_stays_json():
    bars = quiet_bars()
    bars.loc[30, PRICES] *= 1e6
    report = validate_bars(bars, "15m", max_move=math.inf).to_dict()
    assert report["move_limit"] is None
    assert report["largest_move"] > 9e5
