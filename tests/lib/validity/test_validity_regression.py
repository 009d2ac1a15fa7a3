"""Scores of forecast returns beside a forecast of 0."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.proportions import wilson_interval
from topoquant.lib.validity import regression_scores


def tables(seed: int = 0, n: int = 40) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    rng = np.random.default_rng(seed)
    time = pd.date_range("2024-01-01", periods=n, freq="D", tz="UTC")
    keys = pd.DataFrame({"symbol": "BTC", "time": time, "set": ["train", "val", "test", "test"] * (n // 4)})
    truth = rng.integers(-5, 6, n) / 100
    made = {
        "zero": keys.assign(value_logret_7=0.0),
        "tcn": keys.assign(value_logret_7=truth / 2),
        "lstm": keys.assign(value_logret_7=-truth),
    }
    return made, keys.drop(columns="set").assign(ret=np.expm1(truth), uniqueness=0.25)


ROLES = {"zero": "baseline", "tcn": "member", "lstm": "member"}


def scored(made, targets):
    rows = regression_scores(made, targets, horizon=7, roles={name: ROLES[name] for name in made})
    return {(row["name"], row["set"]): row for row in rows}


def test_half_of_the_truth_explains_three_quarters_of_its_square():
    made, targets = tables()
    rows = scored(made, targets)
    assert rows["tcn", "test"]["r2_zero"] == pytest.approx(0.75)
    assert rows["lstm", "test"]["r2_zero"] == pytest.approx(-3.0)
    assert rows["zero", "test"]["r2_zero"] == 0.0
    assert rows["tcn", "test"]["rmse"] == pytest.approx(rows["zero", "test"]["rmse"] / 2)
    assert rows["zero", "val"]["directional_accuracy"] == 0.5
    row = rows["tcn", "test"]
    assert (row["n"], row["effective_n"]) == (20, 5.0)
    bounds = wilson_interval(row["directional_accuracy"] * 5, 5, level=0.99)
    assert (row["accuracy_low"], row["accuracy_high"]) == pytest.approx(bounds)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_order_of_rows_and_train_rows_change_nothing(seed):
    made, targets = tables(seed)
    rng = np.random.default_rng(seed)
    other = {name: table.sample(frac=1, random_state=seed) for name, table in made.items()}
    for name, table in other.items():
        train = (table["set"] == "train").to_numpy()
        value = np.where(train, rng.normal(size=len(table)), table["value_logret_7"])
        other[name] = table.assign(value_logret_7=value)
    before, after = scored(made, targets), scored(other, targets.sample(frac=1, random_state=seed))
    for key, row in before.items():
        assert after[key] == pytest.approx(row, nan_ok=True)


def test_all_are_scored_on_the_rows_all_have():
    made, targets = tables()
    made["lstm"] = made["lstm"].iloc[8:]
    rows = scored(made, targets)
    assert {row["n"] for key, row in rows.items() if key[1] == "test"} == {16}


def test_a_symbol_that_copies_another_narrows_no_interval():
    made, targets = tables()
    both = {name: pd.concat([table, table.assign(symbol="ETH")]) for name, table in made.items()}
    one, two = scored(made, targets), scored(both, pd.concat([targets, targets.assign(symbol="ETH")]))
    for key, row in one.items():
        assert two[key]["n"] == 2 * row["n"]
        for bound in ("accuracy_low", "accuracy_high"):
            assert two[key][bound] == pytest.approx(row[bound])


def test_refusals():
    made, targets = tables()
    with pytest.raises(InputError, match="value_logret_7 must be forecast by every table, got not by tcn"):
        scored(made | {"tcn": made["tcn"].drop(columns="value_logret_7")}, targets)
    with pytest.raises(InputError, match="test rows with a target over 7 bars"):
        scored({"tcn": made["tcn"].loc[made["tcn"]["set"] != "test"]}, targets)
