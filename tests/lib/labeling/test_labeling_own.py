"""A label of the user's own: checked, and made into rows like all others."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import decision_time
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import (
    OwnTargetOptions,
    fit_target,
    label_bars,
    label_direction,
    label_own,
    label_rows,
)

HOUR = pd.Timedelta("1h")
DIRECTION = '''
import pandas as pd

from topoquant.lib.options import options


@options
class Ahead:
    horizon: int


def direction(bars, options: Ahead):
    """The project's own direction label, the way a user would write it, rows in any order."""
    time = bars["open_time"] + pd.Timedelta("1h")
    close = bars["close"].shift(-options.horizon)
    label = close > bars["open"].shift(-1)
    rows = pd.DataFrame({"time": time, "t1": time + options.horizon * pd.Timedelta("1h"), "label": label})
    return rows[close.notna()].iloc[::-1]
'''
# What a function does to good rows, and what is said about it.
DEFECTS = {
    "list(rows)": "must be a table .+got list",
    "rows.drop(columns='t1')": "columns of .+ must be time, t1, label .+got no t1",
    "rows.assign(weight=1.0)": "columns of .+ must be time, t1, label .+got weight",
    "rows.assign(time=rows['time'].dt.tz_localize(None))": "time of .+ must be a UTC time, got datetime64",
    "rows.assign(time=rows['time'] + pd.Timedelta('1min'))": "must be the decision time of a bar.+01:01:00",
    "pd.concat([rows, rows[:1]])": "must be there once, got 2024-01-01 01:00:00.+ twice",
    "rows.assign(t1=rows['time'])": r"t1 of .+ must be in \(time, time \+ horizon\], 2 bars, got .+01:00:00",
    "rows.assign(t1=rows['t1'] + pd.Timedelta('1min'))": "t1 of .+ must be in .+raise label.horizon",
    "rows.assign(t1=pd.NaT)": "t1 of .+ must be a UTC time",
    "rows.assign(label=-1)": "label of .+ must be 0 or 1, got -1",
    "rows.assign(label=float('nan'))": "label of .+ must be 0 or 1, got nan",
    "rows.assign(max_pct=1.5)": r"max_pct of .+ must be in \[0, 1\], got 1.5",
    "rows.assign(ret=float('inf'))": "ret of .+ must be finite, got inf",
}  # fmt: skip
DEFECTIVE = """
import pandas as pd


def defective(bars):
    time = bars["open_time"] + pd.Timedelta("1h")
    rows = pd.DataFrame({{"time": time, "t1": time + pd.Timedelta("2h"), "label": 1}})
    return {defect}
"""


def made_bars(n: int = 30, missing: int | None = None) -> pd.DataFrame:
    hours = np.array([hour for hour in range(n) if hour != missing])
    rng = np.random.default_rng(n)
    close = rng.integers(98, 103, len(hours)).astype(float)
    open_time = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + hours * HOUR)
    return pd.DataFrame({
        "open_time": open_time.astype("datetime64[ns, UTC]"),
        "open": np.append(100.0, close[:-1]), "high": 103.0, "low": 97.0, "close": close, "volume": 1.0,
    })  # fmt: skip


@pytest.mark.parametrize("missing", [None, 12])
def test_an_own_label_gives_the_rows_of_the_same_label_of_ours(own_module, missing):
    bars = made_bars(missing=missing).assign(symbol="SYN")
    own = label_own(bars, function=f"{own_module(DIRECTION)}:direction", options={"horizon": 3}, horizon=3)
    pd.testing.assert_frame_equal(own, label_direction(bars, horizon=3))


def test_a_t1_inside_a_bar_becomes_the_close_of_that_bar(own_module):
    code = DEFECTIVE.format(defect="rows.assign(t1=rows['time'] + pd.Timedelta('61min'))")
    bars = made_bars()
    own = label_own(bars, function=f"{own_module(code)}:defective", horizon=3)
    assert (own["t1"] - own["time"] == 2 * HOUR).all()
    assert len(own) == len(bars) - 3
    fill, exit_ = bars["open"].to_numpy()[1:-2], bars["close"].to_numpy()[2:-1]
    np.testing.assert_allclose(own["ret"], exit_ / fill - 1)


def test_what_the_function_gives_beyond_the_label_is_kept(own_module):
    code = DEFECTIVE.format(defect="rows.assign(ret=0.5, max_pct=0.25)")
    own = label_own(made_bars(), function=f"{own_module(code)}:defective", horizon=2)
    assert own[["ret", "max_pct"]].to_numpy().tolist() == [[0.5, 0.25]] * len(own)


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_is_no_target_is_refused(own_module, defect):
    with pytest.raises(InputError, match=DEFECTS[defect]):
        label_own(made_bars(), function=f"{own_module(DEFECTIVE.format(defect=defect))}:defective", horizon=2)


def test_an_own_target_goes_the_way_of_all_kinds(own_module: Callable[[str], str]):
    bars = made_bars()
    module = own_module(DIRECTION)
    options = OwnTargetOptions(
        function=f"{module}:direction", horizon=3, side="direction", options={"horizon": 3}
    )
    time = decision_time(bars, "1h")
    target = fit_target(bars, time[:20], interval="1h", options=options)
    assert (target["kind"], target["side"]) == ("own", "direction")
    pd.testing.assert_frame_equal(
        label_bars(bars, target, options, interval="1h"), label_direction(bars, horizon=3)
    )
    splits = pd.DataFrame({"time": time, "set": "train", "kept": True})
    rows = label_rows(bars, splits, target, options, interval="1h", sets=["train"])
    assert set(rows["target_id"]) == {target["target_id"]}


def test_options_are_checked_when_the_target_is_named(own_module):
    module = own_module(DIRECTION)
    with pytest.raises(ValueError, match=f"options.horizon of {module}:direction must be a valid integer"):
        OwnTargetOptions(function=f"{module}:direction", horizon=3, side="up", options={"horizon": "x"})
