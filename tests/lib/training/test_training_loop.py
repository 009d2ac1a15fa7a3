"""The Lightning loop: its losses, batches, early stopping and manners."""

import logging
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from topoquant.lib.models import Head, NBeatsOptions, build_model
from topoquant.lib.sampling import gather_windows
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import (
    Batches,
    FitOptions,
    Inputs,
    binary_loss,
    combined_loss,
    fraction_loss,
    run_loop,
)
from topoquant.lib.training.batches import Batch
from topoquant.lib.training.loop import fresh_copy
from topoquant.lib.training.task import HeadsTask

LOOP = FitOptions(
    n_epochs=4,
    batch_size=16,
    learning_rate=0.01,
    weight_decay=0.0,
    patience=4,
    validation_fraction=0.2,
    clip_norm=1.0,
    head_weights={"label": 1.0},
    scale="standard",
    clip=8.0,
    device="cpu",
    precision="32-true",
    n_threads=1,
)


def draw(n: int = 80, *, constant: bool = False):
    rng = np.random.default_rng(0)
    time = np.datetime64("2024-01-01", "ns") + np.arange(n) * np.timedelta64(1, "h")
    sequence = np.zeros((n + 5, 2)) if constant else rng.normal(size=(n + 5, 2))
    return samples_from_arrays(
        time=time,
        t1=time,
        targets={"label": np.arange(n) % 2},
        sequence=sequence,
        end=np.arange(n) + 5,
        window=5,
        static=None,
        weights=rng.uniform(0.2, 1, n),
    )


def nbeats():
    options = NBeatsOptions(
        stacks=("trend", "generic"),
        n_blocks=1,
        n_layers=1,
        hidden=8,
        degree=1,
        n_harmonics=1,
        n_generic=2,
        n_features=4,
        input_dropout=0.2,
        dropout=0.2,
    )
    heads = [Head(name="label", kind="binary")]
    return build_model("nbeats", n_channels=2, window=5, n_static=0, heads=heads, options=options)


def test_batches_hold_the_windows_that_gathering_one_by_one_gives():
    samples = draw()
    inputs = Inputs(samples, ("sequence", "static"), "cpu")
    got = inputs.gather(torch.tensor([7, 0, 79]))
    expected = gather_windows(samples.sequence, samples.end[[7, 0, 79]], 5)
    assert np.array_equal(got["sequence"].numpy(), expected)
    assert got["static"].shape == (3, 0)
    # The view shares the memory of the bars: nothing of size n * L * C exists.
    assert inputs.windows.untyped_storage().nbytes() == samples.sequence.nbytes


def test_a_pass_visits_every_row_once_in_an_order_that_changes_and_repeats_with_the_seed():
    samples = draw()
    inputs = Inputs(samples, ("sequence",), "cpu")
    numbers = torch.arange(80.0)
    rows = np.arange(10, 80)

    def passes(seed):
        batches = Batches(inputs, {"label": numbers}, numbers, rows=rows, batch_size=16, seed=seed)
        assert len(batches) == len(list(batches)) == 5
        return [torch.cat([batch.weights for batch in batches]).tolist() for _ in range(2)]

    first, second = passes(1)
    assert sorted(first) == sorted(second) == rows.tolist()
    assert first != second
    assert passes(1) == [first, second]
    assert passes(None) == [rows.tolist()] * 2


def test_losses_by_hand():
    logits, target = torch.tensor([0.0, 2.0]), torch.tensor([1.0, 0.0])
    weight = torch.tensor([3.0, 1.0])
    expected = (3 * np.log(2) + np.log1p(np.exp(2))) / 4
    assert binary_loss(logits, target, weight).item() == pytest.approx(expected, rel=1e-6)
    value, moved = torch.tensor([0.01, 0.05]), torch.tensor([0.02, 0.02])
    # Errors of 0.5 and 1.5 scales: 0.5 * 0.25 inside the threshold, 1.5 - 0.5 outside.
    assert fraction_loss(value, moved, torch.ones(2), 0.02).item() == pytest.approx(
        (0.125 + 1.0) / 2, rel=1e-5
    )
    both = combined_loss(
        {"label": logits, "max_pct": value},
        {"label": target, "max_pct": moved},
        torch.ones(2),
        heads=[Head(name="label", kind="binary"), Head(name="max_pct", kind="fraction")],
        head_weights={"label": 2.0, "max_pct": 0.5},
        scales={"max_pct": 0.02},
    )
    alone = 2 * binary_loss(logits, target, torch.ones(2)) + 0.5 * 0.5625
    assert both.item() == pytest.approx(alone.item(), rel=1e-5)


def test_a_row_of_weight_zero_does_not_count():
    logits, target = torch.tensor([0.3, 99.0]), torch.tensor([1.0, 0.0])
    alone = binary_loss(logits[:1], target[:1], torch.ones(1))
    assert torch.equal(binary_loss(logits, target, torch.tensor([1.0, 0.0])), alone)


