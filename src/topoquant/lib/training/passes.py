"""What a fitted torch model says of rows, once or many times with dropout left on.

Shapes: n rows, D draws.
"""

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.batches import Inputs

# Large enough to keep a core busy, small enough for any memory; it may change the last bits of a
# prediction, which is why it is no option.
PREDICTION_BATCH = 1024


def predict_heads(model: nn.Module, samples: Samples, device: str) -> dict[str, NDArray[np.float64]]:
    """Return per head the logit (binary, classes) or value of every row, in float64.

    Parameters
    ----------
    model : torch.nn.Module
        Fitted; moved to `device` and back to the CPU.
    samples : Samples
        Rows to predict, preprocessed.
    device : str
        "cpu" or "cuda".

    Returns
    -------
    dict of ndarray, shape (n,) or (n, n_outputs)
    """
    model = model.to(device).eval()
    outputs = _one_pass(model, samples, device)
    model.cpu()
    return outputs


def draw_heads(
    model: nn.Module, samples: Samples, device: str, *, n_draws: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Return per head many predictions of every row, dropout drawn anew for each.

    Gal and Ghahramani (2016), "Dropout as a Bayesian approximation". Dropout alone is left on: batch
    statistics and images stay as in any prediction.

    Parameters
    ----------
    model : torch.nn.Module
        Fitted.
    samples : Samples
        Rows to predict, preprocessed.
    device : str
        "cpu" or "cuda".
    n_draws : int
        Passes over the rows.
    seed : int
        Of the draws.

    Returns
    -------
    dict of ndarray, shape (D, n) or (D, n, n_outputs)

    Raises
    ------
    InputError
        If the model has no dropout: every draw would be the same.
    """
    model = model.to(device).eval()
    layers = [layer for layer in model.modules() if isinstance(layer, nn.modules.dropout._DropoutNd)]
    if not any(layer.p > 0 for layer in layers):
        raise bad_input(
            "dropout of a model to draw from", "above 0",
            f"none in {cast(Any, model).spec.name}, so that every interval would have a width of 0",
            "raise dropout and fit again, or predict without n_draws",
        )  # fmt: skip
    for layer in layers:
        layer.train()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        draws = [_one_pass(model, samples, device) for _ in range(n_draws)]
    model.cpu().eval()
    return {name: np.stack([draw[name] for draw in draws]) for name in draws[0]}


def _one_pass(model: nn.Module, samples: Samples, device: str) -> dict[str, NDArray[np.float64]]:
    """Predict every row as the model is."""
    inputs = Inputs(samples, cast(Any, model).needs, device)
    with torch.inference_mode():
        rows = torch.arange(len(samples), device=device)
        parts: list[dict[str, Tensor]] = [
            model(inputs.gather(rows_B)) for rows_B in rows.split(PREDICTION_BATCH)
        ]
    outputs = {name: torch.cat([part[name] for part in parts]).double().cpu().numpy() for name in parts[0]}
    # Steps of several channels become one row of numbers.
    return {name: one if one.ndim == 1 else one.reshape(len(one), -1) for name, one in outputs.items()}
