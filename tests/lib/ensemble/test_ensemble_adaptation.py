"""Weights that follow losses know what is resolved, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.lib.ensemble.simulated import STEP, keys_of, table_of, targets_of
from topoquant.lib.ensemble import AdaptationOptions, adapt_weights, outcomes_of, resolved_losses
from topoquant.lib.ensemble.adaptation import plain_discounted_sums
from topoquant.lib.ensemble.adaptation_kernel import discounted_sums
from topoquant.lib.errors import InputError

MEMBERS = ["a", "b"]
ALL = ("train", "val", "test")


def options_of(**changed):
    return AdaptationOptions(**{"window": 50, "half_life": 20.0, "rate": 0.5} | changed)


def study_of(n=120, seed=0, horizon=4):
    """Two members, their tables, and outcomes of every row."""
    rng = np.random.default_rng(seed)
    rows = keys_of(n, horizon=horizon)
    tables = {name: table_of(rows, rng.normal(size=n), name) for name in MEMBERS}
    label = rng.integers(0, 2, n)
    return rows, tables, outcomes_of(targets_of(rows, label, ALL)), label


def weights_of(rows, tables, outcomes, **changed):
    return adapt_weights(rows, resolved_losses(tables, outcomes), options_of(**changed), members=MEMBERS)


def test_by_hand():
    # Two bars ahead: at row 3 the predictions of rows 0 and 1 are resolved, the newer one counts whole.
    rows = keys_of(8)[:4]
    resolved = rows[["symbol", "time"]].assign(available_at=rows["t1"])
    resolved = resolved.assign(**{"loss.a": [1.0, 2.0, 9.0, 9.0], "loss.b": [0.0, 0.0, 0.0, 0.0]})
    weights = adapt_weights(rows, resolved, options_of(half_life=1, rate=1), members=MEMBERS)
    expected = [0.5, 0.5, 1 / (1 + np.exp(1)), 1 / (1 + np.exp(2 + 1 / 2))]
    np.testing.assert_allclose(weights[:, 0], expected)
    prior = adapt_weights(rows, resolved, options_of(), members=MEMBERS, prior=[3, 1])
    np.testing.assert_allclose(prior[0], [0.75, 0.25])


def test_losses_are_those_of_the_row_of_the_same_key():
    rows, tables, outcomes, label = study_of()
    mixed = {name: table.sample(frac=1, random_state=i) for i, (name, table) in enumerate(tables.items())}
    resolved = resolved_losses(mixed, outcomes.sample(frac=1, random_state=9)[:50])
    assert len(resolved) == 50
    joined = rows.assign(label=label).merge(resolved, on=["symbol", "time"])
    logit = tables["b"].set_index("time")["logit_label"].reindex(joined["time"]).to_numpy()
    expected = np.log1p(np.exp(np.where(joined["label"] == 1, -logit, logit)))
    np.testing.assert_allclose(joined["loss.b"], expected)
    assert (joined["available_at"] == joined["t1"]).all()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 119), st.integers(0, 50))
def test_outcomes_that_are_not_known_by_then_change_nothing(at, seed):
    rows, tables, outcomes, label = study_of()
    now = rows["time"].iloc[at]
    later = (outcomes["available_at"] > now).to_numpy()
    other = outcomes.assign(
        label=np.where(later, np.random.default_rng(seed).integers(0, 2, len(label)), label)
    )
    one, garbage, gone = (weights_of(rows, tables, o) for o in (outcomes, other, outcomes[~later]))
    known = (rows["time"] <= now).to_numpy()
    np.testing.assert_array_equal(one[known], garbage[known])
    np.testing.assert_array_equal(one[known], gone[known])


def test_an_outcome_counts_from_its_own_instant_on():
    rows, tables, outcomes, label = study_of()
    flipped = outcomes.assign(label=np.where(np.arange(120) == 30, 1 - label, label))
    changed = (weights_of(rows, tables, outcomes) != weights_of(rows, tables, flipped)).any(axis=1)
    # Row 30 is known at the time of row 34, and is one of the last 50 until that of row 83.
    assert np.flatnonzero(changed).tolist() == list(range(34, 84))


def test_a_barrier_that_is_touched_early_counts_when_the_horizon_is_over():
    _, tables, outcomes, _ = study_of()
    touched = outcomes.assign(available_at=outcomes["time"] + STEP)
    pd.testing.assert_frame_equal(resolved_losses(tables, touched), resolved_losses(tables, outcomes))


def test_row_order_changes_nothing_and_symbols_know_nothing_of_each_other():
    rows, tables, outcomes, _ = study_of()
    other_rows, other_tables, other_outcomes, _ = study_of(seed=5)
    both = {
        name: pd.concat([table, other_tables[name].assign(symbol="ETH")]) for name, table in tables.items()
    }
    all_rows = pd.concat([rows, other_rows.assign(symbol="ETH")]).sample(frac=1, random_state=1)
    all_outcomes = pd.concat([outcomes, other_outcomes.assign(symbol="ETH")]).sample(frac=1, random_state=2)
    resolved = resolved_losses(both, all_outcomes).sample(frac=1, random_state=3)
    weights = adapt_weights(all_rows, resolved, options_of(), members=MEMBERS)
    made = pd.DataFrame(weights, index=all_rows.set_index(["symbol", "time"]).index).loc["SYN"].sort_index()
    np.testing.assert_array_equal(made.to_numpy(), weights_of(rows, tables, outcomes))


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(float, st.tuples(st.integers(0, 12), st.just(2)), elements=st.floats(0, 9)),
    st.integers(1, 15),
    st.sampled_from([0.5, 0.9, 1.0]),
)
def test_the_kernel_is_the_plain_function(losses, window, decay):
    n_known = np.arange(len(losses) + 1)
    np.testing.assert_allclose(
        discounted_sums(losses, n_known, window, decay),
        plain_discounted_sums(losses, n_known, window, decay),
        atol=1e-12,
    )


def test_the_better_member_is_heard_and_a_silent_one_stays_silent():
    rows, _, outcomes, label = study_of()
    tables = {"a": table_of(rows, 2.0 * label - 1), "b": table_of(rows, 1 - 2.0 * label)}
    weights = weights_of(rows, tables, outcomes)
    assert (weights[60:, 0] > 0.95).all()
    silent = adapt_weights(
        rows, resolved_losses(tables, outcomes), options_of(), members=MEMBERS, prior=[0, 1]
    )
    np.testing.assert_array_equal(silent, np.tile([0.0, 1.0], (120, 1)))


def test_refusals():
    rows, tables, outcomes, _ = study_of()
    resolved = resolved_losses(tables, outcomes)
    with pytest.raises(
        InputError, match="target_id of the outcomes must be up-2, as the members have, got up-9"
    ):
        resolved_losses(tables, outcomes.assign(target_id="up-9"))
    with pytest.raises(InputError, match="120 known at another instant"):
        resolved_losses(tables, outcomes.assign(available_at=outcomes["available_at"] + STEP))
    with pytest.raises(InputError, match="120 known at another instant"):
        resolved_losses(tables, outcomes.assign(available_at=outcomes["time"]))
    with pytest.raises(InputError, match=r"labels \[0\.5\]"):
        resolved_losses(tables, outcomes.assign(label=0.5))
    with pytest.raises(InputError, match="none of c"):
        adapt_weights(rows, resolved, options_of(), members=["a", "c"])
    with pytest.raises(InputError, match="give every member a share"):
        adapt_weights(rows, resolved, options_of(), members=MEMBERS, prior=[1, -1])
    with pytest.raises(InputError, match="losses must be finite"):
        adapt_weights(rows, resolved.assign(**{"loss.a": np.nan}), options_of(), members=MEMBERS)
