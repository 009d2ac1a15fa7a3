from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import BAR_COLUMNS, by_symbol, map_symbols, split_symbols, stack_symbols
from topoquant.lib.errors import InputError


def test_map_symbols_never_looks_across_symbols(make_bars):
    bars = pd.concat([make_bars([1, 2, 4], symbol="B"), make_bars([8, 9], symbol="A")])
    got = map_symbols(lambda one: one.assign(previous=one["close"].shift()), bars)
    assert got["symbol"].tolist() == ["A", "A", "B", "B", "B"]
    assert got["previous"].fillna(-1).tolist() == [-1, 8, -1, 1, 2]
    assert got.index.tolist() == [0, 1, 2, 3, 4]


def test_map_symbols_hands_over_a_fresh_index(make_bars):
    bars = pd.concat([make_bars([1, 2], symbol="A"), make_bars([3, 4], symbol="B")], ignore_index=True)
    seen = []
    map_symbols(lambda one: seen.append(one.index.tolist()) or one, bars)
    assert seen == [[0, 1], [0, 1]]


def test_map_symbols_keeps_symbols_without_a_name_and_copies_no_rows_that_are_in_order(make_bars):
    bars = pd.concat([make_bars([1, 2], symbol="A"), make_bars([3], symbol="B")], ignore_index=True)
    first, second = by_symbol(bars)
    assert np.shares_memory(first["close"].to_numpy(), bars["close"].to_numpy())
    assert second["close"].tolist() == [3]
    unnamed = bars.assign(symbol=["A", None, "A"])
    assert [one["close"].tolist() for one in by_symbol(unnamed)] == [[1, 3], [2]]


def test_map_symbols_takes_a_map(make_bars):
    bars = pd.concat([make_bars([1, 2, 4], symbol="B"), make_bars([8, 9], symbol="A")])

    def change(one):
        return one.assign(previous=one["close"].shift())

    with ThreadPoolExecutor(2) as pool:
        got = map_symbols(change, bars, map=pool.map)
    pd.testing.assert_frame_equal(got, map_symbols(change, bars))


def test_map_symbols_applies_straight_to_bars_that_name_none(make_bars):
    bars = make_bars([1, 2, 4]).drop(columns="symbol").iloc[1:]
    got = map_symbols(lambda one: one.loc[one.index > 0, ["close"]], bars)
    assert got["close"].tolist() == [4]
    assert got.index.tolist() == [0]


def test_map_symbols_refuses_nothing(make_bars):
    with pytest.raises(InputError, match="one row or more"):
        map_symbols(lambda one: one, make_bars([1]).iloc[:0])


def test_stacked_bars_have_the_columns_that_every_bar_has(make_bars):
    one = make_bars([1, 2]).assign(trades=3.0, quote_volume=1.0, taker_buy_volume=[0.5, np.nan])
    other = make_bars([5]).assign(trades=1.0, taker_buy_volume=0.5).drop(columns="symbol")
    stacked, notes = stack_symbols({"B": one, "A": other})
    assert stacked.columns.tolist() == [*BAR_COLUMNS, "trades"]
    assert stacked["symbol"].tolist() == ["A", "B", "B"]
    assert stacked["close"].tolist() == [5, 1, 2]
    assert notes["A"] == ["taker_buy_volume left out: not every symbol has it"]
    assert notes["B"] == [
        "quote_volume left out: not every symbol has it",
        "taker_buy_volume left out: empty in 1 of 2 bars",
    ]


def test_no_symbol_stacks_to_no_row_of_bars(make_bars):
    stacked, notes = stack_symbols({})
    assert notes == {}
    assert stacked.dtypes.to_dict() == make_bars([1, 2])[list(BAR_COLUMNS)].dtypes.to_dict()
    assert len(stacked) == 0


@pytest.mark.parametrize("text", ["", "+", "A+", "A+A"])
def test_split_symbols_refuses_empty_and_repeated_names(text):
    with pytest.raises(InputError, match="symbol must be"):
        split_symbols(text)
