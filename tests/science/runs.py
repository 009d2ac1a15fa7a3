"""One run of the fast path on one made-up market, beside the best score that anybody could give there."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from topoquant.lib.bars import SyntheticMarket, bayes_direction_score, bayes_trigger_score, synthetic_bars
from topoquant.lib.indicators import BlindOptions, IndicatorOptions
from topoquant.lib.labeling import DirectionOptions, TriggerOptions, fit_target
from topoquant.lib.models import LightGBMOptions
from topoquant.lib.sampling import SplitOptions, assign_rows
from topoquant.lib.training import FastPathOptions, answer_fast
from topoquant.lib.validity import block_length, block_starts, roc_auc, time_codes
from topoquant.lib.validity.intervals_kernel import resample_auc

INTERVAL = "15m"
N_BARS = 20_000
HORIZON = {"direction": 1, "up": 4, "both": 4}
RECIPE = Path(__file__).parents[2] / "conf" / "base" / "parameters" / "recipes" / "trigger.yml"


@cache
def recipe() -> dict[str, Any]:
    """The numbers of the default recipe."""
    return yaml.safe_load(RECIPE.read_text())["trigger"]


@cache
def fast_path(target: str) -> FastPathOptions:
    """The fast path of the default recipe, for a target of ours."""
    numbers = recipe()
    horizon = HORIZON[target]
    label = (
        DirectionOptions(horizon=horizon)
        if target == "direction"
        else TriggerOptions(horizon=horizon, side=target, threshold=None, rate=numbers["label"]["rate"])
    )
    return FastPathOptions(
        interval=INTERVAL,
        split=SplitOptions(**numbers["split"]),
        label=label,
        indicators=IndicatorOptions(**numbers["features_tabular"]),
        blind=BlindOptions(**numbers["features_blind"]),
        model=LightGBMOptions(**numbers["fast_path"]["model"]),
        window=numbers["fast_path"]["window"],
        n_rows=None,
    )


def run_fast(kind: str, target: str, seed: int, *, n_bars: int = N_BARS) -> dict[str, Any]:
    """Edge and AUC; where the best score is known, its AUC on the same rows and the difference's error."""
    market = synthetic_bars(kind, n_bars=n_bars, seed=seed, interval=INTERVAL)
    path = fast_path(target)
    answer = answer_fast(market.bars, seed, path=path)
    result = {"edge": bool(answer.found), "auc": float(answer.auc), "n": len(answer.scored)}
    if target == "both":
        return result
    scored = answer.scored.merge(best_score(market, path), on=["symbol", "time"], validate="one_to_one")
    best = roc_auc(scored["label"], scored["best"])
    error = difference_error(scored, block=block_length(path.label.horizon, INTERVAL), seed=seed)
    return result | {"best": best, "error": error}


def best_score(market: SyntheticMarket, path: FastPathOptions) -> pd.DataFrame:
    """The Bayes score of every row, for the target that the fast path fitted."""
    keys = market.truth[["symbol", "time"]]
    if path.label.side == "direction":
        return keys.assign(best=bayes_direction_score(market.truth))
    splits = assign_rows(market.bars, INTERVAL, horizon=path.label.horizon, options=path.split)
    train = splits.loc[splits["set"] == "train", "time"]
    target = fit_target(market.bars, train, interval=INTERVAL, options=path.label)
    score = bayes_trigger_score(
        market.truth, threshold=target["threshold"], horizon=path.label.horizon, side=path.label.side
    )
    return keys.assign(best=score)


def difference_error(scored: pd.DataFrame, *, block: int, seed: int) -> float:
    """Standard error of AUC less best AUC: both are resampled on the same blocks."""
    code, n_times = time_codes(scored["time"])
    starts = block_starts(n_times, block=block, seed=seed, n_resamples=500)
    positive = scored["label"].to_numpy() == 1
    replicates = []
    for name in ("p_label", "best"):
        values = scored[name].to_numpy(np.float64)
        order = np.argsort(values, kind="stable")
        last_of_tie = np.append(np.diff(values[order]) > 0, True)
        replicates.append(
            resample_auc(starts, min(block, n_times), n_times, code[order], positive[order], last_of_tie)
        )
    return float(np.nanstd(replicates[0] - replicates[1], ddof=1))
