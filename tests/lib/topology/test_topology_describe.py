import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import synthetic_bars
from topoquant.lib.errors import InputError
from topoquant.lib.topology import TdaOptions, choose_times, describe_windows, tda_features

OPTIONS = TdaOptions(
    windows=(30, 20), dimension=2, delay=3, series=("returns", "log_price"), n_bins=8, n_layers=1,
    grid_max=2.0, sublevel=False, sublevel_max=4.0, backend="sliding", n_jobs=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return synthetic_bars("noise", n_bars=90, seed=2, interval="15m").bars


@pytest.fixture(scope="module")
def made(bars):
    return tda_features(bars, OPTIONS, interval="15m")


def test_what_is_described_is_what_the_features_hold(bars, made):
    table = pd.DataFrame(made.values, columns=made.columns, index=made.index["time"])
    times = choose_times(made, OPTIONS)
    assert list(times) == ["shortest loop", "middle loop", "longest loop"]
    lengths = table.loc[list(times.values()), "returns_30_longest_h1"]
    assert lengths.iloc[0] == table["returns_30_longest_h1"].min()
    assert lengths.iloc[2] == table["returns_30_longest_h1"].max()
    described = describe_windows(bars, times, OPTIONS, interval="15m")
    for record, (name, time) in zip(described, times.items(), strict=True):
        row = table.loc[time]
        assert record["name"] == f"{name}, {time:%Y-%m-%d %H:%M}"
        assert record["levels"] == np.linspace(0, 2, 8).tolist()
        for q in (0, 1):
            curve = row[[f"returns_30_betti_h{q}_{k}" for k in range(8)]]
            assert record[f"betti_h{q}"] == curve.astype(int).tolist()
            assert len(record[f"h{q}"]) == row[f"returns_30_count_h{q}"]
        longest = max(death - birth for birth, death in record["h1"])
        assert longest == pytest.approx(row["returns_30_longest_h1"], rel=1e-6)


def test_times_without_a_whole_window_are_refused(bars, made):
    first = made.index["time"].iloc[0]
    for wrong in (first - pd.Timedelta("15min"), first + pd.Timedelta("1min")):
        with pytest.raises(InputError, match="times must be of bars with 30 before them"):
            describe_windows(bars, {"wrong": wrong}, OPTIONS, interval="15m")
    with pytest.raises(InputError, match="without a gap"):
        describe_windows(bars.drop(index=20), {"gap": first}, OPTIONS, interval="15m")
