"""A model card says what a member is and where it ends, and nothing of test rows."""

import re

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.training import model_card

TARGET = {"text": "up-move >= .004 in 4 bars", "kind": "trigger", "horizon": 4, "target_id": "trigger-up-1"}
OPTIONS = {"window": 96, "n_channels": 14, "n_static": 112, "options": {"hidden": 32}}


def make_record(**changes):
    scores = {
        "label": {
            "train": {"auc": 0.6123, "log_loss": 0.3312},
            "val": {"auc": 0.6011, "log_loss": 0.3391},
        },
        "max_pct": {"train": {"rmse": 0.0042, "mae": 0.003, "r2": 0.04}, "val": {"rmse": 0.0044, "r2": None}},
    }
    record = {
        "member": "nbeats", "model": "nbeats", "n_parameters": 123_456, "fit_seconds": 44.2, "n_epochs": 14,
        "best_epoch": 9, "n_train_rows": 280, "model_hash": "0123456789abcdef", "scores": scores,
        "gap": {"train_loss": 0.3, "val_loss": 0.34, "gap": 0.04}, "dropped": {"warm_up": 31, "gap": 0},
    }  # fmt: skip
    return record | changes


def make_splits(n: int = 500) -> pd.DataFrame:
    sets = np.repeat(["train", "val", "test"], [300, 100, n - 400])
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")
    kept = ~((sets == "train") & (np.arange(n) % 15 == 0))
    return pd.DataFrame({"symbol": "SYN", "time": time, "set": sets, "fold": -1, "kept": kept})


def make_targets(splits: pd.DataFrame) -> pd.DataFrame:
    known = splits.loc[splits["set"] != "test", ["symbol", "time"]].reset_index(drop=True)
    return known.assign(label=(np.arange(len(known)) % 10 == 0).astype(float), uniqueness=0.5)


def card(record=None, splits=None, target=TARGET) -> str:
    splits = make_splits() if splits is None else splits
    return model_card(record or make_record(), OPTIONS, target, splits, make_targets(splits))


def test_a_card_has_data_target_metrics_and_limits():
    written = card()
    assert re.findall(r"^## (.+)$", written, re.MULTILINE) == ["Data", "Target", "Model", "Scores", "Limits"]
    for text in (
        "# nbeats", "up-move >= .004 in 4 bars", "trigger-up-1", "SYN", "123,456", "0123456789abcdef",
        "| train | 2024-01-01 01:00 | 2024-01-13 11:00 | 280 of 300 |",
        "| val | 2024-01-13 12:00 | 2024-01-17 15:00 | 100 of 100 |", "| rate of label 1 | .100 | .100 |",
        "| of them independent (sum of uniqueness) | 150 | 50 |",
        "96 bars of 14 channels, 112 static features", "| label | AUC | .612 | .601 |",
        "| label | log-loss (nats) | .331 | .339 |", "| max_pct | R² | .040 | - |", "14, best 9",
    ):  # fmt: skip
        assert text in written, text


def test_no_number_of_a_card_depends_on_a_test_row():
    splits = make_splits()
    garbage = splits.copy()
    test = garbage["set"] == "test"
    garbage.loc[test, "time"] += pd.Timedelta("900D")
    garbage.loc[test, "kept"] = False
    garbage.loc[test, "symbol"] = "OTHER"
    assert card(splits=garbage) == card(splits=splits)
    assert card(splits=splits.loc[~test]) == card(splits=splits)
    # What a record says of dropped rows counts test rows too.
    assert card(make_record(dropped={"warm_up": 99})) == card()


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"n_epochs": 9}, "The last round was the best"),
        ({"gap": {"gap": 0.4}}, "0.400 above"),
        ({}, "worth about 150 independent ones"),
    ],
)
def test_limits_follow_from_the_numbers(changes, limit):
    assert limit in card(make_record(**changes))


def test_limits_that_do_not_hold_are_not_named():
    written = card(make_record(gap={}))
    assert "by heart" not in written
    assert "last round" not in written
    assert "volatility alone" in written
    assert "volatility alone" not in card(target=TARGET | {"kind": "direction"})


def test_a_member_without_rounds_or_parameters_has_a_card_too():
    record = make_record(model="majority", n_parameters=None, n_epochs=0, best_epoch=0, gap={}, scores={})
    written = model_card(record, {"window": 0}, TARGET, make_splits(), make_targets(make_splits()))
    assert "parameters" not in written
    assert "- reads: nothing" in written


def test_pre_training_is_told_beside_an_encoder_that_was_only_drawn():
    probe = {"auc": 0.6, "log_loss": 0.5, "untrained_auc": 0.5, "untrained_log_loss": 0.7}
    told = [{"fold": k, "probe": probe | {"auc": auc}} for k, auc in enumerate((0.6, 0.7, None))]
    written = card(make_record(pretraining=[*told, {"fold": "final", "history": []}]))
    assert "| pre-trained | .650 | .500 |" in written
    assert "| drawn, not trained | .500 | .700 |" in written