def test_stops_when_patience_ends_and_keeps_the_best_epoch():
    samples = draw()
    result = run_loop(nbeats(), samples, replace(LOOP, n_epochs=200, patience=3, learning_rate=0.05), seed=0)
    losses = [row["val_loss"] for row in result.history]
    assert [row["epoch"] for row in result.history] == list(range(1, len(losses) + 1))
    assert result.best_epoch == int(np.argmin(losses)) + 1
    assert len(losses) == result.best_epoch + 3 < 200
    shorter = run_loop(
        nbeats(),
        samples,
        replace(LOOP, n_epochs=result.best_epoch, patience=3, learning_rate=0.05),
        seed=0,
    )
    for key, weight in result.model.state_dict().items():
        assert torch.equal(weight, shorter.model.state_dict()[key])


def test_lightning_is_handed_a_pass_at_a_time(monkeypatch):
    """What it does around a batch takes as long as a small model's step."""
    handed = []

    def counted(one):
        def step(self, batch, batch_idx):
            handed.append((one.__name__, "a batch" if isinstance(batch, Batch) else len(batch)))
            return one(self, batch, batch_idx)

        return step

    for one in (HeadsTask.training_step, HeadsTask.validation_step):
        monkeypatch.setattr(HeadsTask, one.__name__, counted(one))
    run_loop(nbeats(), draw(), replace(LOOP, n_epochs=2), seed=0)
    # Four batches of 16 of the 63 rows, and one of the 16 of the tail.
    assert handed == [("training_step", 4), ("validation_step", 1)] * 2


def test_gradients_are_clipped_as_torch_clips_them(monkeypatch):
    samples, loop = draw(), replace(LOOP, clip_norm=0.3)
    ours, norms, clip = run_loop(nbeats(), samples, loop, seed=0), [], torch.nn.utils.clip_grad_norm_

    def torchs(self, norm):
        norms.append(float(clip(self.parameters_list, self.options.clip_norm)))
        assert norms[-1] == float(norm)

    monkeypatch.setattr(HeadsTask, "_clip", torchs)
    theirs = run_loop(nbeats(), samples, loop, seed=0)
    assert min(norms) < loop.clip_norm < max(norms)
    for key, weight in ours.model.state_dict().items():
        assert torch.equal(weight, theirs.model.state_dict()[key])


def test_a_fit_starts_from_the_base_rate():
    samples = draw(constant=True)
    rare = replace(samples, targets=(samples.targets * 0).assign(label=np.arange(80) % 10 == 3).astype(float))
    result = run_loop(nbeats(), rare, replace(LOOP, n_epochs=1, learning_rate=1e-9), seed=0)
    result.model.eval()
    logits = result.model({"sequence": torch.zeros(1, 5, 2), "static": torch.zeros(1, 0)})["label"]
    rate = np.average(rare.targets["label"][:63], weights=rare.weights[:63])
    assert torch.sigmoid(logits).item() == pytest.approx(rate, abs=0.02)


def test_the_loop_leaves_the_process_and_the_model_as_they_were(capfd):
    model, samples = nbeats(), draw()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    n_threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    random.seed(1), np.random.seed(1)  # noqa: NPY002  (the global state is what must not move)
    drawn = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    level = logging.getLogger("lightning.pytorch").level
    run_loop(model, samples, LOOP, seed=0)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert torch.get_num_threads() == n_threads
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == drawn  # noqa: NPY002
    assert logging.getLogger("lightning.pytorch").level == level
    assert capfd.readouterr() == ("", "")


def test_half_precision_learns_much_the_same():
    samples = draw()
    full, half = (
        run_loop(nbeats(), samples, replace(LOOP, precision=precision), seed=0)
        for precision in ("32-true", "bf16-mixed")
    )
    assert half.history[-1]["val_loss"] == pytest.approx(full.history[-1]["val_loss"], rel=0.02)
    assert all(weight.dtype == torch.float32 for weight in half.model.parameters())


def test_progress_hears_of_every_epoch_also_of_those_spared():
    heard = []

    class Counter:
        def __init__(self, total, unit):
            heard.append((total, unit))

        def __enter__(self):
            return heard.append

        def __exit__(self, *_):
            pass

    run_loop(nbeats(), draw(), replace(LOOP, n_epochs=50, patience=2), seed=0, progress=Counter)
    assert heard[0] == (50, "epochs")
    assert sum(heard[1:]) == 50


def test_a_fresh_copy_shares_no_parameter_value_with_its_model():
    model = nbeats()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        fresh = fresh_copy(model)
    for (key, old), new in zip(model.named_parameters(), fresh.parameters(), strict=True):
        constant = bool((old == old.ravel()[0]).all())
        assert constant or not torch.equal(old, new), key
