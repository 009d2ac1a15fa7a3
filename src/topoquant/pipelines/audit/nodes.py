"""Rows, members and the machinery that fits them: every node writes findings, none decides."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from topoquant.lib.bars import MarketOptions, interval_timedelta, map_symbols
from topoquant.lib.ensemble import AuditorOptions, EnsembleOptions
from topoquant.lib.indicators import (
    BlindOptions,
    IndicatorOptions,
)
from topoquant.lib.labeling import TargetOptions, label_bars
from topoquant.lib.models import LightGBMOptions, LogisticOptions
from topoquant.lib.regimes import RegimeOptions
from topoquant.lib.sampling import SplitOptions, embargo_bars
from topoquant.lib.training import (
    BlindFitOptions,
    FastPathOptions,
    FoldPlan,
    MemberFeatures,
    find_edge,
    fit_fingerprints,
    score_permuted,
)
from topoquant.lib.validity import (
    AuditOptions,
    CalibrationOptions,
    OperatingPointOptions,
    PowerOptions,
    block_length,
    check_blindness,
    check_flat_members,
    check_fold_models,
    check_interval_overlap,
    check_join_keys,
    check_lineage,
    check_out_of_fold,
    check_target_entry,
    check_target_invariance,
    measure_power,
    permuted_label_check,
    spread_cuts,
)
from topoquant.progress import show

Findings = list[dict[str, Any]]


def check_target(
    bars: pd.DataFrame,
    target: dict[str, Any],
    market: MarketOptions,
    label: TargetOptions,
    audit: AuditOptions,
    seed: int,
) -> Findings:
    """Recompute the targets without the bars after their t1, and with others after their time."""
    label_all = partial(
        map_symbols, partial(label_bars, target=target, options=label, interval=market.interval)
    )
    cuts = spread_cuts(bars, audit.n_target_cuts)
    asked = {"seed": seed, "interval": market.interval, "progress": show("audit")}
    checks = [
        check_target_invariance(label_all, bars, cuts, horizon=label.horizon, **asked),
        check_target_entry(label_all, bars, cuts, **asked),
    ]
    return [check.to_dict() for check in checks]


def check_rows(
    splits: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    **tables: pd.DataFrame,
) -> Findings:
    """Check sets, folds and the keys of every prediction table."""
    embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)
    checks = [check_interval_overlap(splits, embargo=embargo), check_join_keys(tables, splits)]
    checks += [
        replace(check_out_of_fold(table, splits), name=f"out of fold, {name}")
        for name, table in tables.items()
    ]
    checks += [check_fold_models(table, name=f"fold models, {name}") for name, table in tables.items()]
    return [check.to_dict() for check in checks]


def flat_node(members: tuple[str, ...], baselines: tuple[str, ...]) -> Callable[..., Findings]:
    """Return the node function for a recipe's members."""

    def check_flat(
        development_targets: pd.DataFrame,
        choices: dict[str, Any],
        market: MarketOptions,
        label: TargetOptions,
        seed: int,
        **inputs: Any,  # noqa: ANN401
    ) -> Findings:
        """Name members that say the same of every val row, with the cause their training shows."""
        naive = choices["naive"]["member"]
        checks = check_flat_members(
            {name: inputs[f"predictions_{name}"] for name in (*members, "ensemble")},
            {name: inputs[f"training_{name}"] for name in members},
            development_targets,
            baselines={name: inputs[f"predictions_{name}"] for name in baselines if name != naive},
            naive=inputs[f"predictions_{naive}"],
            block=block_length(label.horizon, market.interval),
            seed=seed,
        )
        return [check.to_dict() for check in checks]

    return check_flat


def lineage_node(
    parents: Mapping[str, Collection[str]], fitted: Collection[str], test_names: Collection[str]
) -> Callable[[pd.DataFrame], Findings]:
    """Return the node function for a recipe's own graph, which is known when the registry is built."""

    def check_ancestors(splits: pd.DataFrame) -> Findings:  # noqa: ARG001 (a refused run writes nothing)
        """Look for a way from anything fitted back to test targets."""
        return [check_lineage(parents, fitted, test_names).to_dict()]

    return check_ancestors


def check_blind_fits(
    *,
    bars: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    table: IndicatorOptions,
    blind: BlindOptions,
    model: LightGBMOptions,
    logistic: LogisticOptions,
    window: int,
    ensemble: EnsembleOptions,
    calibration: CalibrationOptions,
    operating_point: OperatingPointOptions,
    audit: AuditOptions,
    seed: int,
    regimes: RegimeOptions | None = None,
    auditor: AuditorOptions | None = None,
) -> Findings:
    """Fit everything twice, the second time with garbage for test bars, and compare bit by bit."""
    path = FastPathOptions(
        interval=market.interval,
        split=split,
        label=label,
        indicators=table,
        blind=blind,
        model=model,
        window=window,
        n_rows=audit.n_blindness_rows,
    )
    options = BlindFitOptions(
        path=path, logistic=logistic, ensemble=ensemble, calibration=calibration,
        operating_point=operating_point, regimes=regimes, auditor=auditor,
    )  # fmt: skip
    fit = partial(fit_fingerprints, bars, options=options, seed=seed)
    return [check_blindness(fit).to_dict()]


def check_permuted(
    splits: pd.DataFrame,
    development_targets: pd.DataFrame,
    features: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    window: int,
    model: LightGBMOptions,
    seed: int,
) -> Findings:
    """Fit on block-permuted labels: whatever is found then is made by the machinery."""
    plan = FoldPlan(split=split, horizon=label.horizon, interval=market.interval)
    scored = score_permuted(
        splits, development_targets, MemberFeatures(sequence=features, window=window), plan, model, seed=seed
    )
    train = splits.loc[splits["set"] == "train", "kept"]
    # Blocks are counted in rows, and n_rows leaves fewer of them to a day.
    block = max(1, round(block_length(label.horizon, market.interval) * train.mean()))
    return [permuted_label_check(scored.score, scored.rows, scored.label, block=block, seed=seed).to_dict()]


def measure_run_power(
    bars: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    table: IndicatorOptions,
    blind: BlindOptions,
    model: LightGBMOptions,
    window: int,
    n_rows: int | None,
    power: PowerOptions,
    seed: int,
) -> dict[str, Any]:
    """Ask what signal this run could have seen, on sign-flipped and injected copies of its own bars.

    What is injected is a direction, which a target without a side does not ask for: it has the first alone.
    """
    path = FastPathOptions(
        interval=market.interval,
        split=split,
        label=label,
        indicators=table,
        blind=blind,
        model=model,
        window=window,
        n_rows=n_rows,
    )
    with ThreadPoolExecutor(power.n_jobs) as pool:
        return measure_power(
            bars,
            partial(find_edge, path=path),
            n_surrogates=power.n_surrogates,
            n_injections=power.n_injections,
            strengths=power.strengths if label.side != "both" else (),
            seed=seed,
            horizon=label.horizon,
            map=pool.map,
            progress=show("power"),
        )
