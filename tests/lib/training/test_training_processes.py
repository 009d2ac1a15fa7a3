"""Several processes fit one model side by side, and a fit from files without a catalog."""

import json
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.models import Head, TCNOptions, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import FitOptions, fit, load_fit, model_files, predict

LOOP = FitOptions(
    n_epochs=8, batch_size=32, learning_rate=0.02, weight_decay=0.0, patience=8, validation_fraction=0.1,
    clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0, device="cpu",
    precision="32-true", n_threads=1,
)  # fmt: skip
TCN = TCNOptions(n_filters=8, kernel=2, dilations=(1, 2), dropout=0.1)
HEADS = [Head(name="label", kind="binary")]


def arrays(n: int = 300) -> dict:
    rng = np.random.default_rng(0)
    time = np.datetime64("2024-01-01", "ns") + np.arange(n) * np.timedelta64(1, "h")
    sequence = rng.normal(size=(n + 4, 2))
    return {"time": time, "t1": time, "sequence": sequence, "end": np.arange(n) + 4, "window": 4,
            "targets": {"label": sequence[4:, 0] > 0}}  # fmt: skip


def draw() -> Samples:
    return samples_from_arrays(**arrays())


def tcn():
    return build_model("tcn", n_channels=2, window=4, n_static=0, heads=HEADS, options=TCN)


def test_more_processes_than_the_machine_has_gpus_are_refused():
    with pytest.raises(InputError, match=r"device|n_devices"):
        fit(tcn(), draw(), replace(LOOP, device="cuda", n_devices=99), seed=0)


def test_half_precision_of_a_gpu_is_refused_on_a_cpu():
    with pytest.raises(InputError, match="32-true or bf16-mixed on a CPU"):
        fit(tcn(), draw(), replace(LOOP, precision="16-mixed"), seed=0)


@pytest.mark.system
@pytest.mark.filterwarnings("ignore")
def test_two_processes_learn_what_one_does(tmp_path):
    samples = draw()
    both = replace(LOOP, n_devices=2)
    fitted = fit(tcn(), samples, both, seed=0, checkpoints=tmp_path)
    right = (predict(fitted, samples)["p_label"] > 0.5) == (samples.targets["label"] == 1)
    assert right.mean() > 0.9
    assert [row["epoch"] for row in fitted.record.history] == list(range(1, 9))
    assert list(tmp_path.iterdir()) == []
    assert model_files(fit(tcn(), samples, both, seed=0)) == model_files(fitted)


@pytest.mark.system
def test_a_fit_from_files_is_the_fit_in_this_process(tmp_path):
    parts = arrays()
    targets = {f"target.{name}": values for name, values in parts.pop("targets").items()}
    np.savez(tmp_path / "samples.npz", **parts, **targets)
    options = {"model": "tcn", "heads": [{"name": "label", "kind": "binary"}], "options": asdict(TCN),
               "fit": asdict(LOOP), "seed": 3}  # fmt: skip
    (tmp_path / "options.json").write_text(json.dumps(options))
    command = [sys.executable, "-m", "topoquant.lib.training", "samples.npz", "options.json", "model"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    files = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir() if path.is_file()}
    here = fit(tcn(), draw(), LOOP, seed=3)
    assert {name: files[name] for name in model_files(here)} == model_files(here)
    assert predict(load_fit(model_files(here)), draw()).equals(predict(here, draw()))
    assert len(json.loads(files["record.json"])["history"]) == len(here.record.history)
    again = subprocess.run([*command[:3], "none.npz", "options.json", "model"], cwd=tmp_path,
                           capture_output=True, text=True, check=False)  # fmt: skip
    assert again.returncode == 2
    assert "none.npz" in again.stderr
