"""The targets of a study's rows, and what is to be said about them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import decision_time, interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.options import TriggerOptions
from topoquant.lib.labeling.triggers import label_trigger, target_id
from topoquant.lib.labeling.uniqueness import average_uniqueness

KEY = ["symbol", "time"]
COLUMNS = ["symbol", "time", "t1", "target_id", "label", "max_pct", "ret", "uniqueness"]
SETS = ("train", "val", "test")


def label_rows(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    threshold: float,
    options: TriggerOptions,
    *,
    interval: str,
    sets: Sequence[str],
) -> pd.DataFrame:
    """Label the kept rows of some sets, all symbols.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    splits : DataFrame
        Of the sampling concept: `symbol`, `time`, `set`, `kept`.
    threshold : float
        Fraction of the entry price, given or fitted on train rows.
    options : TriggerOptions
    interval : str
        Length of a bar.
    sets : sequence of str
        Out of "train", "val", "test". Rows of other sets do not touch the result.

    Returns
    -------
    DataFrame, ordered by (symbol, time)
        `symbol`, `time`, `t1`, `target_id`, `label`, `max_pct`, `ret` (as in `label_trigger`)
        and `uniqueness`: per symbol, among these very rows, over the bars from entry to t1
        inclusive. Train rows thinned away are never fitted on, so they make nothing less
        unique. Rows without a target are absent.

    Raises
    ------
    InputError
        If a set is unknown or none of its rows has a complete horizon.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT",
    ...     "open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "open": 100.0, "high": [100.0, 101.0, 100.0, 102.0], "low": 100.0, "close": 100.0})
    >>> splits = pd.DataFrame({"symbol": "BTCUSDT", "time": decision_time(bars, "1h"),
    ...     "set": "train", "kept": True})
    >>> options = TriggerOptions(horizon=2, side="up", threshold=0.02, rate=None)
    >>> label_rows(bars, splits, 0.02, options, interval="1h", sets=["train"])[["label", "uniqueness"]]
       label  uniqueness
    0    0.0        0.75
    1    1.0        0.75
    """
    unknown = set(sets) - set(SETS)
    if unknown:
        raise bad_input("sets", f"out of {SETS}", sorted(unknown), "label train, val or test rows")
    wanted = splits.loc[splits["kept"] & splits["set"].isin(sets), KEY]
    of_symbols = [
        _label_symbol(of_symbol, wanted.loc[wanted["symbol"] == symbol, "time"], threshold, options, interval)
        for symbol, of_symbol in bars.groupby("symbol", sort=True)
    ]
    targets = pd.concat(of_symbols, ignore_index=True)
    if targets.empty:
        raise bad_input(
            f"{' and '.join(sets)} rows with a complete horizon", "at least 1", f"0 of {len(wanted)}",
            "load more bars or shorten the horizon",
        )  # fmt: skip
    return targets


def summarise_labels(
    development: pd.DataFrame, test: pd.DataFrame, splits: pd.DataFrame, label_threshold: dict[str, Any]
) -> dict[str, Any]:
    """Say how many rows each set has, how often they are 1 and how many independent ones they are worth.

    Parameters
    ----------
    development, test : DataFrame
        Of `label_rows`, for train and val and for test.
    splits : DataFrame
        With `symbol`, `time`, `t1`, `set` and `kept`, one row per bar.
    label_threshold : dict
        Of `fit_trigger_threshold`.

    Returns
    -------
    dict
        `text`; by set `rate` (of label 1), `n`, `mean_uniqueness` and `effective_n` (summed
        uniqueness); `dropped`, the used rows without a target: "no_t1" (t1 passes the
        symbol's last bar) and "gap".

    Raises
    ------
    InputError
        If a set has no target.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "BTCUSDT", "time": time, "t1": time + pd.Timedelta("1h"),
    ...     "set": ["train", "val", "test", "test"], "kept": True})
    >>> targets = splits[["symbol", "time"]].assign(label=[1.0, 0.0, 1.0, 1.0], uniqueness=1.0)
    >>> summary = summarise_labels(targets[:2], targets[2:3], splits, {"text": "up-move"})
    >>> summary["rate"], summary["dropped"]
    ({'train': 1.0, 'val': 0.0, 'test': 1.0}, {'no_t1': 1, 'gap': 0})
    """
    used = splits[splits["kept"] & splits["set"].isin(SETS)]
    columns = [*KEY, "label", "uniqueness"]
    targets = pd.concat([development[columns], test[columns]], ignore_index=True)
    rows = used[[*KEY, "t1", "set"]].merge(targets, on=KEY, how="left", validate="one_to_one")
    labelled = rows[rows["label"].notna()]
    by_set = labelled.groupby("set")
    absent = [name for name in SETS if name not in by_set.groups]
    if absent:
        raise bad_input("sets with targets", SETS, f"none in {absent}", "load more bars")
    last = splits.groupby("symbol")["time"].max()
    unlabelled = rows[rows["label"].isna()]
    past_data = unlabelled["t1"] > unlabelled["symbol"].map(last)
    return {
        "text": label_threshold["text"],
        "rate": _by_set(by_set["label"].mean()),
        "n": {name: int(by_set.size()[name]) for name in SETS},
        "mean_uniqueness": _by_set(by_set["uniqueness"].mean()),
        "effective_n": _by_set(by_set["uniqueness"].sum()),
        "dropped": {"no_t1": int(past_data.sum()), "gap": int((~past_data).sum())},
    }


def _by_set(values: pd.Series) -> dict[str, float]:
    """Return one plain number per set, in the order of time."""
    return {name: float(values[name]) for name in SETS}


def _label_symbol(
    bars: pd.DataFrame, wanted: pd.Series, threshold: float, options: TriggerOptions, interval: str
) -> pd.DataFrame:
    """Label the rows of one symbol at the wanted times and weigh them by their overlap with each other."""
    labelled = label_trigger(
        bars, interval=interval, threshold=threshold, horizon=options.horizon, side=options.side
    )
    rows = labelled[labelled["time"].isin(wanted)].reset_index(drop=True)
    entry = _bars_since(rows["time"], decision_time(bars, interval).min(), interval)
    uniqueness = average_uniqueness(entry, entry + options.horizon - 1)
    return rows.assign(target_id=target_id(options, threshold), uniqueness=uniqueness)[COLUMNS]


def _bars_since(times: pd.Series, origin: pd.Timestamp, interval: str) -> NDArray[np.int64]:
    """Return how many intervals lie between an instant and each time."""
    return np.asarray((times - origin) // interval_timedelta(interval), dtype=np.int64)
