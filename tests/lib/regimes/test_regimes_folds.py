"""A fit per fold: purged, blind to test bars, filtered over every bar, joined on key and fold."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.regimes import (
    RegimeModel,
    filter_hmm,
    fit_hmm,
    fit_regimes,
    regime_inputs,
    regimes_by_key,
    regimes_of,
    regimes_of_bars,
)
from topoquant.lib.sampling import fold_rows
from topoquant.lib.validity import check_prefix_invariance, garbage_bars

from .conftest import EMBARGO, INTERVAL


@pytest.fixture(scope="module")
def fitted(market, options):
    bars, splits = market
    return fit_regimes(bars, splits, options, interval=INTERVAL, embargo=EMBARGO, seed=0)


@pytest.fixture(scope="module")
def regimes(market, options, fitted):
    return regimes_of_bars(market[0], fitted, options, interval=INTERVAL)


def test_every_bar_past_the_warm_up_has_a_row_per_fit(market, regimes, options):
    bars, splits = market
    folds = sorted(splits.loc[splits["set"] == "train", "fold"].unique().tolist())
    assert regimes["fold"].unique().tolist() == [-1, *folds]
    # The rules look back 24 bars and 4 more, the inputs 24.
    assert (regimes["fold"].value_counts() == len(bars) - 28).all()
    assert not regimes.isna().any(axis=None)
    shares = regimes[["p_range", "p_trend", "p_panic"]].to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert (
        regimes["regime"].to_numpy() == np.array(["range", "trend", "panic"])[shares.argmax(axis=1)]
    ).all()


def test_a_fold_is_fitted_on_what_keeps_clear_of_it(market, options, fitted):
    """By hand: the rows of `fold_rows`, thinned ones too, in pieces."""
    bars, splits = market
    inputs = regime_inputs(bars, options.inputs, interval=INTERVAL)
    for fold, (train, _) in enumerate(fold_rows(splits, embargo=EMBARGO)):
        rows = inputs.iloc[train].dropna()
        gaps = np.flatnonzero(np.diff(rows.index) != 1) + 1
        lengths = np.diff([0, *gaps, len(rows)])
        by_hand = fit_hmm(rows.iloc[:, 2:], options.hmm, lengths=lengths.tolist(), seed=0)
        assert fitted["SYN"][str(fold)] == by_hand.to_dict()
        assert by_hand.record["n_pieces"] == (1 if fold in (0, 2) else 2)
    assert fitted["SYN"]["-1"]["record"]["n_rows"] == (splits["set"] == "train").sum() - 24


def test_garbage_in_val_and_test_bars_changes_no_bit_of_a_fit(market, options, fitted):
    bars, splits = market
    later = splits["time"] > splits.loc[splits["set"] == "train", "time"].max()
    garbage = garbage_bars(bars, later, seed=1)
    again = fit_regimes(garbage, splits, options, interval=INTERVAL, embargo=EMBARGO, seed=0)
    assert json.dumps(again, sort_keys=True) == json.dumps(fitted, sort_keys=True)
    # While garbage in a train bar does.
    first = np.flatnonzero((splits["set"] == "train").to_numpy())[100]
    wrong = garbage_bars(bars, np.arange(len(bars)) == first, seed=1)
    other = fit_regimes(wrong, splits, options, interval=INTERVAL, embargo=EMBARGO, seed=0)
    assert json.dumps(other, sort_keys=True) != json.dumps(fitted, sort_keys=True)


def test_garbage_in_a_held_out_block_reaches_its_fit_through_look_back_alone(market, options, fitted):
    """Inputs of the first rows after the block look back into it, as those of every feature do."""
    bars, splits = market
    block = splits["fold"].to_numpy() == 2
    garbage = garbage_bars(bars, block, seed=1)
    again = fit_regimes(garbage, splits, options, interval=INTERVAL, embargo=EMBARGO, seed=0)
    # The last block of the train rows: nothing of them comes after it.
    assert again["SYN"]["2"] == fitted["SYN"]["2"]
    assert again["SYN"]["0"] != fitted["SYN"]["0"]


def test_nothing_changes_when_the_future_is_cut_off(market, options, fitted):
    def compute(some):
        return regimes_by_key(regimes_of_bars(some, fitted, options, interval=INTERVAL))

    bars = market[0].drop(index=range(900, 940)).reset_index(drop=True)
    check = check_prefix_invariance(compute, bars, range(40, 3000, 333), interval=INTERVAL, rtol=0.0)
    assert check.status == "ok", check.finding
    assert check.numbers["n_compared"] >= 8


def test_a_gap_counts_as_bars_not_seen(market, options, fitted):
    bars = market[0].drop(index=range(900, 940)).reset_index(drop=True)
    rows = regimes_of_bars(bars, fitted, options, interval=INTERVAL)
    own = rows.loc[rows["fold"] == -1].reset_index(drop=True)
    # 28 rows of the warm-up after the gap are left out.
    step = own["time"].diff().max() / pd.Timedelta(INTERVAL)
    assert step == 1 + 40 + 28
    model = RegimeModel.from_dict(fitted["SYN"]["-1"])
    inputs = regime_inputs(bars, options.inputs, interval=INTERVAL)
    steps = np.ones(len(bars), int)
    steps[900] = 41
    expected = filter_hmm(model, inputs, steps=steps)[928]
    after = own.loc[own["time"] == inputs["time"].iloc[928], ["p_range", "p_trend", "p_panic"]]
    assert after.to_numpy()[0].tolist() == expected.tolist()


def test_symbols_have_models_of_their_own(market, options):
    bars, splits = market
    wild = bars.assign(symbol="WILD", **{name: bars[name] ** 5 for name in ("open", "high", "low", "close")})
    both = pd.concat([bars, wild], ignore_index=True)
    rows = pd.concat([splits, splits.assign(symbol="WILD")], ignore_index=True)
    models = fit_regimes(both, rows, options, interval=INTERVAL, embargo=EMBARGO, seed=0)
    table = regimes_of_bars(both, models, options, interval=INTERVAL)
    found = table.groupby(["symbol", "fold"]).size()
    assert (found == found.iloc[0]).all()
    assert found.index.get_level_values(0).unique().tolist() == ["SYN", "WILD"]
    # Five times the returns, in standard deviations of its own: the same regimes.
    first, second = (table.loc[table["symbol"] == name, "regime"].to_numpy() for name in ("SYN", "WILD"))
    assert (first == second).mean() > 0.99


def test_a_row_is_given_the_fit_that_left_it_out(market, regimes):
    _, splits = market
    rows = splits.loc[splits["set"].isin(["train", "val", "test"])].sample(frac=1.0, random_state=0)
    found = regimes_of(rows, regimes.sample(frac=1.0, random_state=1))
    assert found.index.equals(rows.index)
    by_key = regimes.set_index(["time", "fold"])
    for place in (3, 400, 1200, 2500):
        row = rows.iloc[place]
        assert found["p_panic"].iloc[place] == by_key.loc[(row["time"], row["fold"]), "p_panic"]
    # Rows of the warm-up have none.
    assert found["regime"].isna().sum() == 28


def test_what_cannot_be_joined_is_refused(market, regimes, options, fitted):
    with pytest.raises(InputError, match=r"keys \(symbol, time, fold\) of regimes must be unique"):
        regimes_of(market[1], pd.concat([regimes, regimes.iloc[:1]]))
    other = market[0].assign(symbol="OTHER")
    with pytest.raises(InputError, match="models must be of every symbol"):
        regimes_of_bars(other, fitted, options, interval=INTERVAL)


def test_another_number_of_states_is_refused(options, hmm):
    with pytest.raises(ValueError, match="n_states must be 3"):
        replace(options, hmm=hmm(n_states=2))


def test_inputs_that_are_longer_than_the_data_are_refused(market, options):
    bars, splits = market
    long = replace(options, inputs=replace(options.inputs, efficiency=(5000,)))
    with pytest.raises(InputError, match="train rows of the regimes of SYN, fold -1"):
        fit_regimes(bars, splits, long, interval=INTERVAL, embargo=EMBARGO, seed=0)
