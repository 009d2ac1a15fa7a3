"""The fast path: what it computes is what samples would hold, no wider and for no more rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import map_symbols
from topoquant.lib.bars.synthetic import synthetic_bars
from topoquant.lib.indicators import BlindOptions, IndicatorOptions, indicators, sign_blind_features
from topoquant.lib.labeling import MoveOptions, split_bars
from topoquant.lib.models import LightGBMOptions
from topoquant.lib.sampling import SplitOptions, assemble_samples
from topoquant.lib.training import FastPathOptions
from topoquant.lib.training.fast_path import fast_features

PATH = FastPathOptions(
    interval="15m",
    split=SplitOptions(train=0.6, val=0.2, n_folds=2, embargo=None),
    label=MoveOptions(horizon=2, threshold=0.001, side="up", volume_window=None, min_volume_ratio=None),
    indicators=IndicatorOptions(
        sets=("price",), rsi_period=3, macd_fast=2, macd_slow=4, macd_signal=2, band_period=3,
        band_width=2.0, atr_period=3, momentum_period=2, volume_period=3, functions=(),
    ),
    blind=BlindOptions(half_lives=(3,), volume_half_life=3, n_lags=1),
    model=LightGBMOptions(
        n_trees=4, learning_rate=0.2, n_leaves=4, min_rows_per_leaf=10, max_bins=15, feature_fraction=1.0,
        row_fraction=1.0, l2=1.0, patience=4, validation_fraction=0.1, n_threads=1,
    ),
    window=4,
    n_rows=50,
)  # fmt: skip


@pytest.fixture(scope="module")
def bars():
    """Bars of two symbols."""
    made = [synthetic_bars("noise", n_bars=400, seed=seed, interval="15m").bars for seed in (1, 2)]
    return pd.concat([one.assign(symbol=name) for name, one in zip("AB", made, strict=True)])


@pytest.mark.parametrize("n_rows", [None, 50])
def test_samples_are_those_of_whole_tables_bit_for_bit(bars, n_rows):
    path = replace(PATH, n_rows=n_rows)
    splits = split_bars(bars, "15m", label=path.label, split=path.split, n_rows=n_rows)
    wide = (
        map_symbols(lambda one: indicators(one, path.indicators, interval="15m"), bars),
        map_symbols(lambda one: sign_blind_features(one, path.blind, interval="15m"), bars),
    )
    made = [
        assemble_samples(splits, None, sequence=table, static=blind, window=path.window, interval="15m")
        for table, blind in (wide, fast_features(bars, splits, path))
    ]
    (expected, dropped), (samples, dropped_too) = made
    assert dropped == dropped_too
    np.testing.assert_array_equal(samples.sequence, expected.sequence)
    np.testing.assert_array_equal(samples.static, expected.static)
    pd.testing.assert_frame_equal(samples.rows, expected.rows)


def test_blind_features_are_of_used_rows_alone(bars):
    splits = split_bars(bars, "15m", label=PATH.label, split=PATH.split, n_rows=PATH.n_rows)
    channels, blind = fast_features(bars, splits, PATH)
    assert len(channels) == len(bars)
    assert len(blind) < 0.6 * len(bars)
    assert {*channels.dtypes.iloc[2:], *blind.dtypes.iloc[2:]} == {np.dtype(np.float32)}
