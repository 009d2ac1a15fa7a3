"""Widths of dropout intervals: of val and test rows, from the final fit, blind to targets."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import TriggerOptions
from topoquant.lib.models import MajorityOptions, TCNOptions
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import (
    FitOptions,
    FoldPlan,
    MemberFeatures,
    WidthOptions,
    draw_widths,
    train_member,
)

LOOP = FitOptions(
    n_epochs=2, batch_size=64, learning_rate=0.01, weight_decay=0.0, patience=2, validation_fraction=0.2,
    clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0, device="cpu",
    precision="32-true", n_threads=1,
)  # fmt: skip
ASKED = WidthOptions(n_draws=10, level=0.8, n_rows=7)
PLAN = FoldPlan(
    split=SplitOptions(train=0.6, val=0.2, n_folds=2, embargo=None, kind="chronological", n_val_blocks=None),
    horizon=TriggerOptions(horizon=1, side="up", threshold=0.01, rate=None).horizon,
    interval="1h",
)


def study_of(n=120):
    rng = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns")
    keys = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("1h")})
    part = np.repeat(["train", "val", "test"], [n * 6 // 10, n * 2 // 10, n * 2 // 10])
    fold = np.where(part == "train", np.arange(n) * 2 // (n * 6 // 10), -1)
    splits = keys.assign(set=part, fold=fold, kept=True)
    targets = keys.assign(
        target_id="up-1", label=rng.integers(0, 2, n).astype(float), ret=0.0, uniqueness=1.0
    )
    features = MemberFeatures(sequence=keys[["symbol", "time"]].assign(x=rng.normal(size=n)), window=4)
    return splits, targets[part != "test"], features


def train(model, options, fit, features):
    splits, targets, _ = study_of()
    return train_member("m", model, splits, targets, features, plan=PLAN, options=options, fit=fit, seed=0)


def test_widths_are_of_few_rows_of_val_and_test_and_depend_on_no_target():
    splits, targets, features = study_of()
    options = TCNOptions(n_filters=4, kernel=2, dilations=(1,), dropout=0.3)
    files = train("tcn", options, LOOP, features).files
    found = draw_widths("m", files, splits, targets, features, ASKED, interval="1h", seed=1)
    assert {name: one["n"] for name, one in found["widths"].items()} == {"val": 7, "test": 7}
    for one in found["widths"].values():
        assert 0 < one["low"] <= one["median"] <= one["high"] < 1
    turned = targets.assign(label=1 - targets["label"])
    assert draw_widths("m", files, splits, turned, features, ASKED, interval="1h", seed=1) == found
    assert draw_widths("m", files, splits, targets, features, ASKED, interval="1h", seed=2) != found


def test_a_model_without_dropout_is_refused():
    splits, targets, features = study_of()
    static = MemberFeatures(static=features.sequence)
    files = train("majority", MajorityOptions(), None, static).files
    with pytest.raises(InputError, match="torch model with dropout"):
        draw_widths("m", files, splits, targets, static, ASKED, interval="1h", seed=1)
