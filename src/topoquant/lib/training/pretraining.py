"""Supervised contrastive pre-training of what a model's heads read, on the loop that fits every model.

Shapes: n rows, B rows of a batch, F features, P numbers of the projection.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head
from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.halves import purged_tail
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.batches import Batch, Batches, Inputs
from topoquant.lib.training.contrastive import (
    ClassOrder,
    row_spans,
    shared_bars,
    supervised_contrastive_loss,
)
from topoquant.lib.training.divergence import Divergence
from topoquant.lib.training.embedder import PROJECTION, Embedder, Projected, trunk_weights
from topoquant.lib.training.keeper import Keeper
from topoquant.lib.training.loop import fresh_copy, run_epochs
from topoquant.lib.training.options import ContrastiveOptions, FitOptions
from topoquant.lib.training.schedule import Schedule
from topoquant.lib.training.task import HeadsTask
from topoquant.lib.training.torch_settings import check_device, torch_settings

HEADS_OF_LABELS = ("binary", "classes")


@dataclass(frozen=True)
class Pretrained:
    """An encoder that was pre-trained, and how that went.

    Attributes
    ----------
    embedder : Embedder
        On the CPU, in evaluation mode.
    history : tuple of dict
        Per epoch, as of any fit; losses are contrastive.
    best_epoch : int
        The epoch whose weights were kept.
    """

    embedder: Embedder
    history: tuple[dict[str, Any], ...]
    best_epoch: int

    @property
    def trunk(self) -> dict[str, Tensor]:
        """Return the weights of everything but the heads, by the model's own names."""
        return trunk_weights(self.embedder.model)


