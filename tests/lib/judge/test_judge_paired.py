"""Two predictions are compared on the same rows and the same resamples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.judge import paired_differences
from topoquant.lib.validity import Question, bootstrap_interval, log_loss, roc_auc

ASKED = Question(side="direction", horizon=4, interval="15m", cost=0.0, seed=0)


def predicted(study, seed: int, skill: float) -> pd.DataFrame:
    """Noise, and as much of the label as `skill` says."""
    targets = pd.concat([study.development, study.test], ignore_index=True)
    rows = study.splits.loc[study.splits["set"].isin(["val", "test"])].merge(
        targets[["symbol", "time", "target_id", "label"]], on=["symbol", "time"]
    )
    noise = np.random.default_rng(seed).normal(size=len(rows))
    logit = 0.3 * noise + skill * (rows["label"] - 0.5)
    return rows.drop(columns="label").assign(logit_label=logit, p_label=1 / (1 + np.exp(-logit)))


def test_a_difference_is_that_of_the_two_numbers(study):
    tables = {"a": predicted(study, 0, 0.4), "b": predicted(study, 1, 0.0)}
    (record,) = paired_differences(tables, study.test, study.bars, ASKED)
    scored = {name: table.merge(study.test, on=["symbol", "time"]) for name, table in tables.items()}
    auc = {name: roc_auc(one["label"], one["p_label"]) for name, one in scored.items()}
    loss = {name: log_loss(one["label"], one["p_label"]) for name, one in scored.items()}
    assert record["auc"] == pytest.approx(auc["a"] - auc["b"])
    assert record["gain"] == pytest.approx(loss["b"] - loss["a"])
    assert record["auc_low"] > 0
    assert record["n"] == len(study.test)


def test_the_interval_is_that_of_the_plain_bootstrap(study):
    tables = {"a": predicted(study, 0, 0.2), "b": predicted(study, 1, 0.0)}
    (record,) = paired_differences(tables, study.test, study.bars, ASKED)
    first, second = (table.merge(study.test, on=["symbol", "time"]) for table in tables.values())

    def difference(weights):
        return sum(
            sign * roc_auc(np.repeat(one["label"], weights), np.repeat(one["p_label"], weights))
            for sign, one in ((1, first), (-1, second))
        )

    few = bootstrap_interval(first["time"], difference, block=ASKED.block, seed=0, n_resamples=300)
    assert (record["auc_low"], record["auc_high"]) == pytest.approx(few[1:], abs=0.05)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 50), skill=st.floats(0, 0.5))
def test_changing_places_changes_signs(study, seed, skill):
    a, b = predicted(study, seed, skill), predicted(study, seed + 100, 0.0)
    (one,) = paired_differences({"a": a, "b": b}, study.test, study.bars, ASKED)
    (other,) = paired_differences({"b": b, "a": a}, study.test, study.bars, ASKED)
    for name in ("auc", "gain", "timing"):
        assert one[name] == pytest.approx(-other[name])
        if one[f"{name}_low"] is not None:
            assert one[f"{name}_low"] == pytest.approx(-other[f"{name}_high"])


def test_one_table_has_nobody_beside_it_and_no_side_no_timing(study):
    table = predicted(study, 0, 0.1)
    assert paired_differences({"a": table}, study.test, study.bars, ASKED) == []
    both = Question(side="both", horizon=4, interval="15m", cost=0.0, seed=0)
    (record,) = paired_differences({"a": table, "b": table}, study.test, study.bars, both)
    assert (record["auc"], record["gain"], record["timing"]) == (0.0, 0.0, None)
