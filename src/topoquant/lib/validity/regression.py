"""How near forecasts of returns come, beside a forecast of 0 on the same rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.proportions import effective_counts, wilson_interval
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.intervals import LEVEL

SETS = ("val", "test")


def regression_scores(
    tables: Mapping[str, pd.DataFrame],
    targets: pd.DataFrame,
    *,
    horizon: int,
    roles: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Score forecasts of the log-return over one horizon on the val and test rows that all of them have.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Predictions by name: `symbol`, `time`, `set` and `value_logret_<horizon>`.
    targets : DataFrame
        Of val and test rows, and any others: `symbol`, `time`, `ret` (from the fill over this
        horizon) and `uniqueness` (of this horizon's own spans).
    horizon : int
        Bars ahead.
    roles : mapping of str to str
        "member", "baseline" or "ensemble" by name.

    Returns
    -------
    list of dict
        Per table and set: name, role, horizon, set, n, effective_n (summed uniqueness), rmse, mae,
        r2_zero (1 - squared error over that of a forecast of 0; at most 0 says that 0 was no worse),
        directional_accuracy (a forecast of 0 counts one half) with its Wilson interval at 0.99 on
        `effective_counts`, which are fewer where symbols move together: accuracy_low, accuracy_high. Ready
        for JSON.

    Raises
    ------
    InputError
        If no row of a set has a target and every forecast, or a table lacks the forecast.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="D", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "BTC", "time": time, "set": ["val", "test"],
    ...                       "value_logret_1": [0.1, 0.1]})
    >>> targets = table[["symbol", "time"]].assign(ret=np.expm1([0.1, -0.1]), uniqueness=1.0)
    >>> rows = regression_scores({"tcn": table}, targets, horizon=1, roles={"tcn": "member"})
    >>> [(row["set"], round(row["rmse"], 3), round(row["r2_zero"], 3)) for row in rows]
    [('val', 0.0, 1.0), ('test', 0.2, -3.0)]
    """
    column = f"value_logret_{horizon}"
    if missing := [name for name, table in tables.items() if column not in table]:
        raise bad_input(column, "forecast by every table", f"not by {', '.join(missing)}", "train on it")
    shared = targets[[*KEY, "ret", "uniqueness"]]
    for name, table in tables.items():
        shared = shared.merge(table[[*KEY, column]].rename(columns={column: name}), on=KEY)
    sets = next(iter(tables.values()))[[*KEY, "set"]]
    shared = shared.merge(sets, on=KEY)
    rows = []
    for set_name in SETS:
        part = shared.loc[shared["set"] == set_name]
        if part.empty:
            raise bad_input(
                f"{set_name} rows with a target over {horizon} bars and every forecast", "at least 1", 0,
                "load more bars",
            )  # fmt: skip
        truth = np.log1p(part["ret"].to_numpy(np.float64))
        effective = float(part["uniqueness"].sum())
        for name in tables:
            scores = _score(part[name].to_numpy(np.float64), truth, part)
            about = {"name": name, "role": roles[name], "horizon": horizon, "set": set_name}
            rows.append({**about, "n": len(part), "effective_n": effective, **scores})
    return rows


def _score(
    value: NDArray[np.float64], truth: NDArray[np.float64], rows: pd.DataFrame
) -> dict[str, float | None]:
    """Score the rows of one set, of which `time` and `uniqueness` are looked at."""
    squared, of_zero = float(np.mean((value - truth) ** 2)), float(np.mean(truth**2))
    right = (1 + np.sign(value) * np.sign(truth)) / 2
    accuracy = float(np.mean(right))
    _, effective = effective_counts(right, rows["uniqueness"], rows["time"])
    low, high = wilson_interval(accuracy * effective, effective, level=LEVEL)
    return {
        "rmse": squared**0.5,
        "mae": float(np.mean(np.abs(value - truth))),
        "r2_zero": 1 - squared / of_zero if of_zero else None,
        "directional_accuracy": accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
    }
