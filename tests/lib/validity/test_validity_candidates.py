"""All predictions at all position levels: whether the best of them stays the best."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.validity import Question, candidate_returns, check_overfitting, next_open_returns

N_VAL, N_TEST = 200, 480
QUESTION = Question(side="direction", horizon=1, interval="1h", cost=0.0, seed=0)


def market(seed=0):
    """Returns from open to open, and their bars."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2024-01-01", periods=N_VAL + N_TEST, freq="h", tz="UTC", unit="ns")
    move = rng.normal(0.0, 0.01, len(time))
    return pd.DataFrame({"symbol": "SYN", "time": time, "next_return": move})


def table(returns, logit):
    part = ["val"] * N_VAL + ["test"] * N_TEST
    return returns[["symbol", "time"]].assign(set=part, logit_label=logit)


def noise(returns, n, seed=0):
    rng = np.random.default_rng([seed, 1])  # not the numbers that the market is made of
    return {f"noise {i}": table(returns, rng.normal(size=len(returns))) for i in range(n)}


def test_a_candidate_that_knows_stays_the_best():
    returns = market()
    knows = table(returns, returns["next_return"])
    found = check_overfitting({"knows": knows, **noise(returns, 3)}, returns, QUESTION, n_blocks=10)
    assert found.status == "ok"
    assert found.numbers["pbo"] == 0.0
    assert found.numbers["loss_probability"] == 0.0
    assert found.numbers["n_trials"] == 12
    assert found.section == "backtest"
    assert found.finding.startswith("PBO .00 [.00 .00]")


def test_candidates_without_merit_are_near_one_half_and_do_not_alarm():
    markets = [market(seed) for seed in range(6)]
    checks = [
        check_overfitting(noise(one, 2, seed), one, QUESTION, n_blocks=8) for seed, one in enumerate(markets)
    ]
    assert np.mean([check.numbers["pbo"] for check in checks]) == pytest.approx(0.5, abs=0.3)
    assert sum(check.status == "warning" for check in checks) <= 1


def test_what_is_best_in_turn_is_overfitted():
    returns = market()
    half = np.arange(len(returns)) < N_VAL + N_TEST // 2
    known = returns["next_return"].to_numpy()
    # Each is right in one half of the test bars and wrong in the other.
    tables = {
        "first": table(returns, np.where(half, known, -known)),
        "second": table(returns, np.where(half, -known, known)),
        **noise(returns, 1),
    }
    found = check_overfitting(tables, returns, QUESTION, n_blocks=2)
    assert found.numbers["pbo"] == 1.0


def test_copies_and_those_that_never_trade_are_left_out():
    returns = market()
    one = noise(returns, 1)["noise 0"]
    tables = {"one": one, "copy": one, "constant": table(returns, 0.0)}
    made = candidate_returns(tables, returns, QUESTION)
    assert list(made) == ["one .10", "one .20", "one .30"]
    assert len(made) == N_TEST


def test_costs_are_taken_and_test_rows_alone_count():
    returns = market()
    tables = noise(returns, 2)
    free = candidate_returns(tables, returns, QUESTION)
    dear = candidate_returns(
        tables, returns, Question(side="direction", horizon=1, interval="1h", cost=0.001, seed=0)
    )
    assert (dear.sum() < free.sum()).all()
    early = returns.assign(next_return=returns["next_return"].where(returns.index >= N_VAL, 9.9))
    pd.testing.assert_frame_equal(candidate_returns(tables, early, QUESTION), free)


@pytest.mark.parametrize(("n_tables", "n_blocks"), [(0, 4), (1, 20)])
def test_too_little_to_compare_is_said(n_tables, n_blocks):
    returns = market().iloc[: N_VAL + 20]
    tables = {name: one.iloc[: len(returns)] for name, one in noise(market(), n_tables).items()}
    found = check_overfitting(tables, returns, QUESTION, n_blocks=n_blocks)
    assert found.status == "ok"
    assert found.finding.startswith("not measured")


def test_bars_give_the_same_returns_as_the_verdict_uses():
    open_time = pd.date_range("2024-01-01", periods=6, freq="h", tz="UTC")
    bars = pd.DataFrame({"symbol": "SYN", "open_time": open_time, "open": [1.0, 1.0, 2.0, 2.0, 4.0, 4.0]})
    assert next_open_returns(bars, "1h")["next_return"].notna().sum() == 4
