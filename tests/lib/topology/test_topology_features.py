import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pydantic
import pytest
from gtda.diagrams import Amplitude, PersistenceEntropy
from gtda.homology import VietorisRipsPersistence

from topoquant.lib.errors import InputError
from topoquant.lib.topology import TdaOptions, diagram_columns, feature_names, tda_features
from topoquant.lib.topology import features as features_module


def make_options(**changes):
    values = {
        "windows": [40], "dimension": 3, "delay": 1, "series": ["log_price"], "n_bins": 20, "n_layers": 2,
        "grid_max": 2.0, "sublevel": False, "sublevel_max": 4.0, "backend": "sliding", "n_jobs": 1,
    }  # fmt: skip
    return TdaOptions(**(values | changes))


def make_bars(n=70, seed=5):
    close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, n)))
    open_time = pd.date_range("2024-01-01", periods=n, freq="15min", tz="UTC").as_unit("ns")
    return pd.DataFrame({"symbol": "SYN", "open_time": open_time, "close": close})


@pytest.mark.parametrize(("series", "first"), [("log_price", 39), ("returns", 40)])
def test_rows_are_the_bars_with_a_whole_window(series, first):
    bars, options = make_bars(), make_options(series=[series])
    result = tda_features(bars, options, interval="15m")
    assert result.columns == feature_names(options)
    assert result.values.dtype == np.float32
    assert result.values.shape == (70 - first, 51)
    assert list(result.index.columns) == ["symbol", "time"]
    expected = bars["open_time"].iloc[first:] + pd.Timedelta("15min")
    assert result.index["time"].tolist() == expected.tolist()
    assert np.isfinite(result.values).all()


@pytest.mark.parametrize("series", ["log_price", "returns"])
def test_later_and_much_earlier_bars_change_nothing(series):
    bars, options = make_bars(), make_options(series=[series])
    whole = tda_features(bars, options, interval="15m")
    prefix = tda_features(bars.iloc[:55], options, interval="15m")
    np.testing.assert_array_equal(prefix.values, whole.values[: len(prefix.values)])
    changed = bars.copy()
    changed.loc[55:, "close"] = np.linspace(1, 500, 15)
    changed.loc[:4, "close"] = 7.0
    other = tda_features(changed, options, interval="15m", times=[bars["open_time"][55]])
    np.testing.assert_array_equal(other.values[0], prefix.values[-1])


def test_blocks_executors_and_processes_change_no_bit(monkeypatch):
    bars, options = make_bars(), make_options()
    whole = tda_features(bars, options, interval="15m").values
    for size in (1, 7, 1000):
        monkeypatch.setattr(features_module, "BLOCK_SIZE", size)
        np.testing.assert_array_equal(tda_features(bars, options, interval="15m").values, whole)
    monkeypatch.setattr(features_module, "BLOCK_SIZE", 5)
    with ThreadPoolExecutor(2) as pool:
        np.testing.assert_array_equal(tda_features(bars, options, interval="15m", map=pool.map).values, whole)
    two = tda_features(bars, make_options(n_jobs=2), interval="15m").values
    np.testing.assert_array_equal(two, whole)


def test_a_gap_is_in_no_window():
    bars, options = make_bars(100), make_options()
    with_gap = bars.drop(index=[45]).reset_index(drop=True)
    result = tda_features(with_gap, options, interval="15m")
    whole = tda_features(bars, options, interval="15m")
    kept = [*range(39, 45), *range(85, 100)]
    assert result.index["time"].tolist() == (bars["open_time"].iloc[kept] + pd.Timedelta("15min")).tolist()
    np.testing.assert_array_equal(result.values, whole.values[np.array(kept) - 39])


def test_times_choose_rows():
    bars, options = make_bars(), make_options()
    whole = tda_features(bars, options, interval="15m")
    times = whole.index["time"].iloc[[2, 20]]
    early = bars["open_time"].iloc[:1]
    chosen = tda_features(bars, options, interval="15m", times=pd.concat([early, times]))
    assert chosen.index["time"].tolist() == times.tolist()
    np.testing.assert_array_equal(chosen.values, whole.values[[2, 20]])
    none = tda_features(bars, options, interval="15m", times=[])
    assert none.values.shape == (0, 51)


