"""Bars from files: one file or a folder of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from topoquant.lib.bars.instants import bars_between, read_instant
from topoquant.lib.bars.reading.formats import FORMATS, to_contract, unnamed_columns
from topoquant.lib.bars.reading.naming import Piece, pair_in_name, pick_symbol
from topoquant.lib.bars.reading.ordering import in_time_order
from topoquant.lib.bars.reading.stamps import check_time_zone
from topoquant.lib.bars.reading.tables import files_at, read_table
from topoquant.lib.bars.schema import infer_interval, interval_timedelta, stamps_ns
from topoquant.lib.errors import bad_input


def read_bars(
    path: str | Path,
    *,
    symbol: str | None = None,
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    interval: str | None = None,
    format: str | None = None,  # noqa: A002
    time_zone: str | None = None,
) -> pd.DataFrame:
    r"""Read one symbol's bars from a file, or from all readable files of a folder.

    Known layouts: parquet, feather and csv with named columns (ccxt, freqtrade); the csv and
    zip files of the Binance archive with or without a header; Coinbase candles;
    CryptoDataDownload; the daily files of CoinMarketCap and Yahoo. Stamps are taken for the
    open. A file sorted newest first is turned round, downloads put one after the other are
    merged, and so are files that overlap. Rows with a stamp and no value at all are dropped.
    Nothing else is mended: `validate_bars` judges the result.

    Parameters
    ----------
    path : str or Path
        A .parquet, .feather, .csv, .csv.gz or .zip (of one csv), or a folder of such.
    symbol : str, optional
        Which symbol to read, and its name in the result; None where there is only one.
    start, end : str or Timestamp, optional
        Keep bars opened in [start, end); without a time zone they are UTC.
    interval : str, optional
        Of a folder with several intervals, the one to read; None takes the finest.
    format : str, optional
        One of binance, ccxt (any file with one column per name), coinbase, cryptodatadownload,
        coinmarketcap, yahoo; None recognises the layout of each file by its columns.
    time_zone : str, optional
        Zone of stamps that carry none ("Asia/Seoul"). None takes them for UTC where the layout
        is documented to be (Coinbase; whole days of CoinMarketCap and Yahoo) and refuses others.

    Returns
    -------
    DataFrame, shape (n, 6 to 10)
        Required and present optional columns, in time order, possibly with repeated rows;
        `symbol` first, if it was asked for or a column or a file's name shows it.
        `attrs["source"]` is the path, `attrs["notes"]` lists what was assumed,
        `attrs["n_blank_rows"]` counts the rows dropped. CoinMarketCap and Yahoo count volume in
        money: there, and in any file without another, `volume` is quote_volume /
        ((high + low + close) / 3), and a note says so.

    Raises
    ------
    InputError
        When nothing is there, the file is empty, damaged, a Git LFS pointer, or of no known
        layout or of several, a stamp is naive or reads day-first and month-first, rows are in
        no order, symbols are several or other than asked, or no bar lies in [start, end).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "BTCUSDT-1d.csv"
    ...     n = file.write_text("timestamp,open,high,low,close,volume\n1704067200000,2,4,1,3,5\n")
    ...     read_bars(file).iloc[0, :4].tolist()
    ['BTCUSDT', Timestamp('2024-01-01 00:00:00+0000', tz='UTC'), 2.0, 4.0]
    """
    if format is not None and format not in FORMATS:
        raise bad_input("format", f"one of {', '.join(FORMATS)}", format, "name one, or none to recognise it")
    if time_zone is not None:
        check_time_zone(time_zone)
    since, until = (
        None if value is None else read_instant(name, value)
        for name, value in (("start", start), ("end", end))
    )
    folder = Path(path)
    pieces = [piece for file in files_at(folder) for piece in _pieces_of(file, format, time_zone)]
    chosen, name, notes = pick_symbol(pieces, symbol, folder)
    ordered = [_in_time_order(piece) for piece in chosen]
    kept, more = _pick_interval(ordered, interval, folder)
    bars = bars_between(_merged(kept), since, until)
    if name is not None:
        bars.insert(0, "symbol", name)
    bars.attrs = {
        "source": str(path),
        "notes": [*notes, *more, *(note for piece in kept for note in piece.notes)],
        "n_blank_rows": sum(piece.n_blank_rows for piece in kept),
    }
    return bars


def _pieces_of(file: Path, layout: str | None, time_zone: str | None) -> Iterator[Piece]:
    """Read a file and yield the bars of each of its symbols, in the order of their rows."""
    frame = read_table(file, lambda n_fields: unnamed_columns(n_fields, file.name, layout))
    bars, notes = to_contract(frame, file.name, layout=layout, time_zone=time_zone)
    if "symbol" not in bars.columns:
        yield _without_blank_rows(
            Piece(file.name, pair_in_name(file.name), False, bars, tuple(notes), n_blank_rows=0)
        )
        return
    for symbol, one in bars.groupby("symbol", sort=True):
        of_symbol = one.drop(columns="symbol")
        yield _without_blank_rows(
            Piece(file.name, str(symbol), True, of_symbol, tuple(notes), n_blank_rows=0)
        )


def _without_blank_rows(piece: Piece) -> Piece:
    """Drop rows that have a stamp and no value at all; one that lacks some values stays, to be refused."""
    blank = piece.bars.drop(columns="open_time").isna().all(axis=1).to_numpy()
    n_blank = int(blank.sum())
    if n_blank == 0:
        return piece
    if n_blank == len(blank):
        raise bad_input(piece.file, "rows with values", f"{n_blank} blank rows alone", "download it again")
    note = f"{piece.file}: {n_blank} blank rows dropped, which have a stamp and no values"
    return replace(piece, bars=piece.bars.loc[~blank], notes=(*piece.notes, note), n_blank_rows=n_blank)


def _in_time_order(piece: Piece) -> Piece:
    """Order the rows of a piece in time."""
    bars, notes = in_time_order(piece.bars, piece.file)
    return replace(piece, bars=bars, notes=(*piece.notes, *notes))


def _pick_interval(pieces: list[Piece], interval: str | None, path: Path) -> tuple[list[Piece], list[str]]:
    """Return the pieces of one interval: the one asked for, else the finest."""
    if len({piece.file for piece in pieces}) == 1:
        return pieces, []
    # A file of a single bar shows no interval and goes with whichever is read.
    widths = [
        interval_timedelta(infer_interval(piece.bars)) if np.diff(stamps_ns(piece.bars)).any() else None
        for piece in pieces
    ]
    found = sorted({width for width in widths if width is not None})
    if not found:
        return pieces, []
    wanted = found[0] if interval is None else interval_timedelta(interval)
    if wanted not in found:
        raise bad_input("interval", f"one of those in {path.name}", interval, "name one of its intervals")
    kept = [piece for piece, width in zip(pieces, widths, strict=True) if width in (None, wanted)]
    n_left = len(pieces) - len(kept)
    return kept, [f"{path.name}: {n_left} files of another interval left out"] if n_left else []


def _merged(pieces: list[Piece]) -> pd.DataFrame:
    """Return the bars of all pieces in time order."""
    if len(pieces) == 1:
        return pieces[0].bars.reset_index(drop=True)
    bars = pd.concat([piece.bars for piece in pieces], ignore_index=True)
    # Every piece is in order by itself, so this only interleaves files; stable, for duplicates.
    return bars.sort_values("open_time", kind="stable", ignore_index=True)
