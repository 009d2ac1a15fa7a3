"""Predictions judged from bars to verdict in one call, without a catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from topoquant.lib.bars import map_symbols
from topoquant.lib.indicators import BlindOptions, sign_blind_features
from topoquant.lib.judge.matching import unstack_tables
from topoquant.lib.judge.options import TableOptions
from topoquant.lib.judge.paired import paired_differences
from topoquant.lib.judge.splitting import split_judged_rows
from topoquant.lib.judge.tables import (
    Study,
    bring_tables,
    check_tables,
    choose_table,
    common_times,
    match_tables,
)
from topoquant.lib.labeling import TargetOptions, fit_target, label_rows
from topoquant.lib.models import LightGBMOptions, LogisticOptions, MajorityOptions
from topoquant.lib.options import options
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training.features import MemberFeatures
from topoquant.lib.training.member import FoldPlan, train_member
from topoquant.lib.validity import (
    AuditOptions,
    Check,
    Question,
    SharpeStatistics,
    Verdict,
    decide_verdict,
    gather_evidence,
    score_members,
)


@options
class JudgeOptions:
    """What is asked of the tables, and what they are held against.

    Attributes
    ----------
    interval : str
        Length of a bar.
    label : options of any kind of target
        What is predicted: 0 and 1.
    split, table, audit, blind
        How rows are cut, tables read, alarms set, and what the sign-blind baselines look at.
    logistic, lightgbm
        Options of those baselines.
    cost : float
        Fee plus slippage per unit of turnover.
    n_rows : int or None
        Thins the train rows of the baselines.
    seed : int
        Of every fit and bootstrap.
    """

    interval: str
    label: TargetOptions
    split: SplitOptions
    table: TableOptions
    audit: AuditOptions
    blind: BlindOptions
    logistic: LogisticOptions
    lightgbm: LightGBMOptions
    cost: Annotated[float, Field(ge=0)]
    n_rows: int | None
    seed: int


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What was found.

    Attributes
    ----------
    verdict : Verdict
        One word with its reasons.
    scores : list of dict
        Rows of the model table, naive first.
    paired : list of dict
        Differences of every two tables, as `paired_differences` gives.
    checks : list of Check
        As `check_tables` gives.
    tables : list of dict
        How each table was read and matched.
    choices : dict
        Which table the verdict is about, and which baseline is naive.
    predictions : DataFrame
        The one that was judged, by the contract of predictions.
    sharpe : SharpeStatistics or None
        Of the timing return net of costs; None without a side.
    """

    verdict: Verdict
    scores: list[dict[str, Any]]
    paired: list[dict[str, Any]]
    checks: list[Check]
    tables: list[dict[str, Any]]
    choices: dict[str, object]
    predictions: pd.DataFrame
    sharpe: SharpeStatistics | None


