import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import label_triple_barrier, meta_label


def made_bars(closes) -> pd.DataFrame:
    """Bars in cents around 100 that open at the close before."""
    close = np.asarray(closes, dtype=float) / 100
    opens = np.append(close[:1], close[:-1])
    return pd.DataFrame({
        "open_time": pd.date_range("2024-01-01", periods=len(close), freq="h", tz="UTC"), "open": opens,
        "high": np.maximum(opens, close), "low": np.minimum(opens, close), "close": close,
    })  # fmt: skip


def label(bars, side, *, upper=2.0, lower=1.0, horizon=2, cost=0.0):
    return meta_label(
        bars, side=side, width=np.full(len(bars), 0.01), upper=upper, lower=lower, horizon=horizon, cost=cost,
        interval="1h",
    )  # fmt: skip


def test_each_outcome_by_hand():
    bars = made_bars([10_000, 10_000, 10_200, 10_200, 10_100, 9_500])
    rows = label(bars, [1, -1, -1, 1, 0, 0])
    # A profit of 2 %, a stop, a short that is .98 % up at the time limit, a stop after a bar of falling.
    assert rows["label"].tolist() == [1.0, 0.0, 1.0, 0.0]
    assert rows["touched"].tolist() == ["upper", "lower", "time", "lower"]
    late = label(bars, -1, upper=9, lower=9)
    assert late["touched"].tolist()[:3] == ["time"] * 3
    assert late["label"].tolist()[:3] == [0.0, 0.0, 1.0]


def test_right_but_late_is_right_here_and_not_for_the_profit_barrier():
    bars = made_bars([10_000, 10_000, 10_050, 10_050])
    given_ = {"width": np.full(4, 0.01), "upper": 2, "lower": 1, "horizon": 2, "side": 1}
    assert label_triple_barrier(bars, **given_)["label"].tolist() == [0.0, 0.0]
    assert meta_label(bars, **given_)["label"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("cost", "wanted"), [(0.0, 1.0), (0.0199, 1.0), (0.02, 0.0), (0.03, 0.0)])
def test_what_is_earned_has_to_exceed_the_cost(cost, wanted):
    rows = label(made_bars([10_000, 10_000, 10_200, 10_200]), [1, 0, 0, 0], cost=cost)
    assert rows["label"].tolist() == [wanted]
    assert rows["ret"].tolist() == [0.02]


@given(closes=st.lists(st.integers(9_700, 10_300), min_size=4, max_size=40), horizon=st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_without_barriers_it_is_the_sign_of_the_return(closes, horizon):
    bars = made_bars(closes)
    rows = {side: label(bars, side, upper=np.inf, lower=np.inf, horizon=horizon) for side in (1, -1)}
    entry = np.array(closes[: max(len(closes) - horizon, 0)])  # a bar opens at the close before
    change = np.array(closes[horizon:]) - entry
    assert rows[1]["label"].tolist() == (change > 0).astype(float).tolist()
    assert rows[-1]["label"].tolist() == (change < 0).astype(float).tolist()


@given(
    closes=st.lists(st.integers(9_700, 10_300), min_size=4, max_size=40),
    data=st.data(),
    cut=st.integers(2, 40),
)
@settings(max_examples=100, deadline=None)
def test_it_needs_no_later_bar_and_labels_every_position_once(closes, data, cut):
    side = np.array(
        data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=len(closes), max_size=len(closes)))
    )
    bars = made_bars(closes)
    whole = label(bars, side)
    assert len(whole) == np.count_nonzero(side[:-2])
    part = label(bars[:cut], side[:cut])
    pd.testing.assert_frame_equal(part, whole[: len(part)])


@pytest.mark.parametrize("cost", [-0.1, np.nan, np.inf])
def test_bad_costs_are_refused(cost):
    with pytest.raises(InputError, match="cost must be a fraction of the entry price, at least 0"):
        label(made_bars([10_000] * 4), 1, cost=cost)


def test_a_side_is_needed():
    with pytest.raises(InputError, match="side must be decided for every bar, got None"):
        label(made_bars([10_000] * 4), None)
