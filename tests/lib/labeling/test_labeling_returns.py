import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import label_direction, label_log_return

HOUR = pd.Timedelta("1h")
MIDNIGHT = pd.Timestamp("2024-01-01", tz="UTC")

# Open and close in cents, few enough of them to tie often, and hours since the bar before.
paths = st.lists(
    st.tuples(st.integers(9_998, 10_002), st.integers(9_998, 10_002), st.sampled_from([1, 1, 1, 1, 2])),
    min_size=1,
    max_size=40,
)


def made_bars(path) -> pd.DataFrame:
    opens, closes, steps = (np.array(column) for column in zip(*path, strict=True))
    open_time = pd.Series(MIDNIGHT + np.cumsum(steps) * HOUR).astype("datetime64[ns, UTC]")
    return pd.DataFrame({"open_time": open_time, "open": opens / 100, "close": closes / 100})


def fitting_rows(path, horizon):
    """Yield t and the hour at which its bar is known, where each of the next bars follows at once."""
    hours = np.cumsum([step for _, _, step in path])
    for t, hour in enumerate(hours):
        ahead = hours[t + 1 : t + 1 + horizon]
        if ahead.tolist() == list(range(hour + 1, hour + 1 + horizon)):
            yield t, MIDNIGHT + (hour + 1) * HOUR


@given(path=paths, horizon=st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_direction_is_what_a_loop_over_cents_says(path, horizon):
    rows = label_direction(made_bars(path), horizon=horizon, interval="1h")
    expected = [
        (time, time + horizon * HOUR, float(path[t + horizon][1] > path[t + 1][0]))
        for t, time in fitting_rows(path, horizon)
    ]
    assert list(zip(rows["time"], rows["t1"], rows["label"], strict=True)) == expected
    returns = [path[t + horizon][1] / path[t + 1][0] - 1 for t, _ in fitting_rows(path, horizon)]
    np.testing.assert_allclose(rows["ret"], returns, atol=1e-12)


@given(
    path=paths, horizons=st.sets(st.integers(1, 5), min_size=1), reference=st.sampled_from(["open", "close"])
)
@settings(max_examples=100, deadline=None)
def test_log_returns_are_what_a_loop_over_cents_says(path, horizons, reference):
    horizons = sorted(horizons)
    rows = label_log_return(made_bars(path), horizons=horizons, reference=reference, interval="1h")
    names = [f"logret_{horizon}" for horizon in horizons]
    assert rows.columns.tolist() == ["time", "t1", *names, "ret"]
    fitting = list(fitting_rows(path, horizons[-1]))
    assert rows["time"].tolist() == [time for _, time in fitting]
    assert (rows["t1"] == rows["time"] + horizons[-1] * HOUR).all()
    for horizon, name in zip(horizons, names, strict=True):
        starts = [path[t + 1][0] if reference == "open" else path[t][1] for t, _ in fitting]
        expected = [
            np.log(path[t + horizon][1] / start) for (t, _), start in zip(fitting, starts, strict=True)
        ]
        np.testing.assert_allclose(rows[name], expected, atol=1e-12)
    returns = [path[t + horizons[-1]][1] / path[t + 1][0] - 1 for t, _ in fitting]
    np.testing.assert_allclose(rows["ret"], returns, atol=1e-12)


def test_rows_by_hand():
    # Bars at 1, 2, 3 and 4 o'clock; decided at 2 o'clock, filled at 100, held for two bars.
    bars = made_bars([(9_000, 9_500, 1), (10_000, 11_000, 1), (11_000, 10_000, 1), (9_000, 12_000, 1)])
    direction = label_direction(bars.assign(symbol="A"), horizon=2)
    assert direction.columns.tolist() == ["symbol", "time", "t1", "label", "ret"]
    assert direction["label"].tolist() == [0.0, 1.0]
    assert direction["ret"].tolist() == pytest.approx([0.0, 12 / 11 - 1])
    assert direction["t1"].tolist() == [MIDNIGHT + 4 * HOUR, MIDNIGHT + 5 * HOUR]
    logs = label_log_return(bars, horizons=[1, 2])
    np.testing.assert_allclose(logs["logret_1"], np.log([1.1, 10 / 11]))
    np.testing.assert_allclose(logs["logret_2"], np.log([1.0, 12 / 11]), atol=1e-15)
    published = label_log_return(bars, horizons=[1], reference="close")
    np.testing.assert_allclose(published["logret_1"], np.log([11 / 9.5, 10 / 11, 1.2]))
    np.testing.assert_allclose(published["ret"], [0.1, -1 / 11, 1 / 3])


@pytest.mark.parametrize(
    "label",
    [
        lambda bars: label_direction(bars, horizon=3, interval="1h"),
        lambda bars: label_log_return(bars, horizons=[1, 3], reference="close", interval="1h"),
    ],
)
@given(path=paths, cut=st.integers(1, 40), garbage=st.integers(1, 20_000))
@settings(max_examples=30, deadline=None)
def test_bars_after_t1_change_nothing(label, path, cut, garbage):
    cut = min(cut, len(path))
    known = made_bars(path)["open_time"].iloc[cut - 1] + HOUR
    rows = label(made_bars(path))
    rows = rows[rows["t1"] <= known]
    changed = label(made_bars([*path[:cut], *((garbage, garbage, step) for _, _, step in path[cut:])]))
    pd.testing.assert_frame_equal(rows, changed[changed["t1"] <= known])
    pd.testing.assert_frame_equal(rows, label(made_bars(path[:cut])))


def test_rows_without_a_fill_or_an_exit_are_absent():
    bars = made_bars([(10_000, 10_000, 1)] * 6)
    bars.loc[2, "open"] = np.nan
    bars.loc[4, "close"] = np.nan
    assert label_direction(bars, horizon=1)["time"].tolist() == [
        MIDNIGHT + hour * HOUR for hour in (2, 4, 6)
    ]  # fmt: skip
    assert len(label_log_return(bars, horizons=[1], reference="close")) == 2


def test_what_makes_no_target_is_refused():
    bars = made_bars([(10_000, 10_000, 1)] * 3)
    with pytest.raises(InputError, match="horizon must be at least 1 bar, got 0"):
        label_direction(bars, horizon=0)
    for horizons in ([], [0, 1], [2, 1], [1, 1]):
        with pytest.raises(InputError, match="horizons must be distinct numbers of bars from 1 on"):
            label_log_return(bars, horizons=horizons)
    with pytest.raises(InputError, match="reference must be open or close, got 'high'"):
        label_log_return(bars, horizons=[1], reference="high")
