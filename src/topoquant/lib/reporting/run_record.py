"""Everything a report is written from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from topoquant.lib.reporting.formatting import Record


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
    strategies, strategy_equity : sequence of mapping, DataFrame or None
        Of `with_sharpe_statistics` and `compare_profiles`; None where strategies were not compared.
    image_ranges, image_sheet : mapping or None
        What the pixels of images are, and samples of them; None for a recipe without images.
    calibration : mapping or None
        Of `calibrate_predictions`, with `test` of `measure_calibration`; None where nothing was calibrated.
    trials : mapping or None
        Of `count_trials`; None where nothing is counted.
    matched, paired : sequence of mapping
        Of tables that came from elsewhere: how each was read and matched, and the differences of every two;
        without any for members of our own.
    bars : DataFrame or None
        open_time, close, volume, by symbol: to zoom into.
    regime_summary : sequence of mapping
        Of `summarise_regimes`; without any for a recipe without regimes.
    audited : mapping or None
        auditor, test and intervals, as `audited_sections` takes them; None without an auditor.
    symbol_scores : sequence of mapping
        Of `score_symbols`; without any for a single symbol.
    regression : sequence of mapping
        Of `regression_scores`, where the members forecast values; else without any.
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
    strategies: Sequence[Record] | None = None
    strategy_equity: pd.DataFrame | None = None
    image_ranges: Record | None = None
    image_sheet: Record | None = None
    calibration: Record | None = None
    trials: Record | None = None
    matched: Sequence[Record] = ()
    paired: Sequence[Record] = ()
    bars: pd.DataFrame | None = None
    regime_summary: Sequence[Record] = ()
    audited: Record | None = None
    symbol_scores: Sequence[Record] = ()
    regression: Sequence[Record] = ()
