"""Bars from files: one file or a folder of them."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from topoquant.lib.bars.formats import csv_header, pair_in_name, to_contract
from topoquant.lib.bars.schema import BAR_COLUMNS, infer_interval, interval_timedelta, stamps_ns
from topoquant.lib.errors import InputError, bad_input

_SUFFIXES = (".parquet", ".feather", ".csv", ".csv.gz", ".zip")


@dataclass(frozen=True)
class _Piece:
    """The bars of one symbol in one file; the symbol may stand in a column, in the name, or nowhere."""

    file: str
    symbol: str | None
    has_column: bool
    bars: pd.DataFrame
    notes: tuple[str, ...]


def read_bars(
    path: str | Path,
    *,
    symbol: str | None = None,
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    interval: str | None = None,
) -> pd.DataFrame:
    r"""Read one symbol's bars from a file, or from all readable files of a folder.

    Known layouts: parquet, feather and csv with named columns; the csv and zip files of the
    Binance archive with or without a header; Coinbase candles; CryptoDataDownload. Stamps are
    taken for the open. A file sorted newest first is turned round; files that overlap are
    merged in time. Nothing else is mended: `validate_bars` judges the result.

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

    Returns
    -------
    DataFrame, shape (n, 7 to 10)
        Required and present optional columns, in time order, possibly with repeated rows.
        `attrs["source"]` is the path, `attrs["notes"]` lists what was assumed.

    Raises
    ------
    InputError
        When nothing is there, the file is empty, damaged, a Git LFS pointer or of no known
        layout, rows are in no order, symbols are several or other than asked, or no bar lies
        in [start, end).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "BTCUSDT-1d.csv"
    ...     n = file.write_text("timestamp,open,high,low,close,volume\n1704067200000,2,4,1,3,5\n")
    ...     read_bars(file).iloc[0, :4].tolist()
    ['BTCUSDT', Timestamp('2024-01-01 00:00:00+0000', tz='UTC'), 2.0, 4.0]
    """
    folder = Path(path)
    pieces = [piece for file in _files_at(folder) for piece in _pieces_of(file)]
    chosen, name, notes = _pick_symbol(pieces, symbol, folder)
    ordered = [_in_time_order(piece) for piece in chosen]
    kept, more = _pick_interval(ordered, interval, folder)
    bars = pd.concat([piece.bars for piece in kept], ignore_index=True)
    # Every piece is in order by itself, so this only interleaves files; stable, for duplicates.
    bars = bars.sort_values("open_time", kind="stable", ignore_index=True).assign(symbol=name)
    bars = _cut(bars, start, end)
    columns = [*BAR_COLUMNS, *(column for column in bars.columns if column not in BAR_COLUMNS)]
    bars = bars[columns]
    bars.attrs = {
        "source": str(path),
        "notes": [*notes, *more, *(note for piece in kept for note in piece.notes)],
    }
    return bars


def _files_at(path: Path) -> list[Path]:
    """Return the file, or the readable files of the folder, by name."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.lower().endswith(_SUFFIXES))
        if not files:
            raise bad_input(
                "path", f"a folder with files {', '.join(_SUFFIXES)}", path, "name another folder"
            )
        return files
    if not path.is_file():
        raise bad_input("path", "an existing file or folder", path, "check the spelling")
    if not path.name.lower().endswith(_SUFFIXES):
        raise bad_input("path", f"one of {', '.join(_SUFFIXES)}", path.name, "convert it")
    return [path]


def _pieces_of(file: Path) -> Iterator[_Piece]:
    """Read a file and yield the bars of each of its symbols, in the order of their rows."""
    _check_bytes(file)
    try:
        frame = _read_frame(file)
    except InputError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise bad_input(file.name, "a readable file of its kind", reason, "download it again") from error
    bars, notes = to_contract(frame, file.name)
    if len(bars) == 0:
        raise bad_input(file.name, "one row or more", "a header alone", "download it again or take it away")
    if "symbol" not in bars.columns:
        yield _Piece(file.name, pair_in_name(file.name), False, bars, tuple(notes))
        return
    for symbol, one in bars.groupby("symbol", sort=True):
        yield _Piece(file.name, str(symbol), True, one.drop(columns="symbol"), tuple(notes))


def _check_bytes(file: Path) -> None:
    """Refuse an empty file and a Git LFS pointer in place of the data."""
    with file.open("rb") as stream:
        head = stream.read(200)
    if not head:
        raise bad_input(file.name, "a file with bars", "an empty file", "download it again")
    if head.startswith(b"version ") and b"git-lfs" in head:
        raise bad_input(
            file.name, "a file with bars", "a Git LFS pointer", "fetch the data with `git lfs pull`"
        )


