"""Regimes: filtered without the future, fitted without the test bars, and compared between the folds."""

import hashlib
import json
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, decision_time, interval_timedelta, map_symbols
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.regimes import RegimeOptions, fit_regimes, regimes_by_key, regimes_of_bars
from topoquant.lib.sampling import SplitOptions, embargo_bars
from topoquant.lib.validity import (
    AuditOptions,
    Check,
    check_blindness,
    check_prefix_invariance,
    check_regime_fits,
    distinct_open_times,
    garbage_bars,
    spread_cuts,
    stored_first,
)
from topoquant.progress import show

Findings = list[dict[str, Any]]
Models = dict[str, dict[str, dict[str, Any]]]


def check_regimes(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    regimes: pd.DataFrame,
    models: Models,
    summary: list[dict[str, Any]],
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    options: RegimeOptions,
    audit: AuditOptions,
    seed: int,
) -> Findings:
    """Recompute stored regimes on bars that end at a cut, and their fits on garbage for test bars."""
    cuts = spread_cuts(bars, audit.n_cuts)
    # Rows at the cuts are compared: those of all bars and fits would be many times the bars.
    times = distinct_open_times(bars, cuts)[cuts] + interval_timedelta(market.interval)
    folds = {int(fold) for fitted in models.values() for fold in fitted}

    def at_cuts(some: pd.DataFrame) -> pd.DataFrame:
        return some.loc[some["time"].isin(times)]

    def compute(some: pd.DataFrame) -> pd.DataFrame:
        filtered = partial(regimes_of_bars, models=models, options=options, interval=market.interval)
        return regimes_by_key(map_symbols(lambda one: at_cuts(filtered(one)), some), folds)

    invariant = check_prefix_invariance(
        stored_first(compute, regimes_by_key(at_cuts(regimes), folds), bars), bars, cuts,
        interval=market.interval, rtol=0.0, name="prefix invariance, regimes",
    )  # fmt: skip
    embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)

    def fit(some: pd.DataFrame) -> Models:
        return fit_regimes(
            some, splits, options, interval=market.interval, embargo=embargo, seed=seed,
            progress=show("check_regimes"),
        )  # fmt: skip

    checks = [invariant, _check_blind(bars, splits, models, fit, market, seed)]
    checks += check_regime_fits(summary, min_agreement=options.min_agreement)
    return [check.to_dict() for check in checks]


def _check_blind(
    bars: pd.DataFrame, splits: pd.DataFrame, models: Models, fit: Any, market: MarketOptions, seed: int  # noqa: ANN401
) -> Check:  # fmt: skip
    """Compare the stored models with those fitted when the bars of test rows are garbage."""
    first = splits.loc[splits["set"] == "test", "time"].min()
    is_test = decision_time(bars, market.interval) >= first
    blind = fit(garbage_bars(bars, is_test, seed=seed))
    return replace(
        check_blindness(lambda garbage: _fingerprints(blind if garbage else models)),
        name="blindness, regimes",
    )


def _fingerprints(models: Models) -> dict[str, str]:
    """Fingerprint of every model; a float is written with all its digits."""
    return {
        f"{symbol} fold {fold}": hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()[:16]
        for symbol, fitted in models.items()
        for fold, model in fitted.items()
    }
