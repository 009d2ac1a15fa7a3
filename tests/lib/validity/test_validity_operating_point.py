"""What an interval on signals of overlapping labels is worth."""

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.special import ndtr, ndtri

from topoquant.lib.proportions import wilson_interval
from topoquant.lib.validity import choose_threshold, measure_operating_point

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
            known["label"], val["p_label"], known["uniqueness"], min_recall=0.3, min_signals=200
        )
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
