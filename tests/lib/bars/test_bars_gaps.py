import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.bars import contiguous_ahead, contiguous_length, gap_positions
from topoquant.lib.errors import InputError

holes = st.lists(st.integers(1, 3), min_size=0, max_size=30)


def frame(steps):
    opens = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.cumsum([0, *steps]), unit="h")
    return pd.DataFrame({"open_time": opens.as_unit("ns")})


def test_gaps_by_hand():
    bars = frame([1, 1, 5, 1])
    assert gap_positions(bars, "1h").tolist() == [3]
    assert contiguous_length(bars, "1h").tolist() == [1, 2, 3, 1, 2]
    assert contiguous_ahead(bars, "1h").tolist() == [2, 1, 0, 1, 0]


@given(holes)
def test_runs_agree_with_counting_one_bar_at_a_time(steps):
    behind = [1]
    for step in steps:
        behind.append(behind[-1] + 1 if step == 1 else 1)
    ahead = [0]
    for step in reversed(steps):
        ahead.append(ahead[-1] + 1 if step == 1 else 0)
    assert contiguous_length(frame(steps), "1h").tolist() == behind
    assert contiguous_ahead(frame(steps), "1h").tolist() == ahead[::-1]


@given(holes)
def test_length_of_a_prefix_is_the_prefix_of_the_lengths(steps):
    bars = frame(steps)
    half = len(bars) // 2
    assert (contiguous_length(bars[:half], "1h") == contiguous_length(bars, "1h")[:half]).all()


def test_gaps_refuse_an_unknown_interval():
    with pytest.raises(InputError, match="interval must be"):
        gap_positions(frame([1]), "hour")
