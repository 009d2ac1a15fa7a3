"""Targets of every kind are fitted where a head predicts them, and refused where none does."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import synthetic_bars
from topoquant.lib.errors import InputError
from topoquant.lib.indicators import BlindOptions, IndicatorOptions
from topoquant.lib.labeling import (
    DirectionOptions,
    LogReturnOptions,
    MoveOptions,
    OwnTargetOptions,
    TriggerOptions,
    TripleBarrierOptions,
)
from topoquant.lib.models import LightGBMOptions
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import FastPathOptions, find_edge
from topoquant.lib.training.target_heads import check_label

OWN = """
import pandas as pd

from topoquant.lib.labeling import label_direction


def up(bars):
    return label_direction(bars, horizon=4)[["time", "t1", "label"]]
"""


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return synthetic_bars("regime", n_bars=1500, seed=3).bars


def path(label: Any) -> FastPathOptions:
    return FastPathOptions(
        interval="15m", window=4, n_rows=300, label=label,
        split=SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=None),
        indicators=IndicatorOptions(
            sets=("price",), rsi_period=5, macd_fast=3, macd_slow=6, macd_signal=3, band_period=5,
            band_width=2.0, atr_period=5, momentum_period=3, volume_period=5,
        ),
        blind=BlindOptions(half_lives=(5, 20), volume_half_life=20, n_lags=1),
        model=LightGBMOptions(
            n_trees=5, learning_rate=0.1, n_leaves=7, min_rows_per_leaf=20, max_bins=31, feature_fraction=1.0,
            row_fraction=1.0, l2=1.0, patience=5, validation_fraction=0.1, n_threads=1,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "label",
    [
        TriggerOptions(horizon=4, side="up", threshold=None, rate=0.3),
        DirectionOptions(horizon=4),
        MoveOptions(horizon=4, threshold=0.003, side="both", volume_window=5, min_volume_ratio=0.5),
        TripleBarrierOptions(horizon=8, upper=1.5, lower=1.5, side="down", width="atr", period=5),
    ],
    ids=lambda one: type(one).__name__,
)
def test_the_fast_path_labels_by_the_kind(bars, label):
    found, auc = find_edge(bars, 0, path=path(label))
    assert isinstance(bool(found), bool)
    assert 0 < auc < 1


def test_the_same_label_of_a_users_own_gives_the_same_answer(bars, own_module):
    function = f"{own_module(OWN)}:up"
    own = OwnTargetOptions(function=function, horizon=4, side="direction")
    assert find_edge(bars, 0, path=path(own)) == find_edge(bars, 0, path=path(DirectionOptions(horizon=4)))


@pytest.mark.parametrize(
    ("label", "got"),
    [
        (LogReturnOptions(horizons=(1, 4), reference="open"), "logret_1, logret_4"),
        (
            TripleBarrierOptions(horizon=8, upper=1.5, lower=1.5, side="both", width="atr", period=5),
            "label -1",
        ),
    ],
    ids=["log_return", "no side"],
)
def test_a_target_without_a_head_is_refused(bars, label, got):
    with pytest.raises(InputError, match=rf"targets of a member must be label \(0 or 1\) .+, got {got}"):
        find_edge(bars, 0, path=path(label))


def test_rows_without_a_target_do_not_count_against_it():
    check_label(pd.DataFrame({"label": [0.0, 1.0, np.nan], "max_pct": [0.1, 0.2, np.nan]}))
    with pytest.raises(InputError, match="got no label"):
        check_label(pd.DataFrame({"max_pct": [0.1]}))
