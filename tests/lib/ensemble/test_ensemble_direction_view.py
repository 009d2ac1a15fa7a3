"""Forecast returns read as forecasts of direction: the Gaussian map, its scale, and what it may depend on."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from topoquant.lib.ensemble import gaussian_direction, mean_forecast, view_direction
from topoquant.lib.errors import InputError

DAY = pd.Timedelta("1D")
N_TRAIN, N_VAL, N_TEST, HORIZON = 60, 20, 20, 3
# On a grid, so that some are equal.
forecasts = st.integers(0, 10_000).map(lambda seed: np.random.default_rng(seed).integers(-40, 41, 100) / 100)


def study(values=None, *, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table of forecasts with three folds, and the direction targets of its train and val rows."""
    rng = np.random.default_rng(seed)
    n = N_TRAIN + N_VAL + N_TEST
    time = pd.date_range("2024-01-01", periods=n, freq="D", tz="UTC")
    table = pd.DataFrame(
        {
            "symbol": "BTC",
            "time": time,
            # By which all horizons are known: later than this one needs.
            "t1": time + 5 * DAY,
            "target_id": "log_return-open-1-3-5",
            "set": ["train"] * N_TRAIN + ["val"] * N_VAL + ["test"] * N_TEST,
            "fold": [0] * 20 + [1] * 20 + [2] * 20 + [-1] * (N_VAL + N_TEST),
            "value_logret_3": rng.normal(0, 0.02, n) if values is None else np.asarray(values),
            "model_hash": "a",
        }
    )
    truth = rng.normal(0, 0.05, n)
    targets = table[["symbol", "time"]].assign(
        t1=time + HORIZON * DAY,
        target_id="direction-3",
        label=(truth > 0).astype(float),
        ret=np.expm1(truth),
        uniqueness=1 / HORIZON,
    )
    return table, targets.loc[table["set"] != "test"]


def view(table, targets, embargo=5 * DAY):
    return view_direction(table, targets, horizon=HORIZON, embargo=embargo)


def test_a_forecast_of_one_scale_is_one_deviation():
    p, logit = gaussian_direction([0.0, 0.05, -0.1], 0.05)
    assert p == pytest.approx(norm.cdf([0, 1, -2]))
    assert logit == pytest.approx(np.log(p / (1 - p)))


def test_the_logit_keeps_the_order_where_the_probability_is_one():
    p, logit = gaussian_direction([0.4, 0.5, -0.5], 0.01)
    assert p[0] == p[1] == 1.0
    assert np.isfinite(logit).all()
    assert logit[2] < 0 < logit[0] < logit[1]


def test_by_hand():
    table, targets = study(np.zeros(100))
    residual = np.where(np.arange(80) < 20, 0.1, 0.3)  # fold 0 misses by .1, the other train rows by .3
    targets = targets.assign(ret=np.expm1(residual))
    found, record = view(table, targets, embargo=pd.Timedelta(0))
    # Fold 0 is measured on folds 1 and 2 alone; folds 1 and 2 on the rows that purging leaves.
    assert record["scale"]["0"] == pytest.approx(0.3)
    n_0, n_2 = 20, 20 - 5  # of fold 2, five rows start before the last t1 of fold 1 is past
    kept_0 = n_0 - 5  # five rows of fold 0 end in fold 1
    expected = np.sqrt((kept_0 * 0.1**2 + n_2 * 0.3**2) / (kept_0 + n_2))
    assert record["n_rows"]["1"] == kept_0 + n_2
    assert record["scale"]["1"] == pytest.approx(expected)
    assert record["scale"]["final"] == pytest.approx(np.sqrt((20 * 0.1**2 + 40 * 0.3**2) / 60))
    assert record["effective_n"]["final"] == pytest.approx(60 / HORIZON)
    assert (found["p_label"] == 0.5).all()
    assert set(found["target_id"]) == {"direction-3"}
    assert list(found["t1"]) == list(table["t1"])