class NoScores:
    """In the place of the heads' scores: there are no heads."""

    def add(self, outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> None:
        """Take nothing."""

    def finish(self) -> dict[str, float | None]:
        """Return nothing."""
        return {}


class ContrastiveTask(HeadsTask):
    """As `HeadsTask`, with the contrastive loss of a batch instead of the heads' losses."""

    def __init__(
        self, model: Projected, options: FitOptions, temperature: float, schedule: Schedule,
        divergence: Divergence,
    ) -> None:  # fmt: skip
        super().__init__(model, options, {}, {}, schedule, divergence)
        self.temperature = temperature
        self.tail = NoScores()  # type: ignore[assignment]

    def _loss(self, outputs: dict[str, Tensor], batch: Batch) -> Tensor:
        """Return a batch's loss; rows that share bars are neither alike nor apart."""
        known = batch.targets
        with torch.autocast(outputs[PROJECTION].device.type, enabled=False):
            return supervised_contrastive_loss(
                outputs[PROJECTION].float(),
                known["label"],
                temperature=self.temperature,
                overlaps=shared_bars(known["first"], known["last"]),
            )


def pretrain(
    model: nn.Module, samples: Samples, options: FitOptions, *, seed: int, progress: Progress = silent
) -> Pretrained:
    """Pre-train a fresh copy of a model's encoder on the labels of some rows.

    Rows of one label that share no bar are drawn together, rows of different labels apart (Khosla et al.,
    2020). Batches hold as many rows of every label.

    Parameters
    ----------
    model : torch.nn.Module
        From `build_model`; left as it is. The label is the target of its first binary head, or else of its
        first head of classes.
    samples : Samples
        Rows to learn from, preprocessed. Of these the purged last `validation_fraction` are watched, as in
        a fit, so that a fit that starts from here stops early on rows that no weight has seen.
    options : FitOptions
        With `pretraining`; clipping, decay, device, precision and threads are those of the fit.
    seed : int
        Of everything drawn. Same seed, same bits on a CPU.
    progress : Progress, optional
        Told about epochs.

    Returns
    -------
    Pretrained
        The projection is gone.

    Raises
    ------
    InputError
        Without `pretraining` or a head with labels, for fewer than two labels or none but overlapping
        rows of one, and as a fit does.

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
    >>> options = FitOptions(
    ...     n_epochs=2, batch_size=32, learning_rate=0.01, weight_decay=0.0, patience=2,
    ...     validation_fraction=0.3, clip_norm=1.0, head_weights={"label": 1.0}, scale="standard", clip=8.0,
    ...     device="cpu", precision="32-true", n_threads=1,
    ...     pretraining=ContrastiveOptions(
    ...         temperature=0.1, n_epochs=2, batch_size=16, learning_rate=0.01, patience=2, width=4,
    ...         look_back=None, l2=1.0,
    ...     ),
    ... )
    >>> pretrained = pretrain(model, samples, options, seed=0)
    >>> len(pretrained.history), any(name.startswith("heads.") for name in pretrained.trunk)
    (2, False)
    """
    wanted = options.pretraining
    if wanted is None:
        raise bad_input("fit options", "with a block pretraining", None, "give its numbers")
    loop = _loop_options(options, wanted)
    check_device(loop)
    rows = purged_tail(samples, options.validation_fraction)
    label = class_labels(cast(Any, model).spec.heads, samples)
    first, last = row_spans(samples, look_back=wanted.look_back)
    for name, part in zip(("rows to pre-train on", "rows that early stopping watches"), rows, strict=True):
        _check_pairs(name, label[part], first[part], last[part])
    with progress(loop.n_epochs, "epochs of pre-training") as advance, torch_settings(loop, seed):
        fresh = _drawn(model, wanted)
        known = {"label": label, "first": first, "last": last}
        train, tail = _loaders(fresh, samples, loop, known, rows, seed)
        divergence = Divergence(loop, len(rows[0]), copy.deepcopy(fresh.state_dict()))
        keeper = Keeper(loop, train, divergence, advance, seed=seed, checkpoint=None)
        schedule = Schedule(loop, steps_per_epoch=len(train))
        run_epochs(
            ContrastiveTask(fresh, loop, wanted.temperature, schedule, divergence), keeper, train, tail
        )
        advance(loop.n_epochs - len(keeper.history))
        if not keeper.best_epoch:
            raise divergence.error()
        fresh.load_state_dict(divergence.weights)
    return Pretrained(fresh.embedder.cpu().eval(), tuple(keeper.history), keeper.best_epoch)


def untrained(model: nn.Module, options: FitOptions, seed: int) -> Embedder:
    """Return the encoder that a pre-training starts from, before any step."""
    wanted = cast(ContrastiveOptions, options.pretraining)
    with torch_settings(options, seed):
        return _drawn(model, wanted).embedder.eval()


def _drawn(model: nn.Module, wanted: ContrastiveOptions) -> Projected:
    """Return an encoder and its projection, drawn anew from torch's global generator."""
    return cast(Projected, fresh_copy(Projected(Embedder(model, wanted.width), wanted.width)))


def _loop_options(options: FitOptions, wanted: ContrastiveOptions) -> FitOptions:
    """Return the options of the loop: those of the fit, with the numbers of pre-training."""
    return replace(
        options, n_epochs=wanted.n_epochs, batch_size=wanted.batch_size, learning_rate=wanted.learning_rate,
        patience=wanted.patience, head_weights={PROJECTION: 1.0}, loss=None, sampler=None, schedule=None,
        accumulate=1, n_devices=1, pretraining=None,
    )  # fmt: skip


def class_labels(heads: tuple[Head, ...], samples: Samples) -> NDArray[np.int64]:
    """Return the class of every row: of the first binary head, else of the first head of classes."""
    for kind in HEADS_OF_LABELS:
        for head in heads:
            if head.kind == kind:
                return samples.targets[head.name].to_numpy().astype(np.int64)
    raise bad_input(
        "heads of a pre-training", "with a binary one or one of classes", [head.kind for head in heads],
        "leave pretraining out",
    )  # fmt: skip


def _check_pairs(
    name: str, label: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> None:
    """Refuse rows in which some label has no two rows apart: nothing could be drawn together."""
    classes = np.unique(label)
    # The row that ends first and the one that starts last are the farthest apart.
    alone = [int(one) for one in classes if last[label == one].min() >= first[label == one].max()]
    if len(classes) < 2 or alone:
        raise bad_input(
            name, "of two labels or more, with two rows each that share no bar",
            f"labels {classes.tolist()} in {len(label)} rows, without such rows: {alone}",
            "load more bars, raise validation_fraction or lower look_back",
        )  # fmt: skip


def _loaders(
    model: Projected,
    samples: Samples,
    options: FitOptions,
    known: Mapping[str, NDArray[np.int64]],
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
    seed: int,
) -> tuple[Batches, Batches]:
    """Return the train batches, drawn anew for every pass, and the tail's, drawn once."""
    inputs = Inputs(samples, model.needs, options.device)
    targets = {name: torch.from_numpy(values).to(options.device) for name, values in known.items()}
    weights = torch.ones(len(samples), device=options.device)
    fit_order, tail_order = (ClassOrder(part, known["label"][part]) for part in rows)
    watched = tail_order(0, torch.Generator().manual_seed(seed))
    shared: dict[str, Any] = {"batch_size": options.batch_size, "seed": seed}
    return (
        Batches(inputs, targets, weights, rows=rows[0], order=fit_order, **shared),
        Batches(inputs, targets, weights, rows=rows[1], order=lambda *_: watched, **shared),
    )
