"""Pre-training: rows of one label that share no bar are drawn together."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.models import DLinearOptions, Head, NBeatsOptions, TCNOptions, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.sampling.arrays import samples_from_arrays
from topoquant.lib.training import (
    ContrastiveOptions,
    FitOptions,
    embed_rows,
    fit,
    fit_folds,
    load_fit,
    model_files,
    pretrain,
    pretrain_and_probe,
    pretraining,
    probe,
)
from topoquant.lib.training.contrastive import (
    ClassOrder,
    row_spans,
    shared_bars,
    supervised_contrastive_loss,
)
from topoquant.lib.training.loop import run_loop

WINDOW = 12
LABEL = (Head(name="label", kind="binary"),)
CONTRAST = ContrastiveOptions(
    temperature=0.3,
    n_epochs=12,
    batch_size=64,
    learning_rate=0.01,
    patience=12,
    width=8,
    look_back=None,
    l2=1.0,
)
LOOP = FitOptions(
    n_epochs=2, batch_size=64, learning_rate=0.001, weight_decay=0.0, patience=3, validation_fraction=0.1,
    clip_norm=1.0, head_weights={"label": 1.0}, scale="robust", clip=8.0, device="cpu", precision="32-true",
    n_threads=1, pretraining=CONTRAST,
)  # fmt: skip
NBEATS = NBeatsOptions(
    stacks=("trend", "seasonality", "generic"), n_blocks=1, n_layers=2, hidden=16, degree=2, n_harmonics=2,
    n_generic=4, n_features=8, input_dropout=0.0, dropout=0.0,
)  # fmt: skip
TCN = TCNOptions(n_filters=6, kernel=3, dilations=(1, 2), dropout=0.0)


def build(name: str, options: object, heads: tuple[Head, ...] = LABEL):
    return build_model(name, n_channels=2, window=WINDOW, n_static=0, heads=heads, options=options)


def waves(n: int, *, step: int = WINDOW, t1: int = 0) -> Samples:
    """Two or three waves per window by label, each with a phase of its own: no mean and no line tells."""
    rng = np.random.default_rng(0)
    label, phase = rng.integers(0, 2, n), rng.uniform(0, 2 * np.pi, n)
    bars = np.arange(WINDOW)
    wave = np.sin(2 * np.pi * bars * (2 + label[:, None]) / WINDOW + phase[:, None])
    sequence = np.stack([(wave + 0.5 * rng.normal(size=wave.shape)).ravel(), rng.normal(size=n * WINDOW)], 1)
    end = WINDOW - 1 + step * np.arange(n)
    time = np.datetime64("2024-01-01", "ns") + (end + 1) * np.timedelta64(1, "h")
    return samples_from_arrays(
        time=time, t1=time + t1 * np.timedelta64(1, "h"), targets={"label": label}, sequence=sequence,
        end=end, window=WINDOW, fold=np.arange(n) * 2 // n,
    )  # fmt: skip


def plain_loss(embeddings, labels, temperature, overlaps=None) -> float:
    """Equation 2 of the paper, anchor by anchor, in plain Python."""
    rows = [[x / math.sqrt(sum(y * y for y in row)) for x in row] for row in embeddings]
    losses = []
    for i, anchor in enumerate(rows):
        others = [j for j in range(len(rows)) if j != i and not (overlaps is not None and overlaps[i][j])]
        positives = [j for j in others if labels[j] == labels[i]]
        if not positives:
            continue
        likeness = {j: sum(a * b for a, b in zip(anchor, rows[j], strict=True)) / temperature for j in others}
        total = math.log(sum(math.exp(value) for value in likeness.values()))
        losses.append(-sum(likeness[p] - total for p in positives) / len(positives))
    return sum(losses) / len(losses) if losses else 0.0


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 6), st.lists(st.integers(1, 9), min_size=3, max_size=3)),
        min_size=2,
        max_size=9,
    ),
    temperature=st.sampled_from([0.1, 0.5, 2.0]),
    counts_overlaps=st.booleans(),
)
def test_the_loss_equals_a_plain_implementation(rows, temperature, counts_overlaps):
    labels = [label for label, _, _ in rows]
    first = torch.tensor([start for _, start, _ in rows])
    overlaps = shared_bars(first, first + 1) if counts_overlaps else None
    embeddings = torch.tensor([values for _, _, values in rows], dtype=torch.float64)
    ours = supervised_contrastive_loss(
        embeddings, torch.tensor(labels), temperature=temperature, overlaps=overlaps
    )
    expected = plain_loss(
        embeddings.tolist(), labels, temperature, None if overlaps is None else overlaps.tolist()
    )
    assert float(ours) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_the_gradient_is_finite_without_any_positive():
    embeddings = torch.randn(3, 4, requires_grad=True)
    supervised_contrastive_loss(embeddings, torch.arange(3), temperature=0.1).backward()
    assert not embeddings.grad.any()
    with pytest.raises(InputError, match="temperature"):
        supervised_contrastive_loss(embeddings, torch.arange(3), temperature=0.0)


@pytest.mark.parametrize("look_back", [None, 20])
@pytest.mark.parametrize("step", [1, 5, WINDOW])
def test_no_pair_that_shares_a_bar_counts_whatever_way_it_is_counted(step, look_back):
    samples = waves(60, step=step, t1=3)
    first, last = (torch.from_numpy(part) for part in row_spans(samples, look_back=look_back))
    overlaps = shared_bars(first, last).numpy()
    # Bar by bar: those of the window (or further back), and those the label is known by.
    seen = [set(range(end + 1 - (look_back or WINDOW), end + 1 + 3)) for end in samples.end]
    for i, mine in enumerate(seen):
        for j, other in enumerate(seen):
            assert overlaps[i, j] == bool(mine & other), (i, j)


def test_rows_of_other_symbols_overlap_in_time_too():
    samples = waves(20, step=1)
    rows = pd.concat([samples.rows, samples.rows.assign(symbol="OTHER")], ignore_index=True)
    both = replace(
        samples, rows=rows, targets=pd.concat([samples.targets] * 2, ignore_index=True),
        weights=np.tile(samples.weights, 2), end=np.tile(samples.end, 2),
    )  # fmt: skip
    first, last = (torch.from_numpy(part) for part in row_spans(both, look_back=None))
    assert shared_bars(first, last)[0, 20]
    with pytest.raises(InputError, match="look_back must be at least 12"):
        row_spans(samples, look_back=5)


def test_thinned_rows_make_spans_longer_and_never_shorter():
    samples = waves(40, step=WINDOW)
    without_bars = replace(samples, sequence=None, window=0, channel_names=())
    first, _ = row_spans(without_bars, look_back=WINDOW)
    known, _ = row_spans(samples, look_back=WINDOW)
    assert (first <= known).all()


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(1, 30), min_size=2, max_size=4), seed=st.integers(0, 9))
def test_every_stretch_of_a_pass_holds_as_many_rows_of_every_class(sizes, seed):
    label = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.arange(len(label)) + 100
    drawn = ClassOrder(rows, label)(0, torch.Generator().manual_seed(seed)).numpy()
    assert len(drawn) == len(rows)
    for start in range(len(drawn) - len(sizes) + 1):
        stretch = label[drawn[start : start + len(sizes)] - 100]
        assert sorted(stretch) == list(range(len(sizes)))


def test_pre_training_tells_planted_classes_apart_where_a_drawn_encoder_does_not():
    samples = waves(600)
    learnt, held_out = samples.take(np.arange(400)), samples.take(np.arange(401, 600))
    model = build("nbeats", NBEATS)
    trunk, record = pretrain_and_probe(model, learnt, LOOP, held_out=held_out, seed=0)
    found = record["probe"]
    assert found["auc"] > 0.85
    assert found["untrained_auc"] < 0.65
    assert found["log_loss"] < found["log_loss_of_rate"] < found["untrained_log_loss"] + 0.05
    assert found["n_rows"] == len(held_out)
    assert {"epoch", "train_loss", "val_loss", "gradient_norm"} <= set(record["history"][0])
    assert set(trunk) == {name for name in model.state_dict() if not name.startswith("heads.")}


def test_every_batch_leaves_out_the_pairs_that_share_bars(monkeypatch):
    seen = []

    def listen(embeddings, labels, *, temperature, overlaps):
        seen.append(overlaps)
        return supervised_contrastive_loss(embeddings, labels, temperature=temperature, overlaps=overlaps)

    monkeypatch.setattr(pretraining, "supervised_contrastive_loss", listen)
    short = replace(LOOP, pretraining=replace(CONTRAST, n_epochs=1))
    pretrain(build("tcn", TCN), waves(400, step=1), short, seed=0)
    # Of the 360 rows before the tail a row shares bars with the eleven before and after it.
    shared = torch.cat([(overlaps.float().mean(dim=1)) for overlaps in seen[:5]]).mean()
    assert 0.03 < float(shared) < 0.12
    assert all(overlaps.diagonal().all() for overlaps in seen)


def test_the_same_seed_gives_the_same_bits_and_the_model_stays_as_it_was():
    samples, model = waves(120), build("tcn", TCN)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    short = replace(LOOP, pretraining=replace(CONTRAST, n_epochs=2))
    first, second = (pretrain(model, samples, short, seed=3) for _ in range(2))
    assert all(torch.equal(value, second.trunk[name]) for name, value in first.trunk.items())
    assert any(not torch.equal(value, before[name]) for name, value in first.trunk.items())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_rows_of_the_tail_teach_nothing():
    samples, model = waves(120), build("tcn", TCN)
    one_epoch = replace(LOOP, pretraining=replace(CONTRAST, n_epochs=1))
    label = samples.targets["label"].to_numpy().copy()
    label[108:] = 1 - label[108:]
    flipped = replace(samples, targets=samples.targets.assign(label=label))
    first, second = (pretrain(model, one, one_epoch, seed=0) for one in (samples, flipped))
    assert all(torch.equal(value, second.trunk[name]) for name, value in first.trunk.items())
    assert first.history[0]["val_loss"] != second.history[0]["val_loss"]


def test_a_fit_starts_from_the_weights_it_is_given():
    samples, model = waves(120), build("tcn", TCN)
    trunk = pretrain(model, samples, LOOP, seed=0).trunk
    # A step this small leaves the weights where they began.
    still = replace(LOOP, n_epochs=1, learning_rate=1e-12, pretraining=None)
    started = run_loop(model, samples, still, seed=0, start=trunk).model.state_dict()
    drawn = run_loop(model, samples, still, seed=0).model.state_dict()
    assert all(torch.allclose(started[name], value, atol=1e-6) for name, value in trunk.items())
    assert any(not torch.allclose(drawn[name], value, atol=1e-3) for name, value in trunk.items())
    with pytest.raises(RuntimeError, match="Unexpected"):
        run_loop(model, samples, still, seed=0, start={"nothing.weight": torch.zeros(1)})


def test_every_fold_is_pre_trained_on_its_own_rows_and_probed_on_those_it_holds_out():
    samples = waves(200)
    halves = [(np.arange(105, 200), np.arange(100)), (np.arange(95), np.arange(100, 200))]
    samples = replace(samples, rows=samples.rows.assign(fold=np.arange(200) // 100))
    short = replace(LOOP, pretraining=replace(CONTRAST, n_epochs=2), n_epochs=1)
    folded = fit_folds(build("tcn", TCN), samples, halves, short, seed=0)
    told = folded.record["pretraining"]
    assert [one["fold"] for one in told] == [0, 1, "final"]
    assert [one.get("probe", {}).get("n_rows") for one in told] == [100, 100, None]
    assert all(len(one["history"]) == 2 for one in told)
    again = load_fit(model_files(folded.final))
    assert set(again.model.state_dict()) == set(folded.final.model.state_dict())
    without = fit_folds(build("tcn", TCN), samples, halves, replace(short, pretraining=None), seed=0)
    assert "pretraining" not in without.record
    assert without.record["model_hash"] != folded.record["model_hash"]


def test_a_model_of_heads_alone_is_embedded_by_a_head_and_refused_as_a_start():
    samples, model = waves(120), build("dlinear", DLinearOptions(kernel=3, shared=False))
    pretrained = pretrain(model, samples, LOOP, seed=0)
    assert embed_rows(pretrained.embedder, samples).shape == (120, CONTRAST.width)
    assert pretrained.trunk == {}
    with pytest.raises(InputError, match="pretraining of dlinear must be absent"):
        fit(model, samples, LOOP, seed=0)


def test_rows_that_cannot_be_drawn_together_are_refused():
    model, samples = build("tcn", TCN), waves(120)
    far = replace(LOOP, pretraining=replace(CONTRAST, look_back=WINDOW * 20))
    with pytest.raises(InputError, match="rows that early stopping watches must be of two labels"):
        pretrain(model, samples, far, seed=0)
    values = build("tcn", TCN, heads=(Head(name="label", kind="value"),))
    with pytest.raises(InputError, match="heads of a pre-training must be with a binary one"):
        pretrain(values, samples, LOOP, seed=0)
    with pytest.raises(InputError, match="with a block pretraining"):
        pretrain(model, samples, replace(LOOP, pretraining=None), seed=0)


def test_a_probe_is_the_logistic_regression_that_it_says():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 2))
    label = (rng.uniform(size=400) < 1 / (1 + np.exp(-2 * features[:, 0]))).astype(int)
    found = probe((features[:300], label[:300]), (features[300:], label[300:]), l2=1e-6)
    truth = 1 / (1 + np.exp(-2 * features[300:, 0]))
    best = -np.where(label[300:] == 1, np.log(truth), np.log1p(-truth)).mean()
    assert found["log_loss"] == pytest.approx(best, abs=0.02)
    rate = label[:300].mean()
    expected = -np.where(label[300:] == 1, np.log(rate), np.log1p(-rate)).mean()
    assert found["log_loss_of_rate"] == pytest.approx(expected)
    assert probe((features, label), (features[label == 1], label[label == 1]), l2=1.0)["auc"] is None
    with pytest.raises(InputError, match="labels of a probe"):
        probe((features, label), (features, label + 1), l2=1.0)


def test_a_probe_of_three_classes_has_no_auc():
    features = np.eye(3)[np.arange(30) % 3]
    found = probe((features, np.arange(30) % 3), (features, np.arange(30) % 3), l2=0.1)
    assert found["auc"] is None
    assert found["log_loss"] < 0.3 < found["log_loss_of_rate"]
