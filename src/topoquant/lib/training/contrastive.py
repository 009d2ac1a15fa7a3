"""Pre-training without a head: rows of one label are drawn together, the others apart.

Shapes: n rows, B rows of a batch, F features.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.sampling.samples import Samples


def supervised_contrastive_loss(
    embeddings: Tensor, labels: Tensor, *, temperature: float, overlaps: Tensor | None = None
) -> Tensor:
    """Return the supervised contrastive loss of a batch.

    Khosla et al. (2020), "Supervised contrastive learning", equation 2: the mean over the positives
    of an anchor stands outside the logarithm.

    Parameters
    ----------
    embeddings : Tensor, shape (B, F)
        Of any length; they are brought to unit length here.
    labels : Tensor, shape (B,)
        Class of each row.
    temperature : float
        Positive; small values look at the nearest rows.
    overlaps : Tensor of bool, shape (B, B), optional
        True where two rows share bars: their likeness says nothing about their label, so that they
        are neither positives nor negatives of each other.

    Returns
    -------
    Tensor, scalar
        In nats; the mean over the anchors that have a positive, 0 where none has.

    Raises
    ------
    InputError
        For a temperature that is not positive.

    Examples
    --------
    >>> import torch
    >>> embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> labels = torch.tensor([0, 0, 1, 1])
    >>> supervised_contrastive_loss(embeddings, labels, temperature=0.5).round(decimals=4)
    tensor(0.2395)
    >>> supervised_contrastive_loss(embeddings, 1 - labels[[0, 2, 1, 3]], temperature=0.5).round(decimals=4)
    tensor(2.2395)
    """
    if not temperature > 0:
        raise bad_input("temperature", "above 0", temperature, "published values are .05 to .5")
    unit_BF = functional.normalize(embeddings.float(), dim=1)
    likeness_BB = unit_BF @ unit_BF.T / temperature
    others_BB = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    if overlaps is not None:
        others_BB = others_BB & ~overlaps
    positives_BB = others_BB & (labels[:, None] == labels[None, :])
    n_positives_B = positives_BB.sum(dim=1)
    # A row without any other row has no denominator; it has no positive either and counts for nothing.
    apart_BB = likeness_BB.masked_fill(~others_BB, float("-inf"))
    log_total_B = torch.where(others_BB.any(dim=1), apart_BB.logsumexp(dim=1), 0.0)
    log_share_BB = (likeness_BB - log_total_B[:, None]).masked_fill(~positives_BB, 0.0)
    losses_B = -log_share_BB.sum(dim=1) / n_positives_B.clamp(min=1)
    return losses_B.sum() / (n_positives_B > 0).sum().clamp(min=1)


def shared_bars(first_B: Tensor, last_B: Tensor) -> Tensor:
    """Return which rows overlap in time.

    Parameters
    ----------
    first_B, last_B : Tensor of int, shape (B,)
        First bar a row looks at, and last bar its label does, both inclusive, counted over all symbols'
        common time.

    Returns
    -------
    Tensor of bool, shape (B, B)
        Symmetric, true on the diagonal.

    Examples
    --------
    >>> import torch
    >>> shared_bars(torch.tensor([0, 3, 5]), torch.tensor([3, 4, 6])).int()
    tensor([[1, 1, 0],
            [1, 1, 0],
            [0, 0, 1]], dtype=torch.int32)
    """
    return (first_B[:, None] <= last_B[None, :]) & (first_B[None, :] <= last_B[:, None])


def row_spans(samples: Samples, *, look_back: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last instant of what a row looks at and is labelled by.

    Parameters
    ----------
    samples : Samples
        Rows of any symbols.
    look_back : int or None
        Bars before the decision that a row is counted as looking at: at least those of its windows, and
        those of static features too where they look further. None: those of its windows.

    Returns
    -------
    first, last : ndarray of int64, shape (n,)
        Nanoseconds since 1970: the open of the first bar, and the last one before t1. Two rows share
        bars where neither begins after the other has ended, whatever their symbols. A bar is as long as
        the least step between rows of a symbol, in bars where rows have a sequence; where thinned rows
        hide it, spans are longer than need be, never shorter.

    Raises
    ------
    InputError
        For a look_back that is shorter than the windows, or rows that are all of one instant.

    Examples
    --------
    >>> from topoquant.lib.sampling.arrays import samples_from_arrays
    >>> time = np.array(["2024-01-01T01", "2024-01-01T02"], "datetime64[ns]")
    >>> samples = samples_from_arrays(time=time, t1=time + np.timedelta64(1, "h"), targets={"label": [0, 1]})
    >>> first, last = row_spans(samples, look_back=1)
    >>> first.astype("datetime64[ns]").astype(str)[1], last.astype("datetime64[ns]").astype(str)[0]
    ('2024-01-01T01:00:00.000000000', '2024-01-01T01:59:59.999999999')
    """
    at_least = max(samples.window, samples.n_raw)
    n_bars = at_least if look_back is None else look_back
    if n_bars < max(at_least, 1):
        raise bad_input(
            "look_back", f"at least {max(at_least, 1)} bars, those of a window", n_bars, "raise it"
        )
    start = instants(samples.rows["time"])
    return start - n_bars * _bar_length(samples, start), instants(samples.rows["t1"]) - 1


def _bar_length(samples: Samples, start: NDArray[np.int64]) -> int:
    """Return the length of a bar in nanoseconds, or more where the rows do not show it."""
    steps = np.diff(start)
    bars = np.ones(len(steps), np.int64) if samples.sequence is None else np.diff(samples.end)
    symbols = samples.rows["symbol"].to_numpy()
    known = (symbols[1:] == symbols[:-1]) & (steps > 0) & (bars > 0)
    if not known.any():
        raise bad_input("rows", "of two instants or more", f"{len(start)} rows", "load more bars")
    # Rounded up: steps across gaps in time are longer than the bars between them.
    return int((-(-steps[known] // bars[known])).min())


class ClassOrder:
    """Rows of the classes in turn, so that any stretch of them holds as many of each.

    Rows of the rarer classes come several times in a pass. A row that is twice in a batch shares bars
    with itself, so that it is no positive of its own.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Positions to draw from.
    label : ndarray of int, shape (m,)
        Their classes.

    Examples
    --------
    >>> order = ClassOrder(np.arange(4), np.array([0, 0, 0, 1]))
    >>> drawn = order(0, torch.Generator().manual_seed(0))
    >>> drawn[1::2].tolist(), len(set(drawn[::2].tolist()))
    ([3, 3], 2)
    """

    def __init__(self, rows: NDArray[np.integer], label: NDArray[np.integer]) -> None:
        self.n_rows = len(rows)
        positions = np.asarray(rows, np.int64)
        self.classes = [torch.from_numpy(positions[label == one]) for one in np.unique(label)]

    def __call__(self, epoch: int, generator: torch.Generator) -> Tensor:  # noqa: ARG002  (every pass is alike)
        """Return the rows of a pass, as many as there are."""
        n_each = -(-self.n_rows // len(self.classes))
        drawn = []
        for rows in self.classes:
            n_rounds = -(-n_each // len(rows))
            rounds = [rows[torch.randperm(len(rows), generator=generator)] for _ in range(n_rounds)]
            drawn.append(torch.cat(rounds)[:n_each])
        return torch.stack(drawn, dim=1).flatten()[: self.n_rows]
