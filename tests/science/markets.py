"""Figures of the fast path on made-up markets: silent on noise, near the best score where it is known."""

from functools import partial

import numpy as np

from tests.science.figures import Answer, Figure, Result
from tests.science.runs import run_fast

N_SEEDS = 20
N_DIRECTION = 24
MOST_OFF = 0.012
MOST_BELOW = 0.02
MOST_ERRORS = 3.0
TARGETS = {"direction": "direction", "up": "one-sided trigger", "both": "two-sided trigger"}
WITHOUT_EDGE = ("noise", "noise_drift", "volatility")
# The best score itself has 4 false edges in 200 here, and 2 of the first 20 runs have one: more of them tell.
MORE_SEEDS = {("volatility", "up"): 100}
# Where the best score is an edge in 199 of 200 markets and window summaries hold all that it uses.
STRONG = (("regime", "direction"), ("regime", "up"), ("shift", "direction"))
# Strong too, but told by the order of rises and falls, which summaries of a window do not hold.
BY_ORDER = (("orbit", "direction"), ("orbit", "up"))


def judge_mean_auc(results: list[Result]) -> Answer:
    """Mean AUC of direction where there is none."""
    auc = np.array([one["auc"] for one in results])
    return Answer(f"mean {number(auc.mean())} of {len(auc)} runs", bool(abs(auc.mean() - 0.5) <= MOST_OFF))


def judge_silence(results: list[Result]) -> Answer:
    """How often there is rightly no edge."""
    n_silent = sum(not one["edge"] for one in results)
    return Answer(f"`no_edge` in {n_silent} of {len(results)}", n_silent >= 0.95 * len(results))


def judge_signal(results: list[Result], *, is_near: bool) -> Answer:
    """How near to the best score, how often an edge, and whether the best score is ever passed."""
    below = np.array([one["auc"] - one["best"] for one in results])
    errors = below / np.array([one["error"] for one in results])
    n_edges = sum(one["edge"] for one in results)
    auc, best = (np.mean([one[name] for one in results]) for name in ("auc", "best"))
    text = (
        f"AUC {number(auc)} of {number(best)}: {below.mean():+.3f} "
        f"({below.min():+.3f} to {below.max():+.3f}, at most {errors.max():+.1f} errors); "
        f"edge in {n_edges} of {len(results)}"
    )
    holds = n_edges >= 0.95 * len(results) and errors.max() <= MOST_ERRORS
    return Answer(text, bool(holds and (not is_near or below.mean() >= -MOST_BELOW)))


def number(value: float) -> str:
    """Three digits, without a leading zero."""
    return f"{value:.3f}".removeprefix("0")


def market_figures() -> list[Figure]:
    """Every market and target."""
    figures = [
        Figure(
            f"{kind}, direction: AUC",
            f"mean of {N_DIRECTION} within .5 +- {number(MOST_OFF)}",
            tuple((kind, "direction", seed) for seed in range(1, N_DIRECTION + 1)),
            run_fast,
            judge_mean_auc,
        )
        for kind in ("noise", "noise_drift")
    ]
    figures += [
        Figure(f"{kind}, {words}", "`no_edge` in at least 95 %", seeds(kind, target), run_fast, judge_silence)
        for kind in WITHOUT_EDGE
        for target, words in TARGETS.items()
    ]
    for is_near, pairs in ((True, STRONG), (False, BY_ORDER)):
        near = f"mean difference at least -{number(MOST_BELOW)}, " if is_near else ""
        figures += [
            Figure(
                f"{kind}, {TARGETS[target]}",
                f"{near}edge in at least 95 %, never above the best by more than 3 errors",
                seeds(kind, target),
                run_fast,
                partial(judge_signal, is_near=is_near),
            )
            for kind, target in pairs
        ]
    return figures


def seeds(kind: str, target: str) -> tuple[tuple[str, str, int], ...]:
    """The first seeds of a market."""
    n_seeds = MORE_SEEDS.get((kind, target), N_SEEDS)
    return tuple((kind, target, seed) for seed in range(1, n_seeds + 1))
