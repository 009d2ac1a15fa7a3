"""Features of the user's own: columns their functions give, checked and put beside the channels."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from topoquant.lib.bars import decision_time
from topoquant.lib.errors import bad_input
from topoquant.lib.own_functions import OwnFunctionOptions, bind_own_function, rows_of_bars

KEY = ("symbol", "time")


def append_own_features(
    table: pd.DataFrame, bars: pd.DataFrame, functions: Sequence[OwnFunctionOptions], *, interval: str
) -> pd.DataFrame:
    """Append the columns that functions of the user's own give.

    Parameters
    ----------
    table : DataFrame, shape (n_bars, ...)
        One row per bar, in the order of `bars`.
    bars : DataFrame, shape (n_bars, ...)
        One symbol's bars; every function gets a copy.
    functions : sequence of OwnFunctionOptions
        Each names a function (bars) or (bars, options) that returns a table with `time`
        (decision time of a bar) and numbers.
    interval : str
        Length of a bar.

    Returns
    -------
    DataFrame, shape (n_bars, ...)
        The table and, per function, float64 columns `<function>_<column>`; NaN at bars that the
        function says nothing of. A row may depend on bars up to its own; the audit recomputes
        it without later ones.

    Raises
    ------
    InputError
        If a function cannot be loaded, its options do not fit, or what it returns is no table
        with `time` and numbers, has a `time` that is no decision time or comes twice, or a
        column that is there already.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")})
    >>> table = pd.DataFrame({"time": decision_time(bars, "1h"), "rsi": 0.5})
    >>> append_own_features(table, bars, [], interval="1h") is table
    True
    """
    if not functions:
        return table
    times = pd.DatetimeIndex(decision_time(bars, interval))
    columns: dict[str, np.ndarray] = {}
    for own in functions:
        made = _checked(bind_own_function(own.function, own.options)(bars.copy()), own.function)
        position = rows_of_bars(made["time"], times, own.function)
        for name in [name for name in made.columns if name not in KEY]:
            full = f"{own.function.partition(':')[2]}_{name}"
            if full in table or full in columns:
                raise bad_input(
                    f"columns of what {own.function} returns", "new to the table", full, "rename the column"
                )
            values = np.full(len(bars), np.nan)
            values[position] = made[name].to_numpy(np.float64)
            columns[full] = values
    return pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1)


def _checked(made: object, function: str) -> pd.DataFrame:
    """Refuse what is no table with times and numbers."""
    source = f"what {function} returns"
    if not isinstance(made, pd.DataFrame) or "time" not in made.columns:
        got = f"columns {', '.join(map(str, made.columns))}" if isinstance(made, pd.DataFrame) else type(made)
        raise bad_input(
            source, "a table (pandas DataFrame) with a column time", got, "return one row per bar"
        )
    numbers = made.drop(columns=[name for name in KEY if name in made.columns])
    wrong = [str(name) for name in numbers.columns if not pd.api.types.is_numeric_dtype(numbers[name])]
    if wrong or numbers.columns.empty:
        raise bad_input(
            f"columns of {source}", "time and numbers", ", ".join(wrong) or "time alone", "return numbers"
        )
    return made
