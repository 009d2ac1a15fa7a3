"""A walk is as many studies as it has windows, none of which knows what comes after it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import DirectionOptions
from topoquant.lib.models import LogisticOptions, MajorityOptions
from topoquant.lib.sampling import SplitOptions, WalkOptions, walk_splits
from topoquant.lib.training import MemberFeatures
from topoquant.lib.validity import CalibrationOptions, OperatingPointOptions
from topoquant.lib.walking import WalkMember, WalkStudy, refit_window, refitting, walk_forward

N = 900
STUDY = WalkStudy(
    interval="1h", label=DirectionOptions(horizon=2),
    split=SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None),
    calibration=CalibrationOptions(n_blocks=2),
    operating_point=OperatingPointOptions(min_recall=0.1, min_signals=5), seed=0,
)  # fmt: skip
WALK = WalkOptions(n_past=400, n_test=200, expanding=False, val=0.3)


def market(seed: int = 0, strength: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bars of an hour, and a feature that leads their returns with a weight of `strength`."""
    random = np.random.default_rng(seed)
    known = random.normal(size=N)
    steps = 0.01 * (strength * np.roll(np.roll(known, 1) + np.roll(known, 2), 1) + random.normal(size=N))
    close = 100 * np.exp(np.cumsum(steps))
    start = np.r_[100.0, close[:-1]]
    open_time = pd.date_range("2024-01-01", periods=N, freq="h", tz="UTC")
    bars = pd.DataFrame(
        {
            "symbol": "SYN", "open_time": open_time, "open": start, "high": np.maximum(start, close) * 1.001,
            "low": np.minimum(start, close) * 0.999, "close": close, "volume": 1.0,
        }
    )  # fmt: skip
    features = pd.DataFrame({"symbol": "SYN", "time": open_time + pd.Timedelta("1h"), "known": known})
    return bars, features.assign(other=random.normal(size=N))


def members(features: pd.DataFrame) -> tuple[WalkMember, dict[str, WalkMember]]:
    own = WalkMember(
        model="logistic", features=MemberFeatures(static=features),
        options=LogisticOptions(l2=1.0, n_iterations=100),
    )  # fmt: skip
    return own, {
        "majority": WalkMember(model="majority", features=MemberFeatures(), options=MajorityOptions())
    }


def windows(bars: pd.DataFrame) -> list[pd.DataFrame]:
    return walk_splits(bars, "1h", horizon=2, walk=WALK, split=STUDY.split)


def walk(bars, features, **asked):
    own, blind = members(features)
    return walk_forward(bars, windows(bars), own, blind, STUDY, cost=0.0, n_trials=1, **asked)


def test_what_is_there_is_found_in_every_window_and_over_all():
    walked = walk(*market(strength=0.7))
    assert len(walked.windows) == 3
    assert (walked.windows["auc"] > 0.6).all()
    assert walked.whole["share_above_half"] == 1
    assert walked.whole["timing"]["lower"] > 0
    assert walked.whole["gain"]["low"] > 0
    leading = walked.importance.groupby("window")["feature"].first()
    assert (leading == "known").all()
    assert walked.predictions["time"].is_unique
    assert walked.whole["n"] == len(walked.predictions) == walked.windows["n"].sum()


@pytest.mark.system
def test_on_noise_no_bound_is_above_nothing():
    lower = [walk(*market(seed)).whole["timing"]["lower"] for seed in range(8)]
    assert np.mean(np.array(lower) > 0) <= 1 / 8


def test_bars_after_a_window_change_nothing_in_it():
    bars, features = market(strength=0.7)
    splits = windows(bars)[0]
    first = refit_window(bars, splits, *members(features), STUDY)
    later = bars["open_time"] >= splits["t1"].max()
    garbage = bars.copy()
    garbage.loc[later, ["open", "high", "low", "close"]] *= 7.0
    known = features.copy()
    known.loc[known["time"] > splits["time"].max(), ["known", "other"]] = 1e6
    second = refit_window(garbage, splits, *members(known), STUDY)
    pd.testing.assert_frame_equal(first.predictions, second.predictions)
    assert first.operating_point == second.operating_point


def test_test_rows_touch_nothing_that_is_fitted_or_chosen():
    bars, features = market(strength=0.7)
    splits = windows(bars)[0]
    first = refit_window(bars, splits, *members(features), STUDY)
    test = splits.loc[splits["set"] == "test", "time"]
    known = features.copy()
    known.loc[known["time"].isin(test), ["known", "other"]] = 1e6
    second = refit_window(bars, splits, *members(known), STUDY)
    before = first.predictions["set"] != "test"
    pd.testing.assert_frame_equal(first.predictions[before], second.predictions[before])
    assert first.operating_point == second.operating_point
    assert not first.predictions[~before].equals(second.predictions[~before])


def test_a_walk_without_a_sign_blind_fit_is_refused_before_anything_is_fitted(monkeypatch):
    bars, features = market()
    monkeypatch.setattr(refitting, "train_member", None)
    with pytest.raises(InputError, match="blind members must be one or more, got 0"):
        refit_window(bars, windows(bars)[0], members(features)[0], {}, STUDY)


def test_a_kept_window_is_not_taken_for_another_question(tmp_path, monkeypatch):
    bars, features = market(strength=0.7)
    splits = windows(bars)[0]
    own, blind = members(features)
    refit_window(bars, splits, own, blind, STUDY, checkpoints=tmp_path)
    real, n_fits = refitting.train_member, []
    monkeypatch.setattr(refitting, "train_member", lambda *a, **k: (n_fits.append(1), real(*a, **k))[1])
    refit_window(bars, splits, own, blind, STUDY, checkpoints=tmp_path)
    assert not n_fits
    other_options = replace(own, options=LogisticOptions(l2=2.0, n_iterations=100))
    refit_window(bars, splits, other_options, blind, STUDY, checkpoints=tmp_path)
    refit_window(bars, splits, own, blind, replace(STUDY, seed=1), checkpoints=tmp_path)
    changed = features.assign(known=features["known"] + 1)
    refit_window(bars, splits, *members(changed), STUDY, checkpoints=tmp_path)
    assert len(n_fits) == 6
    # Half a file is no window.
    for path in tmp_path.glob(f"*{refitting.SUFFIX}"):
        path.write_bytes(path.read_bytes()[:100])
    refit_window(bars, splits, own, blind, STUDY, checkpoints=tmp_path)
    assert len(n_fits) == 8


def test_a_walk_that_was_killed_goes_on_with_the_same_bits(tmp_path, monkeypatch):
    bars, features = market(strength=0.7)
    whole = walk(bars, features)
    real, n_fits = refitting.train_member, []

    def counted(*arguments, **named):
        n_fits.append(1)
        if len(n_fits) == 4:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr(refitting, "train_member", counted)
    with pytest.raises(KeyboardInterrupt):
        walk(bars, features, checkpoints=tmp_path)
    again = walk(bars, features, checkpoints=tmp_path)
    assert len(n_fits) == 4 + 4  # the first window was found
    pd.testing.assert_frame_equal(again.predictions, whole.predictions)
    pd.testing.assert_frame_equal(again.windows, whole.windows)
    assert again.whole == whole.whole
