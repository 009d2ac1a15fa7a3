"""How far price moves within the horizon, whichever way: a second target beside a label."""

import numpy as np
import pandas as pd

from topoquant.lib.bars import interval_timedelta, map_symbols, row_keys
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.triggers import excursion
from topoquant.lib.labeling.uniqueness import average_uniqueness
from topoquant.lib.sampling import key_positions


def with_move_sizes(
    targets: pd.DataFrame, bars: pd.DataFrame, *, interval: str, horizon: int
) -> pd.DataFrame:
    """Add `max_pct`, the largest move from the fill within the horizon, to rows that are labelled already.

    Parameters
    ----------
    targets : DataFrame
        Of `label_rows`, without `max_pct`.
    bars : DataFrame
        Of the symbols of the targets, sorted by (symbol, open_time).
    interval : str
        Length of a bar.
    horizon : int
        Bars looked at, the entry bar included: the label's.

    Returns
    -------
    DataFrame
        The same rows with `max_pct` after `label`, a fraction of the next open in [0, 1], and `t1` moved to
        the end of the horizon: a barrier that is touched early ends a label, not the largest move.
        `uniqueness`, where there is one, is that of the longer spans, per symbol and among these rows.

    Raises
    ------
    InputError
        If the targets have `max_pct`, or a row's horizon does not fit in the bars.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "SYN",
    ...     "open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"),
    ...     "open": [99.0, 100.0, 101.0], "high": [99.0, 101.0, 103.0],
    ...     "low": [99.0, 98.0, 101.0], "close": [99.0, 101.0, 102.0]})
    >>> time = bars["open_time"].iloc[:1] + pd.Timedelta("1h")
    >>> targets = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time, "label": 0.0})
    >>> with_move_sizes(targets, bars, interval="1h", horizon=2)["max_pct"].tolist()
    [0.03]
    """
    if "max_pct" in targets:
        raise bad_input("targets", "without max_pct", "one", "use it: this label measures its move itself")
    moves = map_symbols(
        lambda one: row_keys(one, interval).assign(
            max_pct=np.clip(excursion(one, interval=interval, horizon=horizon, side="both"), 0.0, 1.0)
        ),
        bars,
    )
    position = key_positions(moves, targets, name="bars")
    sizes = np.where(position >= 0, moves["max_pct"].to_numpy()[position], np.nan)
    n_missing = int(np.isnan(sizes).sum())
    if n_missing:
        raise bad_input(
            "targets", "rows whose horizon fits in the bars", f"{n_missing} that do not",
            "pass the bars that were labelled and the label's horizon",
        )  # fmt: skip
    sized = targets.assign(t1=targets["time"] + horizon * interval_timedelta(interval))
    names = list(sized.columns)
    sized.insert(names.index("label" if "label" in names else "t1") + 1, "max_pct", sizes)
    if "uniqueness" in sized:
        for _, rows in sized.groupby("symbol"):
            unique = average_uniqueness(rows["time"], rows["t1"], interval=interval)
            sized.loc[rows.index, "uniqueness"] = unique
    return sized
