"""A fit that is killed goes on where it was, and ends with the bits of one that never was."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from topoquant.lib.models import (
    MODELS,
    Head,
    LightGBMOptions,
    NBeatsOptions,
    ResNetOptions,
    TCNOptions,
    XGBoostOptions,
    build_model,
)
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import (
    BalancedOptions,
    CosineOptions,
    CurriculumOptions,
    FitOptions,
    PlateauOptions,
    fit,
    fit_folds,
    model_files,
    model_hash,
)
from topoquant.lib.training.atomic_file import write_whole
from topoquant.lib.training.epoch_checkpoint import EpochCheckpoint
from topoquant.lib.training.keeper import Keeper

HEADS = (Head(name="label", kind="binary"), Head(name="logret_4", kind="value"))
LOOP = FitOptions(
    n_epochs=6, batch_size=16, learning_rate=0.01, weight_decay=0.01, patience=6, validation_fraction=0.2,
    clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0, device="cpu",
    precision="32-true", n_threads=1,
)  # fmt: skip
MODEL_OPTIONS = {
    "nbeats": NBeatsOptions(
        stacks=("trend", "generic"), n_blocks=1, n_layers=1, hidden=8, degree=1, n_harmonics=1, n_generic=2,
        n_features=4, input_dropout=0.2, dropout=0.2,
    ),
    "tcn": TCNOptions(n_filters=4, kernel=2, dilations=(1, 2), dropout=0.2),
    "resnet": ResNetOptions(n_filters=(4,), dropout=0.2),
    "lightgbm": LightGBMOptions(
        n_trees=5, learning_rate=0.3, n_leaves=3, min_rows_per_leaf=1, max_bins=15, feature_fraction=1.0,
        row_fraction=1.0, l2=0.0, patience=5, validation_fraction=0.2, n_threads=1,
    ),
    "xgboost": XGBoostOptions(
        n_trees=5, learning_rate=0.3, max_depth=2, min_child_weight=0.0, max_bins=15, feature_fraction=1.0,
        row_fraction=1.0, l2=0.0, patience=5, validation_fraction=0.2, n_threads=1,
    ),
}  # fmt: skip


class KilledError(Exception):
    """Stands for a process that dies."""


def draw(n: int = 81) -> Samples:
    rng = np.random.default_rng(0)
    hours = np.datetime64("2024-01-01", "ns") + np.arange(n) * np.timedelta64(1, "h")
    sequence = rng.normal(size=(n + 6, 2))
    return samples_from_arrays(
        time=hours, t1=hours, sequence=sequence, end=np.arange(n) + 6, window=6,
        targets={"label": sequence[6:, 0] > 0.5, "logret_4": 0.01 * sequence[6:, 1]},
        weights=rng.uniform(0.5, 1, n), fold=np.arange(n) // 41,
    )  # fmt: skip


def build(name: str):
    return build_model(name, n_channels=2, window=6, n_static=0, heads=HEADS, options=MODEL_OPTIONS[name])


def die_after(monkeypatch: pytest.MonkeyPatch, n_epochs: int) -> None:
    """Let the process die after so many epochs were written."""
    whole, left = Keeper.on_train_epoch_end, [n_epochs]

    def end(self, trainer, pl_module):
        whole(self, trainer, pl_module)
        left[0] -= 1
        if left[0] == 0:
            raise KilledError

    monkeypatch.setattr(Keeper, "on_train_epoch_end", end)


OPTIONS = {
    "plain": LOOP,
    "balanced, accumulated": replace(LOOP, sampler=BalancedOptions(kind="balanced", rate=0.5), accumulate=2),
    "curriculum, cosine": replace(
        LOOP,
        sampler=CurriculumOptions(kind="curriculum", start=0.3, n_epochs=4),
        schedule=CosineOptions(kind="cosine", warm_up=1.5, final=0.1),
    ),
    "plateau, bf16": replace(
        LOOP, schedule=PlateauOptions(kind="plateau", factor=0.5, patience=1), precision="bf16-mixed"
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("n_epochs", [1, 4])
def test_a_fit_that_died_ends_with_the_bits_of_one_that_did_not(name, n_epochs, tmp_path, monkeypatch):
    samples, options = draw(), OPTIONS[name]
    whole = fit(build("resnet"), samples, options, seed=3)
    with monkeypatch.context() as patch:
        die_after(patch, n_epochs)
        with pytest.raises(KilledError):
            fit(build("resnet"), samples, options, seed=3, checkpoints=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    continued = fit(build("resnet"), samples, options, seed=3, checkpoints=tmp_path)
    assert model_files(continued) == model_files(whole)
    assert continued.record.history == whole.record.history
    assert list(tmp_path.iterdir()) == []


def test_patience_is_remembered(tmp_path, monkeypatch):
    samples, options = draw(), replace(LOOP, n_epochs=60, patience=2, learning_rate=0.1)
    whole = fit(build("nbeats"), samples, options, seed=1)
    assert 3 <= len(whole.record.history) < 60
    with monkeypatch.context() as patch:
        die_after(patch, len(whole.record.history))
        with pytest.raises(KilledError):
            fit(build("nbeats"), samples, options, seed=1, checkpoints=tmp_path)
    # The last epoch had ended when it died: nothing is left to run.
    continued = fit(build("nbeats"), samples, options, seed=1, checkpoints=tmp_path)
    assert continued.record.history == whole.record.history
    assert model_files(continued) == model_files(whole)


@pytest.mark.parametrize("change", ["options", "seed", "target", "sequence", "weights"])
def test_another_fit_never_goes_on_from_it(change, tmp_path, monkeypatch):
    samples = draw()
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(KilledError):
            fit(build("nbeats"), samples, LOOP, seed=1, checkpoints=tmp_path)
    options, seed = LOOP, 1
    if change == "options":
        options = replace(LOOP, learning_rate=0.02)
    elif change == "seed":
        seed = 2
    elif change == "target":
        samples = replace(samples, targets=samples.targets.assign(logret_4=0.0))
    elif change == "sequence":
        samples = replace(samples, sequence=samples.sequence + np.float32(1e-3))
    else:
        samples = replace(samples, weights=samples.weights * 0.5)
    alone = fit(build("nbeats"), samples, options, seed=seed)
    other = fit(build("nbeats"), samples, options, seed=seed, checkpoints=tmp_path)
    assert model_files(other) == model_files(alone)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_checkpoint_is_as_good_as_none(tmp_path, monkeypatch):
    samples = draw()
    with monkeypatch.context() as patch:
        die_after(patch, 2)
        with pytest.raises(KilledError):
            fit(build("nbeats"), samples, LOOP, seed=1, checkpoints=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    got = fit(build("nbeats"), samples, LOOP, seed=1, checkpoints=tmp_path)
    assert model_files(got) == model_files(fit(build("nbeats"), samples, LOOP, seed=1))


@pytest.mark.parametrize("name", ["tcn", "lightgbm", "xgboost"])
def test_folds_that_had_ended_are_not_fitted_again(name, tmp_path, monkeypatch):
    samples = draw()
    folds = [(np.arange(41, 81), np.arange(41)), (np.arange(41), np.arange(41, 81))]
    options = LOOP if MODELS[name].is_torch else None
    whole = fit_folds(build(name), samples, folds, options, seed=1)
    fitted = []

    def counted(*args, **kwargs):
        if len(fitted) == 1:
            raise KilledError
        fitted.append(1)
        return fit(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr("topoquant.lib.training.folds.fit", counted)
        with pytest.raises(KilledError):
            fit_folds(build(name), samples, folds, options, seed=1, checkpoints=tmp_path)
        fitted[:] = [1] * 5
        patch.setattr("topoquant.lib.training.folds.fit", lambda *a, **k: fitted.append(1) or fit(*a, **k))
        continued = fit_folds(build(name), samples, folds, options, seed=1, checkpoints=tmp_path)
    assert len(fitted) == 7
    assert continued.predictions.equals(whole.predictions)
    forget = ("fit_seconds",)
    assert {k: v for k, v in continued.record.items() if k not in forget} == {
        k: v for k, v in whole.record.items() if k not in forget
    }
    assert list(tmp_path.iterdir()) == []


CHILD = """
import json
from importlib import util
spec = util.spec_from_file_location("resume", {file!r})
resume = util.module_from_spec(spec)
spec.loader.exec_module(resume)
from pathlib import Path
options = resume.replace(resume.LOOP, n_epochs=200, patience=200)
fitted = resume.fit(resume.build("resnet"), resume.draw(), options, seed=3, checkpoints=Path({folder!r}))
print(json.dumps(resume.model_hash(resume.model_files(fitted))))
"""


@pytest.mark.system
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_process_that_is_killed_any_number_of_times_ends_with_the_same_weights(tmp_path):
    whole = fit(build("resnet"), draw(), replace(LOOP, n_epochs=200, patience=200), seed=3)
    folder = tmp_path / "checkpoints"
    code = CHILD.format(file=__file__, folder=str(folder))
    n_killed, rng = 0, np.random.default_rng(0)
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        while child.poll() is None and not list(folder.glob("*.epoch")):
            time.sleep(0.02)
        # At whatever it is doing: in the middle of a step, or of a write.
        time.sleep(rng.uniform(0.05, 0.6))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        n_killed += child.returncode == -signal.SIGKILL
    assert n_killed == 3
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(end.stdout) == model_hash(model_files(whole))
    assert not list(folder.glob("*.epoch"))


def test_what_a_killed_process_was_writing_goes_with_its_checkpoint(tmp_path):
    checkpoint = EpochCheckpoint(tmp_path / "a.epoch")
    written = []
    write_whole(checkpoint.path, lambda _file: written.extend(tmp_path.iterdir()))
    # As it lies there where a process is killed before it puts the file in its place.
    written[0].write_bytes(b"half")
    (tmp_path / "ab.epoch").touch()
    checkpoint.write({"epoch": 1})
    checkpoint.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["ab.epoch"]


def test_a_checkpoint_holds_no_code(tmp_path, monkeypatch):
    die_after(monkeypatch, 1)
    with pytest.raises(KilledError):
        fit(build("nbeats"), draw(), LOOP, seed=1, checkpoints=tmp_path)
    (path,) = tmp_path.iterdir()
    state = torch.load(path, weights_only=True)
    assert len(state["history"]) == 1
