"""What a member looks at: feature families, each as the catalog holds it, joined on the key."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import KEY, attach_keys, key_positions


@dataclass(frozen=True)
class MemberFeatures:
    """The features one member looks at.

    Attributes
    ----------
    sequence : DataFrame or None
        Keyed channels, one row per bar.
    window : int
        Bars of `sequence` per row; 0 without a sequence.
    static : DataFrame or None
        Keyed features without a time axis.
    static_groups : tuple of (str, int)
        Families of the static features in the order of their columns, and how many columns each has.
    raw : (ndarray, shape (n_stored, n_raw), DataFrame) or None
        Windows that images are made of, and the keys of their rows.
    unmatched : dict
        Per role of several families, and family: rows whose key another family of the role lacks.
    """

    sequence: pd.DataFrame | None = None
    window: int = 0
    static: pd.DataFrame | None = None
    raw: tuple[NDArray[np.floating], pd.DataFrame] | None = None
    unmatched: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    static_groups: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Family:
    """One feature family as the catalog holds it.

    Attributes
    ----------
    values : DataFrame or ndarray, shape (n, n_columns)
        A keyed table, or an array whose keys and names are the next two.
    index : DataFrame or None
        Keys of the rows of an array, in its order.
    columns : sequence of str or None
        Names of the columns of an array; absent for raw windows, which have none.
    """

    values: Any
    index: pd.DataFrame | None = None
    columns: Sequence[str] | None = None

    def table(self) -> pd.DataFrame:
        """Return the family as one keyed table."""
        if self.index is None or self.columns is None:
            return pd.DataFrame(self.values)
        return attach_keys(self.index, np.asarray(self.values), self.columns)


def join_families(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Join the tables of several families on the key.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By family: `symbol`, `time` and features, each key at most once.

    Returns
    -------
    joined : DataFrame
        Rows whose key every family has, in the order of the first; `symbol`, `time`, then the
        features, family after family. A name that several families have gets its family in front:
        `<family>_<name>`. One family alone is returned as it is.
    unmatched : dict of str to int
        Per family its rows that are not in `joined`.

    Raises
    ------
    InputError
        If a key repeats, or two names are equal even so.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> first = pd.DataFrame({"symbol": "SYN", "time": time, "entropy": [1.0, 2.0, 3.0]})
    >>> joined, unmatched = join_families({"tda": first, "complexity": first.iloc[1:]})
    >>> joined.columns.tolist(), joined["tda_entropy"].tolist(), unmatched
    (['symbol', 'time', 'tda_entropy', 'complexity_entropy'], [2.0, 3.0], {'tda': 1, 'complexity': 0})
    """
    if len(tables) == 1:
        return next(iter(tables.values())), dict.fromkeys(tables, 0)
    first = next(iter(tables.values()))
    found = {family: key_positions(table, first, name=family) for family, table in tables.items()}
    shared = np.logical_and.reduce([positions >= 0 for positions in found.values()])
    features = _unique_names({family: table.drop(columns=KEY) for family, table in tables.items()})
    parts = [features[family].iloc[found[family][shared]].reset_index(drop=True) for family in tables]
    joined = pd.concat([first.loc[shared, KEY].reset_index(drop=True), *parts], axis=1)
    return joined, {family: len(table) - len(joined) for family, table in tables.items()}


def gather_features(roles: Mapping[str, Mapping[str, Family]], *, window: int = 0) -> MemberFeatures:
    """Make a member's features out of the families that feed each of its inputs.

    Parameters
    ----------
    roles : mapping of str to mapping of str to Family
        By role ("sequence", "static", "window") and family; a role may be absent.
    window : int, optional
        Bars of a sequence; absent without one.

    Returns
    -------
    MemberFeatures

    Raises
    ------
    InputError
        For a role that does not exist, for a window of several families or without an index, and as
        `join_families`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> keys = pd.DataFrame({"symbol": "SYN", "time": time})
    >>> tda = Family(np.ones((2, 1), np.float32), keys, ["h1_total"])
    >>> gather_features({"static": {"tda": tda}}).static.columns.tolist()
    ['symbol', 'time', 'h1_total']
    >>> gather_features({"static": {"tda": tda}}).static_groups
    (('tda', 1),)
    """
    if unknown := sorted(set(roles) - {"sequence", "static", "window"}):
        raise bad_input("roles of features", "sequence, static or window", unknown, "correct the member")
    tables: dict[str, pd.DataFrame | None] = {"sequence": None, "static": None}
    unmatched: dict[str, dict[str, int]] = {}
    groups: dict[str, tuple[tuple[str, int], ...]] = {}
    for role in tables:
        if families := roles.get(role):
            parts = {name: one.table() for name, one in families.items()}
            tables[role], lost = join_families(parts)
            unmatched |= {role: lost} if len(families) > 1 else {}
            groups[role] = tuple((name, part.shape[1] - len(KEY)) for name, part in parts.items())
    raw = _raw_windows(roles["window"]) if roles.get("window") else None
    return MemberFeatures(
        **tables, window=window, raw=raw, unmatched=unmatched, static_groups=groups.get("static", ())
    )


def _raw_windows(families: Mapping[str, Family]) -> tuple[NDArray[np.floating], pd.DataFrame]:
    """Return the one array of raw windows, not copied, and its keys."""
    if len(families) > 1 or (only := next(iter(families.values()))).index is None:
        raise bad_input(
            "families of a window", "one, of raw windows with an index", sorted(families),
            "name one family of windows",
        )  # fmt: skip
    return only.values, only.index


def _unique_names(features: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Put the family in front of names that several families have."""
    times = Counter(str(name) for table in features.values() for name in table.columns)
    named = {
        family: table.rename(columns={name: f"{family}_{name}" for name in table if times[str(name)] > 1})
        for family, table in features.items()
    }
    every = Counter(str(name) for table in named.values() for name in table.columns)
    if repeated := sorted(name for name, n in every.items() if n > 1):
        raise bad_input("names of joined features", "unique", f"{repeated} repeated", "rename one of them")
    return named
