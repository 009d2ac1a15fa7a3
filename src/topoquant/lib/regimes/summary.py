"""How often each regime is there, how long it lasts, what follows it, and what a figure needs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import by_symbol, decision_time, interval_timedelta
from topoquant.lib.regimes.folds import ALL_TRAIN_ROWS, PROBABILITIES
from topoquant.lib.regimes.naming import REGIMES
from topoquant.lib.regimes.rules import RULES
from topoquant.lib.sampling import instants

SETS = ("train", "val", "test")
# Points of a figure: stretches of the whole time, and bars of its end.
N_STRETCHES, N_RECENT = 160, 300


def summarise_regimes(
    regimes: pd.DataFrame,
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    models: Mapping[str, Mapping[str, Mapping[str, Any]]],
    *,
    interval: str,
) -> list[dict[str, Any]]:
    """Describe the regimes of every symbol.

    Parameters
    ----------
    regimes : DataFrame
        Of `regimes_of_bars`. Durations, transitions and shares are those of the fit on all train rows.
    bars : DataFrame
        Bars of the same symbols, sorted by (symbol, open_time).
    splits : DataFrame
        `symbol`, `time` and `set`.
    models : mapping
        Of `fit_regimes`.
    interval : str
        Length of a bar.

    Returns
    -------
    list of dict
        Per symbol: `symbol`; `regimes` and `rules`, a record per name of `describe_states`; `transition`
        and `rule_transition`, shares of the next bar by the state of a bar (None for a state that never
        was); `agreement`, the share of bars whose regime a fold's fit and that of all train rows name
        alike; `fits`, a record per fold; and `whole` and `recent`, what a figure draws.

    Examples
    --------
    See `describe_states`, which counts what this puts together.
    """
    of_regimes, of_bars, of_splits = (
        {str(own["symbol"].iloc[0]): own for own in by_symbol(table)} for table in (regimes, bars, splits)
    )
    nothing = regimes.iloc[:0]
    return [
        _summarise(
            of_regimes.get(symbol, nothing), of_bars[symbol], of_splits[symbol], models[symbol], interval
        )
        for symbol in sorted(models)
    ]


def describe_states(
    states: Sequence[str] | NDArray[Any], names: Sequence[str], follows: NDArray[np.bool_]
) -> tuple[list[dict[str, Any]], list[list[float | None]]]:
    """Count how often and how long each state is there, and what follows it.

    Parameters
    ----------
    states : sequence of str, length n
        State of each row in time order.
    names : sequence of str
        All states there can be, in the order of the results.
    follows : ndarray of bool, shape (n,)
        Whether a row follows the one before by one bar; a spell ends where it does not.

    Returns
    -------
    records : list of dict
        `name`, `share` of the rows, `n_spells` and `mean_duration` in rows (None for a state that never
        was). A spell that the first or last row or a gap cuts short counts as long as it is seen.
    transition : list of list
        Shares of the next row's states (columns) by a row's state; None in a row without any next.

    Examples
    --------
    >>> records, transition = describe_states(list("aabab"), list("ab"), np.arange(5) > 0)
    >>> [(one["share"], one["n_spells"], one["mean_duration"]) for one in records], transition
    ([(0.6, 2, 1.5), (0.4, 2, 1.0)], [[0.3333333333333333, 0.6666666666666666], [1.0, 0.0]])
    """
    code = pd.Index(names).get_indexer(pd.Index(states))
    n = len(code)
    begins = np.ones(n, bool)
    begins[1:] = (code[1:] != code[:-1]) | ~follows[1:]
    records: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        rows, spells = int((code == i).sum()), int((begins & (code == i)).sum())
        records.append(
            {"name": name, "share": rows / n if n else 0.0, "n_spells": spells,
             "mean_duration": rows / spells if spells else None}
        )  # fmt: skip
    counts = np.zeros((len(names), len(names)))
    after = np.flatnonzero(follows[1:]) + 1 if n else np.array([], int)
    np.add.at(counts, (code[after - 1], code[after]), 1)
    transition: list[list[float | None]] = [
        [float(x) for x in row / row.sum()] if row.sum() else [None] * len(names) for row in counts
    ]
    return records, transition


def _summarise(
    regimes: pd.DataFrame, bars: pd.DataFrame, splits: pd.DataFrame, fitted: Mapping[str, Any], interval: str
) -> dict[str, Any]:
    """Describe the regimes of one symbol."""
    closes = pd.DataFrame({"time": decision_time(bars, interval), "close": bars["close"]})
    closes["next_return"] = np.log(closes["close"]).diff().shift(-1)
    ahead = closes["time"].diff().shift(-1) == interval_timedelta(interval)
    closes.loc[~ahead, "next_return"] = np.nan
    rows = regimes.loc[regimes["fold"] == ALL_TRAIN_ROWS].sort_values("time")
    rows = rows.merge(closes, on="time").merge(splits[["time", "set"]], on="time", how="left")
    follows = np.diff(instants(rows["time"]), prepend=0) == interval_timedelta(interval).value
    kinds = {}
    for column, names in (("regime", REGIMES), ("rule", RULES)):
        records, transition = describe_states(rows[column].to_numpy(dtype=str), names, follows)
        kinds[column] = [{**one, **_market(rows, column, one["name"])} for one in records], transition
    return {
        "symbol": str(bars["symbol"].iloc[0]), "n_rows": len(rows), "interval": interval,
        "regimes": kinds["regime"][0], "transition": kinds["regime"][1],
        "rules": kinds["rule"][0], "rule_transition": kinds["rule"][1],
        "agreement": _agreement(regimes, rows),
        "fits": [_fit(int(fold), fitted[fold]) for fold in sorted(fitted, key=int)],
        "whole": _stretches(rows), "recent": _recent(rows.tail(N_RECENT)),
    }  # fmt: skip


def _market(rows: pd.DataFrame, column: str, name: str) -> dict[str, Any]:
    """Say what the market did after a state was known, and how often the state was there in each set."""
    own = rows[column] == name
    following = rows.loc[own, "next_return"].dropna()
    return {
        "by_set": {one: _share(own[rows["set"] == one]) for one in SETS},
        "next_volatility": float(following.std(ddof=0)) if len(following) else None,
        "next_return": float(following.mean()) if len(following) else None,
    }


def _share(own: pd.Series) -> float | None:
    """Share of the rows, None of none."""
    return float(own.mean()) if len(own) else None


def _agreement(regimes: pd.DataFrame, rows: pd.DataFrame) -> dict[str, float]:
    """Share of the bars whose regime another fit names like the fit on all train rows."""
    known = rows.set_index("time")["regime"]
    return {
        str(fold): float((own.set_index("time")["regime"] == known).mean())
        for fold, own in regimes.groupby("fold")
        if fold != ALL_TRAIN_ROWS
    }


def _fit(fold: int, model: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a fit was made on and how it went, its means in the inputs' own units."""
    means = np.array(model["means"]) * np.array(model["scale"]) + np.array(model["location"])
    names = [f"{state}, {name}" for state in model["states"] for name in model["inputs"]]
    staying = np.diagonal(np.array(model["transition"]))
    lasting = {
        name: float(1 / (1 - p)) if p < 1 else None for name, p in zip(model["states"], staying, strict=True)
    }
    record = {
        name: model["record"][name] for name in ("n_rows", "log_likelihood", "n_iterations", "converged")
    }
    return {
        "fold": fold, **record, "means": dict(zip(names, means.ravel().tolist(), strict=True)),
        "expected_duration": lasting,
    }  # fmt: skip


