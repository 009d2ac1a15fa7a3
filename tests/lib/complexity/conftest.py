"""Options, and the measures of one series in the order of the columns."""

from collections.abc import Callable

import pytest

from topoquant.lib.complexity import (
    ComplexityOptions,
    detrended_fluctuation,
    higuchi_dimension,
    lempel_ziv,
    permutation_entropy,
    sample_entropy,
    spectral_entropy,
)

# Small, so that windows of a few values will do.
SMALL = {
    "series": ["log_return"], "interval": None, "windows": [12], "permutation_order": 3,
    "permutation_delay": 1, "sample_order": 2, "sample_tolerance": 0.2, "higuchi_lags": 4,
    "box_sizes": [3, 4, 6], "normalize": False,
}  # fmt: skip


@pytest.fixture(scope="session")
def small() -> Callable[..., ComplexityOptions]:
    """Return a function: what differs -> options."""
    return lambda **changes: ComplexityOptions(**(SMALL | changes))


@pytest.fixture(scope="session")
def plain() -> Callable[[object, ComplexityOptions], list[float]]:
    """Return a function: one window -> its six measures by the functions of one series."""

    def compute(x: object, options: ComplexityOptions) -> list[float]:
        order, delay = options.permutation_order, options.permutation_delay
        return [
            permutation_entropy(x, order=order, delay=delay, normalize=options.normalize),
            sample_entropy(x, order=options.sample_order, tolerance=options.sample_tolerance),
            spectral_entropy(x, normalize=options.normalize),
            lempel_ziv(x, normalize=options.normalize),
            higuchi_dimension(x, k_max=options.higuchi_lags),
            detrended_fluctuation(x, sizes=options.box_sizes),
        ]

    return compute
