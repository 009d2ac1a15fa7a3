"""Whether rows are joined on their key: tables are shuffled and thinned, and nothing else may change."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from topoquant.lib.sampling.keys import key_positions
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.wording import listed

RTOL = 1e-9
# Every second of the rows that may go: no constant offset survives that.
KEEP_EVERY = 2


def check_key_alignment(
    function: Callable[[Mapping[str, pd.DataFrame]], pd.DataFrame],
    tables: Mapping[str, pd.DataFrame],
    *,
    seed: int,
    name: str = "key alignment",
) -> Check:
    """Shuffle one table at a time and leave out half of its test rows; the rows of all others must stay.

    Parameters
    ----------
    function : callable
        From keyed tables to one keyed table, by a join: the ensemble from its members' predictions, or
        the rows of a member from its features. Deterministic; nothing in it may be fitted on test rows.
    tables : mapping of str to DataFrame
        `symbol`, `time`, `set` and columns; any order.
    seed : int
        Of the shuffles.
    name : str
        Of the check.

    Returns
    -------
    Check
        "leak" names the tables whose order or missing rows change what another row is given.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=6, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "set": "test"})
    >>> tables = {"a": rows.assign(x=range(6)), "b": rows.assign(x=range(6))}
    >>> def by_key(of):
    ...     both = of["a"].merge(of["b"], on=["symbol", "time"])
    ...     return both.assign(x=both["x_x"] + both["x_y"])[["symbol", "time", "x"]]
    >>> check_key_alignment(by_key, tables, seed=0).status
    'ok'
    >>> def by_position(of):
    ...     n = min(map(len, of.values()))
    ...     return of["a"][:n].assign(x=of["a"]["x"].to_numpy()[:n] + of["b"]["x"].to_numpy()[:n])
    >>> check_key_alignment(by_position, tables, seed=0).finding
    'rows are joined by position: a (changes 2 of 3 rows), b (changes 2 of 3 rows)'
    """
    expected = function(tables)
    changed: dict[str, int] = {}
    n_compared: dict[str, int] = {}
    for place, (table_name, table) in enumerate(tables.items()):
        rng = np.random.default_rng([seed, place])
        optional = np.flatnonzero((table["set"] == "test").to_numpy())
        kept = np.setdiff1d(np.arange(len(table)), optional[::KEEP_EVERY])
        thinned = table.iloc[rng.permutation(kept)].reset_index(drop=True)
        actual = function({**tables, table_name: thinned})
        changed[table_name], n_compared[table_name] = _n_changed(expected, actual)
    numbers = {"n_tables": len(tables), "changed": changed}
    named = [
        f"{one} (changes {n} of {n_compared[one]} rows)" for one, n in changed.items() if n
    ]  # fmt: skip
    if named:
        return Check(name, "leak", f"rows are joined by position: {listed(named)}", numbers, "members")
    text = f"{len(tables)} tables shuffled and thinned one by one: no other row changes"
    return Check(name, "ok", text, numbers, "members")


def _n_changed(expected: pd.DataFrame, actual: pd.DataFrame) -> tuple[int, int]:
    """Count the rows of the second table whose numbers are not those of the same key in the first."""
    position = key_positions(expected, actual, name="joined rows")
    columns = [
        column for column in expected.columns
        if column not in KEY and pd.api.types.is_numeric_dtype(expected[column])
    ]  # fmt: skip
    first = expected[columns].to_numpy(np.float64)[np.maximum(position, 0)]
    second = actual[columns].to_numpy(np.float64)
    near = np.isclose(first, second, rtol=RTOL, atol=RTOL, equal_nan=True).all(axis=1)
    return int((~near | (position < 0)).sum()), len(actual)