@settings(max_examples=25, deadline=None)
@given(forecasts)
def test_ranks_within_a_model_are_those_of_the_forecast(values):
    table, targets = study(values)
    found, _ = view(table, targets)
    for _, rows in found.groupby("fold"):
        value = table.loc[rows.index, "value_logret_3"].to_numpy()
        order = np.argsort(value, kind="stable")
        assert (np.diff(rows["logit_label"].to_numpy()[order]) >= 0).all()
        rises = np.diff(value[order]) > 0
        assert (np.diff(rows["logit_label"].to_numpy()[order])[rises] > 0).all()
        assert (np.sign(rows["logit_label"]) == np.sign(value)).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 50))
def test_no_row_but_train_rows_moves_a_scale(seed):
    table, targets = study()
    found, record = view(table, targets)
    garbage = np.random.default_rng(seed).normal(0, 9, len(table))
    later = (table["set"] != "train").to_numpy()
    spoilt = table.assign(value_logret_3=np.where(later, garbage, table["value_logret_3"]))
    is_val = ~targets["time"].isin(table.loc[~later, "time"]).to_numpy()
    other = targets.assign(ret=np.where(is_val, np.expm1(garbage[: len(targets)] / 9), targets["ret"]))
    again, same = view(spoilt, other)
    assert same == record
    pd.testing.assert_frame_equal(again.loc[~later], found.loc[~later])
    cut, cut_record = view(table.loc[table["set"] != "test"], targets)
    assert cut_record == record
    pd.testing.assert_frame_equal(cut, found.loc[table["set"] != "test"])


def test_a_fold_depends_on_no_target_of_its_own():
    table, targets = study()
    _, record = view(table, targets)
    own = targets["time"].isin(table.loc[table["fold"] == 1, "time"])
    _, other = view(table, targets.assign(ret=np.where(own, 5.0, targets["ret"])))
    assert other["scale"]["1"] == record["scale"]["1"]
    assert other["scale"]["0"] != record["scale"]["0"]


def test_row_order_and_symbols_align_nothing():
    table, targets = study()
    shuffled, _ = view(table.sample(frac=1, random_state=0), targets.sample(frac=1, random_state=1))
    found, _ = view(table, targets)
    back = shuffled.sort_values("time", ignore_index=True)
    pd.testing.assert_frame_equal(back, found.reset_index(drop=True))


def test_refusals():
    table, targets = study()
    with pytest.raises(InputError, match="horizon must be one of value_logret_3, got value_logret_7"):
        view_direction(table, targets, horizon=7, embargo=DAY)
    with pytest.raises(InputError, match="of train and val rows alone, got 20 test rows"):
        view(table, pd.concat([targets, targets[:20].assign(time=table["time"][80:].to_numpy())]))
    with pytest.raises(InputError, match="target ids of the targets must be one"):
        view(table, targets.assign(target_id=["a"] * 40 + ["b"] * 40))
    with pytest.raises(InputError, match="forecast must be finite, got 1 rows"):
        view(table.assign(value_logret_3=[np.nan, *table["value_logret_3"][1:]]), targets.iloc[1:])
    perfect = table.assign(value_logret_3=0.0)
    with pytest.raises(InputError, match="not all 0, got 0 in every row: look for the target"):
        view(perfect, targets.assign(ret=0.0))
    with pytest.raises(InputError, match="at least 1, got 0: load more bars"):
        view(table, targets.loc[~targets["time"].isin(table.loc[table["fold"] != 0, "time"])])
    with pytest.raises(InputError, match=r"scale must be above 0, got 0\.0"):
        gaussian_direction([0.1], 0.0)


def test_the_ensemble_of_values_weighs_members_alike_and_keeps_shared_rows():
    table, _ = study()
    other = table.assign(value_logret_3=table["value_logret_3"] + 0.02).iloc[10:]
    mean = mean_forecast({"tcn": table, "lstm": other.sample(frac=1, random_state=0)}, ["value_logret_3"])
    assert list(mean["time"]) == list(table["time"][10:])
    assert mean["value_logret_3"].to_numpy() == pytest.approx(table["value_logret_3"][10:].to_numpy() + 0.01)
    with pytest.raises(InputError, match="target_id must be one and the same"):
        mean_forecast({"tcn": table, "lstm": table.assign(target_id="other")}, ["value_logret_3"])
    with pytest.raises(InputError, match="prediction tables must be one or more"):
        mean_forecast({}, ["value_logret_3"])
