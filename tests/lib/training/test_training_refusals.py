"""What fitting and predicting refuse, and how they say it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from topoquant.lib.errors import InputError
from topoquant.lib.models import Head, MajorityOptions, NBeatsOptions, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import FitOptions, fit, fit_folds, load_fit, predict

HEADS = (Head(name="label", kind="binary"), Head(name="max_pct", kind="fraction"))
LOOP = FitOptions(
    n_epochs=2,
    batch_size=16,
    learning_rate=0.01,
    weight_decay=0.0,
    patience=2,
    validation_fraction=0.2,
    clip_norm=1.0,
    head_weights={"label": 1.0, "max_pct": 1.0},
    scale="standard",
    clip=8.0,
    device="cpu",
    precision="32-true",
    n_threads=1,
)
NBEATS = NBeatsOptions(
    stacks=("trend",),
    n_blocks=1,
    n_layers=1,
    hidden=4,
    degree=1,
    n_harmonics=1,
    n_generic=1,
    n_features=4,
    input_dropout=0.0,
    dropout=0.0,
)


def draw(n: int = 40) -> Samples:
    rng = np.random.default_rng(0)
    time = np.datetime64("2024-01-01", "ns") + np.arange(n) * np.timedelta64(1, "h")
    return samples_from_arrays(
        time=time,
        t1=time,
        targets={"label": np.arange(n) % 2, "max_pct": rng.uniform(size=n)},
        sequence=rng.normal(size=(n + 4, 2)),
        end=np.arange(n) + 4,
        window=4,
        static=rng.normal(size=(n, 3)),
        fold=np.arange(n) // (n // 2),
    )


def majority(samples: Samples):
    return build_model(
        "majority",
        n_channels=samples.n_channels,
        window=samples.window,
        n_static=samples.n_static,
        heads=HEADS,
        options=MajorityOptions(),
    )


def nbeats(samples: Samples):
    return build_model(
        "nbeats",
        n_channels=samples.n_channels,
        window=samples.window,
        n_static=samples.n_static,
        heads=HEADS,
        options=NBEATS,
    )


def with_target(samples: Samples, name: str, value: float, row: int = 3) -> Samples:
    targets = samples.targets.copy()
    targets.loc[row, name] = value
    return replace(samples, targets=targets)


def with_set(samples: Samples, name: str, row: int) -> Samples:
    rows = samples.rows.copy()
    rows.loc[row, "set"] = name
    return replace(samples, rows=rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: with_target(s, "label", np.nan), "1 of 40 missing"),
        (lambda s: with_target(s, "label", 0.5), "0 and 1, both present"),
        (lambda s: with_target(s, "max_pct", 1.5), r"in \[0, 1\]"),
        (lambda s: replace(s, targets=s.targets.assign(label=0.0)), "0 and 1, both present"),
        (lambda s: replace(s, targets=s.targets.drop(columns="label")), "head must be one of"),
        (lambda s: replace(s, weights=np.zeros(40)), "weights"),
        (lambda s: with_set(s, "test", 5), "1 test rows"),
        (lambda s: replace(s, static=np.full((40, 3), np.nan, np.float32)), "40 of 40 rows"),
    ],
)
def test_rows_that_cannot_be_fitted_on_are_refused(change, message):
    samples = draw()
    with pytest.raises(InputError, match=message):
        fit(majority(samples), change(samples), None, seed=0)


def test_a_window_that_touches_a_missing_bar_is_refused_and_others_are_not():
    samples = draw()
    sequence = samples.sequence.copy()
    sequence[20] = np.nan
    broken = replace(samples, sequence=sequence)
    with pytest.raises(InputError, match="4 of 40 rows"):
        fit(majority(samples), broken, None, seed=0)
    clear = (samples.end < 20) | (samples.end - 3 > 20)
    assert len(predict(fit(nbeats(samples), broken.take(clear), LOOP, seed=0), broken.take(clear))) == 36


def test_options_that_do_not_belong_to_the_model_are_refused():
    samples = draw()
    with pytest.raises(InputError, match="fit options of nbeats"):
        fit(nbeats(samples), samples, None, seed=0)
    with pytest.raises(InputError, match="fit options of majority"):
        fit(majority(samples), samples, LOOP, seed=0)
    with pytest.raises(InputError, match="head_weights must be one for each"):
        fit(nbeats(samples), samples, replace(LOOP, head_weights={"label": 1.0}), seed=0)


def test_samples_of_another_shape_or_with_other_columns_are_refused():
    samples = draw()
    narrow = replace(samples, static=samples.static[:, :2], static_names=("s0", "s1"))
    with pytest.raises(InputError, match="static features"):
        fit(nbeats(samples), narrow, LOOP, seed=0)
    fitted = fit(nbeats(samples), samples, LOOP, seed=0)
    with pytest.raises(InputError, match="static_names"):
        predict(fitted, replace(samples, static_names=("s1", "s0", "s2")))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_is_refused_where_there_is_none():
    samples = draw()
    with pytest.raises(InputError, match="local"):
        fit(nbeats(samples), samples, replace(LOOP, device="cuda"), seed=0)


def test_a_loss_that_is_not_finite_names_its_likely_cause():
    samples = draw()
    with pytest.raises(InputError, match="lower learning_rate"):
        fit(nbeats(samples), samples, replace(LOOP, learning_rate=1e38, clip_norm=1e30), seed=0)


def test_folds_that_leak_or_leave_a_row_out_are_refused():
    samples = draw()
    early, late = np.arange(20), np.arange(20, 40)
    good = [(late, early), (early, late)]
    for folds, message in (
        ([(np.arange(19, 40), early), good[1]], "1 held out"),
        (good[:1], "20 rows that are not"),
        ([*good, good[0]], "20 rows that are not"),
    ):
        with pytest.raises(InputError, match=message):
            fit_folds(majority(samples), samples, folds, None, seed=0)
    with pytest.raises(InputError, match="1 of another set"):
        fit_folds(majority(samples), with_set(samples, "val", 25), good, None, seed=0)


def test_a_val_row_without_a_target_is_refused_by_fit_folds():
    samples = with_target(with_set(draw(), "val", 39), "label", np.nan, row=39)
    folds = [(np.arange(20, 39), np.arange(20)), (np.arange(20), np.arange(20, 39))]
    with pytest.raises(InputError, match="1 rows without"):
        fit_folds(majority(samples), samples, folds, None, seed=0)
    test = with_set(samples, "test", 39)
    assert len(fit_folds(majority(test), test, folds, None, seed=0).predictions) == 40


def test_files_without_options_are_no_fit():
    with pytest.raises(InputError, match=r"options\.json"):
        load_fit({"weights.safetensors": b""})
