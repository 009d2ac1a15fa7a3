"""In which order a fit sees its rows, how large its steps are, and what a sampler leaves behind."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from topoquant.lib.errors import InputError
from topoquant.lib.models import DLinearOptions, Head, TCNOptions, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import (
    BalancedOptions,
    Batches,
    CosineOptions,
    CurriculumOptions,
    FitOptions,
    Inputs,
    PlateauOptions,
    fit,
    load_fit,
    model_files,
    predict,
)
from topoquant.lib.training.row_order import clarity_ranks, order_rows
from topoquant.lib.training.schedule import Schedule

HEADS = (Head(name="label", kind="binary"), Head(name="max_pct", kind="fraction"))
LOOP = FitOptions(
    n_epochs=30, batch_size=64, learning_rate=0.01, weight_decay=0.0, patience=30, validation_fraction=0.1,
    clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0, device="cpu",
    precision="32-true", n_threads=1,
)  # fmt: skip
BALANCED = BalancedOptions(kind="balanced", rate=0.5)


def draw(n: int = 1500, *, rate: float = 0.1) -> Samples:
    rng = np.random.default_rng(1)
    hours = np.datetime64("2024-01-01", "ns") + np.arange(n) * np.timedelta64(1, "h")
    sequence = rng.normal(size=(n + 4, 2))
    moved = np.clip(0.01 + 0.003 * rng.normal(size=n), 0, 1)
    label = (moved >= np.quantile(moved, 1 - rate)).astype(float)
    return samples_from_arrays(
        time=hours, t1=hours, sequence=sequence, end=np.arange(n) + 4, window=4,
        targets={"label": label, "max_pct": moved}, weights=rng.uniform(0.2, 1, n),
    )  # fmt: skip


def dlinear():
    return build_model(
        "dlinear", n_channels=2, window=4, n_static=0, heads=HEADS[:1],
        options=DLinearOptions(kernel=3, shared=False),
    )  # fmt: skip


def test_half_of_the_balanced_rows_have_label_one_and_every_pass_differs():
    samples, rows = draw(), np.arange(100, 1400)
    order = order_rows(rows, HEADS, samples, BALANCED)
    generator = torch.Generator().manual_seed(0)
    first, second = order(0, generator), order(1, generator)
    label = samples.targets["label"].to_numpy()
    assert label[first.numpy()].mean() == pytest.approx(0.5, abs=0.05)
    assert set(first.tolist()) <= set(rows.tolist())
    assert len(first) == len(rows)
    assert not torch.equal(first, second)


def test_balanced_probabilities_have_the_rate_of_the_train_rows():
    samples = draw()
    got = predict(fit(dlinear(), samples, replace(LOOP, sampler=BALANCED), seed=0), samples)
    rate = np.average(samples.targets["label"], weights=samples.weights)
    # Nothing can be learnt here but the rate.
    assert got["p_label"].mean() == pytest.approx(rate, abs=0.03)
    fitted = fit(dlinear(), samples, replace(LOOP, sampler=BALANCED), seed=0)
    assert predict(load_fit(model_files(fitted)), samples).equals(got)


def test_balancing_needs_labels_of_both_classes():
    samples = draw()
    with pytest.raises(InputError, match="balanced fit must be with a binary"):
        order_rows(np.arange(9), HEADS[1:], samples, BALANCED)
    one = replace(samples, targets=samples.targets.assign(label=0.0))
    with pytest.raises(InputError, match="of both classes, got 0 of 9"):
        order_rows(np.arange(9), HEADS, one, BALANCED)


def test_a_curriculum_grows_from_the_clearest_rows_to_all():
    samples, rows = draw(), np.arange(1500)
    options = CurriculumOptions(kind="curriculum", start=0.2, n_epochs=4)
    order = order_rows(rows, HEADS, samples, options)
    moved, label = samples.targets["max_pct"].to_numpy(), samples.targets["label"].to_numpy()
    distance = np.abs(moved - (moved[label == 0].max() + moved[label == 1].min()) / 2)
    generator = torch.Generator().manual_seed(0)
    seen = [set(order(epoch, generator).tolist()) for epoch in range(6)]
    assert [len(one) for one in seen] == pytest.approx([300, 600, 900, 1200, 1500, 1500], abs=2)
    first = np.array(sorted(seen[0]))
    for one in (0, 1):
        inside, outside = first[label[first] == one], np.setdiff1d(np.flatnonzero(label == one), first)
        assert distance[inside].min() >= distance[outside].max()
    assert label[first].mean() == pytest.approx(label.mean(), abs=0.01)
    assert len(order(0, generator)) == 1500


def test_returns_are_clear_when_they_are_large_and_a_label_alone_is_not():
    samples = draw(20)
    returns = replace(samples, targets=samples.targets.assign(logret_4=np.linspace(-1, 2, 20)))
    ranks = clarity_ranks(np.arange(20), [Head(name="logret_4", kind="value")], returns)
    assert ranks.argmin() in (0, 19)
    with pytest.raises(InputError, match="curriculum must be label and max_pct"):
        clarity_ranks(np.arange(20), HEADS[:1], samples)


def test_a_last_batch_of_one_row_joins_the_one_before():
    samples = draw(33)
    inputs = Inputs(samples, ("sequence",), "cpu")
    numbers = torch.arange(33.0)

    def sizes(seed):
        batches = Batches(inputs, {}, numbers, rows=np.arange(33), batch_size=16, seed=seed)
        got = [len(batch.weights) for batch in batches]
        assert len(batches) == len(got)
        return got

    assert sizes(0) == [16, 17]
    assert sizes(None) == [16, 16, 1]


def test_shares_are_equal_and_apart():
    samples = draw(33)
    inputs = Inputs(samples, ("sequence",), "cpu")
    seen = []
    for number in range(2):
        batches = Batches(
            inputs, {}, torch.arange(33.0), rows=np.arange(33), batch_size=8, seed=3, share=(number, 2)
        )
        seen.append(torch.cat([batch.weights for batch in batches]).tolist())
    assert [len(one) for one in seen] == [16, 16]
    assert not set(seen[0]) & set(seen[1])


def test_a_plateau_lowers_the_rate_after_epochs_that_were_not_better():
    plateau = PlateauOptions(kind="plateau", factor=0.5, patience=2)
    schedule = Schedule(replace(LOOP, schedule=plateau, learning_rate=1.0), steps_per_epoch=1)
    rates = []
    for loss in (3.0, 2.0, 2.5, 2.0, 1.9, 2.0, 2.0):
        rates.append(schedule.next_rate())
        schedule.end_epoch(loss)
    assert [*rates, schedule.next_rate()] == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_the_rate_of_every_epoch_is_in_the_history():
    cosine = CosineOptions(kind="cosine", warm_up=1.0, final=0.0)
    samples = draw(300)
    history = fit(
        dlinear(), samples, replace(LOOP, schedule=cosine, n_epochs=5, patience=5), seed=0
    ).record.history
    rates = [row["learning_rate"] for row in history]
    assert rates[0] == pytest.approx(LOOP.learning_rate)
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert all(row["gradient_norm"] > 0 and row["n_skipped"] == 0 for row in history)
    assert all(0 <= row["val_auc_label"] <= 1 for row in history)


def test_accumulated_batches_make_the_step_of_one_large_one():
    # 256 rows of equal weight: the mean of two batches is that of one twice as large.
    samples = replace(draw(300), weights=np.ones(300))
    once, twice = (
        fit(dlinear(), samples.take(np.arange(284)), replace(LOOP, n_epochs=3, patience=3, **sizes), seed=0)
        for sizes in ({"batch_size": 128}, {"batch_size": 64, "accumulate": 2})
    )
    for one, other in zip(once.model.parameters(), twice.model.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_published_weights_are_put_in_their_place_before_a_fit():
    started = []
    options = TCNOptions(n_filters=4, kernel=2, dilations=(1,), dropout=0.0)
    model = build_model("tcn", n_channels=2, window=4, n_static=0, heads=HEADS[:1], options=options)
    type(model).start = lambda self: started.append(self)  # noqa: PLW0108  (a method takes its object)
    try:
        fit(model, draw(100), replace(LOOP, n_epochs=1), seed=0)
    finally:
        del type(model).start
    assert len(started) == 1
    assert started[0] is not model
