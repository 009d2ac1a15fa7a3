"""Foreign tables on the rows of a study: joined on the key, counted, turned into predictions."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from topoquant.lib.errors import bad_input
from topoquant.lib.judge.calibrating import logits_of
from topoquant.lib.judge.options import TableOptions
from topoquant.lib.judge.reading import KEY
from topoquant.lib.sampling import purged_halves

# Position quantiles and the calibrator come from val: fewer rows say nothing about an outer 30 %.
MINIMUM_VAL = 60
COLUMNS = [*KEY, "t1", "target_id", "set", "fold", "p_label", "logit_label", "model_hash"]
Record = dict[str, Any]


def match_table(
    rows: pd.DataFrame,
    record: Mapping[str, Any],
    splits: pd.DataFrame,
    targets: pd.DataFrame,
    options: TableOptions,
    *,
    shared: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, Record]:
    """Make predictions, by the contract of our own, out of a table that was brought in.

    Parameters
    ----------
    rows, record : DataFrame, mapping
        Of `bring_table`.
    splits : DataFrame
        Of the study: every bar's row with its `set`, `fold`, `t1` and `kept`.
    targets : DataFrame
        Of train and val rows; a score is calibrated on the first half of val.
    options : TableOptions
        `n_blocks`.
    shared : DataFrame, optional
        `symbol`, `time`, `t1`, `set` of the val rows that all tables of a run have: their halves are those
        that table and operating point are chosen on. Those of this table when absent.

    Returns
    -------
    predictions : DataFrame, ordered by (symbol, time)
        `symbol`, `time`, `t1`, `target_id`, `set`, `fold`, `p_label`, `logit_label`, `model_hash`. Val and
        test rows; train rows only of a table whose `fold` is that of the splits in each of them, for of no
        other row is it known that the model had not seen it.
    record : dict
        The one given, with n_val, n_test, all_val, all_test, n_train (kept), n_train_unread, n_between and
        `calibrator`.

    Raises
    ------
    InputError
        For another target id, or when val or test rows are too few.
    """
    name = str(record["name"])
    target_id = str(targets["target_id"].iloc[0])
    _refuse_other_target(rows, target_id, name)
    joined = rows.drop(columns=["target_id", "t1", "label"], errors="ignore").merge(
        splits, on=KEY, how="inner", suffixes=("_own", "")
    )
    is_train = (joined["set"] == "train") & joined["kept"]
    keep_train = bool(is_train.any()) and _same_folds(joined.loc[is_train])
    used = joined.loc[joined["set"].isin(["val", "test"]) | (is_train & keep_train)].reset_index(drop=True)
    counts = _counts(joined, used, splits)
    _refuse_few(counts, splits, rows, name)
    logit, calibrator = logits_of(
        used["value"].to_numpy(np.float64), str(record["scale"]),
        _first_half(used, targets, used if shared is None else shared),
        n_blocks=options.n_blocks, name=name,
    )  # fmt: skip
    made = used.assign(
        target_id=target_id, logit_label=logit, p_label=expit(logit), model_hash=_fingerprint(rows)
    )
    return made[COLUMNS], {**record, **counts, "calibrator": calibrator}


def stack_tables(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put tables below one another, each row naming its own in `table`.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By name.

    Returns
    -------
    DataFrame
        `table`, then the columns of the tables.

    Examples
    --------
    >>> stack_tables({"a": pd.DataFrame({"x": [1]}), "b": pd.DataFrame({"x": [2]})})["table"].tolist()
    ['a', 'b']
    """
    parts = [table.assign(table=name) for name, table in tables.items()]
    stacked = pd.concat(parts, ignore_index=True)
    return stacked[["table", *(name for name in stacked if name != "table")]]


def unstack_tables(stacked: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Take apart what `stack_tables` put together.

    Parameters
    ----------
    stacked : DataFrame
        With `table`.

    Returns
    -------
    dict of str to DataFrame
        In the order of the names' first rows; columns that a table never had are gone.

    Examples
    --------
    >>> list(unstack_tables(pd.DataFrame({"table": ["b", "a"], "x": [1, 2]})))
    ['b', 'a']
    """
    parts = stacked.groupby("table", sort=False)
    return {
        str(name): rows.drop(columns="table").dropna(axis=1, how="all").reset_index(drop=True)
        for name, rows in parts
    }


def _refuse_other_target(rows: pd.DataFrame, target_id: str, name: str) -> None:
    """Refuse predictions that say themselves they are of something else."""
    if "target_id" not in rows:
        return
    other = sorted({str(one) for one in rows["target_id"].unique()} - {target_id})
    if other:
        raise bad_input(
            f"target_id of {name}", f"{target_id}, as the options ask", ", ".join(other[:3]),
            "give the label the options the predictions were made for",
        )  # fmt: skip


def _same_folds(train: pd.DataFrame) -> bool:
    """Whether the table holds out its train rows in the very folds of the splits."""
    return "fold_own" in train and bool((train["fold_own"] == train["fold"]).all())


def _counts(joined: pd.DataFrame, used: pd.DataFrame, splits: pd.DataFrame) -> dict[str, int]:
    """Count what was matched, what could be, and what was left out."""
    every, here = splits["set"].value_counts(), joined["set"].value_counts()
    n_train = int((used["set"] == "train").sum())
    return {
        "n_val": int(here.get("val", 0)), "all_val": int(every.get("val", 0)),
        "n_test": int(here.get("test", 0)), "all_test": int(every.get("test", 0)),
        "n_train": n_train, "n_train_unread": int(here.get("train", 0)) - n_train,
        "n_between": int(here.get("purged", 0) + here.get("embargoed", 0)),
    }  # fmt: skip


def _refuse_few(counts: Mapping[str, int], splits: pd.DataFrame, rows: pd.DataFrame, name: str) -> None:
    """Refuse a table that nothing can be chosen on, or nothing tested."""
    own = f"its rows run from {rows['time'].min()} to {rows['time'].max()}"
    for which, needed in (("val", MINIMUM_VAL), ("test", 1)):
        if counts[f"n_{which}"] >= needed:
            continue
        times = splits.loc[splits["set"] == which, "time"]
        remedy = f"predict them too ({which} runs from {times.min()} to {times.max()})"
        if which == "val":
            remedy += ", or add table.split=table: the first part of the table is then val, the rest test"
        raise bad_input(
            f"{which} rows of {name}",
            f"at least {needed}, for positions, naive and threshold are chosen there"
            if which == "val"
            else "at least 1",
            f"{counts[f'n_{which}']} of {counts[f'all_{which}']}; {own}",
            remedy,
        )


def _first_half(used: pd.DataFrame, targets: pd.DataFrame, shared: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first half of val, with their targets."""
    first, _ = purged_halves(shared)
    rows = used.merge(shared.loc[first, KEY], on=KEY)
    return rows.merge(targets[[*KEY, "label", "uniqueness"]], on=KEY)


def _fingerprint(rows: pd.DataFrame) -> str:
    """Name the content of a table."""
    hashed = pd.util.hash_pandas_object(rows[[*KEY, "value"]], index=False).to_numpy()
    return hashlib.sha256(hashed.tobytes()).hexdigest()
