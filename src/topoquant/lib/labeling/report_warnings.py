"""What a person should know about a label before any model is fitted: a cause and a number each."""

from collections.abc import Iterable
from typing import Any

from topoquant.lib.labeling.naming import short
from topoquant.lib.labeling.report_counts import CHANCE, rarer_class
from topoquant.lib.labeling.report_options import LabelReportOptions
from topoquant.lib.labeling.report_rows import SETS

Record = dict[str, Any]


def label_warnings(summary: Record, options: LabelReportOptions) -> list[Record]:
    """Read the warnings off a label report.

    Parameters
    ----------
    summary : dict
        Of `summarise_labels`, without its warnings.
    options : LabelReportOptions
        From which numbers on.

    Returns
    -------
    list of dict
        `name`, `text` (one sentence with the number, the limit and a cause) and `severity`:
        "warning", or "note" for what such a target is expected to show. Warnings come first.
    """
    rules = (_invalid, _imbalance, _few, _filtered, _too_short, _rate_moved, _both_barriers, _volatility)
    found = [one for rule in rules for one in rule(summary, options)]
    return sorted(found, key=lambda one: one["severity"] == "note")


def _warning(name: str, *sentence: str) -> Record:
    return {"name": name, "text": "".join(sentence), "severity": "warning"}


def _invalid(summary: Record, _: LabelReportOptions) -> Iterable[Record]:
    """Yield a warning of values that no target can have."""
    if summary["invalid"]:
        listed = ", ".join(f"{one['n']:,} {one['problem']} in {one['column']}" for one in summary["invalid"])
        n_lost = summary["dropped"]["invalid"]
        yield _warning(
            "invalid_values",
            f"{listed}: look at the bars and the function they were made from; {n_lost:,} rows have no label",
        )


def _imbalance(summary: Record, options: LabelReportOptions) -> Iterable[Record]:
    """Yield a warning of a class too rare to be learnt."""
    name, share, _ = rarer_class(summary["classes"]["train"])
    if share < options.min_rarer_share:
        yield _warning(
            "imbalance",
            f"the rarer {_group(summary)} ({name}) is {short(share)} of train rows, below ",
            f"{short(options.min_rarer_share)}: what is asked for is rare; lower the threshold, narrow the ",
            "barriers or lengthen the horizon",
        )


def _few(summary: Record, options: LabelReportOptions) -> Iterable[Record]:
    """Yield a warning of a class with too few independent rows to be judged."""
    rarer = {one: rarer_class(summary["classes"][one]) for one in SETS}
    few = [
        f"{effective:.0f} in {one} ({name})"
        for one, (name, _, effective) in rarer.items()
        if effective < options.min_rarer_effective
    ]
    if few:
        yield _warning(
            "few_independent_rows",
            f"the rarer {_group(summary)} is worth {', '.join(few)} independent rows, below ",
            f"{options.min_rarer_effective:g}: labels whose horizons overlap share bars; load more bars, or ",
            "shorten the horizon",
        )


def _group(summary: Record) -> str:
    """Say what is rarer: of three classes, one of the two sides."""
    return "side" if summary["kind"] == "three_class" else "class"


def _filtered(summary: Record, options: LabelReportOptions) -> Iterable[Record]:
    """Yield a warning of a filter that leaves little."""
    n_filtered, ratio = summary["dropped"]["filtered"], summary["filtered_volume_ratio"]
    n_whole = n_filtered + summary["dropped"]["invalid"] + sum(summary["n"].values())
    share = n_filtered / n_whole
    if share > options.max_filtered_share:
        volume = "" if ratio is None else f"; their median volume is {short(ratio)} of that of the rows kept"
        yield _warning(
            "filter_removes_most",
            f"the target's filter leaves out {n_filtered:,} of {n_whole:,} rows with a whole horizon ",
            f"({short(share)}, above {short(options.max_filtered_share)}){volume}: loosen it, or read every ",
            "rate as one of the rows it keeps",
        )


