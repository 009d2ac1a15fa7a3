"""What the auditor looks at: what the primary model says, and whatever else is known at `time`."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from topoquant.lib.sampling import KEY, key_positions

# What the primary model itself says of a row.
PRIMARY = ("logit_label", "spread")


def audit_inputs(rows: pd.DataFrame, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put side by side what is known of some rows.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        With `symbol`, `time`, `fold` and `logit_label`, by option `spread`.
    tables : sequence of DataFrame
        As in `audit_signals`.

    Returns
    -------
    DataFrame, shape (n, n_inputs)
        float64, in the order of `rows`; NaN where a table has no row. A name that is there already gets its
        table's number in front.

    Raises
    ------
    InputError
        If a table repeats a key.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "fold": -1, "logit_label": [0.0, 1.0]})
    >>> regimes = rows.iloc[1:].drop(columns="logit_label").assign(p_panic=0.2, regime="trend")
    >>> audit_inputs(rows, [regimes]).to_dict("list")
    {'logit_label': [0.0, 1.0], 'p_panic': [nan, 0.2]}
    """
    columns = {name: rows[name].to_numpy(np.float64) for name in PRIMARY if name in rows}
    for number, table in enumerate(tables):
        key = [*KEY, "fold"] if "fold" in table else KEY
        position = key_positions(table, rows, name=f"inputs {number}", key=key)
        values = table.drop(columns=key).select_dtypes(["number", "bool"]).reset_index(drop=True)
        found = values.reindex(position)
        for name in map(str, found):
            columns[f"{number}_{name}" if name in columns else name] = found[name].to_numpy(np.float64)
    return pd.DataFrame(columns)
