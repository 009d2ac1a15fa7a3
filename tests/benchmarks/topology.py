"""Topological features beside the giotto-tda chain on the same z-scored windows."""

import numpy as np
from gtda.diagrams import Amplitude, BettiCurve, PersistenceEntropy
from gtda.homology import VietorisRipsPersistence
from numpy.lib.stride_tricks import sliding_window_view

from tests.benchmarks.measuring import Row, compare, some_bars
from topoquant.lib.topology import (
    Diagrams,
    TdaOptions,
    diagram_columns,
    embed_takens,
    rips_persistence,
    tda_features,
    vectorise_diagrams,
)


def features_336(*, quick: bool) -> Row:
    return _features(window=60 if quick else 336, n_bins=50, n_layers=3, n_ours=8 if quick else 4096,
                     n_peer=4 if quick else 40)  # fmt: skip


def features_672(*, quick: bool) -> Row:
    return _features(window=80 if quick else 672, n_bins=100, n_layers=5, n_ours=8 if quick else 4096,
                     n_peer=4 if quick else 12)  # fmt: skip


def features_1344(*, quick: bool) -> Row:
    return _features(window=90 if quick else 1344, n_bins=100, n_layers=5, n_ours=8 if quick else 2048,
                     n_peer=3)  # fmt: skip


def returns_336(*, quick: bool) -> Row:
    return _features(window=60 if quick else 336, n_bins=50, n_layers=3, n_ours=8 if quick else 4096,
                     n_peer=4 if quick else 40, series="returns")  # fmt: skip


def returns_672(*, quick: bool) -> Row:
    return _features(window=80 if quick else 672, n_bins=100, n_layers=5, n_ours=8 if quick else 2048,
                     n_peer=4 if quick else 12, series="returns")  # fmt: skip


def returns_1344(*, quick: bool) -> Row:
    return _features(window=90 if quick else 1344, n_bins=100, n_layers=5, n_ours=8 if quick else 1024,
                     n_peer=3, series="returns")  # fmt: skip


def one_window_336(*, quick: bool) -> Row:
    return _one_window(window=60 if quick else 336, quick=quick)


def one_window_672(*, quick: bool) -> Row:
    return _one_window(window=80 if quick else 672, quick=quick)


def one_window_1344(*, quick: bool) -> Row:
    return _one_window(window=90 if quick else 1344, quick=quick)


def _one_window(*, window: int, quick: bool) -> Row:
    cloud = _windows(window, 1)[0]
    ours, theirs = rips_persistence(cloud), _rips(cloud[None])[0]
    for dimension, lengths in ((0, ours[0]), (1, ours[1][:, 1] - ours[1][:, 0])):
        bars = theirs[theirs[:, 2] == dimension]
        np.testing.assert_allclose(lengths.sum(), (bars[:, 1] - bars[:, 0]).sum(), rtol=1e-5)
    return compare(
        f"rips_persistence, one of {window}", "windows",
        ours=(lambda: rips_persistence(cloud), 1), peer=(lambda: _rips(cloud[None]), 1),
        compared="giotto-tda VietorisRipsPersistence on the same points", repeats=1 if quick else 5,
    )  # fmt: skip


def vectorise(*, quick: bool) -> Row:
    window, n = (60, 4) if quick else (336, 100)
    options = _options(window=window, n_bins=100, n_layers=5)
    padded = _rips(_windows(window, n))
    diagrams = Diagrams.pack(
        (points[(points[:, 2] == 0) & (points[:, 1] > 0), 1],
         points[(points[:, 2] == 1) & (points[:, 1] > points[:, 0]), :2])
        for points in padded
    )  # fmt: skip
    _check_agreement(vectorise_diagrams(diagrams, options), _giotto_vectors(padded, options), options)
    return compare(
        "vectorise 214", "diagrams",
        ours=(lambda: vectorise_diagrams(diagrams, options), n),
        peer=(lambda: _giotto_vectors(padded, options), n),
        compared="giotto-tda BettiCurve + Amplitude x3 + PersistenceEntropy on the same diagrams",
        repeats=1 if quick else 5,
    )  # fmt: skip


def _features(
    *, window: int, n_bins: int, n_layers: int, n_ours: int, n_peer: int, series: str = "log_price"
) -> Row:
    options = _options(window=window, n_bins=n_bins, n_layers=n_layers, series=series)
    n_windows = max(n_ours, n_peer)
    bars = some_bars(window + n_windows - 1 + (series == "returns"))
    first = tda_features(bars, options, interval="15m").values[:n_peer]
    windows = _windows(window, n_windows, series)[:n_peer]
    _check_agreement(first, _giotto_vectors(_rips(windows), options), options)
    n_features = len(diagram_columns(options))
    return compare(
        f"tda_features {window}/{n_features} {series}", "windows",
        ours=(lambda: tda_features(bars, options, interval="15m"), n_windows),
        peer=(lambda: _giotto_vectors(_rips(windows), options), n_peer),
        compared="giotto-tda VietorisRipsPersistence + BettiCurve + Amplitude x3 + PersistenceEntropy",
        repeats=1 if n_peer < 10 else 3,
    )  # fmt: skip


def _options(*, window: int, n_bins: int, n_layers: int, series: str = "log_price") -> TdaOptions:
    return TdaOptions(windows=(window,), dimension=3, delay=1, series=(series,), n_bins=n_bins,
                      n_layers=n_layers, grid_max=1.0, sublevel=False, sublevel_max=4.0,
                      backend="sliding", n_jobs=1)  # fmt: skip


def _windows(window: int, n: int, series: str = "log_price") -> np.ndarray:
    """The z-scored windows that `tda_features` sees, embedded: (n, points, 3)."""
    log_price = np.log(some_bars(window + n - 1 + (series == "returns"))["close"].to_numpy())
    raw = sliding_window_view(np.diff(log_price) if series == "returns" else log_price, window)
    scored = (raw - raw.mean(axis=1, keepdims=True)) / raw.std(axis=1, keepdims=True)
    return np.stack([embed_takens(one, dimension=3, delay=1) for one in scored])


def _rips(clouds: np.ndarray) -> np.ndarray:
    return VietorisRipsPersistence(homology_dimensions=(0, 1), n_jobs=1).fit_transform(clouds)


def _giotto_vectors(diagrams: np.ndarray, options: TdaOptions) -> dict[str, np.ndarray]:
    """What giotto-tda offers for our columns; its landscape amplitude sums up the layers."""
    layers = {"n_layers": options.n_layers, "n_bins": options.n_bins}
    return {
        "betti": BettiCurve(n_bins=options.n_bins, n_jobs=1).fit_transform(diagrams),
        "landscape": Amplitude(metric="landscape", metric_params=layers, n_jobs=1).fit_transform(diagrams),
        "bottleneck": Amplitude(metric="bottleneck", n_jobs=1).fit_transform(diagrams),
        "wasserstein": Amplitude(metric="wasserstein", n_jobs=1).fit_transform(diagrams),
        "entropy": PersistenceEntropy(n_jobs=1).fit_transform(diagrams),
    }


def _check_agreement(ours: np.ndarray, theirs: dict[str, np.ndarray], options: TdaOptions) -> None:
    """Betti curves and landscapes are on a fitted grid there, so the scalars are compared."""
    names = diagram_columns(options)
    for name in ("bottleneck", "wasserstein", "entropy"):
        columns = [names.index(f"{name}_h{q}") for q in (0, 1)]
        np.testing.assert_allclose(ours[:, columns], theirs[name], rtol=1e-4, atol=1e-5)
