import sys
from dataclasses import dataclass
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import TriggerOptions, describe_target, target_id
from topoquant.lib.labeling.options import (
    DirectionOptions,
    LogReturnOptions,
    MoveOptions,
    OwnTargetOptions,
    TripleBarrierOptions,
)

horizon = st.integers(1, 3)
side = st.sampled_from(["up", "down", "both"])
fraction = st.sampled_from([0.001, 0.01, 0.0100000000000001, 0.5])
size = st.sampled_from([0.5, 1.0, 1.5, 15.0])
period = st.integers(2, 5)

targets = st.one_of(
    st.builds(TriggerOptions, horizon=horizon, side=side, threshold=fraction, rate=st.none()),
    st.builds(DirectionOptions, horizon=horizon),
    st.builds(
        MoveOptions, horizon=horizon, threshold=fraction, side=side, volume_window=st.none(),
        min_volume_ratio=st.none(),
    ),
    st.builds(
        MoveOptions, horizon=horizon, threshold=fraction, side=side, volume_window=period,
        min_volume_ratio=size,
    ),
    st.builds(
        LogReturnOptions, horizons=st.sets(st.integers(1, 13), min_size=1).map(sorted).map(tuple),
        reference=st.sampled_from(["open", "close"]),
    ),
    st.builds(
        TripleBarrierOptions, horizon=horizon, upper=size, lower=size | st.just(float("inf")), side=side,
        width=st.sampled_from(["atr", "volatility"]), period=period,
    ),
)  # fmt: skip


@given(one=targets, other=targets)
@settings(max_examples=200, deadline=None)
def test_ids_are_the_same_exactly_where_the_options_are(one, other):
    assert (target_id(one) == target_id(other)) == (one == other)


@dataclass
class OwnOptions:
    a: float
    b: float = 0.0


@pytest.fixture
def own(monkeypatch):
    """Options of an own target; its function lives in a module made here."""

    def label(bars, options: OwnOptions):
        return bars

    module = ModuleType("own_labels")
    module.label = module.other = label
    monkeypatch.setitem(sys.modules, "own_labels", module)

    def made(**changes):
        given = {"function": "own_labels:label", "horizon": 4, "side": "up", "options": {"a": 1.0, "b": 2.0}}
        return OwnTargetOptions(**(given | changes))

    return made


def test_an_own_target_is_told_apart_by_function_horizon_side_and_options(own):
    assert target_id(own()).startswith("own-own_labels:label-up-4-")
    assert target_id(own()) == target_id(own(options={"b": 2.0, "a": 1.0}))
    others = [
        {"function": "own_labels:other"}, {"horizon": 5}, {"side": "direction"}, {"options": {"a": 1.0}},
        {"options": {"a": 1.0, "b": 3.0}},
    ]  # fmt: skip
    assert len({target_id(own(**changes)) for changes in [{}, *others]}) == 6
    assert describe_target(own()) == "own_labels:label within 4 bars"


@pytest.mark.parametrize(
    ("options", "name", "text"),
    [
        (
            TriggerOptions(horizon=1, side="up", threshold=0.0041, rate=None),
            "trigger-up-1-0.0041",
            "up-move >= .0041 in 1 bar",
        ),
        (DirectionOptions(horizon=15), "direction-15", "up or down after 15 bars"),
        (
            MoveOptions(horizon=5, threshold=0.01, side="both", volume_window=None, min_volume_ratio=None),
            "move-both-5-0.01",
            "move >= .01 after 5 bars",
        ),
        (
            MoveOptions(horizon=5, threshold=0.01, side="down", volume_window=20, min_volume_ratio=0.5),
            "move-down-5-0.01-volume-20-0.5",
            "down-move >= .01 after 5 bars where volume >= .5 of its 20-bar mean",
        ),
        (
            LogReturnOptions(horizons=(1, 7, 30), reference="open"),
            "log_return-open-1-7-30",
            "log-return after 1, 7, 30 bars",
        ),
        (
            LogReturnOptions(horizons=(1,), reference="close"),
            "log_return-close-1",
            "close-to-close log-return after 1 bar",
        ),
        (
            TripleBarrierOptions(horizon=24, upper=1.5, lower=1, side="up", width="atr", period=14),
            "triple_barrier-up-24-1.5-1.0-atr-14",
            "long: +1.5 before -1 in 24 bars, widths of atr 14",
        ),
        (
            TripleBarrierOptions(
                horizon=24, upper=2, lower=float("inf"), side="down", width="atr", period=14
            ),
            "triple_barrier-down-24-2.0-inf-atr-14",
            "short: -2 in 24 bars, widths of atr 14",
        ),
        (
            TripleBarrierOptions(horizon=24, upper=2, lower=2, side="both", width="volatility", period=96),
            "triple_barrier-both-24-2.0-2.0-volatility-96",
            "first of +2 and -2 in 24 bars, widths of volatility 96",
        ),
    ],
)
def test_names_and_texts(options, name, text):
    assert target_id(options) == name
    assert describe_target(options) == text


def test_a_fitted_threshold_is_named_and_an_unfitted_one_refused():
    fitted = TriggerOptions(horizon=60, side="both", threshold=None, rate=0.1)
    assert describe_target(fitted, 0.00412345) == "move >= .00412 in 60 bars"
    assert target_id(fitted, 0.00412345) == "trigger-both-60-0.00412345"
    with pytest.raises(InputError, match="threshold must be given or fitted, got None"):
        target_id(fitted)
