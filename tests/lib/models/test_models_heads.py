"""Heads start from the base rate."""

import pytest
import torch
from pydantic import ValidationError

from topoquant.lib.models import Head, Heads


@pytest.mark.parametrize("mean", [0.02, 0.5, 0.97])
def test_after_setting_priors_heads_of_zero_features_predict_the_mean(mean):
    heads = Heads(4, [Head(name="label", kind="binary"), Head(name="max_pct", kind="fraction")])
    heads.set_priors({"label": mean, "max_pct": mean})
    outputs = heads(torch.zeros(3, 4))
    assert torch.allclose(torch.sigmoid(outputs["label"]), torch.tensor(mean), atol=1e-5)
    assert torch.allclose(outputs["max_pct"], torch.tensor(mean), atol=1e-5)


def test_a_mean_of_zero_leaves_a_finite_bias():
    heads = Heads(4, [Head(name="max_pct", kind="fraction")])
    heads.set_priors({"max_pct": 0.0})
    assert torch.isfinite(heads.layers["max_pct"].bias).all()
    with pytest.raises(KeyError):
        heads.set_priors({"oracle": 0.5})


@pytest.mark.parametrize("n_outputs", [None, 1])
def test_classes_are_at_least_two(n_outputs):
    with pytest.raises(ValidationError, match="at least 2"):
        Head(name="side", kind="classes", n_outputs=n_outputs)
