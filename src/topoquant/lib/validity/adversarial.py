"""Whether later rows can be told from train rows better than train rows from each other. It warns only."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from scipy.stats import t as student

from topoquant.lib.errors import InputError, bad_input
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.sampling.purged import time_blocks
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.binary import roc_auc
from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.wording import listed, short

LEVEL = 0.99
MINIMUM_EXCESS = 0.05
MINIMUM_ROWS = 10
N_LISTED = 5
# Of the logistic regression on two standardised columns per feature.
RIDGE = 0.1
LARGEST = 5.0
Matrix = NDArray[np.float64]
# Of two blocks: first half of the earlier, second half, first half of the later, second half.
Quarters = tuple[Matrix, Matrix, Matrix, Matrix]


@dataclass(frozen=True)
class Separation:
    """How well two neighbouring blocks are told apart.

    `auc` is that of all columns, taught by one pair of halves and tested on the other. `shift` is, for the
    level and the spread of each column, (2, n_columns), its AUC less .5, the mean of both pairs.
    """

    auc: float
    shift: Matrix


def adversarial_validation(
    features: pd.DataFrame, time: ArrayLike, *, is_later: ArrayLike, gap: pd.Timedelta, n_blocks: int
) -> Check:
    """Ask whether later rows differ from train rows by more than neighbouring blocks of train rows do.

    Two blocks are told apart by what their first halves taught, in their second halves, and the other
    way round. Halves are contiguous and purged: with shuffled rows, windows that overlap give the block away,
    and stationary noise is separated. The AUC of the last train block against the later rows is compared
    with that of each train block against the next; so is that of each column.

    Parameters
    ----------
    features : DataFrame, shape (n, n_columns)
        Numeric columns in any order of rows; others are left out, NaN and infinity count as the median.
    time : array-like of datetimes, shape (n,)
        Time of each row.
    is_later : array-like of bool, shape (n,)
        Rows to compare (val or test), all of them after the others (train).
    gap : Timedelta
        Left out before every cut: the longest window and the horizon, so that no two halves share a bar.
    n_blocks : int
        Train blocks of equally many instants, at least 4; as many as make them as long as the later rows.
        There is one comparison less.

    Returns
    -------
    Check
        "warning" when the AUC exceeds, by .05 at least, the bound that one more comparison would exceed one
        time in a hundred (Student's t over the comparisons), or when the level or the spread of a column
        does alone, at one time in a hundred for all columns together. Those are listed with their AUC, the
        furthest first; if none does, the five that come nearest. A column that wanders separates any two
        blocks, and so does not warn.

    Raises
    ------
    InputError
        For fewer than four blocks, later rows that are not later, no numeric column, or a half of fewer
        than ten rows.

    References
    ----------
    Pan et al. (2020), "Adversarial validation approach to concept drift problem", read here against the
    comparison that drift of no interest sets.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> time = pd.date_range("2024", periods=1000, freq="h", tz="UTC")
    >>> features = pd.DataFrame(rng.normal(size=(1000, 2)), columns=["still", "moved"])
    >>> features.loc[800:, "moved"] += 2
    >>> check = adversarial_validation(features, time, is_later=np.arange(1000) >= 800,
    ...                                gap=pd.Timedelta("4h"), n_blocks=5)
    >>> check.status, list(check.numbers["columns"])
    ('warning', ['moved'])
    """
    values, names = _numeric(features)
    start, later = instants(time), np.asarray(is_later, bool)
    _check_rows(values, start, later, n_blocks)
    block = np.full(len(start), n_blocks)
    block[~later] = time_blocks(start[~later], n_blocks)
    pairs = [_separate(_quarters(values, start, block, first, gap)) for first in range(n_blocks)]
    known, found = pairs[:-1], pairs[-1]  # the last pair is the last train block and the later rows
    aucs = np.array([pair.auc for pair in known])
    usual, bound = float(aucs.mean()), _bound(aucs)
    reach = _reach(np.stack([pair.shift for pair in known]), found.shift)
    n_moved = int((reach > 1).sum())
    alarm = bool(n_moved) or (found.auc > bound and found.auc - usual >= MINIMUM_EXCESS)
    furthest = np.argsort(-reach, kind="stable")[: (n_moved or N_LISTED) if alarm else 0]
    listed_aucs = {names[place]: float(0.5 + np.abs(found.shift[:, place]).max()) for place in furthest}
    numbers = {
        "auc": found.auc, "usual_auc": usual, "bound": bound, "train_aucs": aucs.tolist(),
        "n_columns": len(names), "n_moved": n_moved, "columns": listed_aucs,
        "n_train": int((~later).sum()), "n_later": int(later.sum()),
    }  # fmt: skip
    text = (
        f"AUC {short(found.auc)} between the last train block and the {int(later.sum())} later rows, "
        f"{short(usual)} between neighbouring train blocks, bound {short(bound)}"
    )
    if alarm:
        columns = listed([f"{name} {short(auc)}" for name, auc in listed_aucs.items()], N_LISTED)
        text += f"; {n_moved} of {len(names)} columns moved by themselves, furthest: {columns}"
    return Check("adversarial_validation", "warning" if alarm else "ok", text, numbers, "features")


def check_adversarial(
    splits: pd.DataFrame, features: pd.DataFrame, *, gap: pd.Timedelta, n_blocks: int
) -> Check:
    """Tell the rows after train from train rows.

    Parameters
    ----------
    splits : DataFrame
        Of `assign_rows`; thinned train rows are looked at all the same.
    features : DataFrame
        `symbol`, `time` and columns.
    gap, n_blocks
        As in `adversarial_validation`.

    Returns
    -------
    Check
        Of `adversarial_validation`, for the val rows where they come after train, else for the test rows,
        which are then said to be those. "warning" that nothing was tested where there are too few rows.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=40, freq="h", tz="UTC")
    >>> splits = pd.DataFrame({"symbol": "SYN", "time": time, "set": ["train"] * 30 + ["val"] * 10})
    >>> features = splits[["symbol", "time"]].assign(x=np.arange(40.0))
    >>> check_adversarial(splits, features, gap=pd.Timedelta("4h"), n_blocks=8).finding[:62]
    'not tested: rows of half a block must be at least 10 without t'
    """
    sets = splits.loc[splits["set"].isin(["train", "val", "test"])]
    first, last = (sets.groupby("set")["time"].agg(how) for how in ("min", "max"))
    later = "val" if "val" in first and first["val"] > last["train"] else "test"
    rows = sets.loc[sets["set"].isin(["train", later]), [*KEY, "set"]].merge(features, on=KEY)
    columns = [name for name in features.columns if name not in KEY]
    try:
        return adversarial_validation(
            rows[columns], rows["time"], is_later=rows["set"] == later, gap=gap, n_blocks=n_blocks
        )
    except InputError as too_small:
        numbers = {"n_rows": len(rows), "n_blocks": n_blocks}
        return Check("adversarial_validation", "warning", f"not tested: {too_small}", numbers, "features")


def _numeric(features: pd.DataFrame) -> tuple[Matrix, list[str]]:
    """Numeric columns as floats, without NaN, and their names."""
    table = features.select_dtypes(["number", "bool"]).astype(float)
    if table.empty:
        raise bad_input("features", "rows of numeric columns", features.shape, "pass the feature columns")
    table = table.replace([np.inf, -np.inf], np.nan)
    return table.fillna(table.median()).fillna(0.0).to_numpy(), [str(name) for name in table.columns]


def _check_rows(values: Matrix, start: NDArray[np.int64], later: NDArray[np.bool_], n_blocks: int) -> None:
    """Refuse rows that cannot be compared."""
    if not len(values) == len(start) == len(later):
        raise bad_input(
            "time and is_later", f"{len(values)} long, as features is", (len(start), len(later)),
            "pass all three of the same rows",
        )  # fmt: skip
    if n_blocks < 4:
        raise bad_input("n_blocks", "at least 4", n_blocks, "three comparisons are the fewest")
    if not later.any() or later.all() or start[later].min() <= start[~later].max():
        raise bad_input(
            "is_later", "rows after all others, some and not all",
            f"{int(later.sum())} of {len(later)}", "mark the rows of val or test",
        )  # fmt: skip


def _quarters(
    values: Matrix, start: NDArray[np.int64], block: NDArray[np.int64], first: int, gap: pd.Timedelta
) -> Quarters:
    """Both halves of a block and of the next one, each purged before the cut that ends it."""
    cuts: list[int] = []
    for number in (first, first + 1):
        distinct = np.unique(start[block == number])
        cuts += [int(distinct[0]), int(distinct[len(distinct) // 2])]
    cuts.append(int(start[block == first + 1].max()) + gap.value + 1)
    parts = [
        values[(block >= first) & (block <= first + 1) & (start >= low) & (start < high - gap.value)]
        for low, high in pairwise(cuts)
    ]
    fewest = min(map(len, parts))
    if fewest < MINIMUM_ROWS:
        raise bad_input(
            "rows of half a block", f"at least {MINIMUM_ROWS} without the gap", fewest,
            "ask for fewer blocks, or load more bars",
        )  # fmt: skip
    return parts[0], parts[1], parts[2], parts[3]


def _separate(quarters: Quarters) -> Separation:
    """AUC of what the first halves teach in the second ones, and the other way round, averaged."""
    first, second = (quarters[0], quarters[2]), (quarters[1], quarters[3])
    auc = (_taught(first, second) + _taught(second, first)) / 2
    return Separation(auc, (_column_aucs(first) + _column_aucs(second)) / 2 - 0.5)


def _taught(teach: Sequence[Matrix], test: Sequence[Matrix]) -> float:
    """AUC on one pair of halves of a logistic regression on the other pair."""
    # Imported here: scikit-learn takes a second, and most who import this fit nothing.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    centre, scale = _centre_and_scale(np.concatenate(teach))
    designs, labels = [], []
    for pair in (teach, test):
        scaled = np.clip((np.concatenate(pair) - centre) / scale, -LARGEST, LARGEST)
        designs.append(np.hstack([scaled, np.abs(scaled) - 1.0]))
        labels.append(np.repeat([0.0, 1.0], [len(pair[0]), len(pair[1])]))
    model = LogisticRegression(
        C=1 / (RIDGE * len(labels[0])), class_weight="balanced", solver="newton-cholesky", max_iter=200
    )
    model.fit(designs[0], labels[0])
    return roc_auc(labels[1], model.decision_function(designs[1]))


def _column_aucs(pair: Sequence[Matrix]) -> Matrix:
    """AUC of each column's level, and of its distance from the centre, (2, n_columns)."""
    both = np.concatenate(pair)
    centre, scale = _centre_and_scale(both)
    n_first, n_second = len(pair[0]), len(pair[1])
    aucs = []
    for score in (both, np.abs(both - centre) / scale):
        ranks = rankdata(score, axis=0)[n_first:].sum(axis=0)
        aucs.append((ranks - n_second * (n_second + 1) / 2) / (n_first * n_second))
    return np.stack(aucs)


def _centre_and_scale(values: Matrix) -> tuple[Matrix, Matrix]:
    """Median and standard deviation of each column, 1 where there is no spread."""
    scale = values.std(axis=0)
    return np.median(values, axis=0), np.where(scale > 1e-12, scale, 1.0)


def _bound(aucs: Matrix) -> float:
    """Give what one more AUC of the same kind exceeds with probability 1 - LEVEL."""
    n = len(aucs)
    width = float(student.ppf(LEVEL, n - 1)) * np.sqrt(1 + 1 / n)
    return min(1.0, float(aucs.mean() + width * aucs.std(ddof=1)))


def _reach(known: Matrix, found: Matrix) -> Matrix:
    """How far each column moved, in units of what neighbouring train blocks explain, (n_columns,)."""
    # Which of two blocks is higher is a coin toss where nothing moves: the mean shift is 0, not estimated.
    usual = np.sqrt(np.square(known).mean(axis=0))
    limit = usual * float(student.ppf(1 - (1 - LEVEL) / (2 * found.size), len(known)))
    limit = np.maximum(limit, usual + MINIMUM_EXCESS)
    return np.asarray((np.abs(found) / limit).max(axis=0))