def _read_frame(file: Path) -> pd.DataFrame:
    """Return what a file holds."""
    name = file.name.lower()
    if name.endswith(".parquet"):
        return pd.read_parquet(file)
    if name.endswith(".feather"):
        return pd.read_feather(file)
    with _csv_stream(file) as stream:
        line = stream.readline().decode("utf-8-sig")
        # CryptoDataDownload puts its address above the header.
        n_skipped = 0 if "," in line else 1
        line = stream.readline().decode("utf-8-sig") if n_skipped else line
        names = csv_header(line, file.name)
        stream.seek(0)
        if names is None:
            return pd.read_csv(stream, skiprows=n_skipped)
        return pd.read_csv(stream, skiprows=n_skipped, header=None, names=list(names))


@contextmanager
def _csv_stream(file: Path) -> Iterator[IO[bytes]]:
    """Open the csv in a plain, gzipped or zipped file."""
    name = file.name.lower()
    if name.endswith(".csv"):
        with file.open("rb") as stream:
            yield stream
    elif name.endswith(".gz"):
        with gzip.open(file, "rb") as stream:
            yield io.BytesIO(stream.read())
    else:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.namelist() if member.lower().endswith(".csv")]
            if len(members) != 1:
                raise bad_input(file.name, "a zip with one csv", f"{len(members)} in it", "unpack it")
            yield io.BytesIO(archive.read(members[0]))


def _pick_symbol(pieces: list[_Piece], wanted: str | None, path: Path) -> tuple[list[_Piece], str, list[str]]:
    """Return the pieces of one symbol, its name and what was assumed; refuse a choice between several."""
    known = {_plain(piece.symbol): piece.symbol for piece in pieces if piece.symbol is not None}
    listed = ", ".join(sorted(known.values()))
    if wanted is None:
        if len(known) > 1:
            got = f"several symbols where one is expected ({listed})"
            raise bad_input(path.name, "bars of one symbol", got, "name one with symbol")
        if not known:
            raise bad_input(
                "symbol", "given where neither a column nor the file's name shows it", None, "pass symbol"
            )
        return pieces, next(iter(known.values())), []
    matching = [
        piece for piece in pieces if piece.symbol is not None and _plain(piece.symbol) == _plain(wanted)
    ]
    nameless = [piece for piece in pieces if piece.symbol is None]
    if matching and len(known) == 1:
        return [*matching, *nameless], wanted, []
    if matching:
        return matching, wanted, []
    if any(piece.has_column for piece in pieces) or len(known) > 1:
        raise bad_input("symbol", f"one of {listed}, as {path.name} has", wanted, "name one of them")
    notes = [f"{path.name}: the file's name says {listed}, read as {wanted}"] if known else []
    return pieces, wanted, notes


def _plain(symbol: str) -> str:
    """Return a symbol without separators and case: BTC/USDT, btc-usdt and BTCUSDT are one."""
    return "".join(letter for letter in symbol.upper() if letter.isalnum())


def _in_time_order(piece: _Piece) -> _Piece:
    """Turn bars that are sorted newest first; refuse any other disorder."""
    steps = np.diff(stamps_ns(piece.bars))
    if (steps >= 0).all():
        return piece
    if (steps <= 0).all():
        notes = (*piece.notes, f"{piece.file}: newest first, turned round")
        return replace(piece, bars=piece.bars.iloc[::-1], notes=notes)
    n_back, n_on = int((steps < 0).sum()), int((steps > 0).sum())
    rarer = steps < 0 if n_back <= n_on else steps > 0
    first = piece.bars["open_time"].iloc[int(np.flatnonzero(rarer)[0]) + 1]
    raise bad_input(
        f"rows of {piece.file}", "sorted by time, oldest or newest first",
        f"{n_on} steps forward and {n_back} back (see {first})",
        "sort them, or split the file where two downloads were joined",
    )  # fmt: skip


def _pick_interval(pieces: list[_Piece], interval: str | None, path: Path) -> tuple[list[_Piece], list[str]]:
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


def _cut(
    bars: pd.DataFrame, start: str | pd.Timestamp | None, end: str | pd.Timestamp | None
) -> pd.DataFrame:
    """Return the bars opened in [start, end)."""
    inside = np.ones(len(bars), dtype=bool)
    if start is not None:
        inside &= (bars["open_time"] >= _instant("start", start)).to_numpy()
    if end is not None:
        inside &= (bars["open_time"] < _instant("end", end)).to_numpy()
    if not inside.any():
        span = f"within {bars['open_time'].iloc[0]} to {bars['open_time'].iloc[-1]}"
        raise bad_input("start and end", span, f"{start} to {end}", "widen them")
    return bars.loc[inside].reset_index(drop=True)


def _instant(name: str, value: str | pd.Timestamp) -> pd.Timestamp:
    """Return an instant, UTC where nothing else is said."""
    try:
        instant = pd.Timestamp(value)
    except ValueError:
        raise bad_input(name, "a date such as 2024-01-31", repr(value), "write it so") from None
    return instant.tz_localize("UTC") if instant.tzinfo is None else instant.tz_convert("UTC")
