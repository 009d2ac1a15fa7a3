"""How much each column says about a target: mutual information on rows whose labels do not overlap."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head
from topoquant.lib.sampling import Samples, disjoint_sets

# The target a study is about, where there is one: others are helpers and do not choose columns.
MAIN_TARGET = "label"


def mutual_information(
    columns: NDArray[Any],
    samples: Samples,
    heads: Sequence[Head],
    *,
    n_neighbors: int,
    max_rows: int,
    seed: int,
) -> NDArray[np.float64]:
    """Estimate the mutual information of each column with the target, in nats.

    Parameters
    ----------
    columns : ndarray, shape (n, n_columns)
        One value per row and column, finite.
    samples : Samples
        Rows of a fit and their targets.
    heads : sequence of Head
        What is predicted. The label alone counts where there is one; else the mean over all heads.
    n_neighbors : int
        Neighbours of the estimator, at least 1.
    max_rows : int
        Most rows to look at; drawn, set by set, where there are more.
    seed : int
        Of that draw and of the noise that breaks ties. Same seed, same bits.

    Returns
    -------
    ndarray of float64, shape (n_columns,)
        At least 0. A mean over sets of rows whose labels share no instant (`disjoint_sets`),
        weighted by their rows.

    Raises
    ------
    InputError
        When no such set has more than `n_neighbors` + 1 rows.

    References
    ----------
    Kraskov, Stoegbauer and Grassberger (2004), "Estimating mutual information".
    Ross (2014), "Mutual information between discrete and continuous data sets".

    Examples
    --------
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> rng = np.random.default_rng(0)
    >>> x, time = rng.normal(size=(400, 2)), np.arange(400).astype("datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": x[:, 0] > 0}, static=x)
    >>> head = Head(name="label", kind="binary")
    >>> found = mutual_information(x, samples, [head], n_neighbors=3, max_rows=400, seed=0)
    >>> bool(found[0] > 0.5), bool(found[1] < 0.1)
    (True, True)
    """
    sets = _drawn_sets(samples, n_neighbors, max_rows, seed)
    main = [head for head in heads if head.name == MAIN_TARGET] or list(heads)
    found = np.zeros(columns.shape[1])
    for positions in sets:
        x = columns[positions].astype(np.float64)
        for head in main:
            target = samples.targets[head.name].to_numpy()[positions]
            found += len(positions) * _estimate(x, target, head, n_neighbors, seed)
    return found / (len(main) * sum(len(positions) for positions in sets))


def _estimate(
    x: NDArray[np.float64], target: NDArray[np.float64], head: Head, n_neighbors: int, seed: int
) -> NDArray[np.float64]:
    """Estimate one target on one set of rows: labels by scikit-learn, values as it does but faster."""
    if head.kind == "binary":
        from sklearn.feature_selection import (  # noqa: PLC0415  (a second that most fits do not need)
            mutual_info_classif,
        )

        found = mutual_info_classif(
            x, target.astype(np.int64), discrete_features=False, n_neighbors=n_neighbors, random_state=seed
        )
        return np.asarray(found)
    from topoquant.lib.training.information_kernel import count_near  # noqa: PLC0415  (imports numba)

    rng = np.random.RandomState(seed)
    columns = np.ascontiguousarray(_untied(x, rng).T)
    near_x, near_y = count_near(columns, _untied(target[:, None], rng)[:, 0], n_neighbors)
    known = digamma(len(x)) + digamma(n_neighbors)
    found = known - digamma(near_x).mean(axis=1) - digamma(near_y).mean(axis=1)
    return np.asarray(np.maximum(0.0, found))


def _untied(values: NDArray[np.float64], rng: np.random.RandomState) -> NDArray[np.float64]:
    """Scale columns to unit deviation and break ties by noise, as scikit-learn does and draws it."""
    spread = values.std(axis=0)
    scaled = values / np.where(spread > 0, spread, 1.0)
    size = np.maximum(1.0, np.abs(scaled).mean(axis=0))
    return scaled + 1e-10 * size * rng.standard_normal(values.shape)


def _drawn_sets(samples: Samples, n_neighbors: int, max_rows: int, seed: int) -> list[NDArray[np.int64]]:
    """Return sets of rows without overlapping labels, `max_rows` rows at most."""
    every = disjoint_sets(samples.rows)
    sets = [positions for positions in every if len(positions) > n_neighbors + 1]
    if not sets or max_rows <= n_neighbors + 1:
        raise bad_input(
            "rows to select features on", f"more than {n_neighbors + 1} whose labels do not overlap",
            min(max_rows, max(map(len, every), default=0)),
            "load more bars, lower n_neighbors or set n_features to null",
        )  # fmt: skip
    rng = np.random.default_rng(seed)
    drawn: list[NDArray[np.int64]] = []
    left = max_rows
    for number in rng.permutation(len(sets)):
        positions = sets[number]
        if left <= n_neighbors + 1:
            break
        if len(positions) > left:
            positions = np.sort(rng.choice(positions, left, replace=False))
        drawn.append(positions)
        left -= len(positions)
    return drawn
