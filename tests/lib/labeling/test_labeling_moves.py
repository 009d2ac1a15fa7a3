from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import label_move, passes_volume

HOUR = pd.Timedelta("1h")
MIDNIGHT = pd.Timestamp("2024-01-01", tz="UTC")

# Close in cents against a fill of 100, volume in lots, and hours since the bar before.
paths = st.lists(
    st.tuples(st.integers(9_990, 10_010), st.integers(0, 6), st.sampled_from([1, 1, 1, 1, 2])),
    min_size=1,
    max_size=40,
)


def made_bars(path, scale: float = 1.0) -> pd.DataFrame:
    closes, volumes, steps = (np.array(column) for column in zip(*path, strict=True))
    open_time = pd.Series(MIDNIGHT + np.cumsum(steps) * HOUR).astype("datetime64[ns, UTC]")
    # Lots of a tenth have no exact binary form, so exact multiples of a mean come with rounding.
    return pd.DataFrame(
        {"open_time": open_time, "open": 100 * scale, "close": closes / 100 * scale, "volume": volumes * 0.1}
    )


def follows(hours, first, last) -> bool:
    return first >= 0 and last < len(hours) and hours[last] - hours[first] == last - first


@given(
    path=paths,
    horizon=st.integers(1, 4),
    basis_points=st.integers(1, 10),
    side=st.sampled_from(["up", "down", "both"]),
    scale=st.sampled_from([1.0, 0.37, 0.001, 640.3]),
    volume=st.none()
    | st.tuples(st.integers(1, 5), st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(3, 2)])),
)
@settings(max_examples=100, deadline=None)
def test_moves_are_what_a_loop_over_whole_numbers_says(path, horizon, basis_points, side, scale, volume):
    window, ratio = volume or (None, None)
    rows = label_move(
        made_bars(path, scale), threshold=basis_points / 10_000, horizon=horizon, side=side,
        volume_window=window, min_volume_ratio=None if ratio is None else float(ratio), interval="1h",
    )  # fmt: skip
    hours = np.cumsum([step for _, _, step in path])
    expected = []
    for t, (_, lots, _) in enumerate(path):
        if not follows(hours, t, t + horizon):
            continue
        if window and not follows(hours, t - window + 1, t):
            continue
        if window and lots * window < ratio * sum(lots for _, lots, _ in path[t - window + 1 : t + 1]):
            continue
        move = path[t + horizon][0] - 10_000
        reach = {"up": move, "down": -move, "both": abs(move)}[side]
        time = MIDNIGHT + (hours[t] + 1) * HOUR
        expected.append((time, time + horizon * HOUR, float(reach >= basis_points)))
    assert list(zip(rows["time"], rows["t1"], rows["label"], strict=True)) == expected


def test_rows_by_hand():
    # The highest price on the way does not matter: 102 an hour in, 100.5 when the horizon ends.
    bars = made_bars([(10_000, 1, 1), (10_200, 1, 1), (10_050, 1, 1), (9_900, 1, 1)]).assign(symbol="A")
    rows = label_move(bars, threshold=0.005, horizon=2)
    assert rows.columns.tolist() == ["symbol", "time", "t1", "label", "ret"]
    assert rows["label"].tolist() == [1.0, 1.0]
    assert rows["ret"].tolist() == pytest.approx([0.005, -0.01])
    assert label_move(bars, threshold=0.005, horizon=2, side="up")["label"].tolist() == [1.0, 0.0]
    assert label_move(bars, threshold=0.006, horizon=2, side="down")["label"].tolist() == [0.0, 1.0]


def test_the_filter_leaves_rows_out_and_labels_the_others_the_same():
    rng = np.random.default_rng(0)
    path = list(zip(rng.integers(9_990, 10_010, 200), rng.integers(0, 6, 200), [1] * 200, strict=True))
    bars = made_bars(path)
    passes = passes_volume(bars, window=10, min_ratio=1.0)
    assert not passes[:9].any()
    every = label_move(bars, threshold=0.0005, horizon=3)
    some = label_move(bars, threshold=0.0005, horizon=3, volume_window=10, min_volume_ratio=1.0)
    pd.testing.assert_frame_equal(some, every[passes[: len(every)]].reset_index(drop=True))
    assert 0 < len(some) < len(every) - 9


def test_a_volume_of_exactly_the_mean_passes_whatever_the_rounding():
    # In floats the mean of three times 0.1 is above 0.1.
    bars = made_bars([(10_000, 1, 1)] * 7)
    assert passes_volume(bars, window=3, min_ratio=1.0).tolist() == [False] * 2 + [True] * 5


def test_a_missing_volume_passes_nothing_that_it_touches():
    bars = made_bars([(10_000, 3, 1)] * 6)
    bars.loc[2, "volume"] = np.nan
    assert passes_volume(bars, window=2, min_ratio=1.0).tolist() == [False, True, False, False, True, True]


@given(path=paths, cut=st.integers(1, 40), garbage=st.integers(1, 20_000))
@settings(max_examples=50, deadline=None)
def test_bars_after_t1_change_nothing(path, cut, garbage):
    def label(values):
        return label_move(
            made_bars(values),
            threshold=0.0005,
            horizon=2,
            volume_window=3,
            min_volume_ratio=1.0,
            interval="1h",
        )

    cut = min(cut, len(path))
    known = made_bars(path)["open_time"].iloc[cut - 1] + HOUR
    rows = label(path)
    rows = rows[rows["t1"] <= known]
    changed = label([*path[:cut], *((garbage, garbage, step) for _, _, step in path[cut:])])
    pd.testing.assert_frame_equal(rows, changed[changed["t1"] <= known])
    pd.testing.assert_frame_equal(rows, label(path[:cut]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": 0.0}, "threshold must be above 0, got 0.0"),
        ({"horizon": 0}, "horizon must be at least 1 bar, got 0"),
        ({"side": "left"}, "side must be up, down or both, got 'left'"),
        ({"volume_window": 3}, "both given or both absent, got 3 and None: give the other too"),
        ({"min_volume_ratio": 1.0}, "both given or both absent, got None and 1.0"),
        ({"volume_window": 0, "min_volume_ratio": 1.0}, "volume_window must be at least 1 bar, got 0"),
        ({"volume_window": 3, "min_volume_ratio": 0.0}, "min_volume_ratio must be above 0, got 0.0"),
    ],
)
def test_what_makes_no_target_is_refused(changes, message):
    bars = made_bars([(10_000, 1, 1)] * 3)
    with pytest.raises(InputError, match=message):
        label_move(bars, **({"threshold": 0.01, "horizon": 1} | changes))
