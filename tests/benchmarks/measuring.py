"""Two ways to the same numbers, side by side in CPU time; and the bars they are measured on."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import pandas as pd

from tests.benchmarks.clock import speed
from topoquant.lib.bars import read_bars, synthetic_bars


class SkippedError(Exception):
    """A peer that is not here; the message says how to get it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table; speeds are items per second of CPU time."""

    name: str
    unit: str
    ours: float
    peer: float
    compared: str

    @property
    def ratio(self) -> float:
        return self.ours / self.peer


def compare(
    name: str, unit: str, *, ours: tuple[Callable[[], object], int], peer: tuple[Callable[[], object], int],
    compared: str, repeats: int = 5,
) -> Row:  # fmt: skip
    """Time (function, items per call) of both in turns, so that a slow minute of the machine hits both.

    Whoever calls this has called both before, to see that they agree: nothing is compiled in here.
    """
    return in_turns(
        name, unit, ours=lambda: speed(*ours), peer=lambda: speed(*peer), compared=compared, repeats=repeats
    )


def in_turns(
    name: str, unit: str, *, ours: Callable[[], float], peer: Callable[[], float], compared: str, repeats: int
) -> Row:
    """Ask both for their speed in turns, wherever the peer runs, and keep the medians."""
    rounds = [(ours(), peer()) for _ in range(repeats)]
    of_ours, of_peer = zip(*rounds, strict=True)
    return Row(name=name, unit=unit, ours=median(of_ours), peer=median(of_peer), compared=compared)


@cache
def some_bars(n_bars: int) -> pd.DataFrame:
    """The last 15-minute BTCUSDT bars of the folder TOPOQUANT_DATA names, else of a made-up market."""
    files = sorted(Path(os.environ.get("TOPOQUANT_DATA", os.devnull)).glob("btcusdt_spot_15m_*.parquet"))
    if files:
        return read_bars(files[0], symbol="BTCUSDT", interval="15m").tail(n_bars).reset_index(drop=True)
    return synthetic_bars("regime", n_bars=n_bars, seed=7, interval="15m").bars


def source_of_bars() -> str:
    """Say which of the two `some_bars` gives."""
    return "synthetic bars" if some_bars(10)["symbol"].iloc[0] == "SYN" else "real BTCUSDT 15m bars"
