"""Persistence diagrams as rows of numbers on a fixed grid."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.topology.diagrams import Diagrams
from topoquant.lib.topology.options import TdaOptions
from topoquant.lib.topology.vectorise_kernel import vectorise_all

SCALARS = ("entropy", "bottleneck", "wasserstein", "count")


def diagram_columns(options: TdaOptions) -> list[str]:
    """Names of the columns that `vectorise_diagrams` gives.

    Parameters
    ----------
    options : TdaOptions
        `n_bins` and `n_layers` are read.

    Returns
    -------
    list of str, length 2 * n_bins + n_layers + 9
        In the order of the columns.

    Examples
    --------
    >>> options = TdaOptions(windows=[672], dimension=3, delay=1, series=["log_price"], n_bins=100,
    ...                      n_layers=5, grid_max=2.0, sublevel=False, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> len(diagram_columns(options)), diagram_columns(options)[-1]
    (214, 'longest_h1')
    """
    width = len(str(options.n_bins - 1))
    betti = [f"betti_h{q}_{k:0{width}d}" for q in (0, 1) for k in range(options.n_bins)]
    layers = [f"landscape_h1_{layer}" for layer in range(1, options.n_layers + 1)]
    scalars = [f"{name}_h{q}" for q in (0, 1) for name in SCALARS]
    return [*betti, *layers, *scalars, "longest_h1"]


def vectorise_diagrams(
    diagrams: Diagrams, options: TdaOptions, *, scale: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Turn every diagram into one row of features.

    Parameters
    ----------
    diagrams : Diagrams
        n diagrams.
    options : TdaOptions
        `n_bins`, `n_layers` and `grid_max` are read.
    scale : ndarray, shape (n,), optional
        What each diagram's births and deaths are divided by; 1 when absent.

    Returns
    -------
    ndarray of float64, shape (n, 2 * n_bins + n_layers + 9)
        Columns as `diagram_columns`. With s on `n_bins` points from 0 to `grid_max`, ends included:

        - Betti curves: bars alive at s, birth <= s < death; H0 is reduced (the component that
          never dies is left out).
        - Landscape norms: L2 norm over the grid, sqrt(step * sum of squares), of the first,
          second, ... highest tent of H1 at each s.
        - Per dimension: entropy of the lengths in bits (-1 without bars), bottleneck amplitude
          (half the longest length), Wasserstein amplitude of order 2 (L2 norm of half the
          lengths), count. Last, the longest bar of H1.

    Raises
    ------
    InputError
        When `scale` is not one positive number per diagram.

    Notes
    -----
    These are the definitions of giotto-tda 0.6.2 (`BettiCurve`, `Amplitude` with p = 2,
    `PersistenceEntropy` not normalised), on a grid that is given and not fitted. Only a norm per
    layer is our own: their squares over the first k layers add up to the square of giotto's
    landscape amplitude with `n_layers=k`. A row does not depend on the other rows.

    References
    ----------
    Bubenik, P. (2015). Statistical topological data analysis using persistence landscapes.
    Chintakunta, H. et al. (2015). An entropy-based persistence barcode.

    Examples
    --------
    >>> options = TdaOptions(windows=[4], dimension=2, delay=1, series=["log_price"], n_bins=3,
    ...                      n_layers=1, grid_max=2.0, sublevel=False, sublevel_max=4.0,
    ...                      backend="sliding", n_jobs=1)
    >>> square = Diagrams.pack([(np.array([1.0, 1.0, 1.0]), np.array([[1.0, 1.5]]))])
    >>> vectorise_diagrams(square, options)[0, :6].tolist()
    [3.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    """
    scale = np.ones(len(diagrams)) if scale is None else np.asarray(scale, dtype=np.float64)
    if scale.shape != (len(diagrams),) or not (np.isfinite(scale) & (scale > 0)).all():
        raise bad_input(
            "scale", f"{len(diagrams)} positive numbers", f"shape {scale.shape}", "give one per diagram"
        )
    features = np.empty((len(diagrams), 2 * options.n_bins + options.n_layers + 2 * len(SCALARS) + 1))
    grid = np.linspace(0.0, options.grid_max, options.n_bins)
    vectorise_all(
        features, grid, scale, diagrams.h0, diagrams.h0_offsets, diagrams.h1, diagrams.h1_offsets
    )  # fmt: skip
    return features
