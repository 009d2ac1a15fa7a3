"""Test rows scored once, the verdict decided, the page and the last lines written."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from topoquant.lib.backtest import CostOptions
from topoquant.lib.bars import MarketOptions
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.reporting import (
    record_run,
    training_report,
    with_training,
    write_report,
    write_summary,
)
from topoquant.lib.validity import (
    Question,
    TrialLog,
    count_trials,
    market_fingerprint,
    measure_calibration,
    measure_operating_point,
    permuted_row,
    reach_verdict,
    reliability_table,
    score_members,
    score_symbols,
)
from topoquant.progress import show

Record = dict[str, Any]


def score_node(members: tuple[str, ...], baselines: tuple[str, ...]) -> Callable[..., list[Record]]:
    """Return the node function for a recipe's members."""
    roles = dict.fromkeys(members, "member") | dict.fromkeys(baselines, "baseline") | {"ensemble": "ensemble"}

    def score_test_rows(
        bars: pd.DataFrame,
        development_targets: pd.DataFrame,
        test_targets: pd.DataFrame,
        choices: Record,
        permuted: list[Record],
        market: MarketOptions,
        label: TargetOptions,
        costs: CostOptions,
        seed: int,
        **inputs: Any,  # noqa: ANN401
    ) -> list[Record]:
        """Score every prediction on test rows, by the same rules."""
        tables = {name: inputs[f"predictions_{name}"] for name in roles}
        question = ask(market, label, costs, seed)
        targets = pd.concat([development_targets, test_targets], ignore_index=True)
        rows = score_members(
            tables,
            targets,
            bars,
            question,
            naive=choices["naive"]["member"],
            roles=roles,
            progress=show("score_test_rows"),
        )
        return [*with_training(rows, inputs), permuted_row(permuted)]

    return score_test_rows


def symbol_node(members: tuple[str, ...], baselines: tuple[str, ...]) -> Callable[..., list[Record]]:
    """Return the node function for a recipe's members."""
    roles = dict.fromkeys(members, "member") | dict.fromkeys(baselines, "baseline") | {"ensemble": "ensemble"}

    def score_symbol_rows(
        bars: pd.DataFrame,
        development_targets: pd.DataFrame,
        test_targets: pd.DataFrame,
        choices: Record,
        market: MarketOptions,
        label: TargetOptions,
        costs: CostOptions,
        seed: int,
        **tables: pd.DataFrame,
    ) -> list[Record]:
        """Score every prediction on the test rows of each symbol."""
        return score_symbols(
            {name: tables[f"predictions_{name}"] for name in roles},
            pd.concat([development_targets, test_targets], ignore_index=True),
            bars,
            ask(market, label, costs, seed),
            naive=choices["naive"]["member"],
            roles=roles,
            progress=show("score_symbol_rows"),
        )

    return score_symbol_rows


def ask(market: MarketOptions, label: TargetOptions, costs: CostOptions, seed: int) -> Question:
    """Say what is asked of every prediction."""
    return Question(
        side=label.side, horizon=label.horizon, interval=market.interval, cost=costs.cost, seed=seed
    )


def count_tried(bars: pd.DataFrame, splits: pd.DataFrame, scores: list[Record], tried: TrialLog) -> Record:
    """Count what was tried on this market, now that its test rows were scored."""
    n_compared = sum(row["role"] != "permuted" for row in scores)
    return count_trials(tried, market_fingerprint(bars, splits), n_compared=n_compared)


def verdict_node(
    members: tuple[str, ...], baselines: tuple[str, ...]
) -> Callable[..., tuple[Record, Record]]:
    """Return the node function for a recipe's members."""

    def decide(
        bars: pd.DataFrame,
        development_targets: pd.DataFrame,
        scores: list[Record],
        trials: Record,
        choices: Record,
        market: MarketOptions,
        label: TargetOptions,
        costs: CostOptions,
        seed: int,
        **inputs: Any,  # noqa: ANN401
    ) -> tuple[Record, Record]:
        """Apply the rule to the findings and to the one prediction chosen on val."""
        return reach_verdict(
            "ensemble",
            scores,
            {name: inputs[f"predictions_{name}"] for name in (*members, *baselines, "ensemble")},
            development_targets,
            bars,
            ask(market, label, costs, seed),
            naive=choices["naive"]["member"],
            baselines=baselines,
            findings=[one for name in inputs if name.startswith("findings_") for one in inputs[name]],
            n_tried=trials["n_trials"],
            progress=show("reach_verdict"),
        )

    return decide


def compare_calibration(
    predictions: pd.DataFrame,
    uncalibrated: pd.DataFrame,
    calibrator: Record,
    operating_point: Record,
    test_targets: pd.DataFrame,
) -> tuple[pd.DataFrame, Record, Record]:
    """See on test rows what was promised before: reliability, the operating point and the calibrator."""
    test, raw = (table.loc[table["set"] == "test"] for table in (predictions, uncalibrated))
    curves = {"ensemble": test} if raw["logit_label"].equals(test["logit_label"]) else {
        "uncalibrated": raw, "ensemble": test,
    }  # fmt: skip
    reliability = [reliability_table(table, test_targets, name=name) for name, table in curves.items()]
    return (
        pd.concat(reliability, ignore_index=True),
        measure_operating_point(test, test_targets, operating_point),
        measure_calibration(raw, test, test_targets, calibrator),
    )


def compose_node(recipe: str) -> Callable[..., tuple[str, Record, Record]]:
    """Return the node function of a recipe, which is the first word of its report."""

    def compose_report(
        *,
        provenance: Record,
        market: MarketOptions,
        symbol: str,
        source: str,
        seed: int,
        truth: pd.DataFrame,
        test_targets: pd.DataFrame,
        **datasets: Any,  # noqa: ANN401
    ) -> tuple[str, Record, Record]:
        """Write the page, the last lines, and what a script reads."""
        record = record_run(
            recipe,
            datasets,
            provenance=provenance,
            symbols=symbol,
            interval=market.interval,
            source=source,
            seed=seed,
            truth=truth,
            test_targets=test_targets,
        )
        return write_report(record), write_summary(record), training_report(record)

    return compose_report


def stop_on_leak(verdict: Record, report: str, summary: Record, go_on: bool) -> None:  # noqa: ARG001
    """Fail a run that leaks, after its report and summary are saved, unless asked to go on."""
    if verdict["word"] == "leak" and not go_on:
        raise bad_input(
            "verdict", "anything but leak", verdict["headline"],
            "remove what the report names, or set report.go_on_after_leak to true to end without an error",
        )  # fmt: skip
