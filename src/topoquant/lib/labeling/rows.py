"""The targets of a study's rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from topoquant.lib.bars import map_symbols
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.kinds import label_bars
from topoquant.lib.labeling.options import TargetOptions
from topoquant.lib.labeling.uniqueness import average_uniqueness

# Of every table of targets; what is predicted stands between them.
FIRST = ("symbol", "time", "t1", "target_id")
LAST = ("ret", "uniqueness")
SETS = ("train", "val", "test")


def label_rows(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    target: Mapping[str, Any],
    options: TargetOptions,
    *,
    interval: str,
    sets: Sequence[str],
) -> pd.DataFrame:
    """Label the kept rows of some sets, all symbols.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time), or of one that is not named.
    splits : DataFrame
        Of the sampling concept: `symbol` (where `bars` has it), `time`, `set`, `kept`.
    target : mapping
        Of `fit_target`, fitted on train rows.
    options : of any kind of target
    interval : str
        Length of a bar.
    sets : sequence of str
        Out of "train", "val", "test". Rows of other sets do not touch the result.

    Returns
    -------
    DataFrame, ordered by (symbol, time)
        `symbol` (where `bars` has it), `time`, `t1`, `target_id`, the columns of `label_bars`
        and `uniqueness`: per symbol, among these very rows, over the bars from entry to t1
        inclusive. Train rows thinned away are never fitted on, so they make nothing less
        unique. Rows without a target are absent.

    Raises
    ------
    InputError
        If a set is unknown or none of its rows has a complete horizon.

    Examples
    --------
    >>> from topoquant.lib.bars import decision_time
    >>> from topoquant.lib.labeling import TriggerOptions
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT",
    ...     "open_time": pd.date_range("2024-01-01", periods=4, freq="h", tz="UTC"),
    ...     "open": 100.0, "high": [100.0, 101.0, 100.0, 102.0], "low": 100.0, "close": 100.0})
    >>> splits = pd.DataFrame({"symbol": "BTCUSDT", "time": decision_time(bars, "1h"),
    ...     "set": "train", "kept": True})
    >>> options = TriggerOptions(horizon=2, side="up", threshold=0.02, rate=None)
    >>> target = {"threshold": 0.02, "target_id": "up"}
    >>> label_rows(bars, splits, target, options, interval="1h", sets=["train"])[["label", "uniqueness"]]
       label  uniqueness
    0    0.0        0.75
    1    1.0        0.75
    """
    unknown = set(sets) - set(SETS)
    if unknown:
        raise bad_input("sets", f"out of {SETS}", sorted(unknown), "label train, val or test rows")
    wanted = splits[splits["kept"] & splits["set"].isin(sets)]

    def label(of_symbol: pd.DataFrame) -> pd.DataFrame:
        rows = wanted
        if "symbol" in of_symbol.columns:
            rows = wanted[wanted["symbol"] == of_symbol["symbol"].iloc[0]]
        return _label_symbol(of_symbol, rows["time"], target, options, interval)

    targets = map_symbols(label, bars)
    if targets.empty:
        raise bad_input(
            f"{' and '.join(sets)} rows with a complete horizon", "at least 1", f"0 of {len(wanted)}",
            "load more bars or shorten the horizon",
        )  # fmt: skip
    return targets


def _label_symbol(
    bars: pd.DataFrame,
    wanted: pd.Series,
    target: Mapping[str, Any],
    options: TargetOptions,
    interval: str,
) -> pd.DataFrame:
    """Label the rows of one symbol at the wanted times and weigh them by their overlap with each other."""
    labelled = label_bars(bars.reset_index(drop=True), target, options, interval=interval)
    rows = labelled[labelled["time"].isin(wanted)].reset_index(drop=True)
    uniqueness = average_uniqueness(rows["time"], rows["t1"], interval=interval)
    rows = rows.assign(target_id=target["target_id"], uniqueness=uniqueness)
    between = [name for name in rows.columns if name not in (*FIRST, *LAST)]
    return rows[[*(name for name in FIRST if name in rows.columns), *between, *LAST]]
