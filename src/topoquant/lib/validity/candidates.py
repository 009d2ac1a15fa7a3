"""Whether the best of all predictions and positions that were compared would stay the best."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.judging import Question
from topoquant.lib.validity.overfitting import probability_of_backtest_overfitting
from topoquant.lib.validity.scoring import member_timing_return
from topoquant.lib.validity.wording import short

# Shares of the val distribution beyond which a position is taken; the verdict's own is the last.
OUTERS = (0.10, 0.20, 0.30)


def candidate_returns(
    tables: Mapping[str, pd.DataFrame], next_returns: pd.DataFrame, question: Question
) -> pd.DataFrame:
    """Give what every prediction would have made at every position level, net of costs, bar by bar.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Predictions with val rows, which give the levels, and test rows.
    next_returns : DataFrame
        From `next_open_returns`.
    question : Question
        Side, horizon and costs; a side other than "both".

    Returns
    -------
    DataFrame, shape (n_times, n_candidates)
        Columns "<name> <share>", test times ascending, 0 where a candidate holds no row. A candidate that
        never trades or does what another does is left out.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=40, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "set": ["val"] * 20 + ["test"] * 20})
    >>> table["logit_label"] = np.tile(np.arange(10.0), 4)
    >>> returns = table[["symbol", "time"]].assign(next_return=0.01)
    >>> question = Question(side="up", horizon=1, interval="1h", cost=0.0, seed=0)
    >>> list(candidate_returns({"lstm": table}, returns, question))
    ['lstm .10', 'lstm .20', 'lstm .30']
    """
    series = {
        f"{name} {short(outer)}": member_timing_return(
            table,
            next_returns,
            side=question.side,
            horizon=question.horizon,
            interval=question.interval,
            cost=question.cost,
            outer=outer,
        )
        for name, table in tables.items()
        for outer in OUTERS
    }
    returns = pd.concat(series, axis=1).sort_index().fillna(0.0)
    seen: dict[bytes, str] = {}
    for name in returns:
        seen.setdefault(returns[name].to_numpy().tobytes(), str(name))
    return returns[[name for name in seen.values() if returns[name].any()]]


def check_overfitting(
    tables: Mapping[str, pd.DataFrame], next_returns: pd.DataFrame, question: Question, *, n_blocks: int
) -> Check:
    """Choose the best candidate on halves of the test bars, and see how it ranks on the other halves.

    Nothing is chosen by it: it says what a choice among these would have been worth.

    Parameters
    ----------
    tables, next_returns, question
        As in `candidate_returns`.
    n_blocks : int
        Of `probability_of_backtest_overfitting`, even.

    Returns
    -------
    Check
        "warning" when the lower end of the interval is above one half; "ok" otherwise, and where there is
        nothing to compare: no side, fewer than two candidates that differ, or fewer than two bars a block.

    Examples
    --------
    >>> question = Question(side="both", horizon=1, interval="1h", cost=0.0, seed=0)
    >>> check_overfitting({}, pd.DataFrame(), question, n_blocks=4).finding
    'not measured: the target has no side, so nothing is traded'
    """
    if question.side == "both":
        return _not_measured("the target has no side, so nothing is traded")
    if not tables:
        return _not_measured("no predictions")
    returns = candidate_returns(tables, next_returns, question)
    if returns.shape[1] < 2 or len(returns) < 2 * n_blocks:
        return _not_measured(f"{returns.shape[1]} candidates over {len(returns)} bars, {n_blocks} blocks")
    found = probability_of_backtest_overfitting(returns.to_numpy(), n_blocks=n_blocks)
    text = (
        f"PBO {short(found.pbo)} [{short(found.pbo_low)} {short(found.pbo_high)}]: the best of "
        f"{found.n_trials} candidates in one half of the test bars is no better than the median in the other "
        f"in {short(found.pbo)} of {len(found.logits)} halvings of {n_blocks} blocks; it loses money in "
        f"{short(found.loss_probability)}"
    )
    alarm = bool(np.isfinite(found.pbo_low) and found.pbo_low > 0.5)
    numbers = {**found.to_dict(), "n_bars": len(returns)}
    return Check("backtest_overfitting", "warning" if alarm else "ok", text, numbers, "backtest")


def _not_measured(why: str) -> Check:
    """Say that there is nothing to compare."""
    return Check("backtest_overfitting", "ok", f"not measured: {why}", {"pbo": None}, "backtest")