def _too_short(summary: Record, options: LabelReportOptions) -> Iterable[Record]:
    """Yield warnings of a horizon in which the price does not get anywhere."""
    move, touched = summary["move"], summary["touched"]
    threshold, median, spread = move["threshold"], move["median_abs"], move["median_range"]
    if threshold and median and threshold > options.max_threshold_moves * median:
        times, n_bars = threshold / median, move["horizon"]
        yield _warning(
            "horizon_too_short",
            f"the threshold {short(threshold)} is {times:.1f} times the median move over the horizon of ",
            f"{n_bars} bars ({short(median)}), above {options.max_threshold_moves:g}: a random walk needs ",
            f"about {times**2 * n_bars:,.0f} bars for half of all rows to move as far",
        )
    if move["unmoved"] is not None and move["unmoved"] > options.max_unmoved_share:
        yield _warning(
            "horizon_too_short",
            f"{short(move['unmoved'])} of train rows end exactly where they were filled, above ",
            f"{short(options.max_unmoved_share)}: the horizon spans few trades or few ticks; lengthen it",
        )
    if median is not None and spread and median < options.min_move_ranges * spread:
        yield _warning(
            "horizon_too_short",
            f"the median move over the horizon ({short(median)}) is {short(median / spread)} of the median ",
            f"range of one bar ({short(spread)}), below {short(options.min_move_ranges)}: the price goes to ",
            "and fro more than it moves on; lengthen the horizon or use coarser bars",
        )
    if touched is not None and touched["train"]["time"] > options.max_time_share:
        yield _warning(
            "horizon_too_short",
            f"{short(touched['train']['time'])} of train rows meet no barrier before the time limit, above ",
            f"{short(options.max_time_share)}: lengthen the horizon or narrow the barriers",
        )


def _rate_moved(summary: Record, options: LabelReportOptions) -> Iterable[Record]:
    """Yield warnings of a base rate that is not that of the rows models are fitted on."""
    limit = options.max_rate_ratio
    for one in summary["drift"]:
        ratio, z = one["ratio"], one["z"]
        moved = ratio is None or not 1 / limit <= ratio <= limit
        if one["first"] == "train" and moved and z is not None and abs(z) > CHANCE:
            what = "label -1" if one["class"] == "-1" else summary["rate_of"]
            yield _warning(
                "base_rate_moved",
                f"{what} is {short(one['rate_first'])} of train and {short(one['rate_second'])} of ",
                f"{one['second']} rows, beyond a factor of {limit:g} and by {abs(z):.1f} standard errors of ",
                f"the independent rows: {_cause(summary)}",
            )


def _cause(summary: Record) -> str:
    """Say what the regimes say about a rate that moved."""
    rates = {one["regime"]: one["rate"] for one in summary["regimes"] if one["set"] == "train"}
    if {"calm", "wild"} <= set(rates):
        pair = f"{short(rates['calm'])} in calm and {short(rates['wild'])} in wild train rows"
        return f"it is {pair}, so see whether one set is calmer than the other"
    return "the market of one set is not that of the other"


def _both_barriers(summary: Record, options: LabelReportOptions) -> Iterable[Record]:
    """Yield a warning of bars so wide that the order of prices within them decides the label."""
    for name, shares in (summary["touched"] or {}).items():
        if shares["both"] > options.max_both_share:
            yield _warning(
                "both_barriers",
                f"{short(shares['both'])} of {name} rows touch both barriers in one bar, above ",
                f"{short(options.max_both_share)}: bars do not say which came first, and the stop is taken; ",
                "widen the barriers or use finer bars",
            )


def _volatility(summary: Record, options: LabelReportOptions) -> Iterable[Record]:
    """Yield what follows from how wild the market is: a note where that is expected, else a warning."""
    limit = options.max_volatility_auc
    high = [one for one in summary["volatility"] if one["auc"] is not None]
    high = [one for one in high if one["auc"] > max(limit, one["chance"])]
    for expected in (False, True):
        found = [
            f"{short(one['auc'])} for {one['question']} on {one['n']:,} val rows"
            for one in high
            if one["expected"] == expected
        ]
        text = f"volatility alone reaches an AUC of {', '.join(found)}, above {short(limit)}: "
        if found and expected:
            text += "expected, since a wild market goes further; judge models by their gain over naive"
            yield {"name": "volatility_explains", "text": text, "severity": "note"}
        elif found:
            text += (
                "how wild a market is should not tell which way it goes; look for a drift, an hour of the "
            )
            yield _warning("volatility_explains", text, "day or a filter behind it")
