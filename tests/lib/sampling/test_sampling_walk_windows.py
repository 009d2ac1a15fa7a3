"""Windows of a walk: sets in the order of time, no overlap, test blocks that tile."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import SplitOptions, WalkOptions, walk_splits

SPLIT = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=None)


def bars(n: int, symbols: tuple[str, ...] = ("A",), seed: int = 0) -> pd.DataFrame:
    """Bars of an hour, a tenth of them missing, other ones for every symbol."""
    random = np.random.default_rng(seed)
    every = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")
    parts = [pd.DataFrame({"symbol": name, "open_time": every[random.random(n) > 0.1]}) for name in symbols]
    return pd.concat(parts, ignore_index=True)


@settings(deadline=None, max_examples=40)
@given(
    horizon=st.integers(1, 4),
    n_test=st.integers(20, 60),
    expanding=st.booleans(),
    embargo=st.sampled_from([None, 0, 3]),
    symbols=st.sampled_from([("A",), ("A", "B")]),
    seed=st.integers(0, 5),
)
def test_nothing_is_fitted_on_what_a_later_set_knows(horizon, n_test, expanding, embargo, symbols, seed):
    walk = WalkOptions(n_past=120, n_test=n_test, expanding=expanding, val=0.3)
    split = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=embargo)
    made = walk_splits(bars(300, symbols, seed), "1h", horizon=horizon, walk=walk, split=split)
    tested = [one.loc[one["set"] == "test"] for one in made]
    for window, test in zip(made, tested, strict=True):
        train, val = (window.loc[window["set"] == name] for name in ("train", "val"))
        gap = pd.Timedelta(hours=horizon if embargo is None else embargo)
        assert train["t1"].max() < val["time"].min()
        # An embargo follows the border, which is the first row after what was purged.
        assert val["t1"].max() + gap < test["time"].min()
        assert set(train["fold"]) == {0, 1}
        assert (window.loc[window["set"] != "train", "fold"] == -1).all()
    for one, other in pairwise(tested):
        assert one["time"].max() < other["time"].min()
    starts = [window["time"].min() for window in made]
    assert starts == sorted(starts)
    assert (len(set(starts)) == 1) is expanding


def test_test_blocks_tile_everything_after_the_first_past():
    walk = WalkOptions(n_past=100, n_test=25, expanding=False, val=0.3)
    whole = pd.DataFrame({"symbol": "A", "open_time": pd.date_range("2024", periods=200, freq="h", tz="UTC")})
    made = walk_splits(whole, "1h", horizon=2, walk=walk, split=SPLIT)
    times = pd.concat([one.loc[one["set"] == "test", "time"] for one in made])
    assert times.tolist() == list(whole["open_time"].iloc[100:] + pd.Timedelta("1h"))


def test_rows_are_thinned_in_train_alone():
    walk = WalkOptions(n_past=120, n_test=40, expanding=True, val=0.3)
    made = walk_splits(bars(300), "1h", horizon=1, walk=walk, split=SPLIT, n_rows=30)
    for one in made:
        assert (one["kept"] & (one["set"] == "train")).sum() <= 30
        assert one.loc[one["set"] != "train", "kept"].all()


def test_bars_for_one_window_are_refused():
    walk = WalkOptions(n_past=120, n_test=100, expanding=False, val=0.3)
    with pytest.raises(InputError, match="bars of a walk"):
        walk_splits(bars(200), "1h", horizon=1, walk=walk, split=SPLIT)
