import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import average_true_range_width, volatility_width

WIDTHS = {
    "atr": lambda bars, memory, **given: average_true_range_width(bars, period=memory, **given),
    "volatility": lambda bars, memory, **given: volatility_width(bars, half_life=memory, **given),
}


def made_bars(n: int, *, gap_after: int | None = None, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(rng.normal(0, 0.01, n).cumsum())
    hours = np.arange(n) + (0 if gap_after is None else 5 * (np.arange(n) >= gap_after))
    return pd.DataFrame({
        "open_time": pd.Timestamp("2024-01-01", tz="UTC") + hours * pd.Timedelta("1h"), "open": close,
        "high": close * (1 + rng.uniform(0, 0.01, n)), "low": close * (1 - rng.uniform(0, 0.01, n)),
        "close": close,
    })  # fmt: skip


def test_wilders_average_by_hand():
    bars = made_bars(5).assign(
        high=[11.0, 12, 12, 14, 12], low=[9.0, 10, 11, 12, 6], close=[10.0, 10, 10, 10, 8]
    )
    # True ranges from the second bar on: 2, 2, 4, 6; the first average is plain, the next Wilder's.
    np.testing.assert_allclose(average_true_range_width(bars, period=2)[2:], [2 / 10, 3 / 10, 4.5 / 8])


def test_volatility_by_hand():
    bars = made_bars(4).assign(close=100 * np.exp([0, 0.02, 0.02, 0.06]))
    mean = [4e-4, (2e-4 + 0) / 1.5, (1e-4 + 0 + 16e-4) / 1.75]
    np.testing.assert_allclose(volatility_width(bars, half_life=1)[1:], np.sqrt(mean))


def test_volatility_is_that_of_pandas():
    bars = made_bars(300)
    squares = np.log(bars["close"]).diff() ** 2
    pandas_width = np.sqrt(squares.ewm(halflife=7).mean())
    np.testing.assert_allclose(volatility_width(bars, half_life=7)[7:], pandas_width[7:], rtol=1e-12)


@pytest.mark.parametrize("kind", WIDTHS)
@pytest.mark.parametrize("memory", [1, 2, 14])
def test_warm_up_starts_again_after_a_gap(kind, memory):
    bars = made_bars(60, gap_after=30)
    width = WIDTHS[kind](bars, memory)
    assert np.flatnonzero(np.isnan(width)).tolist() == [*range(memory), *range(30, 30 + memory)]
    parts = [WIDTHS[kind](bars[:30], memory), WIDTHS[kind](bars[30:], memory)]
    np.testing.assert_array_equal(width, np.concatenate(parts))


@pytest.mark.parametrize("kind", WIDTHS)
@given(cut=st.integers(2, 60), gap=st.integers(1, 59))
@settings(max_examples=50, deadline=None)
def test_a_width_needs_no_later_bar(kind, cut, gap):
    bars = made_bars(60, gap_after=gap)
    whole = WIDTHS[kind](bars, 5, interval="1h")
    np.testing.assert_array_equal(WIDTHS[kind](bars[:cut], 5, interval="1h"), whole[:cut])


@pytest.mark.parametrize("kind", WIDTHS)
def test_a_price_that_has_not_moved_has_no_width(kind):
    bars = made_bars(30).assign(**dict.fromkeys(("open", "high", "low", "close"), 100.0))
    assert np.isnan(WIDTHS[kind](bars, 5)).all()
    bars.loc[20, ["high", "close"]] = 101.0
    assert np.flatnonzero(~np.isnan(WIDTHS[kind](bars, 5))).tolist() == list(range(20, 30))


@pytest.mark.parametrize("kind", WIDTHS)
def test_a_width_is_a_fraction_of_the_price(kind):
    bars = made_bars(50)
    dearer = bars.assign(**{name: bars[name] * 1_000 for name in ("open", "high", "low", "close")})
    np.testing.assert_allclose(WIDTHS[kind](dearer, 5), WIDTHS[kind](bars, 5), rtol=1e-9)


def test_what_is_refused():
    bars = made_bars(5)
    with pytest.raises(InputError, match="period must be at least 1 bar, got 0"):
        average_true_range_width(bars, period=0)
    with pytest.raises(InputError, match="half_life must be above 0 bars, got 0"):
        volatility_width(bars, half_life=0)
    with pytest.raises(InputError, match="bars must be of one symbol, got A, B"):
        volatility_width(bars.assign(symbol=list("AAABB")), half_life=2)
