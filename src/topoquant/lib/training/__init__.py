"""Training: one loop, purged folds, out-of-fold predictions and models as plain files.

Importing this package imports no torch and no concept beyond models and sampling: what needs more
arrives on first use.

Examples
--------
A model on plain arrays, without a catalog:

>>> import numpy as np
>>> from topoquant.lib.models import Head, LogisticOptions, build_model
>>> from topoquant.lib.sampling.arrays import samples_from_arrays
>>> from topoquant.lib.training import fit, predict
>>> bars = np.random.default_rng(0).normal(size=(300, 2))
>>> end = np.arange(20, 299)
>>> time = np.datetime64("2024-01-01", "ns") + end * np.timedelta64(15, "m")
>>> samples = samples_from_arrays(
...     time=time, t1=time + np.timedelta64(15, "m"), sequence=bars, end=end, window=20,
...     targets={"label": bars[end, 0] + bars[end + 1, 0] > 0},
... )
>>> model = build_model(
...     "logistic", n_channels=2, window=20, n_static=0, heads=[Head(name="label", kind="binary")],
...     options=LogisticOptions(l2=1.0, n_iterations=100),
... )
>>> fitted = fit(model, samples.take(np.arange(200)), None, seed=0)
>>> predictions = predict(fitted, samples.take(np.arange(201, 279)))
>>> bool(np.corrcoef(predictions["p_label"], samples.targets["label"][201:])[0, 1] > 0.3)
True
"""

from importlib import import_module
from typing import TYPE_CHECKING

from topoquant.lib.training.card import model_card
from topoquant.lib.training.exporting import load_fit, model_files, model_hash
from topoquant.lib.training.fitting import Fit, FitRecord, count_parameters, fit
from topoquant.lib.training.folds import FoldedFit, fit_folds, predict_held_out
from topoquant.lib.training.options import (
    BalancedOptions,
    ConstantOptions,
    ContrastiveOptions,
    CosineOptions,
    CurriculumOptions,
    FitOptions,
    LossOptions,
    PlainOptions,
    PlateauOptions,
    SelectionOptions,
)
from topoquant.lib.training.predicting import DrawOptions, interval_coverage, predict
from topoquant.lib.training.preprocessing import Preprocessing
from topoquant.lib.training.selection import Selection

if TYPE_CHECKING:
    from topoquant.lib.training.batches import Batch, Batches, Inputs
    from topoquant.lib.training.blindness import BlindFitOptions, fit_fingerprints
    from topoquant.lib.training.checkpoints import fingerprint_samples
    from topoquant.lib.training.contrastive import supervised_contrastive_loss
    from topoquant.lib.training.embedder import Embedder
    from topoquant.lib.training.exporting_onnx import export_onnx, run_onnx
    from topoquant.lib.training.fast_path import FastAnswer, FastPathOptions, answer_fast, find_edge
    from topoquant.lib.training.features import Family, MemberFeatures, gather_features, join_families
    from topoquant.lib.training.importance import feature_importance
    from topoquant.lib.training.information import mutual_information
    from topoquant.lib.training.loop import run_loop
    from topoquant.lib.training.losses import (
        binary_loss,
        classes_loss,
        diversity_penalty,
        focal_loss,
        fraction_loss,
        smooth_labels,
        value_loss,
    )
    from topoquant.lib.training.member import (
        FoldPlan,
        TrainedMember,
        find_heads,
        member_samples,
        train_member,
        train_samples,
    )
    from topoquant.lib.training.objective import combined_loss
    from topoquant.lib.training.permuted import PermutedScoring, score_permuted
    from topoquant.lib.training.pretraining import Pretrained, pretrain
    from topoquant.lib.training.probing import embed_rows, pretrain_and_probe, probe
    from topoquant.lib.training.scores import score_predictions
    from topoquant.lib.training.widths import WidthOptions, draw_widths

_HOMES = {
    "Batch": "batches",
    "Batches": "batches",
    "BlindFitOptions": "blindness",
    "Embedder": "embedder",
    "Family": "features",
    "FastAnswer": "fast_path",
    "FastPathOptions": "fast_path",
    "FoldPlan": "member",
    "Inputs": "batches",
    "MemberFeatures": "features",
    "PermutedScoring": "permuted",
    "Pretrained": "pretraining",
    "TrainedMember": "member",
    "WidthOptions": "widths",
    "answer_fast": "fast_path",
    "binary_loss": "losses",
    "classes_loss": "losses",
    "combined_loss": "objective",
    "draw_widths": "widths",
    "diversity_penalty": "losses",
    "embed_rows": "probing",
    "export_onnx": "exporting_onnx",
    "find_edge": "fast_path",
    "find_heads": "member",
    "fingerprint_samples": "checkpoints",
    "feature_importance": "importance",
    "fit_fingerprints": "blindness",
    "focal_loss": "losses",
    "fraction_loss": "losses",
    "gather_features": "features",
    "join_families": "features",
    "member_samples": "member",
    "mutual_information": "information",
    "pretrain": "pretraining",
    "pretrain_and_probe": "probing",
    "probe": "probing",
    "run_loop": "loop",
    "run_onnx": "exporting_onnx",
    "score_permuted": "permuted",
    "score_predictions": "scores",
    "smooth_labels": "losses",
    "supervised_contrastive_loss": "contrastive",
    "train_member": "member",
    "train_samples": "member",
    "value_loss": "losses",
}

__all__ = [
    "BalancedOptions",
    "Batch",
    "Batches",
    "BlindFitOptions",
    "ConstantOptions",
    "ContrastiveOptions",
    "CosineOptions",
    "CurriculumOptions",
    "DrawOptions",
    "Embedder",
    "Family",
    "FastAnswer",
    "FastPathOptions",
    "Fit",
    "FitOptions",
    "FitRecord",
    "FoldPlan",
    "FoldedFit",
    "Inputs",
    "LossOptions",
    "MemberFeatures",
    "PermutedScoring",
    "PlainOptions",
    "PlateauOptions",
    "Preprocessing",
    "Pretrained",
    "Selection",
    "SelectionOptions",
    "TrainedMember",
    "WidthOptions",
    "answer_fast",
    "binary_loss",
    "classes_loss",
    "combined_loss",
    "count_parameters",
    "diversity_penalty",
    "draw_widths",
    "embed_rows",
    "export_onnx",
    "feature_importance",
    "find_edge",
    "find_heads",
    "fingerprint_samples",
    "fit",
    "fit_fingerprints",
    "fit_folds",
    "focal_loss",
    "fraction_loss",
    "gather_features",
    "interval_coverage",
    "join_families",
    "load_fit",
    "member_samples",
    "model_card",
    "model_files",
    "model_hash",
    "mutual_information",
    "predict",
    "predict_held_out",
    "pretrain",
    "pretrain_and_probe",
    "probe",
    "run_loop",
    "run_onnx",
    "score_permuted",
    "score_predictions",
    "smooth_labels",
    "supervised_contrastive_loss",
    "train_member",
    "train_samples",
    "value_loss",
]


def __getattr__(name: str) -> object:
    """Import the module behind a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
