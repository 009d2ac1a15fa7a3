"""Twenty honest variants: each does what a leak does, without looking ahead."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from tests.science.figures import Answer, Figure, Result
from tests.science.leaks import (
    LEAKS,
    alignment,
    blindness,
    entry,
    invariance,
    judge_leaks,
    measure_leak,
    out_of_fold,
    prefix,
    regime_odds,
    with_column,
)
from tests.science.runs import recipe
from tests.science.study import (
    INTERVAL,
    LABEL,
    assemble,
    channels,
    combined,
    hourly_return,
    majority,
    member,
    some_bars,
    targets_of,
)
from topoquant.lib.bars import synthetic_panel
from topoquant.lib.indicators import BlindOptions, sign_blind_features
from topoquant.lib.labeling import (
    DirectionOptions,
    MoveOptions,
    TriggerOptions,
    TripleBarrierOptions,
    label_bars,
)
from topoquant.lib.validity import (
    Check,
    check_fold_models,
    check_interval_overlap,
    check_join_keys,
    check_prefix_invariance,
    revealing_cuts,
    stored_first,
)

OTHER_LABELS = {
    "two-sided trigger": TriggerOptions(horizon=4, side="both", threshold=0.004, rate=None),
    "direction": DirectionOptions(horizon=3),
    "move": MoveOptions(horizon=4, threshold=0.003, side="down", volume_window=20, min_volume_ratio=0.5),
    "barriers": TripleBarrierOptions(horizon=8, upper=1.5, lower=1.5, side="up", width="atr", period=14),
}
Checks = Callable[[], list[Check]]


def trailing(bars: pd.DataFrame, _: pd.DataFrame) -> pd.Series:
    """A mean of past bars."""
    return bars["close"] / bars["close"].rolling(21).mean()


def about_target(options: object) -> list[Check]:
    """Both checks of a target, with a threshold that is given."""
    target = partial(label_bars, target={"threshold": 0.004}, options=options, interval=INTERVAL)
    return [invariance(target, horizon=options.horizon), entry(target)]


def of_two_symbols() -> list[Check]:
    """Sign-blind features of two symbols, one of which began later."""
    panel = synthetic_panel(
        "regime", symbols=["A", "B"], n_bars=600, seed=2, interval=INTERVAL, correlation=0.5
    )
    bars = pd.concat([panel[0].bars, panel[1].bars.iloc[100:]], ignore_index=True)
    options = BlindOptions(**recipe()["features_blind"])

    def features(some: pd.DataFrame) -> pd.DataFrame:
        parts = [sign_blind_features(one, options, interval=INTERVAL) for _, one in some.groupby("symbol")]
        return pd.concat(parts, ignore_index=True)

    cuts = revealing_cuts(bars, 3, interval=INTERVAL)
    return [check_prefix_invariance(features, bars, cuts, interval=INTERVAL)]


def about_splits() -> list[Check]:
    """Sets and folds as they were cut, and tables that keep to them."""
    splits = assemble(some_bars()).splits
    tables = {"lightgbm": member(), "majority": majority()}
    embargo = LABEL.horizon * pd.Timedelta(INTERVAL)
    return [check_interval_overlap(splits, embargo=embargo), check_join_keys(tables, splits)]


def column(name: str, make: Callable[[pd.DataFrame, pd.DataFrame], object]) -> Checks:
    """Prefix invariance of the channels with one column made anew."""
    return lambda: [prefix(with_column(name, make))]


CLEAN: dict[str, Checks] = {
    "trailing window": column("percent_b", trailing),
    "forward fill": column("rsi", lambda _, table: table["rsi"].ffill()),
    "right-labelled resample": lambda: [prefix(partial(hourly_return, known_after="1h"))],
    "expanding scaling": column("atr", lambda _, table: table["atr"] / table["atr"].expanding(100).std()),
    "rolling scaling": column("atr", lambda _, table: table["atr"] / table["atr"].rolling(200).std()),
    "expanding rank": column("momentum", lambda _, table: table["momentum"].expanding(50).rank(pct=True)),
    "exponential mean": column("macd", lambda _, table: table["macd"].ewm(halflife=30).mean()),
    "filtered regimes": column("regime", lambda bars, _: regime_odds(bars, smoothed=False)),
    "stored table": lambda: [prefix(stored_first(channels, channels(some_bars()), some_bars()))],
    "two symbols": of_two_symbols,
    "one-sided trigger": lambda: [invariance(targets_of), entry(targets_of)],
    **{name: partial(about_target, label) for name, label in OTHER_LABELS.items()},
    "fits on their own rows": lambda: [blindness("")],
    "purged folds": about_splits,
    "out-of-fold predictions": lambda: [check_fold_models(member()), out_of_fold(member())],
    "base rate as a model": lambda: [check_fold_models(majority()), out_of_fold(majority())],
    "rows joined on the key": lambda: [alignment(combined)],
}


def measure_clean(name: str) -> Result:
    """Whether an honest variant raises an alarm."""
    checks = CLEAN[name]()
    return {"alarms": [f"{check.name}: {check.finding}" for check in checks if check.status != "ok"]}


def judge_clean(results: list[Result]) -> Answer:
    """None of them, or not."""
    n_alarms = sum(bool(one["alarms"]) for one in results)
    return Answer(f"{n_alarms} of {len(results)} alarm", n_alarms == 0)


def leak_figures() -> list[Figure]:
    """Leaks named, and no alarm where there is none."""
    return [
        Figure(
            "planted leaks",
            "named 12 of 12 by the check that should, with the column or artifact",
            tuple((name,) for name in LEAKS),
            measure_leak,
            judge_leaks,
        ),
        Figure(
            "clean variants", "no alarm on 20", tuple((name,) for name in CLEAN), measure_clean, judge_clean
        ),
    ]
