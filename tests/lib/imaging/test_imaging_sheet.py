"""Channels, ranges and the sheet: what is looked at is what the functions make, a batch at a time."""

import tracemalloc
from base64 import b64decode

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from topoquant.lib.errors import InputError
from topoquant.lib.imaging import (
    ImageOptions,
    channel_names,
    gramian_angular_field,
    image_channels,
    image_ranges,
    image_sheet,
    markov_transition_field,
    recurrence_plot,
    spectrogram,
)

EVERY = ("summation", "difference", "markov", "recurrence", "spectrogram")


def options(**more) -> ImageOptions:
    chosen = {
        "series": "close", "windows": (15, 30, 60), "size": 16, "methods": EVERY, "resize": "series",
        "scaling": "window", "limit": 2.0, "n_states": 4, "segment": 8, "n_per_class": 3,
    }  # fmt: skip
    return ImageOptions(**{**chosen, **more})


def prices(n: int, window: int = 60) -> np.ndarray:
    return 100 + np.cumsum(np.random.default_rng(1).normal(size=(n, window)), axis=1)


def index_of(n: int) -> pd.DataFrame:
    return pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024", periods=n, freq="min", tz="UTC")})


@pytest.mark.parametrize("scaling", ["window", "volatility"])
def test_channels_are_the_images_of_suffixes_of_one_row(scaling):
    windows, asked = prices(3), options(scaling=scaling)
    channels = image_channels(windows, asked)
    assert channels.shape == (3, 15, 16, 16)
    assert channel_names(asked)[:6] == [(15, name) for name in EVERY] + [(30, "summation")]
    half = 2 * np.sqrt(np.sum(np.diff(windows) ** 2, axis=1)) if scaling == "volatility" else None
    own = windows[:, -30:]
    for place, method in enumerate(("summation", "difference")):
        expected = gramian_angular_field(own, size=16, method=method, half_range=half)
        np.testing.assert_array_equal(channels[:, 5 + place], expected)
    np.testing.assert_array_equal(channels[:, 7], markov_transition_field(own, size=16, n_states=4))
    np.testing.assert_array_equal(channels[:, 9], spectrogram(own, size=16, segment=8))
    plots = recurrence_plot(own, size=16)
    width = plots.max(axis=(1, 2)) if half is None else 2 * half
    np.testing.assert_allclose(channels[:, 8], plots / width[:, None, None], atol=1e-6)


def test_several_indicators_are_channels_side_by_side():
    several = prices(6).reshape(2, 3, 60)
    asked = options(windows=(30, 60))
    channels = image_channels(several, asked)
    assert channels.shape == (2, 30, 16, 16)
    for series in range(3):
        alone = image_channels(several[:, series], asked)
        np.testing.assert_array_equal(channels[:, 10 * series : 10 * (series + 1)], alone)


def test_ranges_are_those_of_all_images_together():
    windows = prices(600)
    windows[7] = 100.0
    asked = options(windows=(15, 60))
    images = image_channels(windows, asked)
    ranges = image_ranges(windows, asked)
    assert [(one["window"], one["method"]) for one in ranges] == channel_names(asked)
    for k, one in enumerate(ranges):
        pixels = images[:, k].astype(np.float64)
        assert (one["min"], one["max"]) == (pixels.min(), pixels.max())
        np.testing.assert_allclose([one["mean"], one["std"]], [pixels.mean(), pixels.std()], atol=1e-7)
        assert (one["n_images"], one["n_nan"], one["n_flat"]) == (600, 0, 1)


def test_no_tensor_of_all_images_is_ever_made():
    windows = prices(50_000, 4)
    asked = options(windows=(4,), size=64, methods=("summation",))
    image_ranges(windows[:2], asked)  # compiles
    tracemalloc.start()
    try:
        image_ranges(windows, asked)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # All images would be 819 MB; a batch, its channels and its squares in float64 are what is held.
    assert peak < 32 * 1024**2


def test_the_sheet_shows_samples_of_each_class_evenly_over_time():
    windows, index, asked = prices(100), index_of(100), options(methods=("summation", "markov"))
    targets = index.iloc[10:].assign(label=(np.arange(90) % 3 == 0).astype(float))
    sheet = image_sheet(windows, index, targets.sample(frac=1.0, random_state=1), asked)
    samples = sheet["samples"]
    assert [one["class"] for one in samples] == ["label 0"] * 3 + ["label 1"] * 3
    rows = [int(np.flatnonzero(index["time"] == pd.Timestamp(one["time"]))[0]) for one in samples]
    assert min(rows) >= 10
    channels = image_channels(windows[rows], asked)
    for k, one in enumerate(samples):
        assert targets.loc[rows[k], "label"] == float(one["class"][-1])
        line = (windows[rows[k]] - windows[rows[k]].min()) / np.ptp(windows[rows[k]])
        np.testing.assert_allclose(one["line"], line, atol=1e-4)
        for channel, (image, of_channel) in enumerate(zip(one["images"], sheet["channels"], strict=True)):
            levels = np.frombuffer(b64decode(image), np.uint8).reshape(16, 16)
            span = of_channel["high"] - of_channel["low"]
            shown = of_channel["low"] + span * levels / 254
            np.testing.assert_allclose(shown, channels[k, channel], atol=span / 508 + 1e-6)


def test_without_labels_the_sign_of_the_return_is_the_class():
    index = index_of(5)
    targets = index.assign(ret=[0.1, -0.1, 0.0, 0.2, 0.3], logret_1=0.0)
    asked = options(windows=(60,), methods=("summation",), n_per_class=2)
    sheet = image_sheet(prices(5), index, targets, asked)
    assert [one["class"] for one in sheet["samples"]] == ["ret above 0"] * 2 + ["ret at or below 0"] * 2


def test_options_and_rows_that_do_not_fit_are_refused():
    for wrong in ({"windows": (15, 15)}, {"windows": (1,)}, {"methods": ()}, {"size": 1}, {"limit": 0.0}):
        with pytest.raises(ValidationError):
            options(**wrong)
    with pytest.raises(InputError, match="windows must be at most 30, the values of a row, got 60"):
        image_channels(prices(2, 30), options())