def _stretches(rows: pd.DataFrame) -> dict[str, Any]:
    """Cut all rows into stretches: the last close, and the share of each regime."""
    n = min(N_STRETCHES, len(rows))
    which = np.arange(len(rows)) * n // max(len(rows), 1)
    shares = np.stack([np.bincount(which[rows["regime"].to_numpy(dtype=str) == name], minlength=n)
                       for name in REGIMES], axis=1)  # fmt: skip
    last = np.flatnonzero(np.append(which[1:] != which[:-1], True)) if n else np.array([], int)
    return _drawn(rows.iloc[last], shares / np.maximum(shares.sum(axis=1, keepdims=True), 1))


def _recent(rows: pd.DataFrame) -> dict[str, Any]:
    """Take the last rows as they are, with their filtered probabilities."""
    return _drawn(rows, rows[list(PROBABILITIES)].to_numpy())


def _drawn(rows: pd.DataFrame, shares: NDArray[np.float64]) -> dict[str, Any]:
    """Write down points of a figure: instants, closes, shares with four digits, and the largest."""
    return {
        "time": [one.isoformat() for one in rows["time"]],
        "close": rows["close"].tolist(),
        "regime": [REGIMES[i] for i in shares.argmax(axis=1)],
        "shares": np.round(shares, 4).tolist(),
    }
