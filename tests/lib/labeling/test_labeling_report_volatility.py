"""Regimes of the label report, and what volatility alone tells of labels on real bars."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import decision_time
from topoquant.lib.labeling import LabelReportOptions, average_uniqueness, label_trigger, summarise_labels
from topoquant.lib.labeling.report_volatility import mark_regimes

OPTIONS = LabelReportOptions(
    blind={"half_lives": [2, 5, 10, 20, 50, 100, 200], "volume_half_life": 20, "n_lags": 5},
    regime_half_life=100,
    l2=100.0,
    min_rarer_share=0.05,
    min_rarer_effective=30,
    max_filtered_share=0.5,
    min_move_ranges=0.3,
    max_threshold_moves=5,
    max_unmoved_share=0.05,
    max_time_share=0.8,
    max_volatility_auc=0.6,
    max_both_share=0.02,
    max_rate_ratio=1.5,
)
UP = {"text": "up-move", "side": "up", "kind": "trigger", "threshold": 0.0065}
QUARTER = pd.Timedelta("15min")


def test_regimes_are_terciles_of_train_rows_alone():
    rows = pd.DataFrame({"set": ["train"] * 6 + ["val"] * 3})
    log_range = pd.Series([1.0, 2, 3, 4, 5, 6, 0, 3.5, np.nan])
    regimes, edges = mark_regimes(rows, log_range)
    assert regimes.tolist()[:8] == ["calm"] * 2 + ["normal"] * 2 + ["wild"] * 2 + ["calm", "normal"]
    assert pd.isna(regimes.iloc[8])
    assert edges == [{"symbol": None, "calm_to": np.exp(8 / 6), "wild_from": pytest.approx(np.exp(13 / 6))}]
    moved = mark_regimes(rows, log_range.where(rows["set"] == "train", 99.0))
    assert moved[1] == edges
    assert mark_regimes(rows.assign(set="val"), log_range)[1] == []
    flat = mark_regimes(rows, pd.Series(1.0, index=rows.index))[0]
    assert set(flat) == {"calm"}


def real_bars():
    data = os.environ.get("TOPOQUANT_DATA")
    if not data:
        pytest.skip("set TOPOQUANT_DATA to a folder of real bars")
    bars = pd.read_parquet(Path(data) / "btcusdt_spot_15m_2023-04_2026-07.parquet")
    bars = bars.rename(columns={"timestamp": "open_time"})
    return bars.assign(open_time=bars["open_time"].astype("datetime64[ns, UTC]"), symbol="BTCUSDT")


def test_volatility_ranks_triggers_of_real_bars():
    bars = real_bars()
    at = decision_time(bars, "15m")
    sets = np.select([bars.index < 80_000, bars.index < 97_000], ["train", "val"], "test")
    splits = pd.DataFrame(
        {"symbol": "BTCUSDT", "time": at, "t1": at + 4 * QUARTER, "set": sets, "kept": True}
    )
    rows = label_trigger(bars, interval="15m", threshold=0.0065, horizon=4, side="up")
    entry = ((rows["time"] - rows["time"].min()) // QUARTER).to_numpy(np.int64)
    targets = rows.assign(uniqueness=average_uniqueness(entry, entry + 3))
    is_test = targets["time"] > at[96_999]
    summary = summarise_labels(
        targets[~is_test], targets[is_test], splits, bars, UP, interval="15m", options=OPTIONS
    )
    assert 0.05 < summary["rate"]["train"] < 0.2
    assert summary["volatility"][0]["auc"] > 0.7
    assert summary["dropped"] == {"no_t1": 4, "gap": 0, "filtered": 0, "invalid": 0}
    assert len({one["month"] for one in summary["months"]}) == 40
