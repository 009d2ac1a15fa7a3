"""What all variants are fed together: one set of rows on which every family is known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import KEY, Samples
from topoquant.lib.training import MemberFeatures, join_families, member_samples
from topoquant.lib.training.target_heads import check_label


@dataclass(frozen=True)
class FamilyColumns:
    """The columns of one family: their own names, and what they are called in the samples.

    Attributes
    ----------
    role : {"sequence", "static"}
        Whether they are channels of a window, or have no time axis.
    names, joined : tuple of str
        In the same order; they differ where two families have a name in common.
    """

    role: str
    names: tuple[str, ...]
    joined: tuple[str, ...]


@dataclass(frozen=True)
class AblationRows:
    """Rows that all variants share.

    Attributes
    ----------
    samples : Samples
        Train and val rows with every family and the label; no test row.
    families : dict of str to FamilyColumns
        By name, in the order they were given.
    dropped : dict of str to int
        Train and val rows without a target, or on which one of the families is unknown, by reason.
    """

    samples: Samples
    families: dict[str, FamilyColumns]
    dropped: dict[str, int]


def ablation_rows(
    splits: pd.DataFrame,
    targets: pd.DataFrame,
    sequence: Mapping[str, pd.DataFrame],
    static: Mapping[str, pd.DataFrame],
    *,
    window: int,
    interval: str,
) -> AblationRows:
    """Assemble the rows on which every family is known, test rows left out.

    Parameters
    ----------
    splits, targets : DataFrame
        Of `assign_rows` and `label_rows`; a row of another set than train and val is not looked at.
    sequence, static : mapping of str to DataFrame
        Tables by family: `symbol`, `time` and columns. At most one family is a sequence.
    window : int
        Bars of the sequence per row; not looked at without one.
    interval : str
        Length of a bar.

    Returns
    -------
    AblationRows

    Raises
    ------
    InputError
        For several sequences, targets without a label, and as `member_samples`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time + pd.Timedelta("1h")})
    >>> splits = rows.assign(set=["train", "train", "test"], fold=[0, 1, -1], kept=True)
    >>> targets = rows.iloc[:2].assign(target_id="up", label=[0.0, 1.0], ret=0.0, uniqueness=1.0)
    >>> tables = {name: rows[["symbol", "time"]].assign(x=[1.0, 2.0, 3.0]) for name in ("tda", "blind")}
    >>> made = ablation_rows(splits, targets, {}, tables, window=0, interval="1h")
    >>> len(made.samples), made.families["blind"].joined
    (2, ('blind_x',))
    """
    if len(sequence) > 1:
        raise bad_input(
            "families of a sequence", "one at most", sorted(sequence), "feed the others without a time axis"
        )
    check_label(targets)
    known = splits.loc[splits["set"].isin(["train", "val"])]
    joined, _ = join_families(static) if static else (None, {})
    features = MemberFeatures(
        sequence=next(iter(sequence.values()), None), window=window if sequence else 0, static=joined
    )
    samples, dropped = member_samples(known, targets, features, interval=interval)
    families = {
        name: FamilyColumns("sequence", _names(table), _names(table)) for name, table in sequence.items()
    }
    start = 0
    for name, table in static.items():
        own = _names(table)
        families[name] = FamilyColumns("static", own, samples.static_names[start : start + len(own)])
        start += len(own)
    # Other targets of the same rows, as the size of a move, would be fitted for nothing.
    return AblationRows(replace(samples, targets=samples.targets[["label"]]), families, dropped)


def _names(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns of a table that are not its key."""
    return tuple(str(name) for name in table.columns if name not in KEY)
