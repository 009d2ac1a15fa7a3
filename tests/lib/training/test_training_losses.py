"""Losses beside plain loops, and what their options do."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from topoquant.lib.errors import InputError
from topoquant.lib.models import Head
from topoquant.lib.training import (
    LossOptions,
    combined_loss,
    focal_loss,
    supervised_contrastive_loss,
    value_loss,
)
from topoquant.lib.training.head_weights import weigh_heads

PLAIN = LossOptions(kind="bce", smoothing=0.0, diversity=0.0, diversity_floor=0.5, huber=1.0)
LABEL = [Head(name="label", kind="binary")]


def loss(logits, target, options=None, heads=LABEL, weights=None):
    name = heads[0].name
    weight = torch.ones(len(logits)) if weights is None else weights
    return combined_loss(
        {name: logits}, {name: target}, weight, heads=heads, head_weights={name: 1.0}, scales={name: 1.0},
        options=options,
    )  # fmt: skip


def plain_focal(logits, targets, alpha, gamma):
    total = 0.0
    for logit, target in zip(logits, targets, strict=True):
        p = 1 / (1 + math.exp(-logit))
        of_class, weight = (p, alpha) if target == 1 else (1 - p, 1 - alpha)
        total -= weight * (1 - of_class) ** gamma * math.log(of_class)
    return total / len(logits)


def plain_contrastive(embeddings, labels, temperature):
    unit = [row / np.sqrt((row**2).sum()) for row in embeddings]
    anchors = []
    for i, one in enumerate(unit):
        others = [j for j in range(len(unit)) if j != i]
        positives = [j for j in others if labels[j] == labels[i]]
        if positives:
            below = sum(math.exp(one @ unit[k] / temperature) for k in others)
            terms = [math.log(math.exp(one @ unit[j] / temperature) / below) for j in positives]
            anchors.append(-sum(terms) / len(positives))
    return sum(anchors) / len(anchors)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=1, max_size=8),
    st.floats(0.05, 0.95),
    st.floats(0, 4),
)
def test_focal_is_the_plain_formula(rows, alpha, gamma):
    logits, targets = [logit for logit, _ in rows], [float(one) for _, one in rows]
    got = focal_loss(
        torch.tensor(logits, dtype=torch.float64), torch.tensor(targets).double(), alpha=alpha, gamma=gamma
    )
    assert got.item() == pytest.approx(plain_focal(logits, targets, alpha, gamma), rel=1e-6, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 2**16), st.integers(3, 9), st.floats(0.1, 2))
def test_contrastive_is_the_plain_formula(seed, n_rows, temperature):
    rng = np.random.default_rng(seed)
    embeddings, labels = rng.normal(size=(n_rows, 4)), np.arange(n_rows) % 2
    got = supervised_contrastive_loss(
        torch.from_numpy(embeddings), torch.from_numpy(labels), temperature=temperature
    )
    assert got.item() == pytest.approx(plain_contrastive(embeddings, labels, temperature), rel=1e-4, abs=1e-5)


def test_neutral_options_are_the_loss_without_any_to_the_bit():
    logits, target = torch.randn(9), (torch.arange(9) % 2).float()
    assert torch.equal(loss(logits, target, PLAIN), loss(logits, target))


def test_the_focal_kind_is_the_focal_loss():
    logits, target = torch.tensor([0.3, -1.0]), torch.tensor([1.0, 0.0])
    got = loss(logits, target, replace(PLAIN, kind="focal", alpha=0.25, gamma=2.0))
    assert got.item() == pytest.approx(plain_focal([0.3, -1.0], [1, 0], 0.25, 2.0), rel=1e-5)


@pytest.mark.parametrize("change", [{"kind": "focal"}, {"alpha": 0.5}, {"kind": "focal", "alpha": 0.5}])
def test_numbers_that_do_not_belong_to_the_kind_are_refused(change):
    with pytest.raises((ValidationError, ValueError), match="alpha and gamma"):
        replace(PLAIN, **change)


def test_smoothed_labels_are_least_lost_at_a_probability_within_the_bounds():
    logits = torch.linspace(-6, 6, 1001)
    losses = torch.stack([loss(one[None], torch.ones(1), replace(PLAIN, smoothing=0.1)) for one in logits])
    assert torch.sigmoid(logits[losses.argmin()]).item() == pytest.approx(0.95, abs=1e-2)


def test_the_penalty_pulls_equal_logits_apart():
    logits = torch.tensor([0.1, 0.1001, 0.0999], requires_grad=True)
    target = torch.tensor([0.0, 0.0, 1.0])
    options = replace(PLAIN, diversity=2.0)
    assert (loss(logits, target, options) - loss(logits, target)).item() == pytest.approx(2.0, rel=1e-2)
    (loss(logits, target, options) - loss(logits, target)).backward()
    assert logits.grad[1] < 0 < logits.grad[2]


def test_a_value_of_several_steps_counts_every_step_the_same():
    value, target = torch.tensor([[0.5, 3.0], [0.0, 0.0]]), torch.zeros(2, 2)
    got = value_loss(value, target, torch.tensor([3.0, 1.0]), threshold=2.0)
    # Half a square within the threshold, then a line of slope 2.
    assert got.item() == pytest.approx(3 * (0.125 + 2 * (3 - 1)) / 2 / 4)
    assert loss(value, target, heads=[Head(name="path", kind="value", n_outputs=2)]).item() > 0


def test_classes_are_scored_by_their_cross_entropy():
    heads = [Head(name="regime", kind="classes", n_outputs=3)]
    assert loss(torch.zeros(2, 3), torch.tensor([0.0, 2.0]), heads=heads).exp().item() == pytest.approx(3)


def test_far_horizons_count_less_unless_the_weights_say_otherwise():
    heads = [Head(name=f"logret_{h}", kind="value") for h in (1, 4, 9)]
    assert list(weigh_heads(heads, {}).values()) == pytest.approx([1, 1 / 2, 1 / 3])
    assert weigh_heads(heads, {"logret_9": 5.0})["logret_9"] == 5.0
    with pytest.raises(InputError, match="head_weights"):
        weigh_heads(heads, {"logret_2": 1.0})
    with pytest.raises(InputError, match="head_weights"):
        weigh_heads(LABEL, {})
