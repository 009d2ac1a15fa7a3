"""Scaling is fitted on the rows of a fit alone and survives JSON to the last bit."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import RobustScaler

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import Preprocessing, preprocessing


def describe(sequence: np.ndarray, static: np.ndarray, end: np.ndarray) -> Samples:
    time = np.datetime64("2024-01-01", "ns") + np.arange(len(end)) * np.timedelta64(1, "h")
    return samples_from_arrays(
        time=time,
        t1=time,
        targets={"label": np.zeros(len(end))},
        sequence=sequence,
        end=end,
        window=2,
        static=static,
    )


def draw() -> Samples:
    rng = np.random.default_rng(0)
    return describe(rng.normal(5, 3, (60, 2)), rng.normal(size=(20, 3)), np.arange(10, 50, 2))


def test_median_and_quartiles_by_hand():
    static = np.array([[0.0], [1.0], [2.0], [3.0], [100.0]])
    samples = describe(np.zeros((9, 1)), static, np.arange(4, 9))
    scaling = Preprocessing.fit(samples, method="robust", clip=5.0)
    assert scaling.static_centre == (2.0,)
    assert scaling.static_scale == pytest.approx((2 / 1.34898,), rel=1e-5)
    scaled = scaling.apply(samples).static[:, 0]
    assert scaled[2:4].tolist() == pytest.approx([0, 0.67449], rel=1e-4)
    assert scaled[4] == 5.0


@pytest.mark.parametrize("method", ["robust", "standard"])
def test_other_rows_and_bars_between_decision_bars_do_not_matter(method):
    samples = draw()
    train = samples.take(np.arange(12))
    others = np.ones(60, bool)
    others[train.end] = False
    changed = replace(
        samples,
        sequence=np.where(others[:, None], 1e9, samples.sequence).astype(np.float32),
        static=np.where(np.arange(20)[:, None] >= 12, 1e9, samples.static).astype(np.float32),
    ).take(np.arange(12))
    fits = [Preprocessing.fit(part, method=method, clip=8.0) for part in (train, changed)]
    assert fits[0] == fits[1]


@settings(deadline=None, max_examples=50)
@given(
    static=arrays(np.float32, (7, 2), elements=st.floats(-1e6, 1e6, width=32)),
    method=st.sampled_from(["robust", "standard"]),
)
def test_json_keeps_every_bit_and_values_stay_finite_within_the_clip(static, method):
    samples = describe(np.zeros((9, 1)), static, np.arange(2, 9))
    scaling = Preprocessing.fit(samples, method=method, clip=4.0)
    assert Preprocessing.from_dict(json.loads(json.dumps(scaling.to_dict()))) == scaling
    scaled = scaling.apply(samples)
    assert scaled.static.dtype == scaled.sequence.dtype == np.float32
    assert np.abs(scaled.static).max() <= 4.0


def test_a_constant_column_becomes_zero():
    samples = describe(np.full((9, 1), 0.1), np.full((5, 1), 0.1), np.arange(4, 9))
    for method in ("robust", "standard"):
        scaled = Preprocessing.fit(samples, method=method, clip=4.0).apply(samples)
        assert scaled.static.ravel().tolist() == pytest.approx([0] * 5, abs=1e-12)


def test_a_column_that_is_mostly_constant_is_scaled_by_its_deviation():
    static = np.zeros((9, 1))
    static[0] = 9.0
    samples = describe(np.zeros((12, 1)), static, np.arange(3, 12))
    scaling = Preprocessing.fit(samples, method="robust", clip=4.0)
    assert scaling.static_scale == pytest.approx((static.std(),))


def test_apply_leaves_its_input_alone_and_passes_nan_through():
    samples = draw()
    scaling = Preprocessing.fit(samples, method="robust", clip=8.0)
    gap = replace(samples, sequence=samples.sequence.copy())
    gap.sequence[0] = np.nan
    before = gap.sequence.copy()
    assert np.isnan(scaling.apply(gap).sequence[0]).all()
    assert np.array_equal(gap.sequence, before, equal_nan=True)


def test_values_that_are_not_finite_and_other_widths_are_refused():
    samples = draw()
    broken = replace(samples, static=samples.static.copy())
    broken.static[3, 1] = np.inf
    with pytest.raises(InputError, match="feature s1 must be finite"):
        Preprocessing.fit(broken, method="robust", clip=8.0)
    scaling = Preprocessing.fit(samples, method="robust", clip=8.0)
    with pytest.raises(InputError, match="static features"):
        scaling.apply(replace(samples, static=samples.static[:, :2]))


def test_robust_scaling_is_scikit_learns():
    samples = draw()
    ours = Preprocessing.fit(samples, method="robust", clip=1e9).apply(samples)
    theirs = RobustScaler(unit_variance=True).fit_transform(samples.static.astype(np.float64))
    np.testing.assert_allclose(ours.static, theirs, rtol=1e-6)


def test_scaling_in_blocks_is_scaling_row_by_row(monkeypatch):
    samples = draw()
    scaling = Preprocessing.fit(samples, method="robust", clip=8.0)
    whole = scaling.apply(samples)
    monkeypatch.setattr(preprocessing, "BLOCK_ROWS", 7)
    blocks = scaling.apply(samples)
    assert np.array_equal(whole.sequence, blocks.sequence)
    assert np.array_equal(whole.static, blocks.static)
