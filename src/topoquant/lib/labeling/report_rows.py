"""One row per row that a study uses: its set, its target, and why it has none."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import contiguous_ahead, decision_time, interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.rows import SETS

REASONS = ("no_t1", "gap", "filtered", "invalid")
Kind = Literal["binary", "three_class", "continuous"]
VALUES: dict[str, tuple[float, ...]] = {"binary": (0.0, 1.0), "three_class": (-1.0, 0.0, 1.0)}


def key_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns that tell rows apart: `symbol`, where there is one, and `time`."""
    return [name for name in ("symbol", "time") if name in frame.columns]


def each_symbol(frame: pd.DataFrame) -> Iterator[tuple[str | None, pd.DataFrame]]:
    """Yield the rows of each symbol, or all of them where none is named."""
    if "symbol" not in frame.columns:
        yield None, frame
        return
    for name, rows in frame.groupby("symbol", sort=True, observed=True):
        yield str(name), rows


def log_return_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names `logret_<h>`, the shortest horizon first."""
    names = [str(name) for name in frame.columns if str(name).startswith("logret_")]
    return sorted(names, key=lambda name: int(name.removeprefix("logret_")))


def target_kind(targets: pd.DataFrame, *, side: str, kind: str) -> Kind:
    """Tell a 0/1 label from one of -1, 0, 1 and from log-returns without a label.

    Parameters
    ----------
    targets : DataFrame
        Rows of all sets.
    side, kind : str
        Of the fitted target. A triple barrier without a side has three classes even where no
        row has the label -1.

    Returns
    -------
    {"binary", "three_class", "continuous"}

    Raises
    ------
    InputError
        If there is neither a label nor a log-return.

    Examples
    --------
    >>> target_kind(pd.DataFrame({"label": [0.0, -1.0]}), side="both", kind="own")
    'three_class'
    """
    if "label" in targets.columns:
        three = (targets["label"] == -1).any() or (kind == "triple_barrier" and side == "both")
        return "three_class" if three else "binary"
    if not log_return_columns(targets):
        raise bad_input(
            "columns of the targets", "label or logret_<horizon>", sorted(map(str, targets.columns)),
            "let the target's function return one of them",
        )  # fmt: skip
    return "continuous"


def report_rows(
    targets: pd.DataFrame, splits: pd.DataFrame, bars: pd.DataFrame, *, interval: str, kind: Kind
) -> pd.DataFrame:
    """Put the used rows of the splits beside their targets.

    Parameters
    ----------
    targets : DataFrame
        Targets of all sets, any order.
    splits : DataFrame
        [`symbol`,] `time`, `t1`, `set`, `kept`, one row per bar.
    bars : DataFrame
        Only their stamps are read, to tell a gap from a filter.
    interval : str
        Length of a bar.
    kind : {"binary", "three_class", "continuous"}
        Of the target.

    Returns
    -------
    DataFrame, one row per kept row of train, val and test, in the order of `splits`
        Key, `t1` (of the splits), `set`, the targets' columns, and
        `outcome` (the label; for log-returns 1 where the longest is above 0, else 0; NaN without
        a valid target), `reason` ("" where there is an outcome, else one of `REASONS`) and
        `month` (of `time`, UTC, as "2024-01").

    Raises
    ------
    InputError
        If a target belongs to no used row, or a set has no target.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")})
    >>> time = decision_time(bars, "1h")
    >>> splits = pd.DataFrame({"time": time, "t1": time + pd.Timedelta("1h"), "kept": True,
    ...     "set": ["train", "val", "test", "test"]})
    >>> targets = splits[["time", "t1"]][:3].assign(label=[1.0, 0.0, 1.0])
    >>> report_rows(targets, splits, bars, interval="1h", kind="binary")[["set", "outcome", "reason"]]
         set  outcome reason
    0  train      1.0
    1    val      0.0
    2   test      1.0
    3   test      NaN  no_t1
    """
    key = key_columns(splits)
    used = splits.loc[splits["kept"] & splits["set"].isin(SETS), [*key, "t1", "set"]]
    values = targets.drop(columns=["t1", "target_id"], errors="ignore")
    rows = used.merge(values, on=key, how="left", validate="one_to_one", indicator="source")
    has_target = (rows.pop("source") == "both").to_numpy()
    if has_target.sum() < len(targets):
        raise bad_input(
            "rows of the targets", "kept rows of train, val or test",
            f"{len(targets) - int(has_target.sum())} of {len(targets)} that are not",
            "make splits and targets in one run",
        )  # fmt: skip
    rows["outcome"] = _outcome(rows, kind)
    absent = sorted(set(SETS) - set(rows.loc[rows["outcome"].notna(), "set"].unique()))
    if absent:
        raise bad_input("sets with targets", SETS, f"none in {absent}", "load more bars")
    rows["reason"] = _reasons(rows, has_target, splits, bars, interval)
    rows["month"] = rows["time"].dt.tz_localize(None).to_numpy().astype("datetime64[M]").astype(str)
    return rows


def _outcome(rows: pd.DataFrame, kind: Kind) -> NDArray[np.float64]:
    """Return the class of each row, NaN where it is none of those there are."""
    if kind == "continuous":
        longest = rows[log_return_columns(rows)[-1]].to_numpy(np.float64)
        return np.where(np.isfinite(longest), (longest > 0).astype(np.float64), np.nan)
    label = rows["label"].to_numpy(np.float64)
    return np.where(np.isin(label, VALUES[kind]), label, np.nan)


def _reasons(
    rows: pd.DataFrame, has_target: NDArray[np.bool_], splits: pd.DataFrame, bars: pd.DataFrame, interval: str
) -> NDArray[np.object_]:
    """Say why a row has no outcome: the data end, a gap, a filter, or a value that is none."""
    reason = np.full(len(rows), "", dtype=object)
    reason[has_target & rows["outcome"].isna().to_numpy()] = "invalid"
    missing = rows.loc[~has_target, ["time", "t1"]].assign(symbol=rows.get("symbol", ""))
    named = splits.assign(symbol=splits.get("symbol", ""))
    last = missing["symbol"].map(named.groupby("symbol", observed=True)["time"].max())
    fits = _whole_horizon(missing, bars, interval)
    reason[~has_target] = np.select([missing["t1"] > last, ~fits], ["no_t1", "gap"], "filtered")
    return reason


def _whole_horizon(rows: pd.DataFrame, bars: pd.DataFrame, interval: str) -> NDArray[np.bool_]:
    """Tell of which rows every bar up to t1 is there."""
    fits = np.zeros(len(rows), dtype=bool)
    needed = ((rows["t1"] - rows["time"]) // interval_timedelta(interval)).to_numpy()
    for name, of_symbol in each_symbol(bars):
        ahead = pd.Series(contiguous_ahead(of_symbol, interval), index=decision_time(of_symbol, interval))
        here = np.ones(len(rows), dtype=bool) if name is None else (rows["symbol"] == name).to_numpy()
        follow = ahead.reindex(rows.loc[here, "time"]).to_numpy(np.float64)
        fits[here] = follow >= needed[here]
    return fits
