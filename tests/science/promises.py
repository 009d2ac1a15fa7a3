"""Figures on probabilities: a sampler's prior, a base rate that falls, intervals of signals, and power."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from tests.lib.validity.test_validity_operating_point import (
    HORIZON,
    LEVEL,
    N_VAL,
    simulate,
    true_precision,
)
from tests.science.figures import Answer, Figure, Result
from tests.science.markets import number
from tests.science.runs import INTERVAL, N_BARS, fast_path
from topoquant.lib.bars import interval_timedelta, synthetic_bars
from topoquant.lib.indicators import indicators
from topoquant.lib.labeling import TriggerOptions, fit_target, label_bars, label_rows
from topoquant.lib.models import Head, build_model
from topoquant.lib.proportions import wilson_interval
from topoquant.lib.sampling import (
    Samples,
    assemble_samples,
    assign_rows,
    fold_rows,
    stratified_temporal_split,
)
from topoquant.lib.training import find_edge, fit, predict
from topoquant.lib.validity import (
    OperatingPointOptions,
    choose_operating_point,
    correct_prior,
    measure_operating_point,
    measure_power,
)

STEP = interval_timedelta(INTERVAL)
RATES = (0.02, 0.10, 0.30)
MOST_LOGITS = 0.3
MOST_POINTS = 0.01
N_SIMULATIONS, PER_UNIT = 200, 20
STRENGTHS = (0.1, 0.2, 0.3)


def measure_sampler(kind: str, rate: float, seed: int, n_bars: int = N_BARS) -> Result:
    """Fit folds on balanced rows, correct the prior, and compare the mean probability with the train rate."""
    market = synthetic_bars(kind, n_bars=n_bars, seed=seed, interval=INTERVAL)
    path = fast_path("up")
    label = TriggerOptions(horizon=4, side="up", threshold=None, rate=rate)
    splits = assign_rows(market.bars, INTERVAL, horizon=4, options=path.split)
    train_times = splits.loc[splits["set"] == "train", "time"]
    target = fit_target(market.bars, train_times, interval=INTERVAL, options=label)
    targets = label_rows(market.bars, splits, target, label, interval=INTERVAL, sets=("train", "val"))
    samples, _ = assemble_samples(
        splits,
        targets.drop(columns="max_pct"),
        sequence=indicators(market.bars, path.indicators, interval=INTERVAL),
        window=path.window,
        interval=INTERVAL,
    )
    train = samples.of_set("train")
    raw = np.full(len(train), np.nan)
    rng = np.random.default_rng(seed)
    for number_of_fold, (others, held_out) in enumerate(fold_rows(train.rows, embargo=4 * STEP)):
        drawn = train.take(balanced(train.targets["label"].to_numpy()[others], others, rng))
        model = build_model(
            "lightgbm", n_channels=train.n_channels, window=train.window, n_static=0,
            heads=(Head(name="label", kind="binary"),), options=path.model,
        )  # fmt: skip
        fitted = fit(model, without_weights(drawn), None, seed=number_of_fold)
        raw[held_out] = predict(fitted, train.take(held_out))["logit_label"]
    own_rate = float(train.targets["label"].mean())
    corrected = correct_prior(raw, sampled_rate=0.5, true_rate=own_rate)
    off = [float(logit(expit(values).mean()) - logit(own_rate)) for values in (corrected, raw)]
    return {"rate": own_rate, "off": off[0], "off_without": off[1]}


def balanced(label: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw as many rows of each class as the rarer one has, in the order of time.

    Without replacement: copies of one row would fill a leaf by themselves, whatever its least number of rows.
    """
    classes = [rows[label == value] for value in (0.0, 1.0)]
    n_rarer = min(map(len, classes))
    return np.sort(np.concatenate([rng.choice(one, n_rarer, replace=False) for one in classes]))


def without_weights(samples: Samples) -> Samples:
    """Rows that all count the same: the sampler's rate is then that of the rows."""
    return replace(samples, weights=np.ones_like(samples.weights))


def judge_sampler(results: list[Result]) -> Answer:
    """The farthest from the train rate."""
    most = max(abs(one["off"]) for one in results)
    without = min(abs(one["off_without"]) for one in results)
    text = (
        f"at most {most:.2f} logits off in {len(results)} fits; without the correction at least {without:.2f}"
    )
    return Answer(text, most <= MOST_LOGITS)


def measure_stratified(seed: int, n_bars: int = N_BARS) -> Result:
    """Rates of train and val on the market whose trigger falls from 12 to 2 %, cut by time and stratified."""
    market = synthetic_bars("shift", n_bars=n_bars, seed=seed, interval=INTERVAL)
    options = TriggerOptions(horizon=4, side="up", threshold=market.threshold, rate=None)
    rows = label_bars(market.bars, {"threshold": market.threshold}, options, interval=INTERVAL)
    rows = rows.iloc[: int(0.85 * n_bars)]
    by_time = rows["label"].to_numpy()
    border = int(0.70 * n_bars)
    splitter = stratified_temporal_split(val=0.15 / 0.85, n_blocks=5, embargo=4 * STEP)
    cut = splitter.cut(by_time, t0=rows["time"], t1=rows["t1"])
    return {
        "by_time": [float(by_time[:border].mean()), float(by_time[border:].mean())],
        "stratified": [cut.train_rate, cut.val_rate],
        "left_out": cut.left_out,
    }


