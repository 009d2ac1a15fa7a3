"""The size of the move beside a label: definition, t1, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import average_uniqueness, label_triple_barrier, with_move_sizes

HOUR = pd.Timedelta("1h")


def bars_of(seed, n=30, symbol="SYN"):
    rng = np.random.default_rng(seed)
    close = 100 + np.cumsum(rng.integers(-2, 3, n)).astype(float)
    opens = np.r_[100.0, close[:-1]]
    return pd.DataFrame({
        "symbol": symbol, "open_time": pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC", unit="ns"),
        "open": opens, "high": np.maximum(opens, close) + 1, "low": np.minimum(opens, close) - 1,
        "close": close,
    })  # fmt: skip


def targets_of(bars, horizon):
    rows = label_triple_barrier(
        bars, width=np.full(len(bars), 0.01), upper=1, lower=1, horizon=horizon, side=1, interval="1h"
    )
    return rows.assign(target_id="barrier", uniqueness=1.0)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), horizon=st.integers(1, 8))
def test_it_is_the_largest_move_of_the_whole_horizon(seed, horizon):
    bars = bars_of(seed)
    targets = targets_of(bars, horizon)
    sized = with_move_sizes(targets, bars, interval="1h", horizon=horizon)
    at = dict(zip(bars["open_time"] + HOUR, range(len(bars)), strict=True))
    for row in sized.itertuples():
        t = at[row.time]
        ahead, entry = bars.iloc[t + 1 : t + 1 + horizon], bars["open"].iloc[t + 1]
        assert row.max_pct == pytest.approx(
            max(ahead["high"].max() / entry - 1, 1 - ahead["low"].min() / entry)
        )
        assert row.t1 == row.time + horizon * HOUR
    # The label ends no later than its move, and everything else stays.
    assert (targets["t1"] <= sized["t1"]).all()
    own = ["t1", "uniqueness"]
    pd.testing.assert_frame_equal(sized.drop(columns=["max_pct", *own]), targets.drop(columns=own))
    unique = average_uniqueness(sized["time"], sized["t1"], interval="1h")
    assert sized["uniqueness"].tolist() == unique.tolist()


def test_symbols_are_measured_apart():
    first, second = bars_of(1, symbol="A"), bars_of(2, symbol="B")
    whole = pd.concat([first, second], ignore_index=True)
    targets = pd.concat([targets_of(first, 4), targets_of(second, 4)], ignore_index=True)
    both = with_move_sizes(targets, whole, interval="1h", horizon=4)
    alone = with_move_sizes(targets_of(second, 4), second, interval="1h", horizon=4)
    assert both.query("symbol == 'B'")[["max_pct", "uniqueness"]].values.tolist() == (
        alone[["max_pct", "uniqueness"]].values.tolist()
    )


def test_what_it_refuses():
    bars = bars_of(3)
    targets = targets_of(bars, 4)
    with pytest.raises(InputError, match="that do not"):
        with_move_sizes(targets, bars, interval="1h", horizon=20)
    with pytest.raises(InputError, match="without max_pct"):
        with_move_sizes(targets.assign(max_pct=0.0), bars, interval="1h", horizon=4)
