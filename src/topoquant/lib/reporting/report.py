"""From the datasets of a run to its page and its last lines."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from topoquant.lib.reporting.figures import equity_figure, quality_figure
from topoquant.lib.reporting.formatting import Record
from topoquant.lib.reporting.front import FrontPage
from topoquant.lib.reporting.markup import element, join
from topoquant.lib.reporting.page import build_page
from topoquant.lib.reporting.run_record import RunRecord
from topoquant.lib.reporting.sections import (
    Section,
    audited_sections,
    backtest_section,
    calibration_section,
    checks_section,
    data_section,
    ensemble_section,
    features_section,
    findings,
    labels_section,
    models_section,
    operating_point_section,
    provenance_section,
    regimes_section,
    splits_section,
    strategies_section,
    symbols_section,
    tables_section,
    training_section,
    tried_rows,
    values_section,
    verdict_section,
)
from topoquant.lib.reporting.summary import SummaryFacts, summary_body, verdict_lines
from topoquant.lib.reporting.zoom import ZoomChart

# Enough to zoom into: six bars of 100,000 stand for one.
MOST_CLOSES = 20_000
BAND = ("random_low", "random_high")
# Findings that are repeated in a section, by how their names begin.
REPEATED = {
    "data": ("adversarial_validation", "drift"),
    "members": ("flatness",),
    "backtest": ("backtest_accounts", "backtest_overfitting"),
}


def summary_facts(record: RunRecord) -> SummaryFacts:
    """Take from a run what the summary and the first screen say.

    Parameters
    ----------
    record : RunRecord
        Of the run.

    Returns
    -------
    SummaryFacts
        Counts and rows, nothing computed anew.
    """
    return SummaryFacts(
        run=record.run,
        quality=record.quality,
        label_summary=record.label_summary,
        splits=split_counts(record.splits),
        dropped=dropped_rows(record),
        model_scores=record.scores,
        verdict=record.verdict,
        checks=record.findings,
        backtest=record.backtest_metrics,
        sharpe=record.sharpe,
        power=record.power,
        ceiling=record.ceiling,
        matched=record.matched,
        paired=record.paired,
    )


def split_counts(splits: pd.DataFrame) -> dict[str, int]:
    """Count the rows of every set.

    Parameters
    ----------
    splits : DataFrame
        set, kept.

    Returns
    -------
    dict of str to int
        train_kept, train_all, val, test, purged, embargoed.

    Examples
    --------
    >>> splits = pd.DataFrame({"set": ["train", "train", "test"], "kept": [True, False, True]})
    >>> split_counts(splits)["train_kept"], split_counts(splits)["train_all"]
    (1, 2)
    """
    counts = splits["set"].value_counts()
    train = splits.loc[splits["set"] == "train"]
    others = {name: int(counts.get(name, 0)) for name in ("val", "test", "purged", "embargoed")}
    return {"train_kept": int(train["kept"].sum()), "train_all": len(train), **others}


def dropped_rows(record: RunRecord) -> dict[str, int]:
    """Count dropped rows: without a target by the labels, without features by the most demanding member."""
    by_member = [one.get("dropped", {}) for one in record.training]
    features = {
        name: max((int(one.get(name, 0)) for one in by_member), default=0) for name in ("warm_up", "gap")
    }
    labels = record.label_summary["dropped"]
    return {
        "no_t1": int(labels["no_t1"]),
        "warm_up": features["warm_up"],
        "gap": int(labels["gap"]) + features["gap"],
        "filtered": int(labels["filtered"]),
    }


def write_report(record: RunRecord) -> str:
    """Write the page.

    Parameters
    ----------
    record : RunRecord
        Of the run.

    Returns
    -------
    str
        One HTML document that needs nothing but itself.
    """
    facts = summary_facts(record)
    equity = shown_equity(record.equity)
    front = FrontPage(
        facts=facts,
        run_id=str(record.run["started"]),
        revision=str(record.run["revision"]),
        repeat_command=str(record.run["command"]),
        equity=equity,
    )
    return build_page(front, _sections(record, facts, equity), _zooms(record, equity))


def write_summary(record: RunRecord) -> dict[str, list[str]]:
    """Write the last lines of the run, without those only the end of the run knows.

    Parameters
    ----------
    record : RunRecord
        Of the run.

    Returns
    -------
    dict
        `body`, and `tail`: tradeable, then the verdict.
    """
    return {"body": summary_body(summary_facts(record)), "tail": verdict_lines(record.verdict)}


def shown_equity(equity: pd.DataFrame) -> pd.DataFrame:
    """Name the columns as the charts want them."""
    band = [name for name in BAND if name in equity.columns]
    return equity[["time", "equity", "hold", *band]].rename(columns={"equity": "net"})


def _sections(record: RunRecord, facts: SummaryFacts, equity: pd.DataFrame) -> list[Section]:
    """Put the sections in order."""
    run = dict(record.run)
    options = run.pop("options")
    sections = [
        verdict_section(record.verdict),
        checks_section(record.findings),
        data_section(record.quality),
        labels_section(record.label_summary, record.target, facts.dropped),
        splits_section(record.splits),
        *_images(record),
        *([regimes_section(record.regime_summary)] if record.regime_summary else []),
        *([tables_section(record.matched, record.paired)] if record.matched else []),
        models_section(record.scores, record.ceiling, record.power),
        *([symbols_section(record.scores, record.symbol_scores)] if record.symbol_scores else []),
        *([values_section(record.regression)] if record.regression else []),
        calibration_section(record.reliability, record.scores, record.calibration),
        operating_point_section(record.operating_points["val"], record.operating_points["test"]),
        ensemble_section(record.choices),
        *audited_sections(record.audited),
        training_section(record.training),
        backtest_section(_cost_rows(record.backtest_metrics), equity, record.sharpe),
        *_strategies(record),
        provenance_section(run, options, trials=tried_rows(record.trials)),
    ]
    return [_with_findings(section, record.findings) for section in sections]


def _zooms(record: RunRecord, equity: pd.DataFrame) -> tuple[ZoomChart, ...]:
    """Choose what a reader may zoom into: the bars, and what was made of them."""
    charts = []
    if record.bars is not None:
        bars = quality_figure(record.bars, record.quality, most_points=MOST_CLOSES)
        charts.append(ZoomChart("data", "Zoom into the bars", bars))
    if not equity.empty:
        charts.append(ZoomChart("backtest", "Zoom into equity and drawdown", equity_figure(equity)))
    return tuple(charts)


def _with_findings(section: Section, checks: Sequence[Record]) -> Section:
    """Repeat at the end of a section the findings that speak of it."""
    own = [one for one in checks if one["name"].startswith(REPEATED.get(section.anchor, ()))]
    if not own:
        return section
    return replace(section, html=join([section.html, element("h3", "What the audit says"), findings(own)]))


def _strategies(record: RunRecord) -> list[Section]:
    """Show strategies where they were compared."""
    if record.strategies is None:
        return []
    return [strategies_section(record.strategies, record.strategy_equity)]


def _images(record: RunRecord) -> list[Section]:
    """Show images where the recipe has them."""
    if record.image_ranges is None or record.image_sheet is None:
        return []
    return [features_section(record.image_ranges, record.image_sheet)]


def _cost_rows(metrics: Record) -> list[dict[str, Any]]:
    """Give the backtest at each multiple of the costs, with what does not depend on them."""
    shared = {name: metrics[name] for name in ("n_trades", "hold_return", "win_low", "win_high")}
    rows = []
    for row in metrics["by_cost"]:
        # Holding was paid for at the costs as set, and the bounds are of those trades.
        own = shared if row["multiple"] == 1.0 else {"n_trades": shared["n_trades"]}
        rows.append({**own, **row, "cost_multiple": row["multiple"]})
    return rows
