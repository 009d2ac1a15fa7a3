"""What members weigh, by regime, and what becomes of models that a recipe does not have."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.ensemble import EnsembleOptions, member_weights, regime_weights, weighted_mean
from topoquant.lib.errors import InputError

TABLE = {
    "dlinear": {"default": 0.10, "trending": 0.10, "volatile": 0.10, "ranging": 0.15},
    "tcn": {"default": 0.15, "trending": 0.20, "volatile": 0.15, "ranging": 0.15},
    "transformer": {"default": 0.25, "trending": 0.25, "volatile": 0.30, "ranging": 0.20},
    "lstm": {"default": 0.25, "trending": 0.30, "volatile": 0.20, "ranging": 0.20},
    "lightgbm": {"default": 0.25, "trending": 0.15, "volatile": 0.25, "ranging": 0.30},
}


def test_the_whole_table_is_used_as_it_stands():
    for regime in ("default", "trending", "volatile", "ranging"):
        weights = member_weights(list(TABLE), TABLE, regime)
        assert weights == pytest.approx({name: row[regime] for name, row in TABLE.items()})


def test_models_that_are_missing_leave_their_share_to_the_others():
    # .30 and .20 of what the table gives; the three others are not in the recipe.
    assert member_weights(["transformer", "lstm"], TABLE, "volatile") == pytest.approx(
        {"transformer": 0.6, "lstm": 0.4}
    )


def test_a_member_the_table_does_not_know_weighs_as_in_a_plain_mean():
    weights = member_weights(["transformer", "lstm", "nbeats"], TABLE, "volatile")
    assert weights == pytest.approx({"transformer": 0.4, "lstm": 4 / 15, "nbeats": 1 / 3})
    assert member_weights(["a", "b"], TABLE) == {"a": 0.5, "b": 0.5}
    assert member_weights(["a", "b"], {}) == {"a": 0.5, "b": 0.5}


@given(st.lists(st.sampled_from([*TABLE, "nbeats", "conv1d"]), min_size=1, unique=True), st.sampled_from(
    ["default", "trending", "mean_reverting", "volatile", "ranging"]))  # fmt: skip
def test_shares_sum_to_one_whoever_is_there(members, regime):
    weights = member_weights(members, TABLE, regime)
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) > 0
    known = [name for name in members if name in TABLE]
    for one, other in pairwise(known):
        column = regime if regime in TABLE[one] else "default"
        assert weights[one] / weights[other] == pytest.approx(TABLE[one][column] / TABLE[other][column])


def test_rows_have_the_weights_of_their_regime_and_else_the_default():
    rules = ["volatile", "mean_reverting", None, float("nan"), "trending"]
    weights = regime_weights(rules, ["transformer", "lstm"], TABLE)
    default = [0.5, 0.5]
    np.testing.assert_allclose(weights, [[0.6, 0.4], default, default, default, [5 / 11, 6 / 11]])


def test_weights_by_row_are_those_of_each_row_and_skip_who_is_missing():
    values = [[1.0, 3.0], [1.0, 3.0], [np.nan, 3.0]]
    mean = weighted_mean(values, [[1.0, 0.0], [1.0, 3.0], [0.9, 0.1]])
    np.testing.assert_allclose(mean, [1.0, 2.5, 3.0])


def test_refusals():
    silent = {"a": {"default": 1.0, "volatile": 0.0}}
    with pytest.raises(InputError, match="weights of a in the column volatile must be not all 0"):
        member_weights(["a", "nbeats"], silent, "volatile")
    with pytest.raises(InputError, match="shape \\(2, 2\\), least 0"):
        weighted_mean([[1.0, 2.0]] * 2, [[0.0, 0.0], [1.0, 1.0]])
    base = {"candidates": ("mean",), "ridge": 0.1, "min_rarer": 1}
    with pytest.raises(ValueError, match="weights of lstm must be with a default"):
        EnsembleOptions(**base, weights={"lstm": {"volatile": 0.2}})
    with pytest.raises(ValueError, match="wild"):
        EnsembleOptions(**base, weights={"lstm": {"default": 0.2, "wild": 0.2}})
    with pytest.raises(ValueError, match=r"ensemble\.boosted must be given for the candidate boosted_stack"):
        EnsembleOptions(**base | {"candidates": ("boosted_stack",)})
