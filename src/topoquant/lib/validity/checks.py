"""Exact checks of splits and prediction tables. A finding here is a leak, not an opinion."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.overlap import overlapping_pairs
from topoquant.lib.sampling.purged import fold_rows
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.wording import listed, short

Status = Literal["ok", "warning", "leak"]


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes
    ----------
    name : str
        Of the check.
    status : {"ok", "warning", "leak"}
        Only exact checks say "leak".
    finding : str
        One sentence with its numbers.
    numbers : dict
        The same numbers, for machines.
    section : str
        Section of the report that shows more.
    """

    name: str
    status: Status
    finding: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    section: str = "checks"

    def __post_init__(self) -> None:
        """Refuse a status that nobody would understand."""
        if self.status not in ("ok", "warning", "leak"):
            raise bad_input("status", "ok, warning or leak", self.status, "name one of them")

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as they are stored: None for a number that is not finite."""
        return {**asdict(self), "numbers": {name: _storable(value) for name, value in self.numbers.items()}}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(**record)


def check_interval_overlap(splits: pd.DataFrame, *, embargo: pd.Timedelta) -> Check:
    """Look for a label interval shared by rows that fit and rows that judge.

    Compares, across all symbols and touching ends included: train with val and test, val with
    test, and for each fold its derived train rows with its held-out rows.

    Parameters
    ----------
    splits : DataFrame
        `symbol`, `time`, `t1`, `set`, `fold`.
    embargo : Timedelta
        As the folds are derived with.

    Returns
    -------
    Check
        "leak" as soon as one row overlaps.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=3, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("1h"),
    ...                        "set": ["train", "val", "test"], "fold": [0, -1, -1]})
    >>> check_interval_overlap(splits, embargo=pd.Timedelta(0)).finding
    '2 rows overlap: train with val 1, val with test 1'
    """
    parts = {name: splits.loc[splits["set"] == name] for name in ("train", "val", "test")}
    n_overlapping = {
        f"{first} with {second}": _n_overlapping(parts[first], parts[second])
        for first, second in (("train", "val"), ("train", "test"), ("val", "test"))
    }
    train = parts["train"].reset_index(drop=True)
    if len(train["fold"].unique()) > 1:
        for fitted, held_out in fold_rows(train, embargo=embargo):
            name = f"fold {train['fold'].iloc[held_out[0]]}"
            n_overlapping[name] = _n_overlapping(train.iloc[fitted], train.iloc[held_out])
    found = {name: n for name, n in n_overlapping.items() if n}
    if not found:
        text = f"no [time, t1] is shared: {len(n_overlapping)} pairs of sets over {len(splits)} rows"
        return Check("interval_overlap", "ok", text, n_overlapping, "splits")
    text = f"{sum(found.values())} rows overlap: " + listed([f"{name} {n}" for name, n in found.items()])
    return Check("interval_overlap", "leak", text, n_overlapping, "splits")


def check_join_keys(tables: Mapping[str, pd.DataFrame], splits: pd.DataFrame) -> Check:
    """Check that prediction tables speak of the same rows of the same target.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Predictions by member: `symbol`, `time`, `t1`, `target_id`, `set`, `fold`.
    splits : DataFrame
        `symbol`, `time`, `t1`, `set`, `fold`, of every row.

    Returns
    -------
    Check
        "leak" for a repeated key, a second target id, or a set, fold or t1 that is not the split's.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=1, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time, "set": "val", "fold": -1})
    >>> tables = {"nbeats": splits.assign(target_id="up4", set="test")}
    >>> check_join_keys(tables, splits).finding
    'nbeats: set differs from splits in 1 rows'
    """
    findings = [f"{name}: {text}" for name, table in tables.items() for text in _key_findings(table, splits)]
    ids = {name: sorted(map(str, table["target_id"].unique())) for name, table in tables.items()}
    distinct = sorted({one for found in ids.values() for one in found})
    if len(distinct) > 1:
        findings.append(f"{len(distinct)} target ids: {listed(distinct)}")
    numbers = {
        "n_tables": len(tables),
        "n_rows": sum(map(len, tables.values())),
        "n_target_ids": len(distinct),
    }
    if findings:
        return Check("join_keys", "leak", "; ".join(findings), numbers, "members")
    n_rows = numbers["n_rows"]
    text = f"{len(tables)} tables, {n_rows} rows: keys unique, one target, sets and folds as in splits"
    return Check("join_keys", "ok", text, numbers, "members")


def check_out_of_fold(predictions: pd.DataFrame, splits: pd.DataFrame) -> Check:
    """Check that every train row carries the fold that splits holds it out in.

    Parameters
    ----------
    predictions : DataFrame
        One member's: `symbol`, `time`, `set`, `fold`.
    splits : DataFrame
        `symbol`, `time`, `set`, `fold`.

    Returns
    -------
    Check
        "leak" for a train row of another fold, of no fold, or that is not train in splits.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=2, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": time, "set": "train", "fold": [0, 1]})
    >>> check_out_of_fold(splits.assign(fold=[0, 0]), splits).finding
    '1 of 2 train rows are not predicted by the fold that holds them out'
    """
    train = predictions.loc[predictions["set"] == "train", [*KEY, "fold"]]
    known = splits.loc[splits["set"] == "train", [*KEY, "fold"]]
    joined = train.merge(known, on=KEY, how="left", suffixes=("", "_split"))
    wrong = (joined["fold"] != joined["fold_split"]) | (joined["fold"] < 0)
    n_wrong = int(wrong.sum())
    numbers = {"n_train": len(train), "n_wrong": n_wrong, "n_folds": int(train["fold"].nunique())}
    if n_wrong:
        text = f"{n_wrong} of {len(train)} train rows are not predicted by the fold that holds them out"
        return Check("out_of_fold", "leak", text, numbers, "members")
    text = f"{len(train)} train rows are out of fold, in {numbers['n_folds']} folds"
    return Check("out_of_fold", "ok", text, numbers, "members")


def check_base_rates(label_summary: Mapping[str, Any], *, max_ratio: float) -> Check:
    """Warn when the label is more or less frequent in val or test than in train.

    Parameters
    ----------
    label_summary : mapping
        With `rate` and `n` by set.
    max_ratio : float
        Largest ratio of two rates, either way, that passes in silence; above 1.

    Returns
    -------
    Check
        "ok" or "warning".

    Raises
    ------
    InputError
        If `max_ratio` is not above 1.

    Examples
    --------
    >>> summary = {"rate": {"train": 0.10, "val": 0.04, "test": 0.11}, "n": {}}
    >>> check_base_rates(summary, max_ratio=1.5).finding
    'base rate train .100 -> val .040'
    """
    if not max_ratio > 1:
        raise bad_input("max_ratio", "above 1", max_ratio, "allow the rates to differ somewhat")
    rates = {
        name: float("nan") if rate is None else float(rate) for name, rate in label_summary["rate"].items()
    }
    train = rates["train"]
    moved = [name for name in ("val", "test") if name in rates and _ratio(train, rates[name]) > max_ratio]
    written = {name: short(rate, 3) for name, rate in rates.items()}
    if moved:
        text = f"base rate train {written['train']} -> " + ", ".join(
            f"{name} {written[name]}" for name in moved
        )
        return Check("base_rates", "warning", text, rates, "label")
    text = "base rate " + " ".join(f"{name} {rate}" for name, rate in written.items())
    return Check("base_rates", "ok", text, rates, "label")


def _storable(value: Any) -> Any:  # noqa: ANN401  (a JSON document is anything)
    """Replace what JSON cannot hold."""
    if isinstance(value, Mapping):
        return {name: _storable(one) for name, one in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _n_overlapping(first: pd.DataFrame, second: pd.DataFrame) -> int:
    """Rows of `first` that meet some row of `second`."""
    if first.empty or second.empty:
        return 0
    return overlapping_pairs(first["time"], first["t1"], second["time"], second["t1"])


def _key_findings(table: pd.DataFrame, splits: pd.DataFrame) -> list[str]:
    """List what is wrong with one table's keys."""
    findings = []
    n_repeated = int(table.duplicated(KEY).sum())
    if n_repeated:
        findings.append(f"{n_repeated} repeated keys")
    columns = ["set", "fold", "t1"]
    joined = table[KEY + columns].merge(splits[KEY + columns], on=KEY, how="left", suffixes=("", "_split"))
    unknown = joined["set_split"].isna()
    if unknown.any():
        findings.append(f"{int(unknown.sum())} keys that splits does not have")
    for column in columns:
        n_differ = int((joined.loc[~unknown, column] != joined.loc[~unknown, f"{column}_split"]).sum())
        if n_differ:
            findings.append(f"{column} differs from splits in {n_differ} rows")
    return findings


def _ratio(first: float, second: float) -> float:
    """Larger over smaller; infinite when one is 0, 1 when one is unknown."""
    if np.isnan(first) or np.isnan(second) or first == second:
        return 1.0
    low, high = sorted((first, second))
    return high / low if low > 0 else float("inf")
