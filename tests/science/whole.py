"""One run of the whole default recipe on each kind of market."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.science.figures import Answer, Figure, Result
from topoquant.lib.bars import MARKETS

PROJECT = Path(__file__).parents[2]
# All bars and rows, small networks: minutes become one.
SIZES = {
    "trigger.market.n_bars": 20_000,
    "trigger.features_tda.windows": [96],
    "trigger.features_tda.n_bins": 10,
    "trigger.features_tda.n_layers": 2,
    "trigger.nbeats.fit.n_epochs": 3,
    "trigger.power.n_surrogates": 2,
    "trigger.power.n_injections": 1,
    "trigger.power.n_jobs": 1,
    "trigger.backtest.n_random": 50,
}
# What the verdict may be: where the best score is an edge in 2 of 200 markets, no edge.
EXPECTED = {
    "noise": ("no_edge",),
    "noise_drift": ("no_edge",),
    "volatility": ("no_edge",),
    "regime": ("edge",),
    "orbit": ("edge",),
    "shift": ("edge", "no_edge"),
}


def measure_whole(kind: str, seed: int) -> Result:
    """Run the recipe as a person would and read its verdict."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = {"data_root": folder, "kind": kind, "seed": seed, **SIZES}
        params = ",".join(f"{name}={value}" for name, value in sizes.items())
        done = subprocess.run(
            [sys.executable, "-m", "kedro", "run", "--params", params],
            cwd=PROJECT, env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = sorted(Path(folder).glob("08_reporting/**/verdict.json"))
        if done.returncode or not found:
            return {"kind": kind, "word": "error", "headline": done.stderr.strip()[-300:]}
        verdict = json.loads(found[0].read_text())
    return {"kind": kind, "word": verdict["word"], "headline": verdict["headline"]}


def judge_whole(results: list[Result]) -> Answer:
    """Every verdict."""
    text = "; ".join(f"{one['kind']}: {one['headline']}" for one in results)
    return Answer(text, all(one["word"] in EXPECTED[one["kind"]] for one in results))


def whole_figures() -> list[Figure]:
    """One run per kind."""
    return [
        Figure(
            "whole runs, one-sided trigger",
            "`no_edge` without a signal, `edge` on `regime` and `orbit`",
            tuple((kind, 7) for kind in MARKETS),
            measure_whole,
            judge_whole,
        )
    ]
