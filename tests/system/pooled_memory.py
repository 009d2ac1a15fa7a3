"""Hold what a run on twenty pooled symbols holds, and print the peak: `python pooled_memory.py power 5000`.

A process of its own for every size, because a peak of resident memory never falls.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from topoquant.lib.bars import decision_time
from topoquant.lib.bars.synthetic import synthetic_bars
from topoquant.lib.ensemble import EnsembleOptions
from topoquant.lib.indicators import BlindOptions, IndicatorOptions
from topoquant.lib.labeling import MoveOptions
from topoquant.lib.models import LightGBMOptions
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import FastPathOptions, find_edge
from topoquant.lib.validity import measure_power
from topoquant.pipelines.audit.ensemble_nodes import alignment_node

SYMBOLS = [f"S{number:02d}" for number in range(1, 21)]
SPLIT = SplitOptions(train=0.7, val=0.15, n_folds=5, embargo=None)
LABEL = MoveOptions(horizon=15, threshold=0.002, side="up", volume_window=None, min_volume_ratio=None)


def pooled_bars(n_bars):
    """Bars of every symbol."""
    one = synthetic_bars("noise", n_bars=n_bars, seed=1, interval="15m").bars
    return pd.concat([one.assign(symbol=symbol) for symbol in SYMBOLS], ignore_index=True)


def power(bars):
    """Judge two copies of the bars at once, as the measurement of power does."""
    path = FastPathOptions(
        interval="15m",
        split=SPLIT,
        label=LABEL,
        indicators=IndicatorOptions(
            sets=("price", "volume", "technical"), rsi_period=14, macd_fast=12, macd_slow=26, macd_signal=9,
            band_period=20, band_width=2.0, atr_period=14, momentum_period=10, volume_period=20, functions=(),
        ),
        blind=BlindOptions(half_lives=(2, 5, 10, 20, 50, 100, 200), volume_half_life=20, n_lags=20),
        model=LightGBMOptions(
            n_trees=5, learning_rate=0.05, n_leaves=4, min_rows_per_leaf=40, max_bins=63,
            feature_fraction=0.5, row_fraction=0.8, l2=1.0, patience=5, validation_fraction=0.1, n_threads=1,
        ),
        window=24,
        n_rows=2000,
    )  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        measure_power(
            bars, partial(find_edge, path=path), n_surrogates=4, n_injections=0, strengths=(), seed=0,
            horizon=LABEL.horizon, map=pool.map,
        )  # fmt: skip


def alignment(bars):
    """Join five members and the regimes of six fits, shuffled one after the other."""
    keys = pd.DataFrame({"symbol": bars["symbol"], "time": decision_time(bars, "15m")})
    rng = np.random.default_rng(0)
    regimes = pd.concat(
        [
            keys.assign(fold=fold, p_range=0.2, p_trend=0.3, p_panic=0.5, regime="panic", rule="ranging")
            for fold in range(-1, 5)
        ],
        ignore_index=True,
    )
    place = keys.groupby("symbol").cumcount().to_numpy() / (len(bars) // len(SYMBOLS))
    rows = keys.assign(t1=keys["time"] + pd.Timedelta("225min"), target_id="up-15")
    rows["set"] = np.select([place < 0.7, place < 0.85], ["train", "val"], "test")
    rows["fold"] = np.where(place < 0.7, (place / 0.7 * 5).astype(int), -1)
    rows = rows.loc[(rows["set"] != "train") | (np.arange(len(rows)) % 20 == 0)].reset_index(drop=True)
    label = (rng.random(len(rows)) < 0.3).astype(float)
    members = {f"predictions{number}": _predicted(rows, rng) for number in range(5)}
    targets = rows.assign(label=label, ret=0.0, uniqueness=0.1).drop(columns=["set", "fold"])
    names = tuple(members)
    options = EnsembleOptions(candidates=("stack", "mean", "best_single"), ridge=0.001, min_rarer=2)
    known = targets.loc[(rows["set"] != "test").to_numpy()].reset_index(drop=True)
    check = alignment_node(names[:4], names[4:])
    market = type("Market", (), {"interval": "15m"})()
    findings = check(known, market, LABEL, SPLIT, options, 0, **members, regimes=regimes)
    assert findings[0]["status"] == "ok", findings


def _predicted(rows, rng):
    """Predictions of the rows by the contract."""
    logit = rng.normal(size=len(rows))
    return rows.assign(p_label=1 / (1 + np.exp(-logit)), logit_label=logit, model_hash="a")


if __name__ == "__main__":
    what, n_bars = sys.argv[1], int(sys.argv[2])
    {"power": power, "alignment": alignment}[what](pooled_bars(n_bars))
    # Not ru_maxrss: a process that was forked begins with its parent's.
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
