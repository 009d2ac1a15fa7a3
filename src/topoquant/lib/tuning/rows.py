"""Which rows a search looked at, and refusing what it found where later rows are to be tested."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.overlap import instants


def describe_rows(splits: pd.DataFrame) -> dict[str, str]:
    """Say which rows a search may look at.

    Parameters
    ----------
    splits : DataFrame
        Of `assign_rows`.

    Returns
    -------
    dict
        `until` (the last instant at which a target of theirs is known, ISO 8601) and `digest` (of their
        symbols and times, thinned out or not).

    Examples
    --------
    >>> times = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": times, "t1": times + pd.Timedelta("1h"),
    ...                        "set": ["train", "val", "test"]})
    >>> describe_rows(splits)["until"]
    '2024-01-01T01:00:00+00:00'
    """
    rows = splits.loc[splits["set"] == "train"].sort_values(["symbol", "time"])
    digest = hashlib.sha256(",".join(map(str, rows["symbol"])).encode())
    digest.update(np.ascontiguousarray(instants(rows["time"])).tobytes())
    return {"until": rows["t1"].max().isoformat(), "digest": digest.hexdigest()[:16]}


def check_tuned_rows(tuned: Mapping[str, Any], splits: pd.DataFrame) -> None:
    """Refuse options that were chosen on rows which this study holds out.

    Parameters
    ----------
    tuned : mapping
        What a search stored: `member` and `rows` of `describe_rows`.
    splits : DataFrame
        Of `assign_rows`, of the study that is to use them.

    Raises
    ------
    InputError
        Unless the search looked at the train rows of this study, or at rows that were all known before its
        first val or test row.

    Examples
    --------
    >>> times = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": times, "t1": times + pd.Timedelta("1h"),
    ...                        "set": ["train", "val", "test"]})
    >>> tuned = {"member": "tcn", "rows": {"until": "2024-01-01T02:00:00+00:00", "digest": "another"}}
    >>> check_tuned_rows(tuned, splits)
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: tuned options of tcn must be searched on train rows of this study, or
    before 2024-01-01 01:00:00+00:00, got ones searched until 2024-01-01T02:00:00+00:00: tune again with the
    same start and end
    """
    asked, own = tuned["rows"], describe_rows(splits)
    first = splits.loc[splits["set"].isin(["val", "test"]), "time"].min()
    if asked["digest"] != own["digest"] and pd.Timestamp(asked["until"]) > first:
        raise bad_input(
            f"tuned options of {tuned['member']}", f"searched on train rows of this study, or before {first}",
            f"ones searched until {asked['until']}", "tune again with the same start and end",
        )  # fmt: skip
