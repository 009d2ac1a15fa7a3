"""Members whose scores are drawn, so that what they are worth is known."""

import numpy as np
import pandas as pd
from scipy.special import expit

STEP = pd.Timedelta("1h")
N_FOLDS = 3


def keys_of(n, *, horizon=2, n_train=None, n_val=None):
    """Keys, sets and folds of one symbol: a half train, a quarter val, a quarter test."""
    n_train, n_val = n_train or n // 2, n_val or n // 4
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns")
    part = np.repeat(["train", "val", "test"], [n_train, n_val, n - n_train - n_val])
    fold = np.where(part == "train", np.arange(n) * N_FOLDS // n_train, -1)
    key = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + horizon * STEP, "target_id": "up-2"})
    return key.assign(set=part, fold=fold)


def table_of(rows, logit, name="a"):
    """One member's predictions by the contract."""
    return rows.assign(p_label=expit(logit), logit_label=np.asarray(logit, float), model_hash=f"{name}-hash")


def targets_of(rows, label, sets=("train", "val"), uniqueness=1.0):
    """Targets of some sets."""
    made = rows[["symbol", "time", "t1", "target_id"]].assign(
        label=label.astype(float), uniqueness=uniqueness
    )
    return made[rows["set"].isin(sets)].reset_index(drop=True)


def auc(label, score):
    """Area under the curve, by ranks."""
    from scipy.stats import rankdata

    positive = np.asarray(label) == 1
    n, k = len(positive), positive.sum()
    return (rankdata(score)[positive].sum() - k * (k + 1) / 2) / (k * (n - k))
