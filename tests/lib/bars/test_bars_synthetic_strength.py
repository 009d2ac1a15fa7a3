"""What the best possible score of each market is worth, beside what the docstrings of `kinds` say.

`python -m tests.lib.bars.test_bars_synthetic_strength [n_seeds] [n_bars] [--fitted]` measures it on many
markets, with `--fitted` what a LightGBM finds on those without an edge. The tests look at a few.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from topoquant.lib.bars import (
    MARKETS,
    SyntheticMarket,
    bayes_direction_score,
    bayes_trigger_score,
    synthetic_bars,
)
from topoquant.lib.validity import (
    block_length,
    member_timing_return,
    next_open_returns,
    roc_auc,
    timing_statistics,
)

INTERVAL = "15m"
TRAIN, DEVELOPMENT = 0.70, 0.85
HORIZON, RATE = 4, 0.109
RECIPE = Path(__file__).parents[3] / "conf" / "base" / "parameters" / "recipes" / "trigger.yml"
WITHOUT_EDGE = ("noise", "noise_drift", "volatility")
# By market: range of the AUC on the last 15 % of 20,000 bars over 200 seeds, and whether it is strong there.
DIRECTION = {
    "noise": (0.500, 0.500, False),
    "noise_drift": (0.477, 0.535, False),
    "regime": (0.552, 0.609, True),
    "orbit": (0.639, 0.766, True),
    "volatility": (0.500, 0.500, False),
    "shift": (0.552, 0.609, True),
}
TRIGGER = {
    "noise": (0.698, 0.841, False),
    "noise_drift": (0.697, 0.840, False),
    "regime": (0.589, 0.740, True),
    "orbit": (0.678, 0.840, True),
    "volatility": (0.707, 0.863, False),
    "shift": (0.586, 0.741, False),
}


@dataclass(frozen=True)
class Worth:
    """Of one score on the test rows of one market."""

    auc: float
    t: float
    is_edge: bool


def direction_worth(market: SyntheticMarket) -> Worth:
    """Of the Bayes score of the next bar's direction."""
    bars = market.bars
    label = (np.log(bars["close"] / bars["open"]).to_numpy()[1:] > 0).astype(float)
    return worth(market, bayes_direction_score(market.truth)[:-1], label, "direction", 1)


def trigger_worth(market: SyntheticMarket) -> Worth:
    """Of the Bayes score of an up-trigger: the market's own threshold, or one of 10.9 % of the train rows."""
    opens, highs = market.bars["open"].to_numpy(), market.bars["high"].to_numpy()
    rows = np.arange(len(opens) - HORIZON)
    reach = np.max([highs[rows + k] for k in range(1, HORIZON + 1)], axis=0) / opens[rows + 1] - 1
    fitted = float(np.quantile(reach[: int(TRAIN * len(reach))], 1 - RATE))
    threshold = market.threshold or fitted
    score = bayes_trigger_score(market.truth, threshold=threshold, horizon=HORIZON)[:-HORIZON]
    return worth(market, score, (reach >= threshold).astype(float), "up", HORIZON)


def worth(
    market: SyntheticMarket, score: NDArray[np.float64], label: NDArray[np.float64], side: str, horizon: int
) -> Worth:
    """Judge a score as the verdict does: quantiles from val, timing return on test, rows between purged."""
    if np.ptp(score) == 0:
        return Worth(0.5, 0.0, is_edge=False)  # what says the same of every row trades nothing
    n_bars = len(market.bars)
    sets = np.full(len(score), "train", dtype=object)
    sets[int(TRAIN * n_bars) : int(DEVELOPMENT * n_bars) - horizon] = "val"
    sets[int(DEVELOPMENT * n_bars) :] = "test"
    keys = market.truth[["symbol", "time"]].iloc[: len(score)]
    table = keys.assign(set=sets, logit_label=score).loc[sets != "train"]
    returns = next_open_returns(market.bars, INTERVAL)
    series = member_timing_return(table, returns, side=side, horizon=horizon, interval=INTERVAL)
    timing = timing_statistics(series, block=block_length(horizon, INTERVAL), seed=0)
    is_test = sets == "test"
    return Worth(roc_auc(label[is_test], score[is_test]), timing.t, timing.lower > 0)


