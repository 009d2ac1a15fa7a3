"""What holds for every column of every set; a new column is among them without being named here."""

import tracemalloc
from typing import get_args

import numpy as np
import pandas as pd
import pydantic
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.indicators import (
    CHANNEL_SETS,
    CHANNELS,
    GROUPS,
    NEEDS,
    SETS,
    FractionalOptions,
    chosen_sets,
    columns_of,
    fractional_name,
    indicators,
    known_by,
    warm_up,
    without_absent_sets,
)
from topoquant.lib.indicators.cross_asset import UNNAMED, reference_names
from topoquant.lib.indicators.fractional import fractional_weights
from topoquant.lib.indicators.macro import series_names
from topoquant.lib.indicators.options import SetName
from topoquant.lib.indicators.sets import INDICATOR_SETS
from topoquant.lib.indicators.table import Indicator, with_returns

INTERVAL = "1h"
PRICES = ["open", "high", "low", "close"]
# Sets whose rows come from data of their own.
BESIDE = ("cross_asset", "macro")


def compute(market, options):
    bars, references, macro = market
    return indicators(bars, options, interval=INTERVAL, references=references, macro=macro)


def declared(market, options):
    _, references, macro = market
    by_set = columns_of(options, references=reference_names(references), macro=series_names(macro))
    return [column for columns in by_set.values() for column in columns]


@pytest.fixture(scope="module")
def whole(market, options):
    return compute(market, options())


def test_the_table_has_every_declared_column_in_order(market, options, whole):
    names = [column.name for column in declared(market, options())]
    assert whole.columns.tolist() == ["symbol", "time", *names]
    assert (whole.drop(columns=["symbol", "time"]).dtypes == np.float64).all()
    assert sum(len(INDICATOR_SETS[name]) for name in INDICATOR_SETS) >= 150


def test_sets_and_groups_are_those_that_options_know():
    assert set(get_args(SetName)) == {*SETS, *GROUPS}
    assert [name for group in GROUPS["channels"] for name in CHANNEL_SETS[group]] == list(CHANNELS)
    assert set(SETS) - set(GROUPS["tabular"]) == {*CHANNEL_SETS, "fractional"}


@pytest.mark.parametrize("n_bars", [640, 801])
def test_no_column_depends_on_what_comes_later(market, options, whole, n_bars):
    bars, references, macro = market
    begun = bars.iloc[:n_bars]
    time = whole["time"].iloc[n_bars - 1]
    coins, series = known_by(time, references, macro, interval=INTERVAL)
    assert len(coins) < len(references)
    assert len(series) < len(macro)
    part = indicators(begun, options(), interval=INTERVAL, references=coins, macro=series)
    for column in whole:
        assert whole[column].iloc[:n_bars].equals(part[column]), column
    assert part.iloc[-1].notna().all()


def test_no_column_changes_with_what_is_beside_the_bars_later(market, options, whole):
    bars, references, macro = market
    time = whole["time"].iloc[700]
    late = references["open_time"] >= time
    wild = references.assign(close=np.where(late, references["close"] * 9, references["close"]))
    wild["high"] = wild[PRICES].max(axis=1)
    shocked = macro.assign(value=np.where(macro["available_at"] > time, 1e6, macro["value"]))
    table = indicators(bars, options(), interval=INTERVAL, references=wild, macro=shocked)
    pd.testing.assert_frame_equal(table.iloc[:701], whole.iloc[:701], check_exact=True)
    changed = [name for name in whole if not table[name].equals(whole[name])]
    assert any(name.startswith("ETH_") for name in changed)
    assert any(name.startswith("gold_") for name in changed)


def test_every_column_is_empty_for_its_warm_up_and_complete_after(market, options, whole):
    for column in declared(market, options()):
        first = whole[column.name].first_valid_index()
        if not column.name.startswith(("dxy_", "gold_")):
            assert first == column.warm_up, column.name
        assert np.isfinite(whole[column.name].iloc[first:]).all(), column.name
    assert warm_up(options(*INDICATOR_SETS)) == whole[[c.name for c in _computed()]].dropna().index[0]


def _computed():
    return [column for columns in INDICATOR_SETS.values() for column in columns]


@pytest.mark.parametrize(
    "column", [one for one in _computed() if not one.recursive], ids=lambda one: one.name
)
def test_warm_up_is_no_longer_than_the_window(column, market):
    bars = market[0]
    arrays = {name: bars[name].to_numpy() for name in (*PRICES, "volume", "taker_buy_volume")}
    arrays["seconds"] = bars["open_time"].astype("int64").to_numpy() / 1e9
    values = column.compute(with_returns(arrays))
    # A comparison with NaN is False, which is a value: the declared warm-up alone hides it.
    if not set(np.unique(values)) <= {-1.0, 0.0, 1.0}:
        assert np.flatnonzero(np.isfinite(values))[0] == column.warm_up


def test_no_value_depends_on_where_the_bars_begin(market, options):
    bars, skipped = market[0], 137
    sets = (*INDICATOR_SETS, "fractional")
    long = indicators(bars, options(*sets), interval=INTERVAL)
    short = indicators(bars.iloc[skipped:].reset_index(drop=True), options(*sets), interval=INTERVAL)
    for column in declared(market, options(*sets)):
        first = column.warm_up
        one, other = (
            long[column.name].iloc[skipped + first :].to_numpy(),
            short[column.name].iloc[first:].to_numpy(),
        )
        if column.recursive:
            # What the start still weighs; a flag may turn one bar apart.
            assert np.mean(np.abs(one - other)) <= 0.01 * long[column.name].std(), column.name
        else:
            np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10, err_msg=column.name)


