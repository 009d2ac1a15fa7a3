import pandas as pd
import pytest

from topoquant.lib.bars import map_symbols, split_symbols
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


def test_map_symbols_refuses_nothing(make_bars):
    with pytest.raises(InputError, match="one row or more"):
        map_symbols(lambda one: one, make_bars([1]).iloc[:0])


@pytest.mark.parametrize("text", ["", "+", "A+", "A+A"])
def test_split_symbols_refuses_empty_and_repeated_names(text):
    with pytest.raises(InputError, match="symbol must be"):
        split_symbols(text)
