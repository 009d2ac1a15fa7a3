"""The final prediction beside what happened: joined on the key, counted by the definitions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from topoquant.lib.errors import InputError
from topoquant.lib.reporting import final_rows
from topoquant.lib.reporting.outcomes import (
    average_precision,
    confusion,
    has_probability,
    precision_recall,
    value_columns,
)

TIME = pd.date_range("2024-01-01", periods=6, freq="h", tz="UTC")


def tables():
    table = pd.DataFrame(
        {"symbol": "SYN", "time": TIME, "t1": TIME, "target_id": "up", "set": ["val"] * 2 + ["test"] * 4}
    )
    table = table.assign(p_label=np.linspace(0.1, 0.6, 6), fold=-1)
    targets = table[["symbol", "time", "target_id"]].iloc[2:].assign(label=[0.0, 1.0, 0.0, 1.0], ret=0.01)
    return table, targets


def test_rows_are_joined_on_the_key_wherever_they_stand():
    table, targets = tables()
    joined = final_rows(table.sample(frac=1, random_state=0), targets.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(joined, final_rows(table, targets))
    assert joined["label"].tolist() == [0.0, 1.0, 0.0, 1.0]
    assert joined["p_label"].round(1).tolist() == [0.3, 0.4, 0.5, 0.6]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda table, targets: (table, targets.assign(target_id="down")), "target_id"),
        (lambda table, targets: (pd.concat([table, table]), targets), "repeated"),
        (lambda table, targets: (table.assign(set="val"), targets), "test rows"),
    ],
)
def test_what_does_not_belong_together_is_refused(change, word):
    with pytest.raises(InputError, match=word):
        final_rows(*change(*tables()))


def test_what_was_predicted_is_found_by_its_columns():
    joined = final_rows(*tables())
    assert has_probability(joined)
    assert not has_probability(joined.assign(label=[-1.0, 0.0, 1.0, 1.0]))
    assert value_columns(joined.assign(value_ret=0.0, value_max_pct=0.0)) == ["ret"]


SCORED = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=2, max_size=30
)


@given(SCORED)
def test_precision_and_recall_are_those_of_every_threshold(pairs):
    label, score = (np.array(column, float) for column in zip(*pairs, strict=True))
    curve = precision_recall(label, score)
    assert curve["threshold"].tolist() == sorted(set(score), reverse=True)
    for row in curve.itertuples():
        counted = confusion(label, score, row.threshold)
        said = counted["true_positive"] + counted["false_positive"]
        assert row.n_signals == said
        assert row.precision == pytest.approx(counted["true_positive"] / said)
        if label.any():
            assert row.recall == pytest.approx(counted["true_positive"] / label.sum())
        assert sum(counted.values()) == len(label)
    if label.any():
        assert average_precision(curve) == pytest.approx(average_precision_score(label, score))
    else:
        assert np.isnan(average_precision(curve))
