"""Twelve planted leaks: each a small, wrong variant of what the project does, and who has to name it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from tests.science.figures import Answer, Result
from tests.science.study import (
    INTERVAL,
    LABEL,
    Features,
    assemble,
    channels,
    combined_by_position,
    fingerprints,
    hourly_return,
    in_sample,
    majority,
    member,
    some_bars,
    targets_of,
)
from topoquant.lib.sampling import attach_keys
from topoquant.lib.validity import (
    Check,
    check_blindness,
    check_fold_models,
    check_key_alignment,
    check_out_of_fold,
    check_prefix_invariance,
    check_target_entry,
    check_target_invariance,
    revealing_cuts,
    spread_cuts,
    stored_first,
)
from topoquant.lib.validity.power_kernel import filter_two_states

Target = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Leak:
    """One way to be wrong: what finds it, under which name, and the column or artifact it has to name."""

    find: Callable[[], Check]
    check: str
    named: str


def prefix(features: Features) -> Check:
    """Prefix invariance as the audit asks for it."""
    cuts = revealing_cuts(some_bars(), 3, interval=INTERVAL)
    return check_prefix_invariance(
        features, some_bars(), cuts, interval=INTERVAL, name="prefix invariance, tabular"
    )


def invariance(target: Target, *, horizon: int = LABEL.horizon) -> Check:
    """Target invariance as the audit asks for it."""
    cuts = spread_cuts(some_bars(), 6)
    return check_target_invariance(target, some_bars(), cuts, horizon=horizon, seed=0, interval=INTERVAL)


def entry(target: Target) -> Check:
    """Whether a target begins at the fill."""
    return check_target_entry(target, some_bars(), spread_cuts(some_bars(), 12), seed=0, interval=INTERVAL)


def blindness(wrong: str) -> Check:
    """Fits with test bars as they are, and as garbage."""
    return check_blindness(partial(fingerprints, wrong=wrong))


def out_of_fold(table: pd.DataFrame) -> Check:
    """Folds written beside the rows."""
    return check_out_of_fold(table, assemble(some_bars()).splits)


def alignment(join: Callable) -> Check:
    """Whether an ensemble of two joins on the key."""
    tables = {"lightgbm": member(), "other": member("shuffled"), "majority": majority()}
    return check_key_alignment(join, tables, seed=0)


def with_column(name: str, make: Callable[[pd.DataFrame, pd.DataFrame], object]) -> Features:
    """The channels, one of them made anew from the bars and the channels."""

    def features(bars: pd.DataFrame) -> pd.DataFrame:
        table = channels(bars)
        return table.assign(**{name: np.asarray(make(bars, table), float)})

    return features


def regime_odds(bars: pd.DataFrame, *, smoothed: bool) -> np.ndarray:
    """Log-odds of an upward drift, by a filter of two states; smoothed, by the same from the end as well."""
    returns = np.log(bars["close"]).diff().fillna(0.0).to_numpy()
    volatility = (pd.Series(returns**2).ewm(halflife=50).mean() ** 0.5).shift(1, fill_value=0.0).to_numpy()
    parts = (0.3, 0.975, 4.0)
    forward = filter_two_states(returns, volatility, *parts)
    if not smoothed:
        return forward
    backward = filter_two_states(returns[::-1].copy(), volatility[::-1].copy(), *parts)[::-1]
    return forward + np.append(backward[1:], 0.0)


def moved_label(by: int) -> Target:
    """Targets whose label is that of another row: of a later one for a negative number."""

    def target(bars: pd.DataFrame) -> pd.DataFrame:
        table = targets_of(bars)
        return table.assign(label=table["label"].shift(by)).dropna(subset="label").reset_index(drop=True)

    return target


def stored_by_position() -> Check:
    """Values of the rows after the warm-up, written beside the keys from the first row on."""
    whole = channels(some_bars())
    names = whole.columns[2:]
    values = whole[names].to_numpy()
    complete = values[np.isfinite(values).all(axis=1)]
    stored = attach_keys(whole.iloc[: len(complete)], complete, names)
    return prefix(stored_first(channels, stored, some_bars()))


PREFIX, TARGET = "prefix invariance, tabular", "prefix invariance, target"
# The twelve, some of them in two ways.
LEAKS: dict[str, tuple[Leak, ...]] = {
    "centred window": (
        Leak(
            lambda: prefix(
                with_column(
                    "percent_b", lambda bars, _: bars["close"] / bars["close"].rolling(21, center=True).mean()
                )
            ),
            PREFIX,
            "percent_b",
        ),
    ),
    "back-fill": (
        Leak(lambda: prefix(with_column("rsi", lambda _, table: table["rsi"].bfill())), PREFIX, "rsi"),
    ),
    "left-labelled resample": (
        Leak(lambda: prefix(partial(hourly_return, known_after="0h")), PREFIX, "hourly_return"),
    ),
    "global scaling": (
        Leak(
            lambda: prefix(with_column("atr", lambda _, table: table["atr"] / table["atr"].std())),
            PREFIX,
            "atr",
        ),
    ),
    "rank over all rows": (
        Leak(
            lambda: prefix(with_column("momentum", lambda _, table: table["momentum"].rank(pct=True))),
            PREFIX,
            "momentum",
        ),
    ),
    "smoothed regimes": (
        Leak(
            lambda: prefix(with_column("regime", lambda bars, _: regime_odds(bars, smoothed=True))),
            PREFIX,
            "regime",
        ),
    ),
    "shifted target": (
        Leak(lambda: invariance(moved_label(-1)), TARGET, "label"),
        Leak(lambda: entry(moved_label(LABEL.horizon + 1)), "target from the fill", "label"),
    ),
    "scaler or selection fitted on all": (
        Leak(lambda: blindness("scaler"), "blindness", "scaler"),
        Leak(lambda: blindness("selection"), "blindness", "selection"),
    ),
    "threshold or early stopping on test": (
        Leak(lambda: blindness("threshold"), "blindness", "threshold"),
        Leak(lambda: blindness("early stopping"), "blindness", "booster"),
    ),
    "shuffled folds": (Leak(lambda: check_fold_models(member("shuffled")), "fold models", "fold 0"),),
    "in-sample stacking": (
        Leak(lambda: check_fold_models(in_sample()), "fold models", "that of val and test rows"),
        Leak(lambda: out_of_fold(in_sample().assign(fold=-1)), "out_of_fold", "train rows"),
    ),
    "rows joined by position": (
        Leak(lambda: alignment(combined_by_position), "key alignment", "other"),
        Leak(stored_by_position, PREFIX, "14 of 14 columns"),
    ),
}


def measure_leak(name: str) -> Result:
    """Plant one leak, in all its ways, and see whether it is named."""
    findings = [(one, one.find()) for one in LEAKS[name]]
    is_named = [
        check.status == "leak" and check.name == one.check and one.named in check.finding
        for one, check in findings
    ]
    return {"named": all(is_named), "findings": [check.finding for _, check in findings]}


def judge_leaks(results: list[Result]) -> Answer:
    """All of them, or not."""
    n_named = sum(one["named"] for one in results)
    return Answer(f"{n_named} of {len(results)}", n_named == len(results))
