import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import resample_bars, validate_bars
from topoquant.lib.bars.quality.calendar import check_stamps
from topoquant.lib.errors import InputError


def two_coins(n=600, interval="1h", correlation=0.8, seed=1, start="2024-01-01"):
    """Two random walks whose returns are correlated."""
    rng = np.random.default_rng(seed)
    shared, own = rng.normal(0, 0.01, n), rng.normal(0, 0.01, n)
    other = correlation * shared + np.sqrt(1 - correlation**2) * own
    width = pd.Timedelta(interval.replace("m", "min"))
    stamps = pd.date_range(start, periods=n, freq=width, tz="UTC").as_unit("ns")
    return [coin(name, stamps, moves) for name, moves in (("AAA", shared), ("BBB", other))]


def coin(symbol, stamps, moves):
    close = 100 * np.exp(np.cumsum(moves))
    opens = np.append(100.0, close[:-1])
    prices = {
        "open": opens,
        "high": np.maximum(opens, close),
        "low": np.minimum(opens, close),
        "close": close,
    }
    return pd.DataFrame({"symbol": symbol, "open_time": stamps} | prices | {"volume": 1.0})


def shifted(bars, by):
    return bars.assign(open_time=bars["open_time"] + pd.Timedelta(by))


def test_bars_in_step_pass_and_say_how_far_they_agree():
    bars, reference = two_coins()
    found = validate_bars(bars, "1h", reference=reference).to_dict()["calendar"]
    assert (found["reference"], found["n_common"]) == ("BBB", 599)
    # Signs of normal returns with correlation r agree by 2 / pi * asin(r).
    assert found["agreement"] == pytest.approx(2 / np.pi * np.arcsin(0.8), abs=0.1)


@pytest.mark.parametrize(
    ("by", "named"),
    [("9h", r"\+9 h"), ("-5h", "-5 h"), ("1h", r"\+1 h"), ("24h", r"\+1 days"), ("8784h", r"\+366 days")],
)
def test_shifted_stamps_are_refused_naming_the_shift(by, named):
    bars, reference = two_coins(n=1000)
    with pytest.raises(InputError, match=f"in step with BBB, got stamps that look shifted by {named} "):
        validate_bars(shifted(bars, by), "1h", reference=reference)


@pytest.mark.parametrize("later", [0.15, 0.4, 0.6])
def test_a_shift_of_some_rows_is_refused_naming_the_part(later):
    bars, reference = two_coins(n=20_000)
    first = int(20_000 * (1 - later))
    joined = pd.concat([bars[:first], shifted(bars[first:], "9h")], ignore_index=True)
    with pytest.raises(InputError, match=r"shifted by \+9 h from 202\d-\d\d-\d\d to 202\d-\d\d-\d\d \("):
        check_stamps(joined, reference, "1h")


def test_clocks_set_forward_in_summer_are_refused():
    bars, reference = two_coins(n=17_000)
    local = bars["open_time"].dt.tz_convert("Europe/London").dt.tz_localize(None).dt.tz_localize("UTC")
    local = bars.assign(open_time=local).drop_duplicates("open_time")
    with pytest.raises(InputError, match=r"shifted by \+1 h from 2024-0[3-5]"):
        check_stamps(local, reference, "1h")
    assert check_stamps(bars, reference, "1h")["agreement"] > 0.5


@settings(max_examples=25, deadline=None)
@given(st.integers(-300, 300), st.integers(0, 5), st.booleans())
def test_any_shift_is_found_and_gaps_hide_none(steps, seed, with_gap):
    bars, reference = two_coins(seed=seed, correlation=0.95)
    if with_gap:
        bars = bars.drop(index=range(200, 260))
    moved = shifted(bars, pd.Timedelta(hours=steps))
    if steps == 0:
        assert check_stamps(moved, reference, "1h")["agreement"] > 0.7
        return
    with pytest.raises(InputError, match="shifted by") as refused:
        check_stamps(moved, reference, "1h")
    said = refused.value.args[0].split("shifted by ")[1].split(" (")[0]
    size, unit = said.split()
    assert pd.Timedelta(int(size), unit={"h": "h", "days": "D"}[unit]) == pd.Timedelta(hours=steps)


def test_agreement_is_that_of_a_loop_over_pairs():
    bars, reference = two_coins(n=80, correlation=0.9)
    bars, reference = bars.drop(index=[10, 11, 40]), reference.drop(index=[25])
    total = n_common = 0
    close, other = (frame.set_index("open_time")["close"] for frame in (bars, reference))
    hour = pd.Timedelta("1h")
    for time in close.index:
        if time - hour in close.index and time in other.index and time - hour in other.index:
            n_common += 1
            total += np.sign(close[time] - close[time - hour]) * np.sign(other[time] - other[time - hour])
    found = check_stamps(bars, reference, "1h")
    assert (found["n_common"], found["agreement"]) == (n_common, round(total / n_common, 4))


@pytest.mark.parametrize("coarse_first", [True, False])
def test_a_reference_may_be_finer_or_coarser(coarse_first):
    fine, other = two_coins(n=2400, interval="15m")
    coarse = resample_bars(other, "1h")
    bars, reference, interval = (coarse, fine, "1h") if coarse_first else (fine, coarse, "15m")
    assert check_stamps(bars, reference, interval)["agreement"] > 0.4
    with pytest.raises(InputError, match=r"shifted by \+9 h"):
        check_stamps(shifted(bars, "9h"), reference, interval)


def test_markets_that_do_not_move_together_show_nothing():
    bars, reference = two_coins(correlation=0.0)
    assert abs(check_stamps(shifted(bars, "9h"), reference, "1h")["agreement"]) < 0.15


def test_a_flat_reference_shares_no_returns():
    bars, reference = two_coins()
    with pytest.raises(InputError, match="got 0 in common with BBB"):
        check_stamps(bars, reference.assign(close=1.0), "1h")


def test_a_reference_of_another_time_that_explains_nothing_is_refused():
    bars, _ = two_coins(seed=1)
    _, reference = two_coins(seed=2, start="2020-01-01")
    with pytest.raises(InputError, match="share 50 returns or more with the bars, got 0 in common with BBB"):
        check_stamps(bars, reference, "1h")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bars: bars.drop(columns="close"), "no close"),
        (lambda bars: bars[::-1], "in time order"),
        (lambda bars: bars.assign(open_time=two_coins(interval="45m")[0]["open_time"]), "or a divisor"),
    ],
)
def test_a_reference_that_cannot_be_compared_is_refused(change, message):
    bars, reference = two_coins()
    with pytest.raises(InputError, match=message):
        check_stamps(bars, change(reference), "1h")