def judge_stratified(results: list[Result]) -> Answer:
    """The largest difference of the two rates."""
    before = np.mean([one["by_time"] for one in results], axis=0)
    most = max(abs(one["stratified"][0] - one["stratified"][1]) for one in results)
    left_out = max(one["left_out"] for one in results)
    text = (
        f"{number(before[0])} and {number(before[1])} by time; stratified at most {most:.4f} apart in "
        f"{len(results)} markets, at most {left_out:.1%} of the rows left out"
    )
    return Answer(text, most <= MOST_POINTS)


def measure_coverage(first: int) -> Result:
    """Of twenty simulations, how many intervals of test signals hold the true precision."""
    options = OperatingPointOptions(min_recall=0.3, min_signals=200)
    counts = {"n": 0, "effective": 0, "plain": 0, "printed": 0}
    for seed in range(first, first + PER_UNIT):
        table, targets = simulate(seed)
        table = table.drop(columns="uniqueness")
        chosen = choose_operating_point(table.iloc[:N_VAL], targets.iloc[:N_VAL], options)
        if chosen["threshold"] is None:
            continue
        point = measure_operating_point(table.iloc[N_VAL:], targets.iloc[N_VAL:], chosen)
        if not point["n_signals"]:
            continue
        truth, share = true_precision(chosen["threshold"]), point["precision"]
        counts["n"] += 1
        counts["printed"] += int(point["precision_low"] <= truth <= point["precision_high"])
        for name, n in (("effective", point["effective_n"]), ("plain", point["n_signals"])):
            low, high = wilson_interval(share * n, n, level=LEVEL)
            counts[name] += int(low <= truth <= high)
    return counts


def judge_coverage(results: list[Result]) -> Answer:
    """Coverage by the effective number of signals, and by their plain number."""
    total = pd.DataFrame(results).sum()
    text = (
        f"{total['effective']} of {total['n']} ({total['plain']} with the plain n; "
        f"{total['printed']} by the .99 intervals that a run prints)"
    )
    is_enough = total["n"] >= 0.95 * N_SIMULATIONS and total["effective"] >= 0.9 * total["n"]
    return Answer(text, bool(is_enough))


def measure_power_of(target: str, n_bars: int, n_surrogates: int, n_injections: int) -> Result:
    """What is found of an edge of known size, on the bars of a market without any."""
    market = synthetic_bars("noise", n_bars=n_bars, seed=1, interval=INTERVAL)
    path = fast_path(target)

    def find(bars: pd.DataFrame, seed: int) -> tuple[bool, float]:
        return find_edge(bars, seed, path=path)

    return measure_power(
        market.bars, find, n_surrogates=n_surrogates, n_injections=n_injections, strengths=STRENGTHS, seed=1,
        horizon=path.label.horizon,
    )  # fmt: skip


def judge_power(results: list[Result]) -> Answer:
    """The statement of a run, and what was reached beside the oracle."""
    flipped = results[0]["surrogates"]
    found = [
        f"{number(one['auc'])} in {one['n_found']} of {one['n']} (reached {number(one['reached_auc'])})"
        for one in results[0]["injections"]
    ]
    text = f"sign-flipped: edge in {flipped['n_edge']} of {flipped['n']}; injected {', '.join(found)}"
    strongest = results[0]["injections"][0]
    return Answer(text, flipped["n_edge"] <= 1 and strongest["n_found"] == strongest["n"])


def promise_figures() -> list[Figure]:
    """Sampler, base rate, operating point, power."""
    return [
        Figure(
            "balanced sampler",
            f"corrected mean probability within {MOST_LOGITS} logits of the train rate",
            tuple(product(("volatility", "regime"), RATES, (1, 2))),
            measure_sampler,
            judge_sampler,
        ),
        Figure(
            "base rate of `shift`",
            "within 1 point after stratification",
            tuple((seed,) for seed in range(1, 21)),
            measure_stratified,
            judge_stratified,
        ),
        Figure(
            f"precision of test signals, labels of {HORIZON} bars",
            "95 % intervals hold the true one in at least 90 % of 200",
            tuple((first,) for first in range(0, N_SIMULATIONS, PER_UNIT)),
            measure_coverage,
            judge_coverage,
        ),
        Figure(
            "power on `noise`, direction",
            "the strongest injection always found, at most 1 of 20 sign-flipped",
            (("direction", N_BARS, 20, 8),),
            measure_power_of,
            judge_power,
        ),
    ]
