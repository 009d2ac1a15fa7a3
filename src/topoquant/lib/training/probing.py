"""What a frozen encoder knows: a logistic regression on its features, scored on rows it never saw.

Shapes: n rows, F features.
"""

import warnings
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.batches import Inputs
from topoquant.lib.training.embedder import Embedder, check_trunk
from topoquant.lib.training.options import FitOptions
from topoquant.lib.training.passes import PREDICTION_BATCH
from topoquant.lib.training.pretraining import class_labels, pretrain, untrained

N_ITERATIONS = 1000


def pretrain_and_probe(
    model: nn.Module,
    samples: Samples,
    options: FitOptions,
    *,
    held_out: Samples | None,
    seed: int,
    progress: Progress = silent,
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Pre-train an encoder and probe it, beside one that was only drawn.

    Parameters
    ----------
    model : torch.nn.Module
        From `build_model`, with something that its heads share.
    samples, held_out : Samples
        Rows to learn from and rows to score on, preprocessed alike; `held_out` may be None.
    options : FitOptions
        With `pretraining`.
    seed : int
        Of everything drawn.
    progress : Progress, optional
        Told about epochs.

    Returns
    -------
    trunk : dict of Tensor
        Weights for a fit to start from.
    record : dict
        `best_epoch`, `history` and, with `held_out`, `probe`: the scores of `probe`, and as
        `untrained_log_loss` and `untrained_auc` those of the encoder before any step.

    Raises
    ------
    InputError
        For a model whose heads share nothing, and as `pretrain` and `probe` do.

    Examples
    --------
    >>> from topoquant.lib.training.options import ContrastiveOptions
    >>> from topoquant.lib.models import Head, TCNOptions, build_model
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> end = np.arange(4, 84)
    >>> time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(15, "m")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time + np.timedelta64(15, "m"), end=end, window=4, targets={"label": end // 10 % 2},
    ...     sequence=np.random.default_rng(0).normal(size=(84, 2)),
    ... )
    >>> model = build_model(
    ...     "tcn", n_channels=2, window=4, n_static=0, heads=[Head(name="label", kind="binary")],
    ...     options=TCNOptions(n_filters=4, kernel=2, dilations=(1,), dropout=0.0),
    ... )
    >>> options = FitOptions(
    ...     n_epochs=2, batch_size=32, learning_rate=0.01, weight_decay=0.0, patience=2,
    ...     validation_fraction=0.3, clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0,
    ...     device="cpu", precision="32-true", n_threads=1,
    ...     pretraining=ContrastiveOptions(
    ...         temperature=0.1, n_epochs=2, batch_size=16, learning_rate=0.01, patience=2, width=4,
    ...         look_back=None, l2=1.0,
    ...     ),
    ... )
    >>> trunk, record = pretrain_and_probe(
    ...     model, samples.take(np.arange(60)), options, held_out=samples.take(np.arange(60, 80)), seed=0
    ... )
    >>> sorted(record), record["probe"]["n_rows"]
    (['best_epoch', 'history', 'probe'], 20)
    """
    check_trunk(cast(Any, model))
    pretrained = pretrain(model, samples, options, seed=seed, progress=progress)
    record: dict[str, Any] = {"best_epoch": pretrained.best_epoch, "history": list(pretrained.history)}
    if held_out is not None and options.pretraining is not None:
        label, other = (class_labels(cast(Any, model).spec.heads, part) for part in (samples, held_out))
        scores, before = (
            probe(
                (embed_rows(embedder, samples), label),
                (embed_rows(embedder, held_out), other),
                l2=options.pretraining.l2,
                weights=samples.weights,
            )
            for embedder in (pretrained.embedder, untrained(model, options, seed))
        )
        untouched = {f"untrained_{name}": before[name] for name in ("log_loss", "auc")}
        record["probe"] = scores | untouched
    return pretrained.trunk, record


def embed_rows(embedder: Embedder, samples: Samples) -> NDArray[np.float64]:
    """Return the features of every row.

    Parameters
    ----------
    embedder : Embedder
        On the CPU, in evaluation mode.
    samples : Samples
        Rows, preprocessed.

    Returns
    -------
    ndarray, shape (n, F)
        A row's features depend on its own window and static features alone.

    Examples
    --------
    >>> from topoquant.lib.models import Head, TCNOptions, build_model
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> end = np.arange(4, 84)
    >>> time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(15, "m")
    >>> samples = samples_from_arrays(
    ...     time=time, t1=time + np.timedelta64(15, "m"), end=end, window=4, targets={"label": end // 10 % 2},
    ...     sequence=np.random.default_rng(0).normal(size=(84, 2)),
    ... )
    >>> model = build_model(
    ...     "tcn", n_channels=2, window=4, n_static=0, heads=[Head(name="label", kind="binary")],
    ...     options=TCNOptions(n_filters=4, kernel=2, dilations=(1,), dropout=0.0),
    ... )
    >>> features = embed_rows(Embedder(model, 3).eval(), samples)
    >>> features.shape[0], bool(np.isfinite(features).all())
    (80, True)
    """
    inputs = Inputs(samples, embedder.needs, "cpu")
    with torch.inference_mode():
        rows = torch.arange(len(samples))
        parts = [embedder(inputs.gather(rows_B)) for rows_B in rows.split(PREDICTION_BATCH)]
    return torch.cat(parts).double().numpy()


def probe(
    fitted: tuple[NDArray[np.float64], NDArray[np.int64]],
    held_out: tuple[NDArray[np.float64], NDArray[np.int64]],
    *,
    l2: float,
    weights: NDArray[np.float64] | None = None,
) -> dict[str, float | int | None]:
    """Fit a logistic regression on some rows' features and score it on others.

    Parameters
    ----------
    fitted, held_out : (features, labels)
        Of shapes (n, F) and (n,). Features are standardised on the fitted rows.
    l2 : float
        Weight of half the squared norm of the slopes, positive.
    weights : ndarray, shape (n,), optional
        Of the fitted rows; absent, all count the same.

    Returns
    -------
    dict
        `n_rows` (held out), `log_loss` in nats, `log_loss_of_rate` (of the fitted rows' shares of the
        labels), and `auc`, None for more than two labels or held-out rows of one.

    Raises
    ------
    InputError
        For fitted rows of one label, a label among the others that they lack, or a regression that does
        not converge.

    Examples
    --------
    >>> features, label = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    >>> probe((features, label), (features + 0.1, label), l2=1.0)["auc"]
    1.0
    """
    (features, label), (other_features, other_label) = fitted, held_out
    classes, place = np.unique(label, return_inverse=True)
    if len(classes) < 2 or not np.isin(other_label, classes).all():
        raise bad_input(
            "labels of a probe", "two or more among the fitted rows, and no others held out",
            f"{classes.tolist()} and {np.unique(other_label).tolist()}", "probe more rows",
        )  # fmt: skip
    share = _log_probabilities(features, label, other_features, l2=l2, weights=weights)
    rate = np.log(np.bincount(place, weights=weights) / (len(label) if weights is None else weights.sum()))
    truth = np.searchsorted(classes, other_label)
    return {
        "n_rows": len(other_label),
        "log_loss": float(-share[np.arange(len(truth)), truth].mean()),
        "log_loss_of_rate": float(-rate[truth].mean()),
        "auc": _auc(truth, share),
    }


def _log_probabilities(
    features: NDArray[np.float64], label: NDArray[np.int64], others: NDArray[np.float64], *, l2: float,
    weights: NDArray[np.float64] | None,
) -> NDArray[np.float64]:  # fmt: skip
    """Fit the regression and return what it says of other rows, (n, classes)."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  (a second that most fits do not need)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale == 0] = 1.0
    line: Any = LogisticRegression(C=1 / l2, max_iter=N_ITERATIONS, solver="newton-cholesky")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            line.fit((features - mean) / scale, label, sample_weight=weights)
        except ConvergenceWarning as error:
            raise bad_input(
                "l2 of a probe",
                f"enough for {features.shape[1]} features of {len(label)} rows",
                l2,
                "raise it",
            ) from error
    shares: NDArray[np.float64] = line.predict_log_proba((others - mean) / scale)
    return shares


def _auc(truth: NDArray[np.int64], share: NDArray[np.float64]) -> float | None:
    """Return the AUC of two classes, where held-out rows are of both."""
    from topoquant.lib.validity import roc_auc  # noqa: PLC0415  (heavier than what most fits need)

    if share.shape[1] > 2 or len(np.unique(truth)) < 2:
        return None
    return float(roc_auc(truth, share[:, 1]))