def test_nothing_looks_across_a_gap(market, options):
    bars = market[0]
    sets = (*CHANNEL_SETS, *INDICATOR_SETS, "fractional")
    broken = bars.drop(index=range(450, 453)).reset_index(drop=True)
    table = indicators(broken, options(*sets), interval=INTERVAL)
    parts = [bars.iloc[:450], bars.iloc[453:].reset_index(drop=True)]
    apart = [indicators(part, options(*sets), interval=INTERVAL) for part in parts]
    pd.testing.assert_frame_equal(table, pd.concat(apart, ignore_index=True))


def test_runs_too_short_for_a_window_are_empty(market, options):
    bars = market[0].iloc[[0, 1, 2, 10, 20, 21]].reset_index(drop=True)
    table = indicators(bars, options(*SETS[:-3], "fractional"), interval=INTERVAL)
    for column in _computed():
        expected = [True] * 6
        for place, rows_before in enumerate([0, 1, 2, 0, 0, 1]):
            expected[place] = rows_before < column.warm_up
        assert table[column.name].isna().tolist() == expected, column.name


def test_neither_the_unit_of_price_nor_that_of_volume_matters(market, options, whole):
    bars, references, macro = market
    volumes = ["volume", "taker_buy_volume"]
    for scale in (2.0**-30, 2.0**20):
        other = bars.assign(**(bars[PRICES] * scale), **(bars[volumes] * scale))
        coins = references.assign(**(references[PRICES] * scale))
        table = compute((other, coins, macro.assign(value=macro["value"] * scale)), options())
        for d in options().fractional.grid:
            # A share of the level stays: another unit moves the whole column by a constant.
            moved = fractional_weights(d, options().fractional.threshold).sum() * np.log(scale)
            table[fractional_name(d)] -= moved
        for column in table.columns[2:]:
            size = whole[column].abs().median()
            np.testing.assert_allclose(
                table[column], whole[column], rtol=1e-6, atol=1e-8 * size + 1e-12, err_msg=column
            )


def test_flat_and_untraded_bars_give_finite_values(market, options):
    bars = market[0].copy()
    bars.loc[200:, PRICES] = 0.3
    bars.loc[150:400, ["volume", "taker_buy_volume"]] = 0.0
    table = indicators(bars, options(*CHANNEL_SETS, *INDICATOR_SETS, "fractional"), interval=INTERVAL)
    assert np.isfinite(table.iloc[600:, 2:]).all(axis=None)
    last = table.iloc[-1]
    neutral = {
        "rsi_14": None, "stochastic_k_14": 0.5, "williams_r_14": -0.5, "cci_20": 0.0, "percent_b_20": 0.5,
        "keltner_position_20": 0.5, "ultimate_oscillator": 0.5, "volatility_20": 0.0, "skewness_30": 0.0,
        "above_sma_200": 0.0, "golden_cross_50_200": 0.0, "autocorrelation_1_60": 0.0, "close_location": 0.5,
    }  # fmt: skip
    for name, value in neutral.items():
        assert value is None or last[name] == pytest.approx(value, abs=1e-12), name


@pytest.mark.parametrize("name", [name for name in SETS if name not in CHANNEL_SETS])
def test_a_set_alone_is_the_same_columns(market, options, whole, name):
    part = compute(market, options(name))
    pd.testing.assert_frame_equal(part, whole[part.columns.tolist()])


def test_bars_that_name_no_symbol_give_the_same_without_it(market, options, whole):
    bars, references, macro = market
    unnamed = compute((bars.drop(columns="symbol"), references.drop(columns="symbol"), macro), options())
    expected = whole.drop(columns="symbol").rename(columns=lambda name: name.replace("ETH_", f"{UNNAMED}_"))
    pd.testing.assert_frame_equal(unnamed, expected)


def test_absent_inputs_leave_their_sets_out(market, options):
    bars = market[0].drop(columns="taker_buy_volume")
    there = without_absent_sets(options("tabular", "fractional"), bars.columns).sets
    assert set(chosen_sets(options("tabular", "fractional"))) - set(there) == {"taker", *BESIDE}
    table = indicators(bars, options("tabular", "flow"), interval=INTERVAL)
    assert "taker_delta" not in table
    for name in NEEDS:
        with pytest.raises(InputError, match=r"sets must be at least one that these bars can give"):
            indicators(bars, options(name), interval=INTERVAL)


def test_bad_options_are_refused(options):
    with pytest.raises(pydantic.ValidationError, match="fractional must be given"):
        options("fractional", fractional=None)
    with pytest.raises(pydantic.ValidationError, match="ascending"):
        FractionalOptions(grid=(0.4, 0.2), threshold=0.01)
    with pytest.raises(pydantic.ValidationError, match="threshold"):
        FractionalOptions(grid=(0.4,), threshold=0.0)


def test_memory_is_that_of_the_table_and_grows_with_it(market, options):
    bars = pd.concat([market[0]] * 40, ignore_index=True)
    bars["open_time"] = pd.date_range("2020-01-01", periods=len(bars), freq="h", tz="UTC", unit="ns")
    peaks = []
    for n_bars in (len(bars) // 2, len(bars)):
        tracemalloc.start()
        try:
            indicators(bars.iloc[:n_bars], options("tabular"), interval=INTERVAL)
            peaks.append(tracemalloc.get_traced_memory()[1] / n_bars)
        finally:
            tracemalloc.stop()
    # A million bars then take less than 2 GB.
    assert max(peaks) < 2_000
    assert peaks[1] < 1.1 * peaks[0]


def test_every_indicator_says_what_it_is(market, options):
    columns = declared(market, options())
    assert len({column.name for column in columns}) == len(columns)
    for column in columns:
        assert column.formula, column.name
        assert column.warm_up >= 0, column.name
    assert all(isinstance(column, Indicator) for column in _computed())
