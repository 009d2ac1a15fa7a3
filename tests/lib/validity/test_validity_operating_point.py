"""What an interval on signals of overlapping labels, of one symbol or of several, is worth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter
from scipy.special import ndtr, ndtri

from topoquant.lib.proportions import wilson_interval
from topoquant.lib.validity import (
    OperatingPointOptions,
    choose_operating_point,
    choose_threshold,
    measure_operating_point,
)

HORIZON = 8
PERSISTENCE = 0.98
DRIFT = 0.15
N_VAL, N_TEST = 1500, 3000
N_SIMULATIONS = 200
LEVEL = 0.95

# next return = DRIFT * state + noise, state of variance 1: the sum of the next 8 given the state is normal.
MEAN = DRIFT * (PERSISTENCE ** np.arange(HORIZON)).sum()
VARIANCE = HORIZON + DRIFT**2 * sum(
    (1 - PERSISTENCE**2) * sum(PERSISTENCE ** (later - shock) for later in range(shock, HORIZON)) ** 2
    for shock in range(1, HORIZON)
)


TIME = pd.date_range("2024", periods=N_VAL + N_TEST, freq="15min", tz="UTC")
ROWS = pd.DataFrame({"symbol": "SYN", "time": TIME, "target_id": "up8", "uniqueness": 1 / HORIZON})


def probability(state):
    """Probability that the next 8 bars end higher, given the state."""
    return ndtr(MEAN * state / np.sqrt(VARIANCE))


def true_precision(threshold: float) -> float:
    """Probability of a rise, over all states whose probability reaches the threshold."""
    lowest = ndtri(threshold) * np.sqrt(VARIANCE) / MEAN
    state = np.linspace(lowest, 9, 4001)
    return float(np.average(probability(state), weights=np.exp(-(state**2) / 2)))


def simulate(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions and targets of val and then test; every label shares bars with 14 others."""
    rng = np.random.default_rng(seed)
    n = N_VAL + N_TEST + HORIZON
    shocks = rng.normal(size=n + 500) * np.sqrt(1 - PERSISTENCE**2)
    state = lfilter([1], [1, -PERSISTENCE], shocks)[500:]
    returns = DRIFT * state[:-1] + rng.normal(size=n - 1)
    ahead = np.convolve(returns, np.ones(HORIZON), "valid")[: N_VAL + N_TEST]
    return ROWS.assign(p_label=probability(state[: len(ahead)])), ROWS.assign(label=(ahead > 0).astype(float))


def test_intervals_of_test_signals_cover_the_true_precision():
    """Threshold from val, signals of test: nine in ten by the effective number, far fewer by n."""
    n_covered = n_covered_plain = n_measured = 0
    for seed in range(N_SIMULATIONS):
        table, targets = simulate(seed)
        val, known = table.iloc[:N_VAL], targets.iloc[:N_VAL]
        chosen = choose_threshold(
            known["label"], val["p_label"], known["uniqueness"], known["time"],
            min_recall=0.3, min_signals=200,
        )  # fmt: skip
        point = measure_operating_point(
            table.iloc[N_VAL:].drop(columns="uniqueness"),
            targets.iloc[N_VAL:],
            {"threshold": chosen.threshold},
        )
        if not point["n_signals"]:
            continue
        truth, hits = true_precision(chosen.threshold), point["precision"]
        n, effective = point["n_signals"], point["effective_n"]
        low, high = wilson_interval(hits * effective, effective, level=LEVEL)
        n_covered += low <= truth <= high
        low, high = wilson_interval(hits * n, n, level=LEVEL)
        n_covered_plain += low <= truth <= high
        n_measured += 1
    assert n_measured >= 0.95 * N_SIMULATIONS
    assert n_covered >= 0.9 * n_measured
    assert n_covered_plain < 0.75 * n_measured


def several_symbols(label: np.ndarray, n_symbols: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions and targets of symbols that are all predicted alike and all come out alike."""
    n = len(label)
    rows = pd.DataFrame({
        "symbol": np.repeat([f"S{number}" for number in range(n_symbols)], n),
        "time": np.tile(TIME[:n], n_symbols), "target_id": "up1",
        "p_label": np.tile(np.where(np.arange(n) % 4, 0.7, 0.2), n_symbols),
    })  # fmt: skip
    return rows, rows.assign(label=np.tile(label, n_symbols), uniqueness=1.0)


def test_intervals_hold_their_level_where_symbols_are_copies_of_each_other():
    """Five symbols that are one: with their rows taken as independent, three in four .99 intervals cover."""
    rng, n, n_draws, truth = np.random.default_rng(5), 200, 120, 0.6
    options = OperatingPointOptions(min_recall=0.5, min_signals=10)
    held = held_test = 0
    for _ in range(n_draws):
        draw = rng.random(n)
        label = np.where(np.arange(n) % 4, draw < truth, draw < 0.1).astype(float)
        rows, targets = several_symbols(label, 5)
        chosen = choose_operating_point(rows, targets, options)
        held += chosen["precision_low"] <= truth <= chosen["precision_high"]
        measured = measure_operating_point(rows, targets, chosen)
        held_test += measured["precision_low"] <= truth <= measured["precision_high"]
        assert chosen["threshold"] == 0.7
        assert measured == pytest.approx(chosen)
    least = 0.99 - 3.3 * np.sqrt(0.99 * 0.01 / n_draws)
    assert min(held, held_test) / n_draws > least


def test_symbols_that_are_copies_count_as_one():
    rng = np.random.default_rng(3)
    label = (rng.random(200) < 0.6).astype(float)
    options = OperatingPointOptions(min_recall=0.5, min_signals=10)
    one, five = (choose_operating_point(*several_symbols(label, n), options) for n in (1, 5))
    assert five.pop("n_signals") == 5 * one.pop("n_signals")
    assert five == pytest.approx(one)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 8), st.sampled_from([0.1, 1 / 3, 0.7, 1.0])),
        min_size=1, max_size=25,
    )
)  # fmt: skip
def test_of_one_symbol_the_summed_uniqueness_counts_to_the_last_bit(rows):
    label, score, uniqueness = np.array(rows).T
    table = ROWS.iloc[: len(label)].drop(columns="uniqueness").assign(p_label=score / 8)
    targets = table.assign(label=label, uniqueness=uniqueness)
    chosen = choose_operating_point(table, targets, OperatingPointOptions(min_recall=0.0, min_signals=1))
    if chosen["threshold"] is None:
        assert not label.any()
        return
    measured = measure_operating_point(table, targets, chosen)
    best = np.argsort(-score, kind="stable")[: chosen["n_signals"]]
    for point, signals in ((chosen, best), (measured, np.sort(best))):
        effective = uniqueness[signals].sum()
        bounds = wilson_interval(point["precision"] * effective, effective, level=0.99)
        assert (point["effective_n"], point["precision_low"], point["precision_high"]) == (effective, *bounds)
