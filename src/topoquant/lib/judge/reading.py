"""Foreign tables of predictions, brought to one form: symbol, decision time, value."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyarrow import parquet

from topoquant.lib.bars import decision_time, interval_timedelta
from topoquant.lib.bars.reading.stamps import parse_stamps, to_utc
from topoquant.lib.bars.reading.tables import read_table
from topoquant.lib.errors import bad_input
from topoquant.lib.judge.columns import Columns, find_columns
from topoquant.lib.judge.options import TableOptions

SUFFIXES = (".parquet", ".feather", ".csv", ".csv.gz", ".zip")
KEY = ["symbol", "time"]
# Names that other rows of the model table have.
RESERVED = {"ensemble", "stack", "mean", "naive", "permuted"}
Record = dict[str, Any]


def read_tables(path: str) -> dict[str, pd.DataFrame]:
    r"""Read the tables that a path names.

    Parameters
    ----------
    path : str
        A file, or several joined by "+": parquet, feather or csv, plain, gzipped or zipped.

    Returns
    -------
    dict of str to DataFrame
        By the files' names without endings, in the order given. Columns in lower case; what a parquet
        file keeps as a named index (qlib's datetime and instrument) are columns.

    Raises
    ------
    InputError
        For what is no such file, is empty or damaged, or has no header.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "notebook.csv"
    ...     n = file.write_text("time,score\n2024-01-01T00:15:00Z,0.3\n")
    ...     {name: list(table) for name, table in read_tables(str(file)).items()}
    {'notebook': ['time', 'score']}
    """
    tables: dict[str, pd.DataFrame] = {}
    files = [Path(path)] if Path(path).exists() else [Path(one) for one in path.split("+")]
    for file in files:
        name = own_name(file.name.split(".")[0], tables)
        tables[name] = _read_file(file)
    return tables


def own_name(name: str, taken: Mapping[str, object]) -> str:
    """Give a table a name that nothing else in the report has.

    Parameters
    ----------
    name : str
        What it would be called.
    taken : mapping
        Names of the tables before it.

    Returns
    -------
    str
        The name, or one with a number.

    Examples
    --------
    >>> own_name("lstm", {"lstm": 0}), own_name("ensemble", {})
    ('lstm_2', 'ensemble_table')
    """
    name = f"{name}_table" if name in RESERVED else name
    if name not in taken:
        return name
    return next(f"{name}_{n}" for n in range(2, len(taken) + 3) if f"{name}_{n}" not in taken)


def bring_table(
    frame: pd.DataFrame, bars: pd.DataFrame, options: TableOptions, *, interval: str, name: str
) -> tuple[pd.DataFrame, Record]:
    """Bring one table to symbol, decision time and value.

    Parameters
    ----------
    frame : DataFrame, shape (n, any)
        The table as somebody made it, in any row order; a named index is read as columns.
    bars : DataFrame
        Of one or several symbols: the market it is judged on.
    options : TableOptions
        What the table cannot say by itself.
    interval : str
        Length of a bar.
    name : str
        Of the table, for refusals.

    Returns
    -------
    rows : DataFrame, ordered by (symbol, time)
        `symbol` and `time` as the bars have them, `value`, and those of `set`, `fold`, `t1`, `target_id`
        and `label` the table has. Rows of other symbols, and those at whose time no bar ended, are gone.
    record : dict
        column, scale, key; n_rows, n_other_symbols, n_no_bar; first, last.

    Raises
    ------
    InputError
        For columns nobody can tell apart, stamps without a zone, values that are no finite number (or no
        probability), repeated keys, times between bars, and when nothing is left.

    Examples
    --------
    >>> from topoquant.lib.bars import synthetic_bars
    >>> bars = synthetic_bars("noise", n_bars=300, seed=0, interval="15m").bars
    >>> options = TableOptions(key=None, column=None, scale=None, time_zone=None, split="bars", n_blocks=5)
    >>> frame = pd.DataFrame({"open_time": bars["open_time"][:2], "score": [0.1, -0.2]})
    >>> rows, record = bring_table(frame, bars, options, interval="15m", name="notebook")
    >>> rows["time"].dt.strftime("%H:%M").tolist(), record["scale"]
    (['00:15', '00:30'], 'score')
    """
    plain = _plain(frame)
    columns = find_columns([str(one) for one in plain], options, source=name)
    stamps, _ = to_utc(
        parse_stamps(plain[columns.stamp], name)[0], name, is_utc=False, time_zone=options.time_zone
    )
    step = interval_timedelta(interval)
    known = bars if "symbol" in bars else bars.assign(symbol="")
    rows = pd.DataFrame(
        {
            "symbol": _symbols(plain, columns, known, name),
            "time": (stamps + step if columns.is_open else stamps).array,
            "value": _values(plain[columns.value], columns, name),
        }
    )
    rows = rows.assign(**{one: plain[one].array for one in columns.carried})
    own = rows.loc[rows["symbol"].notna()]
    _refuse_repeated(own, name)
    _refuse_between(own, known, interval, name)
    ended = known[["symbol"]].assign(time=decision_time(known, interval))
    matched = own.merge(ended, on=KEY, how="inner").sort_values(KEY, ignore_index=True)
    if matched.empty:
        span = f"{ended['time'].min()} to {ended['time'].max()}"
        got = f"{own['time'].min()} to {own['time'].max()}"
        raise bad_input(f"times of {name}", f"within those of the bars, {span}", got, "bring the same bars")
    record = {
        "name": name, "column": columns.value, "scale": columns.scale,
        "key": "open_time" if columns.is_open else "time", "n_rows": len(rows),
        "n_other_symbols": len(rows) - len(own), "n_no_bar": len(own) - len(matched),
        "first": matched["time"].min().isoformat(), "last": matched["time"].max().isoformat(),
    }  # fmt: skip
    return matched, record


def _read_file(file: Path) -> pd.DataFrame:
    """Read one file."""
    if not file.is_file():
        raise bad_input("path", "an existing file of predictions, or several joined by +", file, "check it")
    if not file.name.lower().endswith(SUFFIXES):
        raise bad_input("path", f"one of {', '.join(SUFFIXES)}", file.name, "write it with to_parquet")

    def refuse(n_fields: int) -> tuple[str, ...]:
        raise bad_input(
            file.name, "a csv with a header", f"{n_fields} unnamed columns", "write the names of the columns"
        )

    frame = read_table(file, refuse)
    # An index of stamps without a name comes as open_time, which nobody said it was.
    if file.name.lower().endswith(".parquet") and "open_time" not in parquet.read_schema(file).names:
        frame = frame.rename(columns={"open_time": "datetime"})
    return _plain(frame)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Make columns of an index that says something, and write all names in lower case."""
    if isinstance(frame.index, pd.DatetimeIndex) and frame.index.name is None:
        frame = frame.rename_axis("datetime")
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    return frame.set_axis([str(name).strip().lower() for name in frame.columns], axis=1).reset_index(
        drop=True
    )


def _symbols(plain: pd.DataFrame, columns: Columns, bars: pd.DataFrame, name: str) -> pd.Series:
    """Name every row's symbol as the bars do; those of other symbols are missing."""
    ours = {_letters(one): one for one in bars["symbol"].unique()}
    if columns.symbol is None:
        if len(ours) > 1:
            raise bad_input(
                name, "with a column symbol, for the bars are of several", "none", "say it of every row"
            )
        return pd.Series(next(iter(ours.values())), index=plain.index)
    given = plain[columns.symbol].astype(str)
    if ours.keys() == {""}:  # bars of one symbol that is not named
        ours = {_letters(one): "" for one in given.unique()[:1]}
    found = given.map({one: ours.get(_letters(one)) for one in given.unique()})
    if found.isna().all():
        raise bad_input(
            f"symbol of {name}", f"among {', '.join(ours.values())}, as the bars have",
            ", ".join(given.unique()[:5]), "judge it with symbol=...",
        )  # fmt: skip
    return found


def _letters(symbol: str) -> str:
    """Return a symbol without separators and case: BTC/USDT and BTCUSDT are one."""
    return "".join(letter for letter in symbol.upper() if letter.isalnum())


def _values(values: pd.Series, columns: Columns, name: str) -> NDArray[np.float64]:
    """Return what is judged as finite numbers."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    n_bad = int((~np.isfinite(numbers)).sum())
    if n_bad:
        raise bad_input(
            f"{columns.value} of {name}", "a finite number in every row",
            f"{n_bad} of {len(numbers)} that are not", "drop those rows",
        )  # fmt: skip
    outside = (numbers < 0) | (numbers > 1)
    if columns.scale == "probability" and outside.any():
        raise bad_input(
            f"{columns.value} of {name}", "a probability, in [0, 1]",
            f"{numbers[outside][0]:.4g} in {int(outside.sum())} rows such",
            "add table.scale=logit or table.scale=score",
        )  # fmt: skip
    return numbers


def _refuse_repeated(rows: pd.DataFrame, name: str) -> None:
    """Refuse two predictions for one row."""
    repeated = rows.duplicated(KEY)
    if repeated.any():
        example = rows.loc[repeated].iloc[0]
        raise bad_input(
            f"keys (symbol, time) of {name}", "unique",
            f"{int(repeated.sum())} repeated, first {example['symbol']} {example['time']}",
            "keep one prediction per row",
        )  # fmt: skip


def _refuse_between(rows: pd.DataFrame, bars: pd.DataFrame, interval: str, name: str) -> None:
    """Refuse times at which no bar of this length can end."""
    step, origin = interval_timedelta(interval), bars["open_time"].iloc[0]
    between = (rows["time"] - origin) % step != pd.Timedelta(0)
    if between.any():
        raise bad_input(
            f"times of {name}", f"at the end of a bar of {interval}",
            f"{int(between.sum())} of {len(rows)} between, first {rows.loc[between, 'time'].iloc[0]}",
            "name the interval of the predictions (market.interval), or check their clock",
        )  # fmt: skip
