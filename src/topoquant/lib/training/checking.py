"""What a fit and a prediction refuse before they start."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head, Model
from topoquant.lib.sampling.samples import KEY, Samples
from topoquant.lib.training.target_columns import target_columns

Positions = NDArray[np.integer[Any]]


def check_shape(model: Model, samples: Samples) -> None:
    """Refuse samples of another shape than the model was built for."""
    spec = model.spec
    if spec.name in ("majority", "zero"):
        return
    wanted = (spec.n_channels, spec.window, spec.n_static, spec.n_raw)
    got = (samples.n_channels, samples.window, samples.n_static, samples.n_raw)
    if wanted != got:
        raise bad_input(
            f"(channels, window, static features, raw window) of {spec.name}",
            wanted,
            got,
            "build the model for these samples",
        )


def check_rows(heads: tuple[Head, ...], samples: Samples) -> None:
    """Refuse rows that cannot be fitted on."""
    n_test = int((samples.rows["set"] == "test").sum())
    if n_test:
        raise bad_input("rows of a fit", "train or val rows", f"{n_test} test rows", "leave them out")
    if not (np.isfinite(samples.weights).all() and (samples.weights >= 0).all() and samples.weights.any()):
        raise bad_input("samples.weights", "finite, >= 0 and not all 0", samples.weights, "check uniqueness")
    for head in heads:
        for column in target_columns(head, samples.targets):
            _check_target(head, samples.targets[column].to_numpy())


def _check_target(head: Head, target: NDArray[np.float64]) -> None:
    """Refuse a target its head cannot mean."""
    n_missing = int((~np.isfinite(target)).sum())
    if n_missing:
        raise bad_input(
            f"target {head.name}", "known in every row of a fit", f"{n_missing} of {len(target)} missing",
            "drop rows without a target",
        )  # fmt: skip
    if head.kind == "fraction" and not ((target >= 0) & (target <= 1)).all():
        raise bad_input(
            f"target {head.name}", "in [0, 1]", f"{target.min()} to {target.max()}", "give fractions"
        )
    if head.kind == "classes" and not np.isin(target, np.arange(head.width)).all():
        raise bad_input(
            f"target {head.name}", f"one of 0 to {head.width - 1}", np.unique(target)[:5].tolist(),
            "number the classes from 0",
        )  # fmt: skip
    classes = np.unique(target).tolist() if head.kind == "binary" else [0.0, 1.0]
    if classes != [0.0, 1.0]:
        raise bad_input(
            f"target {head.name}", "0 and 1, both present", f"{classes[:5]} in {len(target)} rows",
            "load more bars, lower the threshold or raise n_rows",
        )  # fmt: skip


def check_features(samples: Samples) -> None:
    """Refuse a row whose window or static features are not finite."""
    n_bad = 0
    if samples.sequence is not None:
        unfit = np.concatenate([[0], np.cumsum(~np.isfinite(samples.sequence).all(axis=1))])
        n_bad = int((unfit[samples.end + 1] > unfit[samples.end + 1 - samples.window]).sum())
    if samples.static is not None:
        n_bad += int((~np.isfinite(samples.static).all(axis=1)).sum())
    if samples.raw_windows is not None:
        # A window whose sum is finite is finite: nothing is copied to see it.
        complete = np.isfinite(samples.raw_windows.sum(axis=1, dtype=np.float64))
        n_bad += int((~complete[samples.raw_rows]).sum())
    if n_bad:
        raise bad_input(
            "features", "finite in every row", f"{n_bad} of {len(samples)} rows that are not",
            "drop rows inside a warm-up or a gap",
        )  # fmt: skip


def check_outputs(outputs: Mapping[str, NDArray[np.float64]], samples: Samples) -> None:
    """Refuse to hand out a prediction that is not finite, and say which rows have one."""
    for name, output in outputs.items():
        bad = np.flatnonzero(~np.isfinite(output).reshape(len(samples), -1).all(axis=1))
        if bad.size:
            first = samples.rows[KEY].iloc[bad[:3]]
            rows = ", ".join(f"{symbol} {time}" for symbol, time in first.itertuples(index=False))
            raise bad_input(
                f"predictions of {name}", "finite", f"{bad.size} of {len(samples)} that are not: {rows}",
                "fit again: the weights have diverged",
            )  # fmt: skip


def check_folds(is_train: NDArray[np.bool_], folds: Sequence[tuple[Positions, Positions]]) -> None:
    """Refuse folds that would leak a row into its own prediction or leave a train row without one."""
    times_held_out = np.zeros(len(is_train), np.int64)
    for number, (train, held_out) in enumerate(folds):
        times_held_out[held_out] += 1
        n_leaked = np.intersect1d(train, held_out).size
        if n_leaked or not is_train[train].all():
            raise bad_input(
                f"train rows of fold {number}", "train rows that the fold does not hold out",
                f"{n_leaked} held out, {int((~is_train[train]).sum())} of another set", "use fold_rows",
            )  # fmt: skip
    wrong = int((times_held_out != is_train).sum())
    if wrong:
        raise bad_input(
            "folds", "such that every train row is held out once and no other row ever",
            f"{wrong} rows that are not", "use fold_rows",
        )  # fmt: skip


def check_targets(model: Model, samples: Samples) -> None:
    """Refuse train and val rows without a target: they should have been dropped, not predicted."""
    columns = [name for head in model.spec.heads for name in target_columns(head, samples.targets)]
    known = samples.targets[columns].notna().all(axis=1)
    missing = int((~known & (samples.rows["set"] != "test")).sum())
    if missing:
        raise bad_input(
            "targets",
            "known in every train and val row",
            f"{missing} rows without",
            "drop them before sampling",
        )
