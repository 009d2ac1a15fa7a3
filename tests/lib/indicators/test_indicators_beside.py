"""Columns of other coins and of macro series: known at the decision time, and not before."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import read_series
from topoquant.lib.errors import InputError
from topoquant.lib.indicators import indicators

INTERVAL = "1h"


@pytest.fixture
def bars(market):
    return market[0].iloc[:300].reset_index(drop=True)


@pytest.fixture
def other(market):
    return market[1].iloc[:300].reset_index(drop=True)


def cross_asset(bars, references, options):
    return indicators(bars, options("cross_asset"), interval=INTERVAL, references=references)


def macro_of(bars, options, **series):
    macro = pd.concat(
        [pd.DataFrame({"name": name, "available_at": pd.DatetimeIndex(at), "value": values})
         for name, (at, values) in series.items()], ignore_index=True,
    )  # fmt: skip
    return indicators(bars, options("macro"), interval=INTERVAL, macro=macro)


def test_columns_are_the_other_coins_own(bars, other, options):
    table = cross_asset(bars, other, options)
    own = indicators(other, options("price_derived", "momentum", "volatility", "averages"), interval=INTERVAL)
    names = ["return_1", "return_7", "return_30", "rsi_14", "volatility_20", "sma_ratio_20"]
    assert table.columns.tolist() == ["symbol", "time", *(f"ETH_{name}" for name in names)]
    assert table["symbol"].unique().tolist() == ["SYN"]
    for name in names:
        np.testing.assert_array_equal(table[f"ETH_{name}"], own[name])


def test_rows_meet_by_time_and_not_by_position(bars, other, options):
    later = other.iloc[100:].reset_index(drop=True)
    table = cross_asset(bars, later, options)
    assert table["ETH_return_1"].isna().tolist() == [True] * 101 + [False] * 199
    np.testing.assert_array_equal(table["ETH_return_1"][101:], other["close"].pct_change()[101:])


def test_a_missing_bar_of_the_other_coin_is_missing(bars, other, options):
    table = cross_asset(bars, other.drop(index=150).reset_index(drop=True), options)
    # Row 150 has no bar of that time, and row 151 none before it to return from.
    assert np.flatnonzero(table["ETH_return_1"].isna()).tolist() == [0, 150, 151]
    assert table["ETH_sma_ratio_20"].isna()[150:170].all()
    assert table["ETH_sma_ratio_20"].notna()[170:].all()


def test_a_gap_of_the_bars_is_not_one_of_the_other_coin(bars, other, options):
    kept = bars.drop(index=range(200, 210)).reset_index(drop=True)
    whole, table = cross_asset(bars, other, options), cross_asset(kept, other, options)
    expected = whole.drop(index=range(200, 210)).reset_index(drop=True)
    pd.testing.assert_frame_equal(table, expected)


def test_coins_come_in_order_of_their_names(bars, other, options):
    both = pd.concat([other.assign(symbol="XRP"), other], ignore_index=True)
    table = cross_asset(bars, both, options)
    assert [name.split("_")[0] for name in table.columns[2::6]] == ["ETH", "XRP"]
    np.testing.assert_array_equal(table["XRP_rsi_14"], table["ETH_rsi_14"])


def test_a_coin_of_another_interval_is_refused(bars, other, options):
    with pytest.raises(InputError, match=r"interval of reference ETH must be 1h, got 2h"):
        cross_asset(bars, other.iloc[::2].reset_index(drop=True), options)


def test_macro_by_hand(bars, options):
    known = pd.to_datetime(["2024-01-02 00:00", "2024-01-03 00:00", "2024-01-06 00:00"], utc=True)
    table = macro_of(bars, options, gold=(known, [100.0, 110.0, 99.0])).set_index("time")
    at = pd.Timestamp("2024-01-03", tz="UTC")
    assert table["gold_age"].first_valid_index() == known[0]
    assert table.loc[at - pd.Timedelta("1h"), "gold_age"] == pytest.approx(23 / 24)
    assert table.loc[at, "gold_age"] == 0
    assert table["gold_return_1"].first_valid_index() == at
    assert table.loc[at, "gold_return_1"] == pytest.approx(np.log(1.1))
    # A weekend: the value stays and ages.
    assert table.loc[at + pd.Timedelta("71h"), "gold_age"] == pytest.approx(71 / 24)
    assert table.loc[at + pd.Timedelta("71h"), "gold_return_1"] == pytest.approx(np.log(1.1))
    assert table.loc[at + pd.Timedelta("72h"), "gold_return_1"] == pytest.approx(np.log(0.9))
    assert table[["gold_return_5", "gold_zscore_20"]].isna().all(axis=None)


def test_macro_by_pandas(bars, market, options):
    macro = market[2]
    table = indicators(bars, options("macro"), interval=INTERVAL, macro=macro.sample(frac=1, random_state=0))
    for name in ("dxy", "gold"):
        one = macro[macro["name"] == name].reset_index(drop=True)
        rolling = one["value"].rolling(20)
        one["return_5"] = np.log(one["value"]).diff(5)
        one["zscore_20"] = (one["value"] - rolling.mean()) / rolling.std(ddof=0)
        expected = pd.merge_asof(table[["time"]], one, left_on="time", right_on="available_at")
        for column in ("return_5", "zscore_20"):
            np.testing.assert_allclose(table[f"{name}_{column}"], expected[column], atol=1e-9)


def test_a_daily_close_is_known_at_its_close_and_not_at_its_midnight_stamp(bars, options, tmp_path):
    file = tmp_path / "dxy.csv"
    file.write_text("Date,Close\n2024-01-03,100\n2024-01-04,104\n2024-01-05,101\n2024-01-08,103\n")
    macro = read_series(file, name="dxy").assign(name="dxy")
    table = indicators(bars, options("macro"), interval=INTERVAL, macro=macro).set_index("time")
    friday_over, monday_over = (pd.Timestamp(day, tz="UTC") for day in ("2024-01-06", "2024-01-09"))
    hour = pd.Timedelta("1h")
    assert table.loc[friday_over - hour, "dxy_return_1"] == pytest.approx(np.log(1.04))
    assert table.loc[friday_over, "dxy_return_1"] == pytest.approx(np.log(101 / 104))
    assert table.loc[monday_over - hour, "dxy_return_1"] == pytest.approx(np.log(101 / 104))
    assert table.loc[monday_over - hour, "dxy_age"] == pytest.approx(3 - 1 / 24)
    assert table.loc[monday_over, "dxy_return_1"] == pytest.approx(np.log(103 / 101))


@pytest.mark.parametrize(
    ("days", "values", "message"),
    [(["2024-01-02", "2024-01-03"], [1.0, 0.0], r"values of macro rate must be positive, got 0\.0"),
     (["2024-01-02", "2024-01-02"], [1.0, 2.0], "available_at of macro rate must be there once")],
)  # fmt: skip
def test_series_that_cannot_be_read_are_refused(bars, options, days, values, message):
    with pytest.raises(InputError, match=message):
        macro_of(bars, options, rate=(pd.to_datetime(days, utc=True), values))


def test_a_coin_and_a_series_of_one_name_are_refused(bars, other, market, options):
    macro = market[2].replace({"name": {"gold": "ETH"}})
    with pytest.raises(InputError, match="names of references and macro series must be different"):
        indicators(bars, options("cross_asset", "macro"), interval=INTERVAL, references=other, macro=macro)
