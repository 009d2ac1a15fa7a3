"""What a recipe of several horizons adds: a view per horizon, scores of the values, one verdict over all."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.backtest import CostOptions
from topoquant.lib.bars import MarketOptions, interval_timedelta
from topoquant.lib.ensemble import (
    ConformalOptions,
    conformal_coverage,
    filtered_scale,
    mean_forecast,
    view_direction,
)
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.reporting import (
    HorizonsRecord,
    write_horizons_report,
    write_horizons_summary,
)
from topoquant.lib.sampling import SplitOptions, embargo_bars
from topoquant.lib.validity import (
    LEVEL,
    Question,
    bound_timing,
    judge_horizons,
    regression_scores,
)

Record = dict[str, Any]
Tables = dict[str, pd.DataFrame]


def view_node(viewed: tuple[str, ...]) -> Callable[..., tuple[Any, ...]]:
    """Return the node function for the members that are viewed."""

    def view_members(
        development_targets: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        **values: pd.DataFrame,
    ) -> tuple[Any, ...]:
        """Read forecasts of the return over this horizon as forecasts of its direction."""
        embargo = embargo_bars(split, horizon=label.horizon) * interval_timedelta(market.interval)
        views = {
            name: view_direction(
                values[f"values_{name}"], development_targets, horizon=label.horizon, embargo=embargo
            )
            for name in viewed
        }
        scales = {name: record for name, (_, record) in views.items()}
        return *(table for table, _ in views.values()), scales

    return view_members


def regression_node(members: tuple[str, ...], baselines: tuple[str, ...]) -> Callable[..., list[Record]]:
    """Return the node function for members and baselines that forecast values."""
    roles = dict.fromkeys(baselines, "baseline") | dict.fromkeys(members, "member") | {"ensemble": "ensemble"}

    def score_values(
        development_targets: pd.DataFrame,
        test_targets: pd.DataFrame,
        label: TargetOptions,
        **values: pd.DataFrame,
    ) -> list[Record]:
        """Score forecasts as values, with the mean of the members beside them."""
        tables = {name: values[f"values_{name}"] for name in (*baselines, *members)}
        averaged = {name: tables[name] for name in members}
        tables["ensemble"] = mean_forecast(averaged, [f"value_logret_{label.horizon}"])
        targets = pd.concat([development_targets, test_targets], ignore_index=True)
        return regression_scores(tables, targets, horizon=label.horizon, roles=roles)

    return score_values


def intervals_node(members: tuple[str, ...]) -> Callable[..., Record]:
    """Return the node function for the members whose mean gets intervals."""

    def measure_value_intervals(
        development_targets: pd.DataFrame,
        test_targets: pd.DataFrame,
        blind: pd.DataFrame,
        label: TargetOptions,
        options: ConformalOptions,
        **values: pd.DataFrame,
    ) -> Record:
        """See how often conformal intervals of the members' mean forecast hold; only pages read it."""
        name = f"logret_{label.horizon}"
        averaged = mean_forecast({one: values[f"values_{one}"] for one in members}, [f"value_{name}"])
        targets = pd.concat([development_targets, test_targets], ignore_index=True)
        targets[name] = np.log1p(targets["ret"])
        scale = filtered_scale(blind, half_life=options.half_life)
        return conformal_coverage(averaged, targets, scale, miscoverage=options.miscoverage, level=LEVEL)

    return measure_value_intervals


def bound_node(names: tuple[str, ...], n_horizons: int) -> Callable[..., Record]:
    """Return the node function for the predictions of a view."""

    def bound_horizon(
        bars: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        costs: CostOptions,
        seed: int,
        **predictions: pd.DataFrame,
    ) -> Record:
        """Bound the timing return at the level that is left to one of several horizons."""
        question = Question(
            side=label.side, horizon=label.horizon, interval=market.interval, cost=costs.cost, seed=seed
        )
        tables = {name: predictions[f"predictions_{name}"] for name in names}
        return bound_timing("ensemble", tables, bars, question, n_horizons=n_horizons)

    return bound_horizon


def gather_values(**views: list[Record]) -> list[Record]:
    """Put the scores of all horizons in one table."""
    return [row for rows in views.values() for row in rows]


def verdict_node(views: tuple[str, ...]) -> Callable[..., Record]:
    """Return the node function for the views of a recipe."""

    def judge_run(**inputs: Any) -> Record:  # noqa: ANN401
        """Apply the rule to the verdicts of all horizons and to the findings they share."""
        return judge_horizons(
            {view: inputs[f"verdict_{view}"] for view in views},
            {view: inputs[f"bound_{view}"] for view in views},
            [one for name in inputs if name.startswith("findings_") for one in inputs[name]],
        )

    return judge_run


def compose_node(recipe: str, views: tuple[str, ...]) -> Callable[..., tuple[str, Record]]:
    """Return the node function of a recipe, which is the first word of its report."""

    def compose_horizons(
        *,
        provenance: Mapping[str, Any],
        market: MarketOptions,
        symbol: str,
        source: str,
        seed: int,
        quality: list[Record],
        splits: pd.DataFrame,
        regression: list[Record],
        verdict: Record,
        **inputs: Any,  # noqa: ANN401
    ) -> tuple[str, Record]:
        """Write the page over all horizons and the last lines of the run."""
        asked = {"symbols": symbol, "interval": market.interval, "source": source, "seed": seed}
        record = HorizonsRecord(
            run={**provenance, "recipe": recipe, **asked},
            quality=quality,
            splits=splits,
            training=[one for name, one in inputs.items() if name.startswith("training_")],
            regression=regression,
            findings=[one for name in inputs if name.startswith("findings_") for one in inputs[name]],
            scales={view: inputs[f"scales_{view}"] for view in views},
            intervals={name: one for view in views for name, one in inputs[f"conformal_{view}"].items()},
            verdict=verdict,
        )
        return write_horizons_report(record), write_horizons_summary(record)

    return compose_horizons
