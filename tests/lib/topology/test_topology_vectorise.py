import math

import numpy as np
import pytest
from gtda.diagrams import Amplitude, PersistenceEntropy
from gtda.diagrams._metrics import betti_curves, landscapes

from topoquant.lib.errors import InputError
from topoquant.lib.topology import (
    Diagrams,
    TdaOptions,
    diagram_columns,
    rips_persistence,
    sliding_rips_persistence,
    vectorise_diagrams,
)


def make_options(**changes):
    values = {
        "windows": [60], "dimension": 3, "delay": 1, "series": ["log_price"], "n_bins": 50, "n_layers": 3,
        "grid_max": 2.0, "sublevel": False, "sublevel_max": 4.0, "backend": "sliding", "n_jobs": 1,
    }  # fmt: skip
    return TdaOptions(**(values | changes))


def by_name(diagrams, options, **scale):
    rows = vectorise_diagrams(diagrams, options, **scale)
    return dict(zip(diagram_columns(options), rows.T, strict=True))


@pytest.fixture(scope="module")
def diagrams():
    series = np.cumsum(np.random.default_rng(3).normal(size=75))
    return sliding_rips_persistence(series, window=60, dimension=3, delay=1)


def giotto_arrays(diagrams):
    """Diagrams as giotto-tda pads them: every dimension to the same number of points."""
    longest = [max(len(bars[q]) for bars in diagrams) for q in (0, 1)]
    arrays = np.zeros((len(diagrams), sum(longest), 3))
    arrays[:, longest[0] :, 2] = 1
    for k, (h0, h1) in enumerate(diagrams):
        arrays[k, : len(h0), 1] = h0
        arrays[k, longest[0] : longest[0] + len(h1), :2] = h1
    return arrays


@pytest.mark.parametrize(("n_bins", "n_layers", "count"), [(100, 5, 214), (50, 3, 112)])
def test_number_of_features(n_bins, n_layers, count):
    names = diagram_columns(make_options(n_bins=n_bins, n_layers=n_layers))
    assert len(names) == len(set(names)) == count


def test_unit_square_by_hand():
    options = make_options(n_bins=5, grid_max=2.0, n_layers=2)
    square = Diagrams.pack([rips_persistence(np.array([[0, 0], [0, 1], [1, 1], [1, 0]]))])
    features = by_name(square, options)
    lifetime = math.sqrt(2) - 1
    # Grid 0, .5, 1, 1.5, 2: alive from the birth, dead at the death.
    assert [features[f"betti_h0_{k}"][0] for k in range(5)] == [3, 3, 0, 0, 0]
    assert [features[f"betti_h1_{k}"][0] for k in range(5)] == [0, 0, 1, 0, 0]
    assert features["entropy_h0"][0] == pytest.approx(math.log2(3))
    assert features["entropy_h1"][0] == 0
    assert features["bottleneck_h0"][0] == 0.5
    assert features["wasserstein_h0"][0] == pytest.approx(math.sqrt(3) / 2)
    assert features["count_h0"][0] == 3
    assert features["longest_h1"][0] == pytest.approx(lifetime, rel=1e-6)
    # The tent is 0 at its birth, the only grid point it covers.
    assert features["landscape_h1_1"][0] == 0


def test_landscapes_by_hand():
    options = make_options(n_bins=5, grid_max=4.0, n_layers=3)
    two = Diagrams.pack([(np.empty(0), np.array([[0.0, 4.0], [1.0, 3.0]]))])
    features = by_name(two, options)
    assert features["landscape_h1_1"][0] == pytest.approx(math.sqrt(1 + 4 + 1))
    assert features["landscape_h1_2"][0] == pytest.approx(1)
    assert features["landscape_h1_3"][0] == 0


@pytest.mark.parametrize("k", [1, 2, 5, 16])
def test_entropy_of_equal_bars(k):
    equal = Diagrams.pack([(np.full(k, 0.5), np.empty((0, 2)))])
    assert by_name(equal, make_options())["entropy_h0"][0] == pytest.approx(math.log2(k))


def test_empty_diagram():
    features = by_name(Diagrams.pack([(np.empty(0), np.empty((0, 2)))]), make_options())
    assert features.pop("entropy_h0")[0] == features.pop("entropy_h1")[0] == -1
    assert all(values[0] == 0 for values in features.values())


def test_equals_giotto_on_the_same_diagrams(diagrams):
    options = make_options()
    arrays = giotto_arrays(diagrams)
    features = by_name(diagrams, options)
    grid, step = np.linspace(0, options.grid_max, options.n_bins, retstep=True)
    for q in (0, 1):
        curves = betti_curves(arrays[arrays[:, :, 2] == q].reshape(len(diagrams), -1, 3), grid[:, None, None])
        ours = np.column_stack([features[f"betti_h{q}_{k:02d}"] for k in range(options.n_bins)])
        np.testing.assert_array_equal(ours, curves)
    for name in ("bottleneck", "wasserstein"):
        expected = Amplitude(metric=name).fit_transform(arrays)
        for q in (0, 1):
            np.testing.assert_allclose(features[f"{name}_h{q}"], expected[:, q], rtol=0, atol=1e-9)
    expected = PersistenceEntropy().fit_transform(arrays)
    for q in (0, 1):
        np.testing.assert_allclose(features[f"entropy_h{q}"], expected[:, q], rtol=0, atol=1e-9)
    loops = arrays[arrays[:, :, 2] == 1].reshape(len(diagrams), -1, 3)
    layers = landscapes(loops, grid[:, None, None], options.n_layers)
    for layer in range(options.n_layers):
        norm = np.sqrt(step * (layers[:, layer] ** 2).sum(axis=1))
        np.testing.assert_allclose(features[f"landscape_h1_{layer + 1}"], norm, rtol=0, atol=1e-9)


def test_scale_divides_the_diagram(diagrams):
    options = make_options()
    scale = np.linspace(0.5, 2, len(diagrams))
    whole = vectorise_diagrams(diagrams, options, scale=scale)
    for k in (0, 7):
        h0, h1 = diagrams[k]
        alone = Diagrams.pack([(h0 / scale[k], h1 / scale[k])])
        row = vectorise_diagrams(alone, options)[0]
        np.testing.assert_allclose(whole[k, -9:], row[-9:], rtol=1e-6)


def test_order_of_bars_and_other_rows_change_no_bit(diagrams):
    options = make_options()
    whole = vectorise_diagrams(diagrams, options)
    rng = np.random.default_rng(0)
    for k in range(len(diagrams)):
        h0, h1 = diagrams[k]
        alone = vectorise_diagrams(Diagrams.pack([(rng.permutation(h0), rng.permutation(h1))]), options)
        np.testing.assert_array_equal(whole[k], alone[0])


def test_bad_scale_is_refused(diagrams):
    for scale in (np.ones(3), np.zeros(len(diagrams)), np.full(len(diagrams), np.nan)):
        with pytest.raises(InputError, match="scale"):
            vectorise_diagrams(diagrams, make_options(), scale=scale)
