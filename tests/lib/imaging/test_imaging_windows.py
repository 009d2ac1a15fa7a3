"""Stored windows: the bars' own values, keyed, without the future and without gaps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.imaging import image_windows, image_windows_of_rows
from topoquant.lib.validity import check_prefix_invariance


def bars_of(n: int, missing: tuple[int, ...] = (), symbol: str | None = None) -> pd.DataFrame:
    moves = np.random.default_rng(5).normal(0, 0.01, n)
    bars = pd.DataFrame(
        {
            "open_time": pd.date_range("2024-01-01", periods=n, freq="min", tz="UTC"),
            "close": 50_000 * np.exp(np.cumsum(moves)),
        }
    ).drop(index=list(missing))
    bars = bars.reset_index(drop=True)
    return bars if symbol is None else bars.assign(symbol=symbol)[["symbol", "open_time", "close"]]


def keys_of(bars: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"symbol": bars["symbol"], "time": bars["open_time"] + pd.Timedelta("1min")})


@given(st.integers(2, 12), st.sets(st.integers(1, 38), max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_window_is_the_bars_up_to_its_time_and_never_crosses_a_gap(window, missing):
    bars = bars_of(40, tuple(missing))
    made = image_windows(bars, window=window, series="close", interval="1m")
    expected = {}
    for end in range(window - 1, len(bars)):
        own = bars.iloc[end - window + 1 : end + 1]
        if (np.diff(own["open_time"]) == np.timedelta64(1, "m")).all():
            expected[own["open_time"].iloc[-1] + pd.Timedelta("1min")] = own["close"].to_numpy()
    assert made.index["time"].tolist() == list(expected)
    np.testing.assert_array_equal(
        made.values.reshape(-1, window), np.array(list(expected.values())).reshape(-1, window)
    )
    assert len(made.values) + sum(made.dropped.values()) == len(bars)


def test_the_windows_do_not_change_when_the_future_is_cut_off():
    bars = bars_of(80, (30,), "SYN")

    def compute(some: pd.DataFrame) -> pd.DataFrame:
        made = image_windows(some, window=7, series="close", interval="1m")
        return pd.concat([made.index, pd.DataFrame(made.values).add_prefix("v")], axis=1)

    check = check_prefix_invariance(compute, bars, list(range(7, 79, 5)), interval="1m", rtol=0.0)
    assert check.status == "ok", check.finding
    assert check.numbers["n_columns"] == 7
    leaking = check_prefix_invariance(
        lambda some: compute(some.assign(close=some["close"].shift(-1).fillna(1.0))),
        bars,
        [40],
        interval="1m",
    )
    assert leaking.status == "leak"


def test_rows_of_several_symbols_keep_their_keys():
    bars = pd.concat([bars_of(30, (), "A"), bars_of(30, (10,), "B").assign(close=2.0)], ignore_index=True)
    rows = keys_of(bars).iloc[::3].reset_index(drop=True)
    made = image_windows_of_rows(bars, rows, window=5, series="close", interval="1m")
    assert made.index["symbol"].is_monotonic_increasing
    np.testing.assert_array_equal(made.values[(made.index["symbol"] == "B").to_numpy()], 2.0)
    assert len(made.values) + sum(made.dropped.values()) == len(rows)
    assert made.dropped["gap"] > 0
    assert made.dropped["unknown"] == 0
    strange = rows.assign(time=rows["time"] + pd.Timedelta("1s")).head(2)
    more = image_windows_of_rows(bars, pd.concat([rows, strange]), window=5, series="close", interval="1m")
    assert more.dropped["unknown"] == 2


def test_what_is_stored_keeps_every_digit():
    bars = bars_of(40)
    made = image_windows(bars, window=30, series="close", interval="1m")
    assert made.values.dtype == np.float64
    np.testing.assert_array_equal(made.values[-1], bars["close"].to_numpy()[-30:])


def test_bad_bars_and_windows_without_rows_are_refused():
    bars = bars_of(10, (), "SYN")
    bars.loc[6, "close"] = np.nan
    with pytest.raises(
        InputError, match=r"close in a window must be finite, got nan at open_time 2024-01-01 00:06"
    ):
        image_windows(bars, window=3, series="close", interval="1m")
    # A bad bar that no window holds is not looked at.
    early = keys_of(bars)["time"].head(5)
    assert len(image_windows(bars, window=3, series="close", interval="1m", times=early).values) == 3
    with pytest.raises(
        InputError, match=r"features_gaf.windows must be short enough for one of 10 rows, got 60"
    ):
        image_windows_of_rows(bars, keys_of(bars), window=60, series="close", interval="1m")
    with pytest.raises(InputError, match="symbol"):
        image_windows(pd.concat([bars, bars.assign(symbol="B")]), window=3, series="close", interval="1m")
