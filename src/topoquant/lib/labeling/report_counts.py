"""Counts and rates of labels: per set, month, regime and symbol, and how far the rates moved."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.labeling.report_rows import SETS, VALUES, Kind, log_return_columns

Record = dict[str, Any]
# Standard errors that a difference by chance passes once in a hundred, to one side.
CHANCE = 2.33
RANGES = {"max_pct": (0.0, 1.0), "uniqueness": (0.0, 1.0)}


def by_set(values: pd.Series) -> dict[str, float | None]:
    """Return one plain number per set in the order of time, None where it is undefined.

    Examples
    --------
    >>> by_set(pd.Series({"train": 0.1, "val": float("nan"), "test": 0.2}))
    {'train': 0.1, 'val': None, 'test': 0.2}
    """
    return {name: plain(values[name]) for name in SETS if name in values.index}


def plain(value: float) -> float | None:
    """Return a number that JSON can hold: None where it is not finite."""
    return float(value) if np.isfinite(value) else None


def rates_by(rows: pd.DataFrame, name: str, kind: Kind, order: Sequence[str] = ()) -> list[Record]:
    """Count labelled rows and their rates per value of a column and set.

    Parameters
    ----------
    rows : DataFrame
        With an `outcome`, `set` and the column.
    name : str
        The column; rows where it is missing are left out.
    kind : {"binary", "three_class", "continuous"}
        Of the target.
    order : sequence of str, optional
        Values in the order wanted; without it they ascend.

    Returns
    -------
    list of dict
        `name`, `set`, `n` and `rate` (share of outcome 1); with three classes also
        `rate_lower` (share of outcome -1). The column ascends, and the sets of one value come
        in the order of time; pairs without a row are absent.

    Examples
    --------
    >>> rows = pd.DataFrame({"set": ["val", "train"], "regime": "calm", "outcome": [1.0, 0.0]})
    >>> rates_by(rows, "regime", "binary")
    [{'regime': 'calm', 'set': 'train', 'n': 1, 'rate': 0.0},
     {'regime': 'calm', 'set': 'val', 'n': 1, 'rate': 1.0}]
    """
    outcome = rows["outcome"]
    columns = {"rate": outcome == 1, "rate_lower": outcome == -1}
    wanted = ["rate", "rate_lower"] if kind == "three_class" else ["rate"]
    grouped = pd.DataFrame({name: rows[name], "set": rows["set"], **columns}).groupby([name, "set"])
    table = grouped[wanted].mean().assign(n=grouped.size())
    records: list[Record] = []
    for at, row in zip(table.index, table.to_dict("records"), strict=True):
        value, of_set = (str(one) for one in at)
        rates = {rate: float(row[rate]) for rate in wanted}
        records.append({name: value, "set": of_set, "n": int(row["n"]), **rates})
    values = list(order) or sorted({str(record[name]) for record in records})
    return sorted(records, key=lambda record: (values.index(record[name]), SETS.index(record["set"])))


def class_counts(rows: pd.DataFrame, kind: Kind) -> dict[str, dict[str, Record]]:
    """Count the rows of each class and what they are worth, per set.

    Parameters
    ----------
    rows : DataFrame
        `set`, `outcome`, `uniqueness`.
    kind : {"binary", "three_class", "continuous"}
        Of the target; a log-return has the classes 0 and 1, 1 being above 0.

    Returns
    -------
    dict of set to dict of class to dict
        `n` and `effective_n`, the summed uniqueness. A class without a row has 0 of both.

    Examples
    --------
    >>> rows = pd.DataFrame({"set": "val", "outcome": [1.0, 1.0], "uniqueness": [0.5, 0.25]})
    >>> class_counts(rows, "binary")["val"]["1"]
    {'n': 2, 'effective_n': 0.75}
    """
    counts: dict[str, dict[str, Record]] = {}
    for name in SETS:
        of_set = rows.loc[rows["set"] == name, ["outcome", "uniqueness"]]
        counts[name] = {}
        for value in VALUES.get(kind, VALUES["binary"]):
            unique = of_set.loc[of_set["outcome"] == value, "uniqueness"]
            counts[name][f"{value:.0f}"] = {"n": len(unique), "effective_n": float(unique.sum())}
    return counts


def rarer_class(counts: dict[str, Record]) -> tuple[str, float, float]:
    """Find the rarer class of one set; of three classes, the rarer side.

    Parameters
    ----------
    counts : dict of class to dict
        `n` and `effective_n`, of `class_counts`.

    Returns
    -------
    str, float, float
        The class, its share of all rows and its effective number of rows.

    Examples
    --------
    >>> rarer_class({"0": {"n": 9, "effective_n": 4.5}, "1": {"n": 1, "effective_n": 0.5}})
    ('1', 0.1, 0.5)
    """
    sides = {name: one for name, one in counts.items() if len(counts) == 2 or name != "0"}
    name = min(sides, key=lambda one: sides[one]["n"])
    total = sum(one["n"] for one in counts.values())
    return name, sides[name]["n"] / total if total else 0.0, sides[name]["effective_n"]


def rate_drift(counts: dict[str, dict[str, Record]], kind: Kind) -> list[Record]:
    """Compare the rates of val and test with the set before and with train.

    Parameters
    ----------
    counts : dict
        Of `class_counts`.
    kind : {"binary", "three_class", "continuous"}
        Of the target; with three classes the rates of 1 and of -1 are compared.

    Returns
    -------
    list of dict
        `class`, `first`, `second` (sets), `rate_first`, `rate_second`, `difference`, `ratio`
        (second over first; None where the first is 0) and `z`: the difference in standard errors
        of two shares of as many independent rows as the summed uniqueness says (None where
        neither set has both).

    Examples
    --------
    >>> rows = pd.DataFrame({"set": ["train"] * 4 + ["val"] * 4 + ["test"] * 4, "uniqueness": 1.0,
    ...     "outcome": [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]})
    >>> moved = rate_drift(class_counts(rows, "binary"), "binary")[0]
    >>> moved["second"], moved["difference"], moved["ratio"], round(moved["z"], 2)
    ('val', 0.25, 2.0, 0.73)
    """
    classes = ("1", "-1") if kind == "three_class" else ("1",)
    pairs = (("train", "val"), ("val", "test"), ("train", "test"))
    return [_moved(counts, name, *pair) for name in classes for pair in pairs]


def _moved(counts: dict[str, dict[str, Record]], name: str, first: str, second: str) -> Record:
    """Compare the rate of one class in two sets."""
    n = {one: sum(each["n"] for each in counts[one].values()) for one in (first, second)}
    effective = {one: sum(each["effective_n"] for each in counts[one].values()) for one in (first, second)}
    before, after = (counts[one][name]["n"] / n[one] for one in (first, second))
    pooled = (counts[first][name]["n"] + counts[second][name]["n"]) / (n[first] + n[second])
    inverse = sum(1 / one if one > 0 else np.inf for one in effective.values())
    error = np.sqrt(pooled * (1 - pooled) * inverse)
    return {
        "class": name,
        "first": first,
        "second": second,
        "rate_first": before,
        "rate_second": after,
        "difference": after - before,
        "ratio": after / before if before > 0 else None,
        "z": (after - before) / error if 0 < error < np.inf else None,
    }


def touched_shares(rows: pd.DataFrame) -> dict[str, dict[str, float]] | None:
    """Return how the rows of each set ended: the shares of lower, time, upper and both.

    Parameters
    ----------
    rows : DataFrame
        `set` and, for barriers, `touched`.

    Returns
    -------
    dict of set to dict, or None
        None where the targets do not say what was touched.

    Examples
    --------
    >>> rows = pd.DataFrame({"set": ["train", "train"], "touched": ["upper", "time"]})
    >>> touched_shares(rows)["train"]
    {'lower': 0.0, 'time': 0.5, 'upper': 0.5, 'both': 0.0}
    """
    if "touched" not in rows.columns:
        return None
    ends = ("lower", "time", "upper", "both")
    return {
        name: {end: float((of_set["touched"] == end).mean()) for end in ends}
        for name, of_set in ((name, rows[rows["set"] == name]) for name in SETS)
        if len(of_set)
    }


def return_moments(rows: pd.DataFrame) -> dict[str, dict[str, Record]]:
    """Summarise `ret` and every log-return on train and val rows.

    Parameters
    ----------
    rows : DataFrame
        `set`, `ret` and log-returns, as far as there are any. Test rows are left out: how large
        their returns were is looked at by the backtest alone.

    Returns
    -------
    dict of column to dict of set to dict
        `n` (finite ones), `mean`, `std`, `median_abs` and `positive` (the share above 0).

    Examples
    --------
    >>> rows = pd.DataFrame({"set": "train", "ret": [0.01, -0.03, 0.02, float("nan")]})
    >>> {name: round(value, 3) for name, value in return_moments(rows)["ret"]["train"].items()}
    {'n': 3, 'mean': 0.0, 'std': 0.022, 'median_abs': 0.02, 'positive': 0.667}
    """
    columns = [*(name for name in ("ret",) if name in rows.columns), *log_return_columns(rows)]
    moments: dict[str, dict[str, Record]] = {}
    for column in columns:
        for name in ("train", "val"):
            values = rows.loc[rows["set"] == name, column].to_numpy(np.float64)
            values = values[np.isfinite(values)]
            if len(values):
                moments.setdefault(column, {})[name] = {
                    "n": len(values),
                    "mean": float(values.mean()),
                    "std": float(values.std()),
                    "median_abs": float(np.median(np.abs(values))),
                    "positive": float((values > 0).mean()),
                }
    return moments


def invalid_values(targets: pd.DataFrame, kind: Kind) -> list[Record]:
    """Count the values of the targets that no target can have.

    Parameters
    ----------
    targets : DataFrame
        Rows of all sets.
    kind : {"binary", "three_class", "continuous"}
        Of the target: which labels there are.

    Returns
    -------
    list of dict
        `column`, `problem` ("missing", "infinite", "out of range") and `n`, where n is above 0.
        Out of range are a label of no class, `max_pct` and `uniqueness` outside [0, 1], and a t1
        that is not after `time`.

    Examples
    --------
    >>> invalid_values(pd.DataFrame({"label": [0.0, 2.0]}), "binary")
    [{'column': 'label', 'problem': 'out of range', 'n': 1}]
    """
    records = []
    for column in ["label", "max_pct", *log_return_columns(targets), "ret", "uniqueness"]:
        if column not in targets.columns:
            continue
        values = targets[column].to_numpy(np.float64)
        finite = values[np.isfinite(values)]
        low, high = RANGES.get(column, (-np.inf, np.inf))
        outside = ~np.isin(finite, VALUES[kind]) if column == "label" else (finite < low) | (finite > high)
        found = {"missing": np.isnan(values), "infinite": np.isinf(values), "out of range": outside}
        records += [{"column": column, "problem": name, "n": int(bad.sum())} for name, bad in found.items()]
    if {"time", "t1"} <= set(targets.columns):
        n_early = int((~(targets["t1"] > targets["time"])).sum())
        records.append({"column": "t1", "problem": "out of range", "n": n_early})
    return [record for record in records if record["n"]]
