"""What a training knows of itself that explains a flat or shifted prediction."""

from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.sampling import Samples
from topoquant.lib.training.options import LossOptions


def training_facts(
    samples: Samples, predictions: pd.DataFrame, *, loss: LossOptions | None = None
) -> dict[str, Any]:
    """Write down the base rates, the loss and the head of a training, for whoever has to explain it.

    Parameters
    ----------
    samples : Samples
        All rows of the member; train rows are looked at.
    predictions : DataFrame
        Of `fit_folds` on these samples; train rows out of fold.
    loss : LossOptions, optional
        What was minimised; absent for the cross-entropy.

    Returns
    -------
    dict
        `train_rate` (share of positives among train rows), `sampled_rate` (the same among the rows a
        sampler drew; None: every row is drawn as often, or the logits were corrected), `focal_alpha` and
        `focal_gamma` (None and 0: the loss is cross-entropy), and `logit_mean` and `logit_std` by set
        ("train" is out of fold), None for a set without rows. Without a label, rates and logits are absent.

    Examples
    --------
    >>> from topoquant.lib.sampling import samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": [0, 1, 0, 0]})
    >>> predictions = pd.DataFrame({"set": "train", "logit_label": [-1.0, 1.0, -1.0, 1.0]})
    >>> facts = training_facts(samples, predictions)
    >>> facts["train_rate"], facts["logit_std"]["train"]
    (0.25, 1.0)
    """
    facts: dict[str, Any] = {"sampled_rate": None, "focal_alpha": None, "focal_gamma": 0.0}
    if loss is not None and loss.kind == "focal":
        facts |= {"focal_alpha": loss.alpha, "focal_gamma": loss.gamma}
    if "label" not in samples.targets or "logit_label" not in predictions:
        return facts
    is_train = (samples.rows["set"] == "train").to_numpy()
    facts["train_rate"] = float(samples.targets["label"].to_numpy()[is_train].mean())
    by_set = {
        name: predictions.loc[predictions["set"] == name, "logit_label"].to_numpy()
        for name in ("train", "val", "test")
    }
    facts["logit_mean"] = {name: _finite(values.mean()) for name, values in by_set.items() if len(values)}
    facts["logit_std"] = {name: _finite(values.std()) for name, values in by_set.items() if len(values)}
    return facts


def _finite(value: np.floating[Any]) -> float | None:
    """Give a number as JSON holds it."""
    return float(value) if np.isfinite(value) else None
