"""Members' predictions side by side, joined on the key and on nothing else."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import KEY, key_positions

ROW = ["symbol", "time", "t1", "target_id", "set", "fold"]
AGREED = ["target_id", "t1", "set", "fold"]
VALUES = ["p_label", "logit_label", "value_max_pct", "model_hash"]
# float32 predictions of a saturated model differ by less; a probability taken for a logit by far more.
LARGEST_DIFFERENCE = 1e-3


def join_predictions(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Join members' prediction tables on (symbol, time), inner.

    Parameters
    ----------
    tables : mapping of member to DataFrame
        Each by the contract of predictions, in any row order.

    Returns
    -------
    DataFrame
        symbol, time, t1, target_id, set, fold; then for each member p_label.<member>,
        logit_label.<member>, model_hash.<member>, and value_max_pct.<member> where it has one. Sorted
        by key, fresh RangeIndex. Only keys that every member has.

    Raises
    ------
    InputError
        If there are no members or no common keys, or none of a set that every member has (thinned rows
        that are shifted have none); if a table repeats a key, lacks a column, or its
        probability is not the sigmoid of its logit, or a logit is infinite; if two members
        differ in target_id, or in t1, set or fold of a key. The message names both.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("1h"),
    ...                       "target_id": "up-4", "set": "val", "fold": -1, "p_label": 0.5,
    ...                       "logit_label": 0.0, "model_hash": "a"})
    >>> joined = join_predictions({"nbeats": table, "lstm": table.iloc[[2, 1]]})
    >>> joined["time"].dt.hour.tolist(), joined["p_label.lstm"].tolist()
    ([1, 2], [0.5, 0.5])
    """
    if not tables:
        raise bad_input("prediction tables", "one or more", 0, "give the ensemble its members")
    for member, table in tables.items():
        _check_table(member, table)
    first, *others = tables
    _refuse_other_targets(tables)
    joined = tables[first][ROW].sort_values(KEY, ignore_index=True)
    for member in others:
        position = key_positions(tables[member], joined, name=member)
        joined, position = joined[position >= 0].reset_index(drop=True), position[position >= 0]
        _refuse_disagreement(joined, tables[member].iloc[position], first, member)
    if joined.empty:
        raise bad_input(
            "keys that all members share", "one or more", 0, f"predict the same rows with {', '.join(tables)}"
        )
    _refuse_lost_set(joined, tables)
    columns: dict[str, pd.api.extensions.ExtensionArray] = {}
    for member, table in tables.items():
        rows = table.iloc[key_positions(table, joined, name=member)]
        columns |= {f"{name}.{member}": rows[name].array for name in VALUES if name in rows}
    return joined.assign(**columns)


def member_values(joined: pd.DataFrame, members: Sequence[str], name: str) -> NDArray[np.float64]:
    """Take one quantity of several members as a matrix.

    Parameters
    ----------
    joined : DataFrame, shape (n, ...)
        Of `join_predictions`.
    members : sequence of str
        Columns of the matrix.
    name : str
        "logit_label", "p_label" or "value_max_pct".

    Returns
    -------
    ndarray of float64, shape (n, len(members))
        NaN where a member does not predict it.

    Raises
    ------
    InputError
        If a member is not among those joined.

    Examples
    --------
    >>> joined = pd.DataFrame({"p_label.a": [0.1, 0.2], "logit_label.a": [-2.2, -1.4]})
    >>> member_values(joined, ["a"], "p_label").tolist()
    [[0.1], [0.2]]
    """
    unknown = [member for member in members if f"p_label.{member}" not in joined]
    if unknown:
        known = [
            column.removeprefix("p_label.") for column in map(str, joined) if column.startswith("p_label.")
        ]
        raise bad_input("member", f"one of {', '.join(known)}", ", ".join(unknown), "correct the name")
    wanted = [f"{name}.{member}" for member in members]
    return joined.reindex(columns=wanted).to_numpy(np.float64)


def _check_table(member: str, table: pd.DataFrame) -> None:
    """Refuse a table that does not keep the contract of predictions."""
    values = [str(name) for name in table if str(name).startswith("value_logret_")]
    if values and "p_label" not in table:
        raise bad_input(
            f"predictions of {member}", "of a label (0 or 1)", ", ".join(values),
            "choose a target of 0 and 1, or leave the stages after train out of the recipe",
        )  # fmt: skip
    missing = [name for name in [*ROW, "p_label", "logit_label", "model_hash"] if name not in table]
    if missing:
        raise bad_input(
            f"predictions of {member}", "complete", f"no {', '.join(missing)}", "write them by the contract"
        )
    n_repeated = int(table.duplicated(KEY).sum())
    if n_repeated:
        raise bad_input(
            f"keys (symbol, time) of {member}", "unique", f"{n_repeated} repeated", "predict each row once"
        )
    p, logit = table["p_label"].to_numpy(np.float64), table["logit_label"].to_numpy(np.float64)
    # NaN fails the comparison too.
    wrong = ~((np.abs(p - expit(logit)) <= LARGEST_DIFFERENCE) & np.isfinite(logit))
    if wrong.any():
        example = (
            f"p {p[wrong.argmax()]:.4g} for logit {logit[wrong.argmax()]:.4g} in {int(wrong.sum())} rows"
        )
        raise bad_input(
            f"p_label of {member}", "the sigmoid of a finite logit_label", example, "check its predictions"
        )


def _refuse_other_targets(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse members that predict different targets, naming both."""
    ids = {member: sorted(table["target_id"].astype(str).unique()) for member, table in tables.items()}
    first, *others = ids
    for member in (first, *others):
        if ids[member] != ids[first] or len(ids[member]) != 1:
            raise bad_input(
                f"target_id of {member}", f"{', '.join(ids[first])} alone, as {first} has",
                ", ".join(ids[member]), "join members of one target, or train them again",
            )  # fmt: skip


def _refuse_lost_set(joined: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse members that have rows of a set, all of them, and none in common: one's times are shifted."""
    everywhere = set.intersection(*({*table["set"].unique()} for table in tables.values()))
    lost = sorted(everywhere - set(joined["set"]))
    if lost:
        raise bad_input(
            f"{' and '.join(lost)} rows that all members share", "at least 1",
            f"0 of those of {', '.join(tables)}", "compare their times: one may be stamped by another clock",
        )  # fmt: skip


def _refuse_disagreement(joined: pd.DataFrame, rows: pd.DataFrame, first: str, member: str) -> None:
    """Refuse rows whose t1, set or fold differ between two members."""
    for name in AGREED:
        differs = joined[name].ne(rows[name].set_axis(joined.index)).to_numpy()
        if differs.any():
            i = int(differs.argmax())
            raise bad_input(
                f"{name} of {member} at {joined['symbol'].iloc[i]} {joined['time'].iloc[i]}",
                f"{joined[name].iloc[i]}, as {first} has", rows[name].iloc[i],
                "train both members on the same splits",
            )  # fmt: skip
