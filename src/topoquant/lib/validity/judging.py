"""All predictions of a study scored by the same rules, and the evidence the verdict rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.learnability import log_loss_gain
from topoquant.lib.validity.multiple_testing import with_p_values
from topoquant.lib.validity.positions import next_open_returns
from topoquant.lib.validity.resampling import block_length
from topoquant.lib.validity.scoring import join_targets, member_timing_return, score_predictions
from topoquant.lib.validity.sharpe import sharpe_ratio
from topoquant.lib.validity.sharpe_statistics import SharpeStatistics, annual_sharpe, sharpe_statistics
from topoquant.lib.validity.verdict import Evidence, decide_verdict, evidence_from_score


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of every prediction.

    Attributes
    ----------
    side : {"direction", "up", "down", "both"}
        Of the target; "both" has no side.
    horizon : int
        Bars ahead.
    interval : str
        Length of a bar.
    cost : float
        Fee plus slippage per unit of turnover.
    seed : int
        Of every bootstrap.
    """

    side: str
    horizon: int
    interval: str
    cost: float
    seed: int

    @property
    def block(self) -> int:
        """Block length of every bootstrap."""
        return block_length(self.horizon, self.interval)


def score_members(
    tables: Mapping[str, pd.DataFrame],
    targets: pd.DataFrame,
    bars: pd.DataFrame,
    question: Question,
    *,
    naive: str,
    roles: Mapping[str, str],
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Score every prediction table on the test rows all of them have.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Predictions by name, the finally used one among them.
    targets : DataFrame
        Of train, val and test rows.
    bars : DataFrame
        For the next-open returns.
    question : Question
        Side, horizon, costs.
    naive : str
        Name of the table that the others' gain is over.
    roles : mapping of str to str
        "member", "baseline" or "ensemble" by name; naive's role is "naive".
    progress : Progress
        Told of every table.

    Returns
    -------
    list of dict
        Rows of `model_scores`, naive first, then in the order of `tables`, with p-values.
    """
    returns = next_open_returns(bars, question.interval)
    shared = shared_rows(tables)
    rows = []
    with progress(len(tables), "tables") as advance:
        for name in sorted(tables, key=lambda one: one != naive):
            row = score_predictions(
                tables[name].merge(shared, on=KEY), targets,
                naive=None if name == naive else tables[naive], next_returns=returns,
                side=question.side, horizon=question.horizon, interval=question.interval,
                block=question.block, seed=question.seed,
                name=name, role="naive" if name == naive else roles[name],
            )  # fmt: skip
            rows.append(row)
            advance(1)
    return with_p_values(rows)


def gather_evidence(
    score: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    targets: pd.DataFrame,
    bars: pd.DataFrame,
    question: Question,
    *,
    naive: str,
    baselines: Mapping[str, pd.DataFrame],
    n_tried: int = 0,
    progress: Progress = silent,
) -> tuple[Evidence, SharpeStatistics | None]:
    """Gather what the verdict rests on.

    Parameters
    ----------
    score : mapping
        Row of `model_scores` of the prediction finally used.
    tables : mapping of str to DataFrame
        Everything that was compared: its number is the least the Sharpe ratio is deflated by.
    targets : DataFrame
        Of train and val rows (test rows do no harm, they are not looked at).
    bars : DataFrame
        For the next-open returns.
    question : Question
        Side, horizon, costs.
    naive : str
        Name of the naive table.
    baselines : mapping of str to DataFrame
        What may show, on val, that there was something to find.
    n_tried : int
        Trials of all runs on this market, of `count_trials`; the Sharpe ratio is deflated by no fewer.
    progress : Progress
        Told of every table.

    Returns
    -------
    evidence : Evidence
        For `decide_verdict`.
    sharpe : SharpeStatistics or None
        Of the timing return net of costs, per bar; None without a side.
    """
    others = {name: table for name, table in baselines.items() if name != naive}
    best, best_gain = best_baseline(others, tables[naive], targets, block=question.block, seed=question.seed)
    sharpe = None
    if question.side != "both":
        returns = next_open_returns(bars, question.interval)
        shared = shared_rows(tables)
        same_rows = {name: table.merge(shared, on=KEY) for name, table in tables.items()}
        sharpe = _net_sharpe(score["name"], same_rows, returns, question, n_tried, progress)
    evidence = evidence_from_score(
        score,
        side=question.side,
        baseline=best,
        baseline_gain_lower=best_gain,
        dsr=None if sharpe is None or not np.isfinite(sharpe.dsr) else sharpe.dsr,
    )
    return evidence, sharpe


def reach_verdict(
    used: str,
    scores: Sequence[Mapping[str, Any]],
    tables: Mapping[str, pd.DataFrame],
    targets: pd.DataFrame,
    bars: pd.DataFrame,
    question: Question,
    *,
    naive: str,
    baselines: Iterable[str],
    findings: Iterable[Mapping[str, Any]],
    n_tried: int = 0,
    progress: Progress = silent,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Decide from the findings and the one prediction chosen on val.

    Parameters
    ----------
    used : str
        Name of that prediction.
    scores : sequence of mapping
        Of `score_members`.
    tables, targets, bars, question, naive, n_tried, progress
        As in `gather_evidence`.
    baselines : iterable of str
        Names of those tables that are baselines.
    findings : iterable of mapping
        Checks as dictionaries.

    Returns
    -------
    verdict : dict
        Of `decide_verdict`.
    sharpe : dict
        Of `sharpe_statistics`, with `sharpe_annual` where it is finite; empty without a side.
    """
    score = next(row for row in scores if row["name"] == used)
    fitted = {name: tables[name] for name in baselines}
    evidence, sharpe = gather_evidence(
        score, tables, targets, bars, question,
        naive=naive, baselines=fitted, n_tried=n_tried, progress=progress,
    )  # fmt: skip
    verdict = decide_verdict([Check.from_dict(one) for one in findings], evidence).to_dict()
    record: dict[str, Any] = {} if sharpe is None else sharpe.to_dict()
    if record.get("sharpe") is not None:
        record["sharpe_annual"] = annual_sharpe(record["sharpe"], question.interval)
    return verdict, record


def shared_rows(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Keys that every table has: members with longer warm-ups must not be judged on other rows."""
    shared: pd.DataFrame | None = None
    for table in tables.values():
        shared = table[KEY] if shared is None else shared.merge(table[KEY], on=KEY)
    return pd.DataFrame(columns=KEY) if shared is None else shared


def best_baseline(
    baselines: Mapping[str, pd.DataFrame],
    naive: pd.DataFrame,
    targets: pd.DataFrame,
    *,
    block: int,
    seed: int,
) -> tuple[str | None, float | None]:
    """Name the baseline that shows most surely, on val, that there is something to find.

    Parameters
    ----------
    baselines : mapping of str to DataFrame
        Predictions by name, naive not among them.
    naive : DataFrame
        Predictions of the naive member.
    targets : DataFrame
        Of val rows, and any others.
    block, seed : int
        Of the bootstrap.

    Returns
    -------
    name : str or None
        The first of equals; None where val is too short for any bound.
    gain_lower : float or None
        One-sided 0.99 bound of its log-loss gain over naive: it beats naive when this is above 0.

    Examples
    --------
    >>> best_baseline({}, pd.DataFrame(), pd.DataFrame(), block=96, seed=0)
    (None, None)
    """
    gains = {name: _val_gain(table, naive, targets, block, seed) for name, table in baselines.items()}
    # Too short a val set has no bound: it shows nothing.
    gains = {name: gain for name, gain in gains.items() if np.isfinite(gain)}
    best = max(gains, key=lambda name: gains[name], default=None)
    return best, None if best is None else gains[best]


def _val_gain(
    table: pd.DataFrame, naive: pd.DataFrame, targets: pd.DataFrame, block: int, seed: int
) -> float:
    """Give the one-sided 0.99 bound of a table's gain over naive on val rows."""
    val = join_targets(table.loc[table["set"] == "val"], targets)
    both = val.merge(naive[[*KEY, "p_label"]], on=KEY, suffixes=("", "_naive"))
    parts = (both["time"], both["label"], both["p_label"], both["p_label_naive"])
    return log_loss_gain(*parts, block=block, seed=seed, sided=1).low


def _net_sharpe(
    used: str,
    tables: Mapping[str, pd.DataFrame],
    returns: pd.DataFrame,
    question: Question,
    n_tried: int,
    progress: Progress,
) -> SharpeStatistics:
    """Sharpe ratio of the timing return net of costs, deflated by everything that was tried."""
    series = {}
    with progress(len(tables), "tables") as advance:
        for name, table in tables.items():
            series[name] = member_timing_return(
                table, returns, side=question.side, horizon=question.horizon,
                interval=question.interval, cost=question.cost,
            )  # fmt: skip
            advance(1)
    ratios = np.array([sharpe_ratio(one) for one in series.values()])
    ratios = ratios[np.isfinite(ratios)]
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    return sharpe_statistics(series[used], n_trials=max(len(tables), n_tried), trial_variance=variance)
