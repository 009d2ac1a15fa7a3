import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import interval_timedelta, validate_bars
from topoquant.lib.bars.quality.coverage import coverage


def flat_bars(n, interval, start="2024-01-01 05:00"):
    stamps = pd.date_range(start, periods=n, freq=interval_timedelta(interval), tz="UTC").as_unit("ns")
    prices = dict.fromkeys(("open", "high", "low", "close"), np.arange(1.0, n + 1) / n + 1)
    return pd.DataFrame({"open_time": stamps} | prices | {"volume": 1.0})


def test_a_day_lacks_what_a_gap_took():
    bars = flat_bars(96 * 30, "15m").drop(index=range(200, 500))
    found = coverage(bars, "15m")
    assert found["bucket"] == "1d"
    assert found["first"] == "2024-01-01T00:00:00+00:00"
    # From 05:00 on, 76 bars fit the first day; row 200 is 07:00 of the third, row 500 10:00 of the sixth.
    assert found["n_expected"][:2] == [76, 96]
    assert found["n_bars"][:7] == [76, 96, 28, 0, 0, 56, 96]
    assert found["close"][3] is None
    assert found["close"][2] == pytest.approx(bars["close"][199], rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["1m", "15m", "1h", "1d", "1w"]), st.integers(1, 3000), st.integers(0, 50),
    st.sampled_from(["2024-01-01 05:00", "1969-12-31 23:30", "2024-02-28 00:00"]),
)  # fmt: skip
def test_nothing_is_lost_and_the_record_stays_small(interval, n, n_missing, start):
    bars = flat_bars(n, interval, start)
    bars = bars.drop(index=range(n // 3, min(n // 3 + n_missing, n - 1)))
    found = coverage(bars, interval)
    assert sum(found["n_bars"]) == len(bars)
    span = bars["open_time"].iloc[-1] - bars["open_time"].iloc[0]
    assert sum(found["n_expected"]) == span // interval_timedelta(interval) + 1
    lists = [found[name] for name in ("n_bars", "n_expected", "n_zero_volume", "close")]
    assert len({len(one) for one in lists}) == 1
    assert 1 <= len(lists[0]) <= 366
    assert all(have <= expected for have, expected in zip(found["n_bars"], found["n_expected"], strict=True))
    assert [close is None for close in found["close"]] == [have == 0 for have in found["n_bars"]]


def test_the_whole_report_of_a_million_bars_is_a_few_kilobytes():
    bars = flat_bars(1_000_000, "1m")
    bars.loc[500_000:600_000, "volume"] = 0.0
    record = validate_bars(bars, "1m").to_dict()
    assert sum(record["coverage"]["n_zero_volume"]) == record["n_zero_volume"] == 100_001
    assert len(json.dumps(record)) < 12_000
