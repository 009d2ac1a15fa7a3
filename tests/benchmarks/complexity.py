"""Six measures of complexity of windows of 96 beside antropy, each in its best form."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.benchmarks.measuring import Row, SkippedError, compare, some_bars
from topoquant.lib.complexity import ComplexityOptions, rolling_complexity
from topoquant.lib.complexity.rolling import window_kernels

WINDOW = 96
OPTIONS = ComplexityOptions(
    series=("log_return",), interval=None, windows=(WINDOW,), permutation_order=3, permutation_delay=1,
    sample_order=2, sample_tolerance=0.2, higuchi_lags=10, box_sizes=None, normalize=False,
)  # fmt: skip


def permutation(*, quick: bool) -> Row:
    peer = _antropy().perm_entropy
    return _beside("permutation", lambda windows: peer(windows, order=3), "perm_entropy, 2-D", quick=quick)


def sample(*, quick: bool) -> Row:
    peer = _antropy().sample_entropy
    return _beside("sample", _each(peer), "sample_entropy, a window at a time", quick=quick)


def spectral(*, quick: bool) -> Row:
    peer = _antropy().spectral_entropy
    return _beside("spectral", lambda windows: peer(windows, 1.0), "spectral_entropy, 2-D", quick=quick)


def lempel_ziv(*, quick: bool) -> Row:
    peer = _antropy().lziv_complexity
    said = "lziv_complexity, a window at a time, cut at its median as antropy's manual does"
    return _beside(
        "lempel_ziv", _each(lambda one: peer((one >= np.median(one)).astype(int))), said, quick=quick
    )


def lempel_ziv_bits(*, quick: bool) -> Row:
    peer = _antropy().lziv_complexity
    windows = _windows(quick=quick)
    bits = (windows >= np.median(windows, axis=1, keepdims=True)).astype(int)
    return _beside(
        "lempel_ziv", lambda windows: [peer(one) for one in bits[: len(windows)]],
        "lziv_complexity, of symbols made beforehand, which ours makes itself", quick=quick,
    )  # fmt: skip


def higuchi(*, quick: bool) -> Row:
    return _beside("higuchi", _each(_antropy().higuchi_fd), "higuchi_fd, a window at a time", quick=quick)


def detrended(*, quick: bool) -> Row:
    peer = _antropy().detrended_fluctuation
    return _beside("detrended", _each(peer), "detrended_fluctuation, a window at a time", quick=quick)


def all_six(*, quick: bool) -> Row:
    library = _antropy()
    series, windows = _series(quick=quick), _windows(quick=quick)

    def peers() -> None:
        library.perm_entropy(windows, order=3)
        library.spectral_entropy(windows, 1.0)
        for one in windows:
            library.sample_entropy(one)
            library.lziv_complexity((one >= np.median(one)).astype(int))
            library.higuchi_fd(one)
            library.detrended_fluctuation(one)

    rolling_complexity(series[: 2 * WINDOW], OPTIONS)
    peers()
    return compare(
        "rolling_complexity, all six", "windows",
        ours=(lambda: rolling_complexity(series, OPTIONS), len(series) - WINDOW + 1),
        peer=(peers, len(windows)), compared="the same six of antropy, in the forms above",
        repeats=1 if quick else 3,
    )  # fmt: skip


def _beside(measure: str, peer: Callable[[np.ndarray], object], said: str, *, quick: bool) -> Row:
    """Compare one measure of all windows with a peer on some of them."""
    series, windows = _series(quick=quick), _windows(quick=quick)
    kernel = window_kernels(OPTIONS, WINDOW)[measure]
    # antropy adds 1e-9 to the denominators of its slopes, which is near 1 for four box sizes.
    atol = 5e-9 if measure == "detrended" else 1e-9
    np.testing.assert_allclose(kernel(series)[: len(windows)], peer(windows), rtol=0, atol=atol)
    return compare(
        f"complexity, {measure}", "windows",
        ours=(lambda: kernel(series), len(series) - WINDOW + 1), peer=(lambda: peer(windows), len(windows)),
        compared=f"antropy {said}", repeats=1 if quick else 5,
    )  # fmt: skip


def _each(function: Callable[[np.ndarray], float]) -> Callable[[np.ndarray], list[float]]:
    return lambda windows: [function(one) for one in windows]


@cache
def _series(*, quick: bool) -> np.ndarray:
    """Log-returns of the bars at hand, as many times over as it takes."""
    returns = np.diff(np.log(some_bars(100_000)["close"].to_numpy()))
    return np.resize(returns, (400 if quick else 200_000) + WINDOW - 1)


@cache
def _windows(*, quick: bool) -> np.ndarray:
    return np.ascontiguousarray(sliding_window_view(_series(quick=quick), WINDOW)[: 200 if quick else 4_000])


def _antropy():
    try:
        import antropy
    except ImportError:
        raise SkippedError("skipped: no antropy; it comes with the extra `dev`") from None
    return antropy
