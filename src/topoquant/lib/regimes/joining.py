"""Regimes of rows: looked up by symbol, time and fold, and put into one row per bar."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from topoquant.lib.regimes.folds import PROBABILITIES
from topoquant.lib.regimes.naming import REGIMES
from topoquant.lib.regimes.rules import RULES
from topoquant.lib.sampling import KEY, check_unique


def regimes_of(rows: pd.DataFrame, regimes: pd.DataFrame) -> pd.DataFrame:
    """Find the regime of each row by the fit that its fold left it out of.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        With `symbol`, `time` and `fold`: predictions, or rows of samples. A train row carries the fold
        that holds it out, val and test rows -1.
    regimes : DataFrame
        Of `regimes_of_bars`.

    Returns
    -------
    DataFrame, shape (n, 5)
        `p_range`, `p_trend`, `p_panic`, `regime` and `rule` in the order and with the index of `rows`;
        missing where there is no regime of that symbol, time and fold.

    Raises
    ------
    InputError
        If a key occurs twice in `regimes`.

    Examples
    --------
    >>> time = pd.Timestamp("2024-01-01", tz="UTC")
    >>> regimes = pd.DataFrame({"symbol": "SYN", "time": time, "fold": [-1, 0], "p_range": [0.1, 0.7],
    ...     "p_trend": [0.8, 0.2], "p_panic": 0.1, "regime": ["trend", "range"], "rule": "ranging"})
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "fold": [0, -1, 3]})
    >>> regimes_of(rows, regimes)["regime"].tolist()
    ['range', 'trend', nan]
    """
    key = [*KEY, "fold"]
    check_unique(regimes, name="regimes", key=key)
    columns = [*PROBABILITIES, "regime", "rule"]
    found = rows[key].merge(asked_regimes(rows, regimes)[[*key, *columns]], on=key, how="left")
    return found[columns].set_axis(rows.index)


def asked_regimes(rows: pd.DataFrame, regimes: pd.DataFrame) -> pd.DataFrame:
    """Take the regimes that rows can find: most bars are of no row, and most fits left out few rows.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        With `time` and `fold`, as in `regimes_of`.
    regimes : DataFrame
        Of `regimes_of_bars`.

    Returns
    -------
    DataFrame
        The regimes at a time and of a fold that some row has, of all symbols, in their order and with
        their index. `regimes_of` finds in them what it finds in all.

    Examples
    --------
    >>> time = pd.Timestamp("2024-01-01", tz="UTC")
    >>> regimes = pd.DataFrame({"symbol": "SYN", "time": time, "fold": [-1, 0, 1]})
    >>> asked_regimes(pd.DataFrame({"time": [time], "fold": 0}), regimes).index.tolist()
    [1]
    """
    fold = regimes["fold"].to_numpy()
    asked = np.zeros(len(regimes), bool)
    for number, times in rows.groupby("fold")["time"]:
        of_fold = np.flatnonzero(fold == number)
        asked[of_fold] = regimes["time"].iloc[of_fold].isin(times).to_numpy()
    return regimes.loc[asked]


def regimes_by_key(regimes: pd.DataFrame, folds: Iterable[int] | None = None) -> pd.DataFrame:
    """Put the regimes of all fits of a bar into one row of numbers.

    Parameters
    ----------
    regimes : DataFrame
        Of `regimes_of_bars`.
    folds : iterable of int, optional
        Fits that have columns, whether they have rows or not; absent, those of `regimes`.

    Returns
    -------
    DataFrame
        Ordered by (symbol, time): `symbol`, `time`, and per fold `p_<regime>_<fold>`, `regime_<fold>` and
        `rule_<fold>`, the last two as places in `REGIMES` and `RULES`; NaN where a fit has no row.

    Examples
    --------
    >>> time = pd.Timestamp("2024-01-01", tz="UTC")
    >>> regimes = pd.DataFrame({"symbol": "SYN", "time": time, "fold": [-1, 0], "p_range": [0.1, 0.7],
    ...     "p_trend": [0.8, 0.2], "p_panic": 0.1, "regime": ["trend", "range"], "rule": "ranging"})
    >>> regimes_by_key(regimes)[["p_range_0", "regime_-1", "regime_0"]].to_numpy().tolist()
    [[0.7, 1.0, 0.0]]
    """
    coded = regimes.assign(
        regime=pd.Index(REGIMES).get_indexer(pd.Index(regimes["regime"])),
        rule=pd.Index(RULES).get_indexer(pd.Index(regimes["rule"])),
    )
    parts = [
        coded.loc[coded["fold"] == fold].drop(columns="fold").set_index(KEY).add_suffix(f"_{fold}")
        for fold in sorted(regimes["fold"].unique() if folds is None else folds)
    ]
    return pd.concat(parts, axis=1).sort_index().reset_index()
