"""Topological features beside the giotto-tda chain on the same z-scored windows."""

import numpy as np
from gtda.diagrams import Amplitude, BettiCurve, PersistenceEntropy
from gtda.homology import VietorisRipsPersistence
from numpy.lib.stride_tricks import sliding_window_view

from tests.benchmarks.measuring import Row, compare, some_bars
from topoquant.lib.topology import (
    Diagrams,
    TdaOptions,
    embed_takens,
    feature_names,
    tda_features,
    vectorise_diagrams,
)


def features_336(*, quick: bool) -> Row:
    return _features(window=60 if quick else 336, n_bins=50, n_layers=3, n_ours=4 if quick else 300,
                     n_peer=4 if quick else 50)  # fmt: skip


def features_672(*, quick: bool) -> Row:
    return _features(window=80 if quick else 672, n_bins=100, n_layers=5, n_ours=4 if quick else 150,
                     n_peer=4 if quick else 12)  # fmt: skip


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


def _features(*, window: int, n_bins: int, n_layers: int, n_ours: int, n_peer: int) -> Row:
    options = _options(window=window, n_bins=n_bins, n_layers=n_layers)
    bars = some_bars(window + max(n_ours, n_peer) - 1)
    first = tda_features(bars, options, interval="15m").values[:n_peer]
    windows = _windows(window, len(bars) - window + 1)[:n_peer]
    _check_agreement(first, _giotto_vectors(_rips(windows), options), options)
    n_features = len(feature_names(options))
    return compare(
        f"tda_features {window}/{n_features}", "windows",
        ours=(lambda: tda_features(bars, options, interval="15m"), len(bars) - window + 1),
        peer=(lambda: _giotto_vectors(_rips(windows), options), n_peer),
        compared="giotto-tda VietorisRipsPersistence + BettiCurve + Amplitude x3 + PersistenceEntropy",
        repeats=1 if n_peer < 10 else 3,
    )  # fmt: skip


def _options(*, window: int, n_bins: int, n_layers: int) -> TdaOptions:
    return TdaOptions(window=window, dimension=3, delay=1, series="log_price", n_bins=n_bins,
                      n_layers=n_layers, grid_max=1.0, backend="giotto", n_jobs=1)  # fmt: skip


def _windows(window: int, n: int) -> np.ndarray:
    """The z-scored log-price windows that `tda_features` sees, embedded: (n, points, 3)."""
    log_price = np.log(some_bars(window + n - 1)["close"].to_numpy())
    raw = sliding_window_view(log_price, window)
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
    names = feature_names(options)
    for name in ("bottleneck", "wasserstein", "entropy"):
        columns = [names.index(f"{name}_h{q}") for q in (0, 1)]
        np.testing.assert_allclose(ours[:, columns], theirs[name], rtol=1e-4, atol=1e-5)
