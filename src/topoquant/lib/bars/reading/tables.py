"""What a file holds, as a table: parquet, feather and csv, plain, gzipped or zipped."""

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from topoquant.lib.errors import InputError, bad_input

SUFFIXES = (".parquet", ".feather", ".csv", ".csv.gz", ".zip")
_DELIMITERS = ",;\t"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# pandas calls the second of two columns of one name "name.1".
_REPEATED = re.compile(r"(.+)\.[0-9]+")
_LONG = re.compile(r"[0-9]{10,}")


@dataclass(frozen=True)
class _Head:
    """What the first lines of a csv show.

    Attributes
    ----------
    delimiter : str
        Between its fields.
    n_skipped : int
        Lines above the header or the first row.
    types : dict
        pyarrow's type of columns that look numeric; others are inferred.
    names, read : list of str or None
        Where there is no header, all columns and those that are read.
    """

    delimiter: str
    n_skipped: int
    types: dict[str, pa.DataType]
    names: list[str] | None = None
    read: list[str] | None = None


def files_at(path: Path) -> list[Path]:
    """Return the file, or the readable files of the folder.

    Parameters
    ----------
    path : Path
        A file, or a folder whose own files are listed; what lies deeper is not.

    Returns
    -------
    list of Path
        One or more, by name.

    Raises
    ------
    InputError
        When nothing is there, or nothing readable.

    Examples
    --------
    >>> files_at(Path("nowhere.csv"))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: path must be an existing file or folder, got nowhere.csv: check the
    spelling
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.lower().endswith(SUFFIXES))
        if not files:
            raise bad_input("path", f"a folder with files {', '.join(SUFFIXES)}", path, "name another folder")
        return files
    if not path.is_file():
        raise bad_input("path", "an existing file or folder", path, "check the spelling")
    if not path.name.lower().endswith(SUFFIXES):
        raise bad_input("path", f"one of {', '.join(SUFFIXES)}", path.name, "convert it")
    return [path]


def read_table(file: Path, unnamed: Callable[[int], tuple[str, ...]]) -> pd.DataFrame:
    r"""Return what a file holds, its columns named in lower case.

    Parameters
    ----------
    file : Path
        One of `SUFFIXES`. A csv may be separated by comma, semicolon or tab, and may have one
        line without any of them above its header; a zip holds one csv.
    unnamed : callable
        Called with the number of fields of a csv that has no header; returns its columns'
        names, of which an empty one is not read, or refuses.

    Returns
    -------
    DataFrame, shape (n, any)
        Rows as they come. Stamps in the index of a parquet file become its first column, named
        `open_time` where the index has no name.

    Raises
    ------
    InputError
        For a file that is empty, damaged, a Git LFS pointer, or without a row, and for two
        columns of one name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.csv"
    ...     n = file.write_text("Date;Close\n2024-01-31;5\n")
    ...     read_table(file, lambda n_fields: ()).to_dict("records")
    [{'date': datetime.date(2024, 1, 31), 'close': 5.0}]
    """
    _check_bytes(file)
    try:
        frame = _read_frame(file, unnamed)
    except InputError:
        raise
    # RuntimeError is what zipfile says of an encrypted member.
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise bad_input(file.name, "a readable file of its kind", reason, "download it again") from error
    if isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis(str(frame.index.name or "open_time")).reset_index()
    if len(frame) == 0:
        raise bad_input(file.name, "one row or more", "a header alone", "download it again or take it away")
    names = [str(name).strip().lower() for name in frame.columns]
    _check_names(names, file.name)
    return frame.set_axis(names, axis=1)


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


def _check_names(names: list[str], source: str) -> None:
    """Refuse two columns of one name: which of them is meant, nobody can tell."""
    origins = [match[1] if (match := _REPEATED.fullmatch(name)) else name for name in names]
    repeated = sorted({name for name in origins if origins.count(name) > 1 and name in names})
    if repeated:
        raise bad_input(
            source, "with one column per name", f"{', '.join(repeated)} twice", "drop one of them"
        )


def _read_frame(file: Path, unnamed: Callable[[int], tuple[str, ...]]) -> pd.DataFrame:
    """Return what a file holds, its columns named as it names them."""
    name = file.name.lower()
    if name.endswith(".parquet"):
        return pd.read_parquet(file)
    if name.endswith(".feather"):
        return pd.read_feather(file)
    with _csv_stream(file) as stream:
        head = _head_of(stream, unnamed)
        try:
            return _parse_csv(stream, head)
        # The first row may mislead, as a whole number among others does.
        except pa.ArrowInvalid:
            return _parse_csv(stream, replace(head, types={}))


def _head_of(stream: IO[bytes], unnamed: Callable[[int], tuple[str, ...]]) -> _Head:
    """Look at the first lines of a csv."""
    line = stream.readline().decode("utf-8-sig")
    # CryptoDataDownload puts its address above the header.
    n_skipped = 0 if any(delimiter in line for delimiter in _DELIMITERS) else 1
    line = stream.readline().decode("utf-8-sig") if n_skipped else line
    delimiter = max(_DELIMITERS, key=line.count)
    fields = line.strip().split(delimiter)
    # The first field may be a date, so the second one is asked too.
    if any(_NUMBER.fullmatch(field.strip()) for field in fields[:2]):
        given = unnamed(len(fields))
        # An unread column still needs a name of its own.
        names = [name or f"unread {place}" for place, name in enumerate(given)]
        read = [name for name in given if name]
        return _Head(delimiter, n_skipped, _types_of(names, fields), names, read)
    first_row = stream.readline().decode("utf-8").strip().split(delimiter)
    return _Head(delimiter, n_skipped, _types_of(fields, first_row))


def _types_of(names: list[str], first_row: list[str]) -> dict[str, pa.DataType]:
    """Return the types of numeric columns, as a first row shows them.

    With them pyarrow takes half the time and, as it need not keep the text, half the memory.
    """
    return {
        # float64 has no room for nanoseconds since 1970.
        name: pa.int64() if _LONG.fullmatch(text.strip()) else pa.float64()
        for name, text in zip(names, first_row, strict=False)
        if _NUMBER.fullmatch(text.strip())
    }


def _parse_csv(stream: IO[bytes], head: _Head) -> pd.DataFrame:
    """Return a csv as a table.

    pyarrow takes less time than the parser of pandas and rounds every number to the nearest
    float64, so that a csv and a parquet file of the same bars agree in every bit.
    """
    # A new start costs the few kB that were read ahead, not the file.
    stream.seek(0)
    table = csv.read_csv(
        stream,
        read_options=csv.ReadOptions(skip_rows=head.n_skipped, column_names=head.names),
        parse_options=csv.ParseOptions(delimiter=head.delimiter),
        convert_options=csv.ConvertOptions(
            strings_can_be_null=True, column_types=head.types, include_columns=head.read
        ),
    )
    # Without blocks of several columns, which are a copy more.
    return table.to_pandas(split_blocks=True)


@contextmanager
def _csv_stream(file: Path) -> Iterator[IO[bytes]]:
    """Open the csv in a plain, gzipped or zipped file; what is packed is unpacked as it is read."""
    name = file.name.lower()
    if name.endswith(".csv"):
        with file.open("rb") as stream:
            yield stream
    elif name.endswith(".gz"):
        with gzip.open(file, "rb") as unpacked:
            yield cast("IO[bytes]", unpacked)
    else:
        with zipfile.ZipFile(file) as archive, archive.open(_only_csv(archive, file.name)) as member:
            yield member


def _only_csv(archive: zipfile.ZipFile, source: str) -> str:
    """Return the name of the one csv in a zip."""
    members = [member for member in archive.namelist() if member.lower().endswith(".csv")]
    # What a Mac packs beside each file.
    members = [member for member in members if not member.startswith("__MACOSX/")]
    if len(members) != 1:
        raise bad_input(source, "a zip with one csv", f"{len(members)} in it", "unpack it")
    return members[0]
