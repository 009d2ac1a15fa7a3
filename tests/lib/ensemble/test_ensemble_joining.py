"""Joining goes by key, refuses what does not belong together, and never looks at row position."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from topoquant.lib.ensemble import join_predictions, member_values, weighted_mean
from topoquant.lib.errors import InputError


def table_of(seed, n=12, **changed):
    time = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns")
    keys = pd.DataFrame({"symbol": np.repeat(["BTCUSDT", "ETHUSDT"], n), "time": time.append(time)})
    logit = np.random.default_rng(seed).normal(size=2 * n)
    frame = keys.assign(
        t1=keys["time"] + pd.Timedelta("4h"), target_id="up-4", set="train",
        fold=np.tile(np.arange(n) // 4, 2),
        p_label=expit(logit), logit_label=logit, model_hash=f"hash{seed}",
    )  # fmt: skip
    return frame.assign(**changed)


def test_values_stay_with_their_keys():
    a, b = table_of(1), table_of(2).iloc[3:]
    joined = join_predictions({"a": a, "b": b.iloc[::-1]})
    assert len(joined) == 21
    for name, table in {"a": a, "b": b}.items():
        expected = table.merge(joined[["symbol", "time"]], on=["symbol", "time"])["logit_label"]
        np.testing.assert_array_equal(joined[f"logit_label.{name}"], expected)
    assert joined[["symbol", "time"]].equals(joined[["symbol", "time"]].sort_values(["symbol", "time"]))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_row_order_changes_nothing(seed):
    a, b = table_of(1), table_of(2)
    shuffled = [t.sample(frac=1, random_state=seed + i) for i, t in enumerate((a, b))]
    one = join_predictions({"a": a, "b": b})
    pd.testing.assert_frame_equal(one, join_predictions(dict(zip("ab", shuffled, strict=True))))


def test_stamps_of_another_unit_are_the_same_instants():
    b = table_of(2)
    b["time"] = b["time"].dt.as_unit("us")
    joined = join_predictions({"a": table_of(1), "b": b})
    assert len(joined) == 24


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"target_id": "up-8"}, r"target_id of lstm must be up-4 alone, as nbeats has, got up-8"),
        ({"set": "val"}, r"set of lstm at BTCUSDT .* must be train, as nbeats has, got val"),
        ({"fold": 7}, r"fold of lstm at BTCUSDT .* must be 0, as nbeats has, got 7"),
        ({"t1": pd.Timestamp("2024-03-01", tz="UTC")}, "t1 of lstm"),
        ({"symbol": "BTCUSDT"}, r"keys \(symbol, time\) of lstm must be unique, got 12 repeated"),
        ({"logit_label": 0.3, "p_label": 0.3}, "p_label of lstm must be the sigmoid"),
        ({"p_label": np.nan}, "p_label of lstm must be the sigmoid"),
        ({"p_label": 0.0, "logit_label": -np.inf}, "p_label of lstm must be the sigmoid of a finite"),
    ],
)
def test_join_refuses(changed, message):
    with pytest.raises(InputError, match=message):
        join_predictions({"nbeats": table_of(1), "lstm": table_of(2, **changed)})


def test_join_refuses_nothing_in_common_nothing_at_all_and_half_a_table():
    later = table_of(2).assign(time=lambda t: t["time"] + pd.Timedelta("30min"))
    with pytest.raises(InputError, match="predict the same rows with nbeats, lstm"):
        join_predictions({"nbeats": table_of(1), "lstm": later})
    with pytest.raises(InputError, match="give the ensemble its members"):
        join_predictions({})
    with pytest.raises(InputError, match="got no model_hash"):
        join_predictions({"nbeats": table_of(1).drop(columns="model_hash")})
    with pytest.raises(InputError, match="member must be one of nbeats, got lstm"):
        member_values(join_predictions({"nbeats": table_of(1)}), ["lstm"], "p_label")


def test_resolutions_and_kinds_join_on_the_key_and_the_target():
    """Windows of 60 bars know their first row later than windows of 15; a tabular one skips some."""
    tables = {f"gaf_cnn_{w}": table_of(w).query("time >= @start") for w, start in zip(
        (15, 30, 60), pd.date_range("2024-01-01", periods=3, freq="2h", tz="UTC"), strict=True)}  # fmt: skip
    tables["xgboost"] = table_of(7).iloc[::2]
    joined = join_predictions({name: table.iloc[::-1] for name, table in tables.items()})
    assert joined["time"].dt.hour.tolist() == [4, 6, 8, 10] * 2
    for name, table in tables.items():
        expected = table.merge(joined[["symbol", "time"]], on=["symbol", "time"])["logit_label"]
        np.testing.assert_array_equal(joined[f"logit_label.{name}"], expected)


def test_a_table_of_another_target_is_refused_with_both_ids():
    tables = {"gaf_cnn_15": table_of(1), "gaf_cnn_60": table_of(2, target_id="up-16")}
    with pytest.raises(
        InputError, match="target_id of gaf_cnn_60 must be up-4 alone, as gaf_cnn_15 has, got up-16"
    ):
        join_predictions(tables)


@pytest.mark.parametrize("n_bars", [1, 2, 3])
def test_a_table_of_shifted_times_is_refused_whatever_else_agrees(n_bars):
    """Its t1 moves along, so that it is the folds that give it away."""
    shift = n_bars * pd.Timedelta("1h")
    shifted = table_of(2).assign(time=lambda t: t["time"] + shift, t1=lambda t: t["t1"] + shift)
    with pytest.raises(InputError, match=r"fold of lstm at BTCUSDT .* as nbeats has"):
        join_predictions({"nbeats": table_of(1), "lstm": shifted})


def test_shifted_times_of_thinned_train_rows_leave_none_in_common():
    own = table_of(1)
    is_val = own["time"].dt.hour >= 8
    own = own.assign(set=np.where(is_val, "val", "train"), fold=np.where(is_val, -1, 0))
    thinned = own[is_val | (own["time"].dt.hour % 4 == 0)]
    shift = pd.Timedelta("1h")
    shifted = thinned.assign(time=thinned["time"] + shift, t1=thinned["t1"] + shift)
    shifted = shifted[(shifted["set"] == "train") | (shifted["time"].dt.hour < 12)]
    with pytest.raises(
        InputError,
        match="train rows that all members share must be at least 1, got 0 of those of nbeats, lstm",
    ):
        join_predictions({"nbeats": thinned, "lstm": shifted})


def test_max_pct_is_taken_where_there_is_one():
    joined = join_predictions({"a": table_of(1, value_max_pct=0.25), "b": table_of(2)})
    values = member_values(joined, ["a", "b"], "value_max_pct")
    assert (values[:, 0] == 0.25).all()
    assert np.isnan(values[:, 1]).all()


@given(
    st.lists(
        st.lists(st.sampled_from([np.nan, -1.0, 0.0, 2.0]), min_size=3, max_size=3), min_size=1, max_size=8
    )
)
def test_mean_of_those_present(rows):
    weights = [1.0, 2.0, 0.0]
    for row, mean in zip(rows, weighted_mean(rows, weights), strict=True):
        present = [(w, v) for w, v in zip(weights, row, strict=True) if not np.isnan(v) and w > 0]
        expected = sum(w * v for w, v in present) / sum(w for w, _ in present) if present else np.nan
        assert mean == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0]])
def test_mean_refuses(weights):
    with pytest.raises(InputError, match="one weight per member"):
        weighted_mean([[1.0, 2.0]], weights)
