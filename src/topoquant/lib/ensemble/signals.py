"""Primary signals: which rows one would act on, to which side, and whether that was right."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import key_positions

SIDES = ("direction", "up", "down", "both")


@dataclass(frozen=True)
class SignalLevels:
    """Logits beyond which a row is a signal, strictly: a constant prediction has none.

    Attributes
    ----------
    high : float
        Above it a signal.
    low : float or None
        Below it a signal to the other side; None where that end is not traded.
    """

    high: float
    low: float | None


def fit_signal_levels(logit: ArrayLike, side: str, *, share: float) -> SignalLevels:
    """Take the outer share of some predictions as signals.

    Parameters
    ----------
    logit : array-like, shape (n,)
        Of the rows of one fit, finite.
    side : {"direction", "up", "down", "both"}
        Of the target: "direction" has signals at both ends.
    share : float
        In (0, 0.5], at each end that has signals.

    Returns
    -------
    SignalLevels
        Depends on these rows alone.

    Raises
    ------
    InputError
        For another side, or no rows.

    Examples
    --------
    >>> fit_signal_levels(np.arange(11.0), "direction", share=0.3)
    SignalLevels(high=7.0, low=3.0)
    >>> fit_signal_levels(np.arange(11.0), "up", share=0.3).low is None
    True
    """
    if side not in SIDES:
        raise bad_input("side", f"one of {', '.join(SIDES)}", side, "name the side of the target")
    values = np.asarray(logit, np.float64)
    if not values.size:
        raise bad_input("rows of the primary model", "at least 1", 0, "predict them first")
    high = float(np.quantile(values, 1 - share))
    return SignalLevels(high, float(np.quantile(values, share)) if side == "direction" else None)


def signal_sides(logit: ArrayLike, levels: SignalLevels, side: str) -> NDArray[np.int64]:
    """Decide each row: 1, -1, or 0 for no signal.

    Parameters
    ----------
    logit : array-like, shape (n,)
        Of the primary model.
    levels : SignalLevels
        Of `fit_signal_levels`.
    side : str
        Of the target. Above `high` it is -1 for "down", where the label says that price falls, and 1
        otherwise; for "both" that is a move whichever way.

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> signal_sides([-3.0, 0.0, 3.0], SignalLevels(1.0, -1.0), "direction").tolist()
    [-1, 0, 1]
    >>> signal_sides([-3.0, 0.0, 3.0], SignalLevels(1.0, None), "down").tolist()
    [0, 0, -1]
    """
    values = np.asarray(logit, np.float64)
    above = -1 if side == "down" else 1
    signs = np.where(values > levels.high, above, 0)
    return signs if levels.low is None else np.where(values < levels.low, -1, signs)


def is_right(sides: ArrayLike, label: ArrayLike, side: str) -> NDArray[np.float64]:
    """Answer the meta-label: whether it was right to take this side.

    Parameters
    ----------
    sides : array-like of int, shape (n,)
        Of `signal_sides`.
    label : array-like, shape (n,)
        0 or 1; NaN where it is not known.
    side : str
        Of the target.

    Returns
    -------
    ndarray of float64, shape (n,)
        1.0 where the target that the signal names was hit, 0.0 where not, NaN without a signal or a
        label. With "direction" a signal of -1 is right where the label is 0, elsewhere where it is 1.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, section 3.6.

    Examples
    --------
    >>> is_right([1, -1, -1, 0], [1.0, 0.0, 1.0, 1.0], "direction").tolist()
    [1.0, 1.0, 0.0, nan]
    >>> is_right([-1, -1], [1.0, 0.0], "down").tolist()
    [1.0, 0.0]
    """
    taken, known = np.asarray(sides), np.asarray(label, np.float64)
    wanted = np.where(taken < 0, 0.0, 1.0) if side == "direction" else np.ones(len(known))
    return np.where((taken == 0) | np.isnan(known), np.nan, (known == wanted).astype(np.float64))


def known_targets(
    rows: pd.DataFrame, targets: pd.DataFrame, *, sets: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Look up label and uniqueness by key.

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        By the contract of predictions.
    targets : DataFrame
        `symbol`, `time`, `target_id`, `label`, `uniqueness`.
    sets : tuple of str
        Whose rows may have a target here.

    Returns
    -------
    label, uniqueness : ndarray of float64, shape (n,)
        NaN where no target is known.

    Raises
    ------
    InputError
        If the targets are of another target_id, or of rows of another set.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up-4", "set": "val"})
    >>> targets = rows.iloc[:1].assign(label=1.0, uniqueness=0.5)
    >>> [values.tolist() for values in known_targets(rows, targets, sets=("train", "val"))]
    [[1.0, nan], [0.5, nan]]
    """
    ids = [sorted(table["target_id"].astype(str).unique()) for table in (rows, targets)]
    if ids[0] != ids[1]:
        raise bad_input(
            "target_id of the targets", ", ".join(ids[0]), ", ".join(ids[1]), "label or train again"
        )
    position = key_positions(targets, rows, name="targets")
    found = position >= 0
    foreign = sorted(set(rows["set"][found]) - set(sets))
    if foreign:
        raise bad_input(
            "rows with targets", f"of {' and '.join(sets)}", f"also {', '.join(foreign)}", "leave them out"
        )
    label, uniqueness = (
        np.where(found, targets[name].to_numpy(np.float64)[position], np.nan)
        for name in ("label", "uniqueness")
    )
    return label, uniqueness
