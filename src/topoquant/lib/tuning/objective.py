"""What a trial is judged by: the loss on rows that its fits never saw, fold by fold."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topoquant.lib.models import Head, build_model
from topoquant.lib.sampling import Samples
from topoquant.lib.training import FoldPlan, find_heads, predict_held_out
from topoquant.lib.tuning.spaces import Setup
from topoquant.lib.validity import row_log_loss


def held_out_losses(
    model: str, samples: Samples, plan: FoldPlan, setup: Setup, *, seed: int
) -> Iterator[tuple[float, float]]:
    """Yield the loss of each fold's held-out rows, as soon as the fold is fitted.

    Parameters
    ----------
    model : str
        A name in `MODELS`.
    samples : Samples
        Rows of all sets; train rows alone are looked at.
    plan : FoldPlan
        How they are held out: purged and embargoed.
    setup : Setup
        The options that are tried.
    seed : int
        Of the fits.

    Yields
    ------
    loss : float
        Mean over the fold's held-out rows, weighted by uniqueness: of a label the log-loss in nats; of
        log-returns the squared error in units of their variance over the train rows, averaged over the
        horizons (1: no better than their mean). A label's `max_pct` is not judged.
    weight : float
        Summed uniqueness of those rows.

    Raises
    ------
    InputError
        As `fit_folds`.

    Examples
    --------
    >>> from topoquant.lib.models import MajorityOptions
    >>> from topoquant.lib.sampling import SplitOptions, samples_from_arrays
    >>> time = np.arange("2024-01-01", "2024-01-09", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time, targets={"label": [0, 1] * 4}, fold=[0] * 4 + [1] * 4
    ... )
    >>> split = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=0, kind="chronological")
    >>> plan = FoldPlan(split=split, horizon=1, interval="1d")
    >>> losses = held_out_losses("majority", samples, plan, Setup(options=MajorityOptions()), seed=0)
    >>> [round(loss, 4) for loss, _ in losses]
    [0.6931, 0.6931]
    """
    rows = samples.take(np.flatnonzero((samples.rows["set"] == "train").to_numpy()))
    heads = find_heads(rows.targets)
    unfitted = build_model(
        model, n_channels=rows.n_channels, window=rows.window, n_static=rows.n_static, heads=heads,
        options=setup.options, n_raw=rows.n_raw, static_groups=rows.static_groups,
    )  # fmt: skip
    fitted = predict_held_out(
        unfitted, rows, plan.folds(rows), setup.fit, seed=seed, selection=setup.selection
    )
    for _, predictions in fitted:
        held_out = rows.take(predictions.index.to_numpy())
        weight = held_out.weights
        yield _mean_loss(heads, predictions, held_out.targets, rows.targets, weight), float(weight.sum())


def _mean_loss(
    heads: list[Head],
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    all_targets: pd.DataFrame,
    weight: np.ndarray,
) -> float:
    """Return the loss of the heads that are judged."""
    losses = []
    for head in heads:
        target = truth[head.name].to_numpy(np.float64)
        if head.kind == "binary":
            losses.append(row_log_loss(target, predictions[f"p_{head.name}"].to_numpy(np.float64)))
        elif head.kind == "value":
            error = predictions[f"value_{head.name}"].to_numpy(np.float64) - target
            losses.append(error**2 / float(all_targets[head.name].var()))
    return float(np.average(np.mean(losses, axis=0), weights=weight))
