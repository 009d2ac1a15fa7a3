"""Read foreign tables, match them with the rows of the study, choose, check, score and report."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from topoquant.lib.backtest import CostOptions
from topoquant.lib.bars import MarketOptions
from topoquant.lib.judge import (
    Study,
    TableOptions,
    bring_tables,
    check_tables,
    choose_table,
    common_times,
    match_tables,
    paired_differences,
    read_tables,
    split_judged_rows,
    unstack_tables,
)
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.reporting import (
    record_run,
    training_report,
    with_training,
    write_report,
    write_summary,
)
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.validity import (
    AuditOptions,
    Question,
    measure_operating_point,
    reach_verdict,
    reliability_table,
    score_members,
)
from topoquant.progress import show

Record = dict[str, Any]


def bring_judged(
    path: str, bars: pd.DataFrame, market: MarketOptions, table: TableOptions
) -> tuple[pd.DataFrame, list[Record]]:
    """Read the tables and place their rows on the bars."""
    return bring_tables(read_tables(path), bars, table, interval=market.interval)


def split_judged(
    bars: pd.DataFrame,
    tables: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    table: TableOptions,
    n_rows: int | None,
) -> pd.DataFrame:
    """Cut time as for a recipe, or within the span of the tables."""
    times = common_times(tables)
    return split_judged_rows(
        bars, times, label, split, interval=market.interval, by=table.split, n_rows=n_rows
    )


def match_judged(
    tables: pd.DataFrame,
    read: list[Record],
    splits: pd.DataFrame,
    development_targets: pd.DataFrame,
    table: TableOptions,
) -> tuple[pd.DataFrame, list[Record]]:
    """Join the tables with the rows of the study and count what was matched."""
    return match_tables(tables, read, splits, development_targets, table)


def choose_judged(
    judged: pd.DataFrame,
    development_targets: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    **blind: pd.DataFrame,
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Choose on the first half of val what the verdict is about, and what is naive."""
    tables = unstack_tables(judged)
    chosen = choose_table(
        tables, blind, development_targets, split, interval=market.interval, horizon=label.horizon
    )
    return chosen.predictions, chosen.choices


def check_judged(
    *,
    tables: pd.DataFrame,
    judged: pd.DataFrame,
    matched: list[Record],
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    development_targets: pd.DataFrame,
    label_summary: Record,
    market: MarketOptions,
    label: TargetOptions,
    split: SplitOptions,
    costs: CostOptions,
    audit: AuditOptions,
    seed: int,
) -> list[Record]:
    """Run the checks that apply to predictions somebody else made."""
    study = Study(bars=bars, splits=splits, targets=development_targets, label_summary=label_summary)
    question = ask(market, label, costs, seed)
    predictions = unstack_tables(judged)
    checks = check_tables(tables, predictions, matched, study, question, split=split, audit=audit)
    return [check.to_dict() for check in checks]


def compare_judged(
    judged: pd.DataFrame,
    bars: pd.DataFrame,
    test_targets: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    costs: CostOptions,
    seed: int,
) -> list[Record]:
    """Bound the difference of every two tables on test rows."""
    return paired_differences(unstack_tables(judged), test_targets, bars, ask(market, label, costs, seed))


def score_judged_node(baselines: tuple[str, ...]) -> Callable[..., list[Record]]:
    """Return the node function for these baselines."""

    def score_judged(
        judged: pd.DataFrame,
        bars: pd.DataFrame,
        development_targets: pd.DataFrame,
        test_targets: pd.DataFrame,
        choices: Record,
        market: MarketOptions,
        label: TargetOptions,
        costs: CostOptions,
        seed: int,
        **inputs: Any,  # noqa: ANN401
    ) -> list[Record]:
        """Score tables and baselines on test rows, by the same rules."""
        own = unstack_tables(judged)
        tables = {**own, **{name: inputs[f"predictions_{name}"] for name in baselines}}
        roles = dict.fromkeys(own, "member") | dict.fromkeys(baselines, "baseline")
        targets = pd.concat([development_targets, test_targets], ignore_index=True)
        naive, progress = choices["naive"]["member"], show("score_judged")
        question = ask(market, label, costs, seed)
        rows = score_members(tables, targets, bars, question, naive=naive, roles=roles, progress=progress)
        return with_training(rows, inputs)

    return score_judged


def judge_node(baselines: tuple[str, ...]) -> Callable[..., tuple[Record, Record]]:
    """Return the node function for these baselines."""

    def reach_judgement(
        judged: pd.DataFrame,
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
        """Apply the rule to the findings and to the table chosen on val."""
        return reach_verdict(
            choices["final"]["name"],
            scores,
            {**unstack_tables(judged), **{name: inputs[f"predictions_{name}"] for name in baselines}},
            development_targets,
            bars,
            ask(market, label, costs, seed),
            naive=choices["naive"]["member"],
            baselines=baselines,
            findings=[one for name in inputs if name.startswith("findings_") for one in inputs[name]],
            n_tried=trials["n_trials"],
            progress=show("reach_judgement"),
        )

    return reach_judgement


def ask(market: MarketOptions, label: TargetOptions, costs: CostOptions, seed: int) -> Question:
    """Say what is asked of every prediction."""
    return Question(
        side=label.side, horizon=label.horizon, interval=market.interval, cost=costs.cost, seed=seed
    )


def measure_judged(
    predictions: pd.DataFrame, operating_point: Record, test_targets: pd.DataFrame, choices: Record
) -> tuple[pd.DataFrame, Record]:
    """See on test rows what val promised: reliability, and the operating point."""
    test = predictions.loc[predictions["set"] == "test"]
    reliability = reliability_table(test, test_targets, name=choices["final"]["name"])
    return reliability, measure_operating_point(test, test_targets, operating_point)


def compose_judgement_node(recipe: str) -> Callable[..., tuple[str, Record, Record]]:
    """Return the node function of a judge, whose name is the first word of its report."""

    def compose_judgement(
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

    return compose_judgement
