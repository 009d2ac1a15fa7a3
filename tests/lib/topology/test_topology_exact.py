"""What exact means: the same bars as giotto-ph bit for bit, and features that depend on nothing else."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gph import ripser_parallel
from gtda.homology import VietorisRipsPersistence
from numpy.lib.stride_tricks import sliding_window_view

from topoquant.lib.bars import read_bars, synthetic_bars
from topoquant.lib.errors import InputError
from topoquant.lib.topology import (
    Diagrams,
    TdaOptions,
    diagram_columns,
    embed_takens,
    feature_names,
    rips_persistence,
    sliding_rips_persistence,
    tda_features,
    vectorise_diagrams,
)
from topoquant.lib.topology.pairs_kernel import distance_matrix
from topoquant.lib.topology.sliding import persistence_at

DATA = os.environ.get("TOPOQUANT_DATA")


def make_options(**changes):
    values = {
        "windows": [40], "dimension": 3, "delay": 1, "series": ["log_price"], "n_bins": 20, "n_layers": 2,
        "grid_max": 2.0, "sublevel": True, "sublevel_max": 4.0, "backend": "sliding", "n_jobs": 1,
    }  # fmt: skip
    return TdaOptions(**(values | changes))


def sorted_bars(bars: tuple[np.ndarray, np.ndarray]) -> tuple[list, list]:
    return sorted(bars[0].tolist()), sorted(map(tuple, bars[1].tolist()))


def giotto(points: np.ndarray) -> tuple[list, list]:
    h0, h1 = ripser_parallel(distance_matrix(points), maxdim=1, metric="precomputed", n_threads=1)["dgms"]
    deaths = h0[:, 1]
    return sorted_bars((deaths[(deaths > 0) & np.isfinite(deaths)], h1[h1[:, 1] > h1[:, 0]]))


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return synthetic_bars("regime", n_bars=130, seed=11, interval="15m").bars


def test_a_thousand_walks_on_an_integer_grid():
    rng = np.random.default_rng(2026)
    for walk in np.cumsum(rng.integers(-1, 2, (1000, 32)), axis=1).astype(float):
        diagrams = sliding_rips_persistence(walk, window=28, dimension=3, delay=2, stride=4)
        for k, diagram in enumerate(diagrams):
            points = embed_takens(walk[4 * k : 4 * k + 28], dimension=3, delay=2)
            expected = giotto(points)
            assert sorted_bars(diagram) == expected
            assert sorted_bars(rips_persistence(points)) == expected


@pytest.mark.skipif(not DATA, reason="TOPOQUANT_DATA does not name the folder of real bars")
@pytest.mark.parametrize("name", ["btcusdt_spot_15m_*.parquet", "extra/dogeusdt_spot_15m_*.parquet"])
@pytest.mark.parametrize("delay", [1, 8])
def test_one_real_window_by_itself_equals_giotto(name, delay):
    file = next(Path(DATA).glob(name))
    close = np.log(read_bars(file, symbol="X")["close"].to_numpy()[20_000:20_500])
    for series in (close[:336], np.diff(close)[:200], np.repeat(close[:60], 5), np.tile(close[:70], 4)):
        points = embed_takens(series, dimension=3, delay=delay)
        assert sorted_bars(rips_persistence(points)) == giotto(points)


def test_lengths_in_uneven_buckets_are_sorted():
    # One point far away, all others within a millionth of its distance.
    points = np.vstack([np.random.default_rng(4).normal(size=(120, 2)), [[1e7, 0.0]]])
    assert sorted_bars(rips_persistence(points)) == giotto(points)


def test_the_chain_counts_and_reads_what_giotto_finds_on_z_scored_windows(bars):
    options = make_options(windows=[60], n_bins=50, sublevel=False)
    made = tda_features(bars, options, interval="15m")
    ours = pd.DataFrame(made.values, columns=diagram_columns(options))
    windows = sliding_window_view(np.log(bars["close"].to_numpy()), 60)
    scored = (windows - windows.mean(axis=1, keepdims=True)) / windows.std(axis=1, keepdims=True)
    clouds = np.stack([embed_takens(one, dimension=3, delay=1) for one in scored])
    theirs = VietorisRipsPersistence(homology_dimensions=(0, 1)).fit_transform(clouds)
    packed = Diagrams.pack(
        (own[(own[:, 2] == 0) & (own[:, 1] > own[:, 0]), 1],
         own[(own[:, 2] == 1) & (own[:, 1] > own[:, 0]), :2])
        for own in theirs
    )  # fmt: skip
    expected = pd.DataFrame(vectorise_diagrams(packed, options), columns=diagram_columns(options))
    is_betti = [name.startswith("betti") for name in ours.columns]
    assert (ours.loc[:, is_betti] != expected.loc[:, is_betti]).to_numpy().mean() <= 0.003
    others = [not betti for betti in is_betti]
    np.testing.assert_allclose(ours.loc[:, others], expected.loc[:, others], atol=2e-6, rtol=2e-6)


@pytest.mark.parametrize("backend", ["single", "giotto"])
def test_every_backend_gives_the_same_bits(bars, backend):
    times = tda_features(bars, make_options(), interval="15m").index["time"][::9]
    ours, theirs = (
        tda_features(bars, make_options(backend=name), interval="15m", times=times)
        for name in ("sliding", backend)
    )
    np.testing.assert_array_equal(ours.values.view(np.uint32), theirs.values.view(np.uint32))


def test_series_and_windows_stand_side_by_side_as_if_each_were_alone(bars):
    both = make_options(series=["returns", "log_price", "volume"], windows=[48, 20])
    made = tda_features(bars, both, interval="15m")
    assert made.columns == feature_names(both)
    assert made.values.shape == (130 - 48, 6 * 75)
    whole = pd.DataFrame(made.values, columns=made.columns)
    for series in both.series:
        for window in both.windows:
            alone = make_options(series=[series], windows=[window])
            own = tda_features(bars, alone, interval="15m", times=made.index["time"])
            np.testing.assert_array_equal(whole[own.columns].to_numpy(), own.values)


def test_changing_later_bars_changes_no_bit_of_any_family(bars):
    options = make_options(series=["log_price", "returns", "volume"], windows=[24, 40])
    changed = bars.copy()
    changed.loc[100:, ["close", "volume"]] *= np.linspace(1.5, 9, 30)[:, None]
    before, after = (tda_features(one, options, interval="15m").values for one in (bars, changed))
    known = 100 - 40
    np.testing.assert_array_equal(before[:known].view(np.uint32), after[:known].view(np.uint32))
    assert (before[known] != after[known]).any()


def test_a_named_twice_series_or_window_is_refused():
    with pytest.raises(ValueError, match="each may be named once"):
        make_options(series=["returns", "returns"])
    with pytest.raises(ValueError, match="each may be named once"):
        make_options(windows=[20, 20])
    with pytest.raises(ValueError, match="at least 1 item"):
        make_options(series=[])


@pytest.mark.parametrize("k", [1, 2, 8, 31])
def test_entropy_of_equal_bars(k):
    options = make_options()
    equal = Diagrams.pack([(np.full(k, 0.5), np.tile([[0.25, 1.0]], (k, 1)))])
    row = dict(zip(diagram_columns(options), vectorise_diagrams(equal, options)[0], strict=True))
    assert row["entropy_h0"] == pytest.approx(np.log2(k), abs=1e-12)
    assert row["entropy_h1"] == pytest.approx(np.log2(k), abs=1e-12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"dimension": 0}, "dimension must be at least 1, got 0"),
     ({"delay": 0}, "delay must be at least 1, got 0"),
     ({"delay": -3}, "delay must be at least 1, got -3"),
     ({"window": 4}, r"window must be >= \(dimension - 1\) \* delay \+ 2 = 6, got 4"),
     ({"window": 99}, "series must be >= window = 99 values long, got 50"),
     ({"stride": -1}, "stride must be at least 1, got -1")],
)  # fmt: skip
def test_windows_that_cannot_be_are_refused(changes, message):
    values = {"window": 10, "dimension": 3, "delay": 2, "stride": 1} | changes
    with pytest.raises(InputError, match=message):
        sliding_rips_persistence(np.arange(50.0), **values)


@pytest.mark.parametrize("starts", [[-1], [0, 41], [3, 3], [5, 2]])
def test_windows_outside_the_series_or_out_of_order_are_refused(starts):
    with pytest.raises(InputError, match=r"starts must be ascending in \[0, 40\]"):
        persistence_at(np.arange(50.0), np.array(starts), window=10, dimension=3, delay=2)


def test_distances_beyond_float32_are_refused():
    with pytest.raises(InputError, match="rescale"):
        sliding_rips_persistence(np.array([0.0, 1e39, 0.0]), window=3, dimension=1, delay=1)
    with pytest.raises(InputError, match="rescale"):
        rips_persistence(np.array([[0.0], [1e39]]))


def test_several_columns_are_no_series():
    with pytest.raises(InputError, match=r"series must be of shape \(n,\)"):
        sliding_rips_persistence(np.zeros((9, 2)), window=4, dimension=2, delay=1)


def test_a_constant_window_has_no_bars_in_any_family(bars):
    options = make_options(series=["log_price", "returns", "volume"])
    values = tda_features(bars.assign(close=3.0, volume=0.0), options, interval="15m")
    table = pd.DataFrame(values.values, columns=values.columns)
    entropy = table.columns.str.contains("entropy")
    assert (table.loc[:, entropy] == -1).all(axis=None)
    assert (table.loc[:, ~entropy] == 0).all(axis=None)
