"""What every measure refuses, in the same words."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input


def as_series(x: ArrayLike, *, n_least: int, name: str) -> NDArray[np.float64]:
    """Return a series as floats, or refuse it: not one-dimensional, too short, NaN or infinite."""
    # A copy: kernels are compiled once more for arrays that nobody may write to.
    series = np.array(x, dtype=np.float64, order="C")
    if series.ndim != 1:
        raise bad_input("x", "one series, shape (n,)", f"shape {series.shape}", "pass one at a time")
    if series.size < n_least:
        raise bad_input("x", f"{n_least} values or more for {name}", series.size, "pass a longer series")
    usable = np.isfinite(series)
    if not usable.all():
        first = int(np.argmin(usable))
        raise bad_input("x", "finite", f"{series[first]} at position {first}", "cut the series there")
    return series


def check_at_least(name: str, value: float, least: float) -> None:
    """Refuse an argument below its least value."""
    if value < least:
        raise bad_input(name, f">= {least}", value, "choose a larger one")
