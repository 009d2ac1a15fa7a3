"""The auditor's datasets, and what they may be made of."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import MarketOptions
from topoquant.lib.ensemble import AuditorOptions
from topoquant.lib.labeling import TriggerOptions
from topoquant.lib.sampling import SplitOptions
from topoquant.pipelines.ensemble.auditor_nodes import audit_predictions
from topoquant.pipelines.report.auditor_nodes import count_audited
from topoquant.schemas import AUDITS


def test_the_tables_of_a_run_keep_their_contract(made):
    audits, auditor = made("predictions_auditor"), made("auditor")
    AUDITS.validate(audits)
    assert auditor["fitted"] == bool(len(audits))
    assert auditor["reason"]
    assert (made("auditor_test") != {}) == auditor["fitted"]
    coverage = made("conformal")["coverage"]
    assert set(coverage) <= {"max_pct"}


@pytest.mark.parametrize("name", ["predictions_auditor", "auditor", "model_auditor"])
@pytest.mark.parametrize("recipe", ["trigger", "barrier"])
def test_the_auditor_needs_no_test_target(registered, recipe, name):
    needed = registered[recipe].to_outputs(f"{recipe}.{name}").datasets()
    assert f"{recipe}.test_targets" not in needed
    assert f"{recipe}.development_targets" in needed


def test_nothing_reads_what_is_counted_on_test_rows_but_the_page(registered):
    for name in ("conformal", "auditor_test"):
        readers = {
            node.short_name for node in registered["trigger"].nodes if f"trigger.{name}" in node.inputs
        }
        assert {one.split(".")[-1] for one in readers} == {"compose_report"}


def test_the_node_counts_val_signals_before_and_after():
    rng = np.random.default_rng(0)
    n = 600
    time = pd.date_range("2024-01-01", periods=n, freq="15min", tz="UTC", unit="ns")
    keys = pd.DataFrame(
        {"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("15min"), "target_id": "up-1"}
    )
    quiet = rng.random(n) < 0.5
    rows = keys.assign(
        set=np.repeat(["train", "val", "test"], n // 3), logit_label=rng.normal(size=n), model_hash="a"
    )
    rows = rows.assign(fold=np.where(rows["set"] == "train", np.arange(n) * 6 // n, -1), p_label=0.5)
    targets = keys.assign(label=quiet.astype(float), uniqueness=1.0)
    options = AuditorOptions(
        share=0.5, kept=0.5, min_rarer=5, n_trees=20, learning_rate=0.3, max_depth=1, min_child_weight=1,
        max_bins=8, feature_fraction=1.0, row_fraction=1.0, l2=1.0, patience=5, validation_fraction=0.2,
        n_threads=1,
    )  # fmt: skip
    label = TriggerOptions(horizon=1, side="up", threshold=0.01, rate=None)
    market = MarketOptions(
        interval="15m", n_bars=600, correlation=0.5, source_interval=None, format=None, time_zone=None,
        drop_last=True, max_move=None, references={}, macro={},
    )  # fmt: skip
    split = SplitOptions(train=0.5, val=0.2, n_folds=2, embargo=None, kind="chronological", n_val_blocks=None)
    is_test = (rows["set"] == "test").to_numpy()
    features = keys[["symbol", "time"]].assign(quiet=quiet.astype(float))
    audits, auditor, files = audit_predictions(
        rows, targets[~is_test], features, market, label, split, options, seed=0
    )
    AUDITS.validate(audits)
    assert auditor["val"]["after"]["precision"] == 1.0
    assert auditor["val"]["improves"]
    assert set(files) == {"booster.json", "auditor.json"}
    counted = count_audited(audits, auditor, rows, targets[is_test], label)
    assert counted["after"]["precision"] == 1.0
    assert count_audited(audits, {"fitted": False}, rows, targets[is_test], label) == {}
