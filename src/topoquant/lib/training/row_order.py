"""In which order a fit sees its rows: all of them, as many of either class, or the clear ones first."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head
from topoquant.lib.sampling.samples import Samples
from topoquant.lib.training.options import BalancedOptions, CurriculumOptions, PlainOptions

# The rows of one pass, in order, from the number of passes before it.
RowOrder = Callable[[int, torch.Generator], Tensor]


def order_rows(
    rows: NDArray[np.integer],
    heads: Sequence[Head],
    samples: Samples,
    options: PlainOptions | BalancedOptions | CurriculumOptions | None,
) -> RowOrder:
    """Return what draws the order of a pass; every pass has as many rows as there are.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Positions in `samples` to learn from.
    heads : sequence of Head
        What is predicted.
    samples : Samples
        With their targets.
    options : PlainOptions, BalancedOptions, CurriculumOptions or None
        None is plain.

    Returns
    -------
    callable
        (number of passes so far, generator) -> positions (m,).

    Raises
    ------
    InputError
        Balanced without a binary head; a curriculum without a target that says how clear a label is.
    """
    positions = torch.from_numpy(np.asarray(rows, np.int64))
    if isinstance(options, BalancedOptions):
        return _Balanced(positions, torch.from_numpy(draw_weights(rows, heads, samples, options)))
    if isinstance(options, CurriculumOptions):
        return _Curriculum(positions, torch.from_numpy(clarity_ranks(rows, heads, samples)), options)
    return PlainOrder(positions)


def draw_weights(
    rows: NDArray[np.integer], heads: Sequence[Head], samples: Samples, options: BalancedOptions
) -> NDArray[np.float64]:
    """Return the probability that each of the rows is drawn, (m,)."""
    label = samples.targets[_binary_head(heads)].to_numpy()[rows]
    n_ones = int(label.sum())
    if not 0 < n_ones < len(label):
        raise bad_input(
            "rows of a balanced fit", "of both classes", f"{n_ones} of {len(label)} with label 1",
            "load more bars, or choose the sampler plain",
        )  # fmt: skip
    return np.where(label == 1, options.rate / n_ones, (1 - options.rate) / (len(label) - n_ones))


def sampled_rates(
    rows: NDArray[np.integer], heads: Sequence[Head], samples: Samples, options: BalancedOptions
) -> tuple[str, float, float]:
    """Return the binary head, the weighted rate of label 1 as drawn, and as it is among the rows."""
    drawn = draw_weights(rows, heads, samples, options)
    name = _binary_head(heads)
    label, weights = samples.targets[name].to_numpy()[rows], samples.weights[rows]
    as_drawn = float(np.average(label, weights=drawn * weights))
    return name, as_drawn, float(np.average(label, weights=weights))


def clarity_ranks(rows: NDArray[np.integer], heads: Sequence[Head], samples: Samples) -> NDArray[np.float64]:
    """Return how clear each row is among those of its label, (m,): 0 for the clearest, below 1.

    A label is the clearer the further its `max_pct` lies from where the labels part; without labels, the
    larger the targets of the value heads are, in their standard deviations. Ranks are taken within a
    label, so that every share of the clearest rows holds the labels in their proportion.
    """
    names = {head.name for head in heads}
    targets = samples.targets.iloc[rows]
    values = targets[[head.name for head in heads if head.kind == "value" and head.n_outputs is None]]
    if {"label", "max_pct"} <= names:
        label, moved = targets["label"].to_numpy(), targets["max_pct"].to_numpy()
        border = (moved[label == 0].max() + moved[label == 1].min()) / 2
        clarity = np.abs(moved - border)
    elif not values.empty:
        label = targets["label"].to_numpy() if "label" in names else np.zeros(len(targets))
        clarity = ((values - values.mean()).abs() / (values.std(ddof=0) + 1e-300)).mean(axis=1).to_numpy()
    else:
        raise bad_input(
            "targets of a curriculum", "label and max_pct, or values", sorted(names),
            "choose a target that says how clear it is, or another sampler",
        )  # fmt: skip
    ranks = np.empty(len(clarity))
    for one in np.unique(label):
        mine = np.flatnonzero(label == one)
        ranks[mine[np.argsort(-clarity[mine], kind="stable")]] = np.arange(len(mine)) / len(mine)
    return ranks


class PlainOrder:
    """All rows, shuffled."""

    def __init__(self, rows: Tensor) -> None:
        self.rows = rows

    def __call__(self, epoch: int, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        """Return the rows of a pass."""
        return self.rows[torch.randperm(len(self.rows), generator=generator)]


class _Balanced:
    """Rows drawn with replacement."""

    def __init__(self, rows: Tensor, weights: Tensor) -> None:
        self.rows, self.weights = rows, weights

    def __call__(self, epoch: int, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        """Return the rows of a pass."""
        # By the inverse of the distribution: torch.multinomial ends at 2**24 rows.
        reached = self.weights.cumsum(0)
        drawn = torch.rand(len(self.rows), generator=generator, dtype=torch.float64) * reached[-1]
        return self.rows[torch.searchsorted(reached, drawn, right=True).clamp(max=len(self.rows) - 1)]


class _Curriculum:
    """The clearest rows, each about as often, until all are in."""

    def __init__(self, rows: Tensor, ranks: Tensor, options: CurriculumOptions) -> None:
        self.rows, self.ranks, self.options = rows, ranks, options

    def __call__(self, epoch: int, generator: torch.Generator) -> Tensor:
        """Return the rows of a pass."""
        grown = min(epoch / self.options.n_epochs, 1.0)
        share = self.options.start + (1 - self.options.start) * grown
        clear = self.rows[self.ranks < share]
        # As many rows as ever, so that an epoch has as many steps as ever.
        n_rounds = -(-len(self.rows) // len(clear))
        passes = [clear[torch.randperm(len(clear), generator=generator)] for _ in range(n_rounds)]
        return torch.cat(passes)[: len(self.rows)]


def _binary_head(heads: Sequence[Head]) -> str:
    """Return the head whose classes are balanced."""
    names = [head.name for head in heads if head.kind == "binary"]
    if not names:
        raise bad_input("heads of a balanced fit", "with a binary one", "none", "choose the sampler plain")
    return names[0]
