"""How far a loss moves with the seed of its fits: a lucky fit is not a feature."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t

from topoquant.lib.sampling import KEY
from topoquant.lib.validity import LEVEL, Interval, log_loss

SEED = "p_label."  # the column of what one seed's fits say: p_label.0, p_label.1, ...


@dataclass(frozen=True)
class SeedLuck:
    """What the seed of a fit is worth, on the rows of one set.

    Attributes
    ----------
    deviation : float
        Standard deviation of the mean log-loss in nats between fits that differ in their seed, pooled over
        variants.
    n_free : int
        Its degrees of freedom.
    n_seeds : int
        Fits that a variant averages.
    """

    deviation: float
    n_free: int
    n_seeds: int

    def margin(self, n_fitted: int) -> float:
        """Bound what luck does to a difference of two variants.

        Parameters
        ----------
        n_fitted : int
            How many of the two were fitted from seeds of their own: 0, 1 or 2.

        Returns
        -------
        float
            Two-sided at 0.99, in nats; NaN where there is one seed.

        Examples
        --------
        >>> round(SeedLuck(deviation=0.001, n_free=40, n_seeds=2).margin(2), 4)
        0.0027
        """
        if not n_fitted:
            return 0.0
        if not self.n_free:
            return float("nan")
        return float(t.ppf((1 + LEVEL) / 2, self.n_free)) * self.deviation * sqrt(n_fitted / self.n_seeds)


def measure_luck(predictions: Iterable[pd.DataFrame], targets: pd.DataFrame) -> dict[str, SeedLuck]:
    """Measure how far losses of fits differ that differ in nothing but their seed.

    Parameters
    ----------
    predictions : iterable of DataFrame
        Of `predict_rows`, one for every set of columns that was fitted.
    targets : DataFrame
        `symbol`, `time`, `target_id`, `label`.

    Returns
    -------
    dict of str to SeedLuck
        By set ("train", out of fold, or "val"), for those that have rows.

    Notes
    -----
    Every variant has as many fits from the same seeds. The variance between them is pooled over variants,
    which differ in columns but hardly in how much chance moves them. Probabilities of several seeds are
    averaged, so a variant's variance is that of one fit over their number.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up", "set": "val"})
    >>> said = rows.assign(**{"p_label.0": [0.5, 0.5], "p_label.1": [0.4, 0.6]})
    >>> luck = measure_luck([said], rows.assign(label=[0.0, 1.0]))["val"]
    >>> round(luck.deviation, 4), luck.n_free  # log(.6 / .5) / sqrt(2)
    (0.1289, 1)
    """
    on = [*KEY, "target_id"]
    losses: dict[str, list[list[float]]] = {}
    for table in predictions:
        seeds = [name for name in table if str(name).startswith(SEED)]
        labelled = table[[*on, "set", *seeds]].merge(targets[[*on, "label"]], on=on, validate="one_to_one")
        for name, rows in labelled.groupby("set"):
            losses.setdefault(str(name), []).append([log_loss(rows["label"], rows[seed]) for seed in seeds])
    return {name: _pooled(np.array(each)) for name, each in losses.items()}


def widen(interval: Interval, margin: float) -> Interval:
    """Add what luck may have done to bounds that hold what rows may have done; the two are independent.

    Parameters
    ----------
    interval : Interval
        Of rows.
    margin : float
        Of seeds, at the same level.

    Returns
    -------
    Interval

    Examples
    --------
    >>> tuple(widen(Interval(1.0, -2.0, 5.0), 4.0))
    (1.0, -4.0, 6.656854249492381)
    """
    value, low, high = interval
    return Interval(value, value - hypot(value - low, margin), value + hypot(high - value, margin))


def _pooled(losses: NDArray[np.float64]) -> SeedLuck:
    """Pool the variance between columns (seeds) over rows (variants)."""
    n_variants, n_seeds = losses.shape
    n_free = n_variants * (n_seeds - 1)
    squares = np.square(losses - losses.mean(axis=1, keepdims=True)).sum()
    return SeedLuck(sqrt(squares / n_free) if n_free else float("nan"), n_free, n_seeds)
