"""From the datasets of a run to its page and its last lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from topoquant.lib.reporting.formatting import Record
from topoquant.lib.reporting.front import FrontPage
from topoquant.lib.reporting.markup import element, join
from topoquant.lib.reporting.page import build_page
from topoquant.lib.reporting.sections import (
    Section,
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
    splits_section,
    tables_section,
    training_section,
)
from topoquant.lib.reporting.summary import SummaryFacts, summary_body, verdict_lines

BAND = ("random_low", "random_high")
# Findings that are repeated in a section, by how their names begin.
REPEATED = {
    "data": ("adversarial_validation", "drift"),
    "members": ("flatness",),
    "backtest": ("backtest_overfitting",),
}


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything a run wrote that its report speaks of.

    Attributes
    ----------
    run : mapping
        recipe, symbols, interval, source, seed, env, revision, command, options.
    quality, training : sequence of mapping
        Per symbol, per member.
    splits : DataFrame
        One row per bar.
    target, label_summary, choices, verdict, backtest_metrics : mapping
        As their datasets hold them.
    operating_points : mapping
        `val` and `test`.
    scores, findings : sequence of mapping
        Rows of the model table; findings of audit and backtest.
    reliability : DataFrame
        name, p_mean, rate, n.
    equity : DataFrame
        Of all symbols side by side: time, equity, hold and, for one symbol, the band of random entries.
    sharpe, power : mapping or None
        Of the timing return net of costs; what signal would have been found.
    ceiling : float or None
        AUC no model can beat, where the market is known.
    image_ranges, image_sheet : mapping or None
        What the pixels of images are, and samples of them; None for a recipe without images.
    calibration : mapping or None
        Of `calibrate_predictions`, with `test` of `measure_calibration`; None where nothing was calibrated.
    trials : mapping or None
        Of `count_trials`; None where nothing is counted.
    matched, paired : sequence of mapping
        Of tables that came from elsewhere: how each was read and matched, and the differences of every two;
        without any for members of our own.
    """

    run: Record
    quality: Sequence[Record]
    training: Sequence[Record]
    splits: pd.DataFrame
    target: Record
    label_summary: Record
    choices: Record
    operating_points: Mapping[str, Record]
    scores: Sequence[Record]
    findings: Sequence[Record]
    reliability: pd.DataFrame
    equity: pd.DataFrame
    backtest_metrics: Record
    verdict: Record
    sharpe: Record | None
    power: Record | None
    ceiling: float | None
    image_ranges: Record | None = None
    image_sheet: Record | None = None
    calibration: Record | None = None
    trials: Record | None = None
    matched: Sequence[Record] = ()
    paired: Sequence[Record] = ()


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
    return build_page(front, _sections(record, facts, equity))


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
        checks_section(record.findings),
        data_section(record.quality),
        labels_section(record.label_summary, record.target, facts.dropped),
        splits_section(record.splits),
        *_images(record),
        *([tables_section(record.matched, record.paired)] if record.matched else []),
        models_section(record.scores, record.ceiling, record.power),
        calibration_section(record.reliability, record.scores, record.calibration),
        operating_point_section(record.operating_points["val"], record.operating_points["test"]),
        ensemble_section(record.choices),
        training_section(record.training),
        backtest_section(_cost_rows(record.backtest_metrics), equity, record.sharpe),
        provenance_section(run, options, trials=tried_rows(record.trials)),
    ]
    return [_with_findings(section, record.findings) for section in sections]


def tried_rows(trials: Record | None) -> list[dict[str, str]]:
    """Say what was tried on the market of a run.

    Parameters
    ----------
    trials : mapping or None
        Of `count_trials`.

    Returns
    -------
    list of dict of str to str
        Rows of a table; nothing where nothing is counted.

    Examples
    --------
    >>> rows = tried_rows({"tracked": True, "n_runs": 3, "n_distinct": 9, "n_compared": 7, "n_trials": 9})
    >>> [row["number"] for row in rows]
    ['3', '9', '7', '9']
    """
    if trials is None:
        return []
    runs = str(trials["n_runs"]) if trials["tracked"] else "not counted: tracking is off"
    counted = {
        "other runs recorded on this test period": runs,
        "predictions with distinct options, of all runs": str(trials["n_distinct"]),
        "predictions compared in this run": str(trials["n_compared"]),
        "n_trials, the larger of the last two": str(trials["n_trials"]),
    }
    return [{"on this market": name, "number": number} for name, number in counted.items()]


def _with_findings(section: Section, checks: Sequence[Record]) -> Section:
    """Repeat at the end of a section the findings that speak of it."""
    own = [one for one in checks if one["name"].startswith(REPEATED.get(section.anchor, ()))]
    if not own:
        return section
    return replace(section, html=join([section.html, element("h3", "What the audit says"), findings(own)]))


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
        own = shared if row["multiple"] == 1.0 else shared | {"win_low": None, "win_high": None}
        rows.append({**own, **row, "cost_multiple": row["multiple"]})
    return rows
