"""What a fit predicts: a value per row and head, and intervals where many draws were asked for.

Shapes: n rows, D draws.
"""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pydantic import Field
from scipy.special import expit, softmax

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head
from topoquant.lib.options import options
from topoquant.lib.sampling.samples import KEY, Samples
from topoquant.lib.training.checking import check_features, check_outputs, check_shape
from topoquant.lib.training.fitting import Fit


@options
class DrawOptions:
    """Intervals from dropout: `n_draws` predictions of every row, and the share `level` they span."""

    n_draws: Annotated[int, Field(ge=2)]
    level: Annotated[float, Field(gt=0, lt=1)]
    seed: int


def predict(fit: Fit, samples: Samples, draws: DrawOptions | None = None) -> pd.DataFrame:
    """Predict rows with a fitted model.

    Parameters
    ----------
    fit : Fit
        From `fit` or `load_fit`.
    samples : Samples
        Rows with the columns of the fit. Targets are not looked at; a row's prediction depends
        on its own window and static features alone.
    draws : DrawOptions, optional
        Adds an interval per column by Monte-Carlo dropout (torch models that have any). Values and
        logits stay those without dropout.

    Returns
    -------
    DataFrame, shape (n, 2 + n_columns)
        `symbol`, `time`, then `p_<head>` and `logit_<head>` for a binary head, `p_<head>_<k>` for
        class k of a "classes" head (they add up to 1), `value_<head>` for a "fraction" or "value" head,
        `value_<head>_<k>` for its k-th number, from 1, where it has several; float64, in the order of
        `samples`. With `draws`, `low_` and `high_` in front of every name but those of logits.

    Raises
    ------
    InputError
        For other columns than the fit's, features that are not finite, a prediction that is not, or draws
        from a model whose draws cannot differ.

    Examples
    --------
    >>> from topoquant.lib.models import MajorityOptions, build_model
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> from topoquant.lib.training.fitting import fit
    >>> time = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    >>> samples = samples_from_arrays(time=time, t1=time, targets={"label": [0, 0, 0, 1]})
    >>> heads = [Head(name="label", kind="binary")]
    >>> model = build_model(
    ...     "majority", n_channels=0, window=0, n_static=0, heads=heads, options=MajorityOptions()
    ... )
    >>> predict(fit(model, samples, None, seed=0), samples)["p_label"].tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    samples = _read_columns(fit, samples)
    outputs = _outputs(fit, samples)
    check_outputs(outputs, samples)
    heads = fit.model.spec.heads
    columns = {
        name: values for head in heads for name, values in name_outputs(head, outputs[head.name]).items()
    }
    frame = pd.concat([samples.rows[KEY], pd.DataFrame(columns, index=samples.rows.index)], axis=1)
    return frame if draws is None else frame.assign(**_intervals(fit, samples, draws))


def name_outputs(head: Head, output: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return the columns of a head from its outputs, (n,) or (n, n_outputs)."""
    if head.kind == "binary":
        return {f"p_{head.name}": expit(output), f"logit_{head.name}": output}
    if head.kind == "classes":
        shares = softmax(output, axis=1)
        return {f"p_{head.name}_{k}": shares[:, k] for k in range(head.width)}
    if output.ndim == 1:
        return {f"value_{head.name}": output}
    return {f"value_{head.name}_{k + 1}": output[:, k] for k in range(output.shape[1])}


def interval_coverage(low: ArrayLike, high: ArrayLike, target: ArrayLike) -> float:
    """Return the share of targets within their interval.

    Parameters
    ----------
    low, high : array-like, shape (n,)
        Bounds, both inclusive.
    target : array-like, shape (n,)
        What happened.

    Returns
    -------
    float
        In [0, 1]. Dropout spans what the model does not know, not the noise of the target: expect less
        than the level of the interval.

    Examples
    --------
    >>> interval_coverage([0.0, 0.0], [1.0, 1.0], [0.5, 2.0])
    0.5
    """
    truth = np.asarray(target, float)
    return float(((truth >= np.asarray(low)) & (truth <= np.asarray(high))).mean())


def _read_columns(fit: Fit, samples: Samples) -> Samples:
    """Return the samples with the columns the model reads, or refuse them."""
    for name in ("channel_names", "static_names"):
        wanted, got = getattr(fit, name), getattr(samples, name)
        if wanted != got:
            raise bad_input(f"samples.{name}", f"those of the fit, {wanted}", got, "feed the same columns")
    if fit.selection is not None:
        samples = fit.selection.apply(samples)
    check_shape(fit.model, samples)
    check_features(samples)
    return samples


def _outputs(fit: Fit, samples: Samples) -> dict[str, NDArray[np.float64]]:
    """Return what every head gives for every row."""
    if fit.preprocessing is None:
        outputs: dict[str, NDArray[np.float64]] = fit.model.predict(samples)
        return outputs
    from topoquant.lib.training.passes import predict_heads  # noqa: PLC0415  (imports torch)

    return predict_heads(fit.model, fit.preprocessing.apply(samples), fit.device)


def _intervals(fit: Fit, samples: Samples, draws: DrawOptions) -> dict[str, NDArray[np.float64]]:
    """Return the bounds of every column but logits."""
    if fit.preprocessing is None:
        raise bad_input(
            "model to draw from", "a torch model with dropout", fit.model.spec.name,
            "predict without draws: each of them would be the same, and every interval 0 wide",
        )  # fmt: skip
    from topoquant.lib.training.passes import draw_heads  # noqa: PLC0415  (imports torch)

    drawn = draw_heads(
        fit.model, fit.preprocessing.apply(samples), fit.device, n_draws=draws.n_draws, seed=draws.seed
    )
    bounds: dict[str, NDArray[np.float64]] = {}
    outside = (1 - draws.level) / 2
    for head in fit.model.spec.heads:
        named = [name_outputs(head, one) for one in drawn[head.name]]
        for column in [name for name in named[0] if not name.startswith("logit_")]:
            low, high = np.quantile(np.stack([one[column] for one in named]), [outside, 1 - outside], axis=0)
            _check_width(column, low, high, draws)
            bounds |= {f"low_{column}": low, f"high_{column}": high}
    return bounds


def _check_width(
    column: str, low: NDArray[np.float64], high: NDArray[np.float64], draws: DrawOptions
) -> None:
    """Refuse intervals without a width: somebody would read them as certainty."""
    n_flat = int((high <= low).sum())
    if n_flat:
        raise bad_input(
            f"width of the interval of {column}", "above 0",
            f"0 in {n_flat} of {len(low)} rows over {draws.n_draws} draws",
            "dropout does not reach this head, or its output is cut off: raise dropout and fit again",
        )  # fmt: skip
