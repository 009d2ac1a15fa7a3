"""Reading an archive file and checking its bars, beside pandas."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd

from tests.benchmarks.measuring import Row, compare
from topoquant.lib.bars import read_bars, synthetic_bars, validate_bars

INTERVAL = "1m"


def read_zip(*, quick: bool) -> Row:
    bars = _bars(2_000 if quick else 1_000_000)
    with TemporaryDirectory() as folder:
        path = _write_archive(bars, Path(folder))
        read = read_bars(path)
        pd.testing.assert_frame_equal(read[list(bars)], bars, check_dtype=False, rtol=1e-7)
        return compare(
            "read_bars, zip of the archive", "bars",
            ours=(lambda: read_bars(path), len(bars)),
            peer=(lambda: pd.read_csv(path, header=None), len(bars)),
            compared="pandas.read_csv alone, 12 columns, stamps left as numbers", repeats=1 if quick else 5,
        )  # fmt: skip


def validate(*, quick: bool) -> Row:
    bars = _bars(2_000 if quick else 1_000_000)
    n = len(bars)
    # A gap, and nine bars that come twice.
    bars = bars.loc[np.r_[0:9, 0 : n // 2, n // 2 + 500 : n]].sort_values("open_time", kind="stable")
    report = validate_bars(bars, INTERVAL)
    found = (report.n_duplicates_dropped, report.n_missing_bars, round(report.moves.largest, 9))
    assert found == _pandas_checks(bars), (found, _pandas_checks(bars))
    return compare(
        "validate_bars", "bars",
        ours=(lambda: validate_bars(bars, INTERVAL), len(bars)),
        peer=(lambda: _pandas_checks(bars), len(bars)),
        compared="pandas drop_duplicates, diff and comparisons of frames; no report, no coverage",
        repeats=1 if quick else 5,
    )  # fmt: skip


@cache
def _bars(n_bars: int) -> pd.DataFrame:
    return synthetic_bars("noise", n_bars=n_bars, seed=7, interval=INTERVAL, symbol="SYNUSDT").bars


def _write_archive(bars: pd.DataFrame, folder: Path) -> Path:
    """Write bars as the Binance archive does: no header, twelve columns, milliseconds."""
    stamps = bars["open_time"].astype("int64") // 10**6
    quote = bars["taker_buy_volume"] * bars["close"]
    rows = pd.concat(
        [
            stamps, bars[["open", "high", "low", "close", "volume"]], stamps + 59_999, bars["quote_volume"],
            bars["trades"].astype("int64"), bars["taker_buy_volume"], quote,
        ],
        axis=1,
    ).assign(ignore=0)  # fmt: skip
    path = folder / "SYNUSDT-1m-2024-01.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.stem}.csv", rows.to_csv(index=False, header=False, float_format="%.8f"))
    return path


def _pandas_checks(bars: pd.DataFrame) -> tuple[int, int, float]:
    """The refusals of `validate_bars` as a person would write them with pandas."""
    clean = bars.drop_duplicates()
    stamps, prices = clean["open_time"], clean[["open", "high", "low", "close"]]
    assert not stamps.duplicated().any()
    assert stamps.is_monotonic_increasing
    steps = stamps.diff() / pd.Timedelta("1min")
    assert (steps[1:] % 1 == 0).all()
    assert ((prices > 0) & np.isfinite(prices)).all(axis=None)
    assert (clean["high"] >= prices.max(axis=1)).all()
    assert (clean["low"] <= prices.min(axis=1)).all()
    assert (clean[["volume", "quote_volume", "trades", "taker_buy_volume"]] >= 0).all(axis=None)
    assert (clean["taker_buy_volume"] <= clean["volume"] * (1 + 1e-6)).all()
    mean_price = (clean["quote_volume"] / clean["volume"]).where(clean["volume"] > 0, clean["close"])
    assert mean_price.between(clean["low"] / 2, clean["high"] * 2).all()
    logs = np.log(prices)
    moves = pd.concat(
        [(logs["close"] - logs["open"]).abs(), logs["close"].diff().abs().where(steps == 1)], axis=1
    )
    jumps = (logs["open"] - logs["close"].shift()).abs()
    assert (jumps[1:] < np.log(2)).all()
    upper = logs["high"] - logs[["open", "close"]].max(axis=1)
    lower = logs[["open", "close"]].min(axis=1) - logs["low"]
    assert (upper < np.log(2)).all()
    assert (lower < np.log(2)).all()
    largest = float(np.exp(moves.max(axis=None)))
    return len(bars) - len(clean), int((steps[1:] - 1).sum()), round(largest, 9)
