"""The fit on labels that mean nothing."""

import numpy as np
import pandas as pd

from topoquant.lib.models import LightGBMOptions
from topoquant.lib.sampling import SplitOptions, assign_rows
from topoquant.lib.training import FoldPlan, MemberFeatures, score_permuted
from topoquant.lib.validity import roc_auc

BOOSTER = LightGBMOptions(
    n_trees=20, learning_rate=0.1, n_leaves=4, min_rows_per_leaf=10, max_bins=31, feature_fraction=1.0,
    row_fraction=1.0, l2=1.0, patience=5, validation_fraction=0.1, n_threads=1,
)  # fmt: skip


def test_folds_of_different_base_rates_do_not_rank_each_other():
    open_time = pd.date_range("2024-01-01", periods=900, freq="15min", tz="UTC").as_unit("ns")
    split = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None)
    bars = pd.DataFrame({"symbol": "SYN", "open_time": open_time})
    splits = assign_rows(bars, "15m", horizon=2, options=split)
    rows = splits.loc[splits["set"].isin(["train", "val"]), ["symbol", "time", "t1"]]
    rng = np.random.default_rng(0)
    targets = rows.assign(target_id="up", label=rng.integers(0, 2, len(rows)).astype(float), uniqueness=1.0)
    features = MemberFeatures(static=splits[["symbol", "time"]].assign(noise=rng.random(len(splits))))
    plan = FoldPlan(split=split, horizon=2, interval="15m")
    scored = score_permuted(splits, targets, features, plan, BOOSTER, seed=0)
    fold = scored.rows["fold"].to_numpy()
    label = (rng.random(len(fold)) < np.array([0.1, 0.5, 0.9])[fold]).astype(float)
    score = scored.score(label)
    assert np.allclose([score[fold == one].mean() for one in range(3)], 0.0)
    assert abs(roc_auc(label, score) - 0.5) < 0.1
