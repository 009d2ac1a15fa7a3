"""All windows at once give the bars of each window by itself, bit for bit, and those of giotto-ph."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import read_bars
from topoquant.lib.errors import InputError
from topoquant.lib.topology import sliding, sliding_rips_persistence
from topoquant.lib.topology.backends import BACKENDS
from topoquant.lib.topology.sliding import persistence_at

DATA = os.environ.get("TOPOQUANT_DATA")


def sorted_bars(bars: tuple[np.ndarray, np.ndarray]) -> tuple[list, list]:
    """A diagram as two sorted lists: the order of its bars means nothing."""
    h0, h1 = bars
    return sorted(h0.tolist()), sorted(map(tuple, h1.tolist()))


def assert_same(series: np.ndarray, starts: np.ndarray, other: str, **embedding: int) -> None:
    ours = BACKENDS["sliding"](series, starts, **embedding)
    theirs = BACKENDS[other](series, starts, **embedding)
    assert len(ours) == len(starts)
    for k in range(len(starts)):
        assert sorted_bars(ours[k]) == sorted_bars(theirs[k])


@st.composite
def embedded_series(draw):
    """A short series out of few values, so that distances tie, and how to window it."""
    dimension, delay = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    window = (dimension - 1) * delay + draw(st.integers(2, 24))
    values = draw(st.lists(st.integers(0, 4), min_size=window, max_size=window + 40))
    series = np.array(values, float)
    if draw(st.booleans()):
        series = np.cumsum(series - 2)
    return series, {"window": window, "dimension": dimension, "delay": delay}


@settings(deadline=None, max_examples=150)
@given(embedded_series())
def test_every_window_of_a_grid_series_equals_giotto(case):
    series, embedding = case
    assert_same(series, np.arange(len(series) - embedding["window"] + 1), "giotto", **embedding)


@pytest.mark.parametrize("kind", ["walk", "noise", "flat stretches", "one pattern again and again"])
def test_windows_of_many_words_equal_giotto(kind):
    rng = np.random.default_rng(5)
    series = {
        "walk": np.cumsum(rng.integers(-2, 3, 420)).astype(float),
        "noise": rng.normal(size=420),
        "flat stretches": np.repeat(rng.normal(size=42), 10),
        "one pattern again and again": np.tile(rng.normal(size=28), 15),
    }[kind]
    assert_same(series, np.arange(0, 220, 20), "giotto", window=200, dimension=3, delay=2)


def test_each_window_by_itself_gives_the_same():
    series = np.cumsum(np.random.default_rng(6).normal(size=150))
    assert_same(series, np.arange(100), "single", window=50, dimension=2, delay=4)


@pytest.mark.parametrize("starts", [[0, 1, 2], [3, 9, 200, 203, 399], [17], []])
def test_a_diagram_does_not_depend_on_which_others_are_asked_for(starts, monkeypatch):
    series = np.cumsum(np.random.default_rng(7).integers(-1, 2, 460)).astype(float)
    embedding = {"window": 60, "dimension": 3, "delay": 1}
    every = sliding_rips_persistence(series, **embedding)
    monkeypatch.setattr(sliding, "LONGEST", 7)
    chosen = persistence_at(series, np.array(starts, dtype=np.int64), **embedding)
    assert len(chosen) == len(starts)
    for k, start in enumerate(starts):
        assert sorted_bars(chosen[k]) == sorted_bars(every[start])


def test_values_outside_a_window_change_nothing_in_it():
    rng = np.random.default_rng(8)
    series, embedding = rng.normal(size=200), {"window": 40, "dimension": 3, "delay": 2}
    changed = series.copy()
    changed[130:] = rng.normal(size=70) * 100
    before, after = (sliding_rips_persistence(one, **embedding) for one in (series, changed))
    assert all(sorted_bars(before[k]) == sorted_bars(after[k]) for k in range(91))
    assert sorted_bars(before[91]) != sorted_bars(after[91])


def test_a_stride_below_one_is_refused():
    with pytest.raises(InputError, match="stride must be at least 1, got 0"):
        sliding_rips_persistence(np.arange(9.0), window=4, dimension=2, delay=1, stride=0)


@pytest.mark.skipif(not DATA, reason="TOPOQUANT_DATA does not name the folder of real bars")
@pytest.mark.parametrize("name", ["btcusdt_spot_15m_*.parquet", "extra/dogeusdt_spot_15m_*.parquet"])
@pytest.mark.parametrize("returns", [False, True])
def test_real_windows_equal_giotto(name, returns):
    file = next(Path(DATA).glob(name))
    close = np.log(read_bars(file, symbol="X")["close"].to_numpy()[40_000:41_000])
    series = np.diff(close) if returns else close
    assert_same(series, np.arange(0, 600, 100), "giotto", window=336, dimension=3, delay=1)