def test_price_level_and_unit_do_not_matter():
    bars, options = make_bars(), make_options()
    scalars = slice(-9, None)
    first = tda_features(bars, options, interval="15m").values[:, scalars]
    second = tda_features(bars.assign(close=bars["close"] * 1e-6), options, interval="15m").values[:, scalars]
    np.testing.assert_allclose(first, second, rtol=2e-5, atol=1e-6)


def test_a_constant_window_has_no_bars():
    result = tda_features(make_bars().assign(close=0.1), make_options(), interval="15m")
    values = pd.DataFrame(result.values, columns=diagram_columns(make_options()))
    assert (values.pop("entropy_h0") == -1).all()
    assert (values.pop("entropy_h1") == -1).all()
    assert (values == 0).all(axis=None)


def test_a_bad_close_in_a_window_is_named():
    bars = make_bars()
    bars.loc[[30, 60], "close"] = [np.nan, -1.0]
    with pytest.raises(InputError, match="nan at open_time 2024-01-01 07:30:00"):
        tda_features(bars, make_options(), interval="15m")
    # In no window that is asked for, it does not matter.
    late = bars.loc[:10].assign(open_time=bars["open_time"][:11] - pd.Timedelta("1D"), close=np.nan)
    clean = pd.concat([late, make_bars()], ignore_index=True)
    assert len(tda_features(clean, make_options(), interval="15m").values) == 31


def test_bad_bars_and_options_are_refused():
    bars = make_bars()
    with pytest.raises(InputError, match="window must be >= "):
        tda_features(bars, make_options(windows=[9], delay=4), interval="15m")
    with pytest.raises(InputError, match="one symbol"):
        tda_features(bars.assign(symbol=["A", "B"] * 35), make_options(), interval="15m")
    with pytest.raises(pydantic.ValidationError, match="n_bin"):
        make_options(n_bin=3)
    with pytest.raises(pydantic.ValidationError, match="backend"):
        make_options(backend="ripser")


def test_progress_counts_every_window(monkeypatch):
    seen = []

    @contextmanager
    def listener(total, unit, done=0):
        seen.append((total, unit))
        yield seen.append

    monkeypatch.setattr(features_module, "BLOCK_SIZE", 20)
    tda_features(make_bars(), make_options(), interval="15m", progress=listener)
    assert seen == [(31, "windows"), 20, 11]


@pytest.mark.parametrize("delay", [1, 4])
def test_equals_the_giotto_chain_on_real_z_scored_windows(delay):
    if "TOPOQUANT_DATA" not in os.environ:
        pytest.skip("TOPOQUANT_DATA does not name the folder of real bars")
    file = Path(os.environ["TOPOQUANT_DATA"]) / "btcusdt_spot_15m_2023-04_2026-07.parquet"
    raw = pd.read_parquet(file).iloc[50_000:50_130].reset_index(drop=True)
    bars = pd.DataFrame({"symbol": "BTCUSDT", "open_time": pd.to_datetime(raw["timestamp"], utc=True)})
    bars["close"] = raw["close"].astype(np.float64)
    options = make_options(windows=[120], delay=delay)
    ours = tda_features(bars, options, interval="15m")
    features = pd.DataFrame(ours.values, columns=diagram_columns(options))
    windows = np.lib.stride_tricks.sliding_window_view(np.log(bars["close"].to_numpy()), 120)
    scored = (windows - windows.mean(axis=1, keepdims=True)) / windows.std(axis=1, keepdims=True)
    n_points = 120 - 2 * delay
    clouds = np.stack([scored[:, k * delay : k * delay + n_points] for k in range(3)], axis=2)
    arrays = VietorisRipsPersistence(homology_dimensions=(0, 1)).fit_transform(clouds)
    lengths = arrays[:, :, 1] - arrays[:, :, 0]
    for q in (0, 1):
        count = ((lengths > 0) & (arrays[:, :, 2] == q)).sum(axis=1)
        np.testing.assert_array_equal(features[f"count_h{q}"], count)
        for name in ("bottleneck", "wasserstein"):
            expected = Amplitude(metric=name).fit_transform(arrays)[:, q]
            np.testing.assert_allclose(features[f"{name}_h{q}"], expected, rtol=1e-5, atol=1e-6)
        entropy = PersistenceEntropy().fit_transform(arrays)[:, q]
        np.testing.assert_allclose(features[f"entropy_h{q}"], entropy, rtol=1e-5, atol=1e-6)