def judge_predictions(
    tables: Mapping[str, pd.DataFrame],
    bars: pd.DataFrame,
    options: JudgeOptions,
    *,
    progress: Progress = silent,
) -> Judgement:
    """Judge predictions by the rules our own members are judged by.

    The steps of the pipeline `judge`, without its backtest, its measurement of power and its report; the
    baselines are the sign-blind ones alone. No log of trials is asked: the Sharpe ratio is deflated by what
    is compared here.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By name, as somebody made them: a time, a value, perhaps a symbol. With several, one is chosen on
        val and the verdict is about that one.
    bars : DataFrame
        Of one or several symbols, checked, sorted by (symbol, open_time).
    options : JudgeOptions
        What is asked.
    progress : Progress
        Told of every step that takes a while.

    Returns
    -------
    Judgement
        Test rows are scored; nothing is chosen on them.

    Raises
    ------
    InputError
        For whatever would make the answer mean something else; see `bring_table` and `match_table`.

    Examples
    --------
    >>> import numpy as np
    >>> from topoquant.lib.bars import synthetic_bars
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> bars = synthetic_bars("noise", n_bars=3000, seed=1, interval="15m").bars
    >>> notebook = pd.DataFrame({"open_time": bars["open_time"],
    ...                          "score": np.log(bars["close"] / bars["open"])})
    >>> lightgbm = LightGBMOptions(n_trees=10, learning_rate=0.1, n_leaves=7, min_rows_per_leaf=40,
    ...     max_bins=63, feature_fraction=0.5, row_fraction=0.8, l2=1.0, patience=5, validation_fraction=0.1,
    ...     n_threads=1)
    >>> options = JudgeOptions(
    ...     interval="15m", label=DirectionOptions(horizon=4), cost=0.0007, n_rows=None, seed=0,
    ...     split=SplitOptions(train=0.7, val=0.15, n_folds=5, embargo=None),
    ...     table=TableOptions(key=None, column=None, scale=None, time_zone=None, split="bars", n_blocks=5),
    ...     audit=AuditOptions(n_cuts=3, n_target_cuts=24, max_rate_ratio=1.5, drift_alarm=0.25,
    ...         n_adversarial_blocks=6, n_blindness_rows=600, n_overfitting_blocks=10),
    ...     blind=BlindOptions(half_lives=[5, 20, 100], volume_half_life=20, n_lags=2),
    ...     logistic=LogisticOptions(l2=100.0, n_iterations=100), lightgbm=lightgbm)
    >>> judged = judge_predictions({"notebook": notebook}, bars, options)
    >>> judged.verdict.word, judged.tables[0]["n_test"]
    ('no_edge', 446)
    """
    asked = Question(
        side=options.label.side, horizon=options.label.horizon, interval=options.interval,
        cost=options.cost, seed=options.seed,
    )  # fmt: skip
    rows, records = bring_tables(tables, bars, options.table, interval=options.interval)
    splits = split_judged_rows(
        bars, common_times(rows), options.label, options.split,
        interval=options.interval, by=options.table.split, n_rows=options.n_rows,
    )  # fmt: skip
    development, test = _label(bars, splits, options)
    stacked, records = match_tables(rows, records, splits, development, options.table)
    baselines = fit_blind(bars, splits, development, options, progress=progress)
    judged = unstack_tables(stacked)
    chosen = choose_table(
        judged, baselines, development, options.split, interval=asked.interval, horizon=asked.horizon
    )
    naive, used = chosen.choices["naive"]["member"], chosen.choices["final"]["name"]  # type: ignore[index]
    targets = pd.concat([development, test], ignore_index=True)
    every = {**judged, **baselines}
    roles = dict.fromkeys(judged, "member") | dict.fromkeys(baselines, "baseline")
    scores = score_members(every, targets, bars, asked, naive=naive, roles=roles, progress=progress)
    study = Study(
        bars=bars, splits=splits, targets=development, label_summary=_rates(development, test, splits)
    )
    checks = check_tables(rows, judged, records, study, asked, split=options.split, audit=options.audit)
    evidence, sharpe = gather_evidence(
        next(row for row in scores if row["name"] == used), every, development, bars, asked,
        naive=naive, baselines=baselines, progress=progress,
    )  # fmt: skip
    return Judgement(
        verdict=decide_verdict(checks, evidence), scores=scores, checks=checks, tables=records,
        paired=paired_differences(judged, targets, bars, asked), choices=chosen.choices,
        predictions=chosen.predictions, sharpe=sharpe,
    )  # fmt: skip


def fit_blind(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    targets: pd.DataFrame,
    options: JudgeOptions,
    *,
    progress: Progress = silent,
) -> dict[str, pd.DataFrame]:
    """Fit what does not know which way the price went: naive is the better of them.

    Parameters
    ----------
    bars, splits, targets : DataFrame
        Of the study; targets of train and val rows.
    options : JudgeOptions
        Of the baselines.
    progress : Progress
        Told of every fit.

    Returns
    -------
    dict of str to DataFrame
        Predictions of majority, volatility_logistic and volatility_lightgbm.
    """
    static = map_symbols(lambda one: sign_blind_features(one, options.blind, interval=options.interval), bars)
    plan = FoldPlan(split=options.split, horizon=options.label.horizon, interval=options.interval)
    known = targets.drop(columns="max_pct", errors="ignore")
    blind = MemberFeatures(static=static)
    models: dict[str, tuple[str, object, MemberFeatures]] = {
        "majority": ("majority", MajorityOptions(), MemberFeatures()),
        "volatility_logistic": ("logistic", options.logistic, blind),
        "volatility_lightgbm": ("lightgbm", options.lightgbm, blind),
    }
    return {
        name: train_member(
            name, model, splits, known, features,
            plan=plan, options=own, fit=None, seed=options.seed, progress=progress,
        ).predictions
        for name, (model, own, features) in models.items()
    }  # fmt: skip


def _label(
    bars: pd.DataFrame, splits: pd.DataFrame, options: JudgeOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fix the target on train rows and label development and test rows."""
    train = splits.loc[splits["set"] == "train", "time"]
    target = fit_target(bars, train, interval=options.interval, options=options.label)
    development, test = (
        label_rows(bars, splits, target, options.label, interval=options.interval, sets=sets)
        for sets in (("train", "val"), ("test",))
    )
    return development, test


def _rates(development: pd.DataFrame, test: pd.DataFrame, splits: pd.DataFrame) -> dict[str, Any]:
    """Rates by set, as `check_base_rates` wants them."""
    rows = pd.concat([development, test], ignore_index=True).merge(
        splits[["symbol", "time", "set"]], on=["symbol", "time"]
    )
    positive = rows["label"].eq(1.0).groupby(rows["set"])
    return {"rate": positive.mean().to_dict(), "n": positive.size().to_dict()}
