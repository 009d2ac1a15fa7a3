"""Intervals beside scikit-learn."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from tests.benchmarks.measuring import Row, compare
from topoquant.lib.validity import bootstrap_auc
from topoquant.lib.validity.intervals import bootstrap_bounds
from topoquant.lib.validity.resampling import block_starts

BLOCK = 96


def auc_interval(*, quick: bool) -> Row:
    n_rows, n_resamples, n_loop = (600, 20, 20) if quick else (2_900, 2_000, 200)
    rng = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=n_rows, freq="15min", tz="UTC")
    score = rng.normal(size=n_rows)
    label = (score + rng.normal(size=n_rows) > 1).astype(int)
    ours = bootstrap_auc(time, label, score, block=BLOCK, seed=1, n_resamples=n_loop)
    theirs = bootstrap_bounds(
        roc_auc_score(label, score), _looped_aucs(label, score, n_loop), n_blocks=n_rows / BLOCK
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    return compare(
        "bootstrap_auc", "resamples",
        ours=(lambda: bootstrap_auc(time, label, score, block=BLOCK, seed=1, n_resamples=n_resamples),
              n_resamples),
        peer=(lambda: _looped_aucs(label, score, n_loop), n_loop),
        compared=f"loop of scikit-learn roc_auc_score on the same {n_rows:,}-row resamples",
        repeats=1 if quick else 5,
    )  # fmt: skip


def _looped_aucs(label: np.ndarray, score: np.ndarray, n_resamples: int) -> np.ndarray:
    n = len(label)
    within = np.arange(BLOCK)
    rows = (block_starts(n, block=BLOCK, seed=1, n_resamples=n_resamples)[:, :, None] + within) % n
    drawn = rows.reshape(n_resamples, -1)[:, :n]
    return np.array([roc_auc_score(label[chosen], score[chosen]) for chosen in drawn])
