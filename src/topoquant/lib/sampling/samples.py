"""The one object models see: index windows into arrays, static features, targets, keys, weights."""

from collections.abc import Sized
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input

KEY = ["symbol", "time"]
ROW_COLUMNS = ["symbol", "time", "t1", "set", "fold"]


@dataclass(frozen=True)
class Samples:
    """Rows to fit on or to predict, ordered by (symbol, time).

    Nothing is copied per row: row `i` looks at the `window` bars that end, inclusive, at
    position `end[i]` of `sequence`. The window never crosses a gap or a symbol, which
    whoever builds the samples has made sure of.

    Attributes
    ----------
    rows : DataFrame, shape (n, 5)
        `symbol`, `time` (UTC), `t1` (UTC, upper bound on when the target is known), `set`
        ("train", "val" or "test") and `fold` (block a train row is held out in; -1 elsewhere).
        A fresh RangeIndex.
    target_id : str
        Names kind, horizon and options of the targets; tables of different ids never join.
    targets : DataFrame, shape (n, n_targets)
        One float64 column per target (`label`, `max_pct`); NaN where the target is not to be
        known by a model (every test row).
    weights : ndarray of float64, shape (n,)
        Average uniqueness of a row's label; 1 where there is none.
    sequence : ndarray of float32, shape (n_bars, n_channels), or None
        All bars of all symbols, in time order within a symbol.
    end : ndarray of int64, shape (n,)
        Position in `sequence` of each row's decision bar (the last bar of its window).
    window : int
        Bars per window; 0 when there is no sequence.
    static : ndarray of float32, shape (n, n_static), or None
        Features that have no time axis.
    raw_windows : ndarray of float64 or float32, shape (n_stored, n_raw), or None
        Windows of one series, oldest bar first, that a model makes images of; shared by all rows
        and never copied, also where they are a file mapped into memory. Prices in float32 would
        have lost the digits that their movement is in.
    raw_rows : ndarray of int64, shape (n,), or None
        Position of each row's window in `raw_windows`; there iff those are.
    channel_names, static_names : tuple of str
        Names of the columns of `sequence` and `static`.
    static_groups : tuple of (str, int)
        Families of the static features in the order of their columns, and how many columns each has;
        empty where nothing is known of families.
    """

    rows: pd.DataFrame
    target_id: str
    targets: pd.DataFrame
    weights: NDArray[np.float64]
    sequence: NDArray[np.float32] | None
    end: NDArray[np.int64]
    window: int
    static: NDArray[np.float32] | None
    channel_names: tuple[str, ...] = ()
    static_names: tuple[str, ...] = ()
    raw_windows: NDArray[np.floating] | None = None
    raw_rows: NDArray[np.int64] | None = None
    static_groups: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse parts that do not describe the same rows."""
        parts: dict[str, Sized] = {"targets": self.targets, "weights": self.weights, "end": self.end}
        if self.static is not None:
            parts["static"] = self.static
        if (self.raw_windows is None) != (self.raw_rows is None):
            raise bad_input("samples.raw_rows", "given with raw_windows, and only then", self.raw_rows,
                            "give both or neither")  # fmt: skip
        if self.raw_rows is not None:
            parts["raw_rows"] = self.raw_rows
        if self.static_groups and sum(n for _, n in self.static_groups) != self.n_static:
            raise bad_input(
                "samples.static_groups", f"of {self.n_static} columns together", self.static_groups,
                "count every family's columns",
            )  # fmt: skip
        for name, part in parts.items():
            if len(part) != len(self.rows):
                raise bad_input(
                    f"samples.{name}", f"{len(self.rows)} rows long, as rows is", len(part),
                    "build both from the same keys",
                )  # fmt: skip

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @property
    def n_channels(self) -> int:
        """Number of sequence channels (0 without a sequence)."""
        return 0 if self.sequence is None else self.sequence.shape[1]

    @property
    def n_static(self) -> int:
        """Number of static features (0 without any)."""
        return 0 if self.static is None else self.static.shape[1]

    @property
    def n_raw(self) -> int:
        """Bars of a raw window (0 without any)."""
        return 0 if self.raw_windows is None else self.raw_windows.shape[1]

    def take(self, positions: NDArray[np.integer] | NDArray[np.bool_]) -> Self:
        """Return the rows at `positions` (integer positions or a boolean mask), arrays shared.

        Parameters
        ----------
        positions : ndarray
            Row positions in [0, n), or a mask of shape (n,).

        Returns
        -------
        Samples
            The same `sequence`, fewer rows.
        """
        return replace(
            self,
            rows=self.rows.loc[positions].reset_index(drop=True),
            targets=self.targets.loc[positions].reset_index(drop=True),
            weights=self.weights[positions],
            end=self.end[positions],
            static=None if self.static is None else self.static[positions],
            raw_rows=None if self.raw_rows is None else self.raw_rows[positions],
        )

    def of_set(self, name: str) -> Self:
        """Return the rows whose `set` is `name`."""
        return self.take((self.rows["set"] == name).to_numpy())
