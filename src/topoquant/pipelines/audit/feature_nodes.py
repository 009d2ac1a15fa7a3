"""Features: recomputed without the future, and compared between the sets."""

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, decision_time, interval_timedelta, map_symbols
from topoquant.lib.complexity import ComplexityOptions, complexity_of_symbols
from topoquant.lib.imaging import ImageOptions, image_windows_of_rows
from topoquant.lib.indicators import (
    BlindOptions,
    IndicatorOptions,
    indicators,
    known_by,
    sign_blind_features,
)
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.sampling import attach_keys, used_rows
from topoquant.lib.topology import TdaOptions, tda_features_of_rows
from topoquant.lib.validity import (
    AuditOptions,
    check_adversarial,
    check_base_rates,
    check_drift,
    check_prefix_invariance,
    revealing_cuts,
    spread_cuts,
    stored_first,
)
from topoquant.progress import show

Findings = list[dict[str, Any]]


def check_tabular(
    bars: pd.DataFrame,
    features: pd.DataFrame,
    references: pd.DataFrame,
    macro: pd.DataFrame,
    market: MarketOptions,
    table: IndicatorOptions,
    blind: BlindOptions,
    audit: AuditOptions,
) -> Findings:
    """Compare what members read with features recomputed on bars, and what stands beside, up to a cut."""
    cuts = revealing_cuts(bars, audit.n_cuts, interval=market.interval)

    def compute_tabular(some: pd.DataFrame) -> pd.DataFrame:
        time = decision_time(some, market.interval).max()
        coins, series = known_by(time, references, macro, interval=market.interval)
        one = partial(indicators, options=table, interval=market.interval, references=coins, macro=series)
        return map_symbols(one, some)

    blind_of_one = partial(sign_blind_features, options=blind, interval=market.interval)
    functions = {
        "prefix invariance, tabular": stored_first(compute_tabular, features, bars),
        "prefix invariance, sign-blind": partial(map_symbols, blind_of_one),
    }
    return [
        check_prefix_invariance(
            function,
            bars,
            cuts,
            interval=market.interval,
            name=name,
            progress=show("audit"),
        ).to_dict()
        for name, function in functions.items()
    ]


def check_tda(bars: pd.DataFrame, market: MarketOptions, tda: TdaOptions, audit: AuditOptions) -> Findings:
    """Recompute topological features on bars that end at a cut."""
    cuts = spread_cuts(bars, audit.n_cuts)
    times = pd.Series(sorted(bars["open_time"].unique()))[cuts] + interval_timedelta(market.interval)
    one = replace(tda, n_jobs=1)

    def compute(some: pd.DataFrame) -> pd.DataFrame:
        rows = some[["symbol"]].assign(time=decision_time(some, market.interval))
        made = tda_features_of_rows(some, rows.loc[rows["time"].isin(times)], one, interval=market.interval)
        return attach_keys(made.index, made.values, made.columns)

    check = check_prefix_invariance(
        compute, bars, cuts, interval=market.interval, name="prefix invariance, topological"
    )
    return [check.to_dict()]


def check_complexity(
    bars: pd.DataFrame,
    fine_bars: pd.DataFrame,
    market: MarketOptions,
    complexity: ComplexityOptions,
    audit: AuditOptions,
) -> Findings:
    """Recompute complexity on bars, and the finer ones it is computed on, that end at a cut."""

    def compute(some: pd.DataFrame) -> pd.DataFrame:
        time = decision_time(some, market.interval).max()
        known = fine_bars.loc[fine_bars["open_time"] < time]
        return complexity_of_symbols(some, known, complexity, interval=market.interval)

    cuts = spread_cuts(bars, audit.n_cuts)
    check = check_prefix_invariance(
        compute, bars, cuts, interval=market.interval, rtol=0.0, name="prefix invariance, complexity"
    )
    return [check.to_dict()]


def check_images(
    bars: pd.DataFrame, market: MarketOptions, images: ImageOptions, audit: AuditOptions
) -> Findings:
    """Take the windows that become images on bars that end at a cut."""
    longest = max(images.windows)

    def compute(some: pd.DataFrame) -> pd.DataFrame:
        rows = some[["symbol"]].assign(time=decision_time(some, market.interval))
        made = image_windows_of_rows(
            some, rows, window=longest, series=images.series, interval=market.interval
        )
        return attach_keys(made.index, made.values, [f"{images.series}_{k}" for k in range(longest)])

    cuts = spread_cuts(bars, audit.n_cuts)
    check = check_prefix_invariance(
        compute, bars, cuts, interval=market.interval, rtol=0.0, name="prefix invariance, images"
    )
    return [check.to_dict()]


def check_data(
    label_summary: dict[str, Any], splits: pd.DataFrame, features: pd.DataFrame, audit: AuditOptions
) -> Findings:
    """Compare base rates and feature distributions of train with what came after."""
    rows = used_rows(splits).merge(features, on=["symbol", "time"]).drop(columns=["symbol", "time"])
    train, test = (rows.loc[rows["set"] == name, features.columns[2:]] for name in ("train", "test"))
    checks = [
        check_base_rates(label_summary, max_ratio=audit.max_rate_ratio),
        check_drift(train, test, alarm=audit.drift_alarm),
    ]
    return [check.to_dict() for check in checks]


def tell_rows_apart(
    splits: pd.DataFrame,
    features: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    window: int,
    tda: TdaOptions,
    audit: AuditOptions,
) -> Findings:
    """Ask whether later rows differ from train rows by more than train rows do from each other."""
    return tell_tabular_rows_apart(splits, features, market, label, max(window, *tda.windows), audit)


def tell_tabular_rows_apart(
    splits: pd.DataFrame,
    features: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    window: int,
    audit: AuditOptions,
) -> Findings:
    """Ask the same where nothing looks further back than the window."""
    gap = (window + label.horizon) * interval_timedelta(market.interval)
    return [check_adversarial(splits, features, gap=gap, n_blocks=audit.n_adversarial_blocks).to_dict()]