@cache
def first_markets(kind: str) -> tuple[SyntheticMarket, ...]:
    return tuple(synthetic_bars(kind, n_bars=20_000, seed=seed) for seed in (1, 2))


@pytest.mark.parametrize("kind", MARKETS)
@pytest.mark.parametrize(("measure", "said"), [(direction_worth, DIRECTION), (trigger_worth, TRIGGER)])
def test_a_market_is_worth_what_its_docstring_says(kind, measure, said):
    low, high, is_strong = said[kind]
    worths = [measure(market) for market in first_markets(kind)]
    assert all(low - 0.001 <= one.auc <= high + 0.001 for one in worths)
    if is_strong:
        assert all(one.is_edge for one in worths)
    if kind in WITHOUT_EDGE:
        assert all(one.t < 3.5 for one in worths)


def summary(worths: list[Worth]) -> str:
    """Mean and range of AUC and t, and the number of edges."""
    auc, t = np.array([[one.auc, one.t] for one in worths]).T
    return (
        f"AUC {auc.mean():.3f} ({auc.min():.3f} to {auc.max():.3f})  "
        f"t {t.mean():.1f} ({t.min():.1f} to {t.max():.1f})  "
        f"edges {sum(one.is_edge for one in worths)} of {len(worths)}"
    )


def measured(n_seeds: int, n_bars: int) -> Iterator[str]:
    """A line per market and target: the Bayes score by the verdict's rule."""
    for kind in MARKETS:
        direction, trigger = [], []
        for seed in range(1, n_seeds + 1):
            market = synthetic_bars(kind, n_bars=n_bars, seed=seed, interval=INTERVAL)
            direction.append(direction_worth(market))
            trigger.append(trigger_worth(market))
        yield f"{n_bars:,} bars  {kind:<12}direction  {summary(direction)}"
        yield f"{n_bars:,} bars  {kind:<12}trigger    {summary(trigger)}"


def fitted(n_seeds: int, n_bars: int) -> Iterator[str]:
    """A line per market without an edge and side: how often a LightGBM on 2,700 rows finds one."""
    import yaml

    from topoquant.lib.indicators import BlindOptions, IndicatorOptions
    from topoquant.lib.labeling import TriggerOptions
    from topoquant.lib.models import LightGBMOptions
    from topoquant.lib.sampling import SplitOptions
    from topoquant.lib.training import FastPathOptions, find_edge

    recipe = yaml.safe_load(RECIPE.read_text())["trigger"]
    for kind in WITHOUT_EDGE:
        for side in ("up", "both"):
            path = FastPathOptions(
                interval=INTERVAL,
                split=SplitOptions(**recipe["split"]),
                label=TriggerOptions(horizon=HORIZON, side=side, threshold=None, rate=RATE),
                indicators=IndicatorOptions(**recipe["features_tabular"]),
                blind=BlindOptions(**recipe["features_blind"]),
                model=LightGBMOptions(**recipe["lightgbm"]["options"] | {"n_threads": 1}),
                window=recipe["window"],
                n_rows=2_700,
            )
            found = [
                find_edge(synthetic_bars(kind, n_bars=n_bars, seed=seed).bars, seed, path=path)
                for seed in range(1, n_seeds + 1)
            ]
            edges, auc = np.array(found, dtype=float).T
            found_edges = f"edges {edges.sum():.0f} of {n_seeds}"
            yield f"{n_bars:,} bars  {kind:<12}side {side:<5} AUC {auc.mean():.3f}  {found_edges}"


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    measure = fitted if "--fitted" in sys.argv else measured
    for line in measure(*(sizes + [200, 20_000][len(sizes) :])):
        print(line, flush=True)
