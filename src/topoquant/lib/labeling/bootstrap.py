"""Bootstrap samples whose labels overlap less than chance (Lopez de Prado, 2018, section 4.5)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.bootstrap_kernel import draw_in_sequence
from topoquant.lib.labeling.uniqueness import label_concurrency, spanned_bars


def sequential_bootstrap(
    t0: ArrayLike, t1: ArrayLike, *, n_draws: int, seed: int, interval: str | None = None
) -> NDArray[np.int64]:
    """Draw labels with replacement, each with the chances that those drawn before leave it.

    Parameters
    ----------
    t0, t1 : array-like of int or of datetime (UTC), shape (n,)
        Spans of one symbol's labels in any order, as in `spanned_bars`.
    n_draws : int
        How many labels are drawn; the book draws n.
    seed : int
        Of numpy's default generator; the same seed gives the same draws.
    interval : str, optional
        Length of a bar; given with times, absent with positions.

    Returns
    -------
    ndarray of int64, shape (n_draws,)
        Positions of labels in t0 and t1, in the order drawn, each drawn with
        `draw_probabilities` given those before it. Time and memory are linear in labels and
        bars, and a draw costs what overlaps the drawn label.

    Raises
    ------
    InputError
        If n_draws is below 1, there is no label, or as `spanned_bars`.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, section 4.5.

    Examples
    --------
    >>> sequential_bootstrap([0, 2, 4], [2, 3, 5], n_draws=5, seed=3).tolist()
    [0, 1, 2, 1, 0]
    """
    start, end, order, chance = _prepare(t0, t1, interval, n_draws, seed)
    drawn: NDArray[np.int64] = order[draw_in_sequence(start[order], end[order], chance)]
    return drawn


def draw_probabilities(
    t0: ArrayLike, t1: ArrayLike, drawn: ArrayLike, *, interval: str | None = None
) -> NDArray[np.float64]:
    """Return the probability of each label to be drawn next.

    Were a label drawn next, a bar of its span would be shared by it and the c labels already
    drawn that span the bar, counted as often as they were drawn. Its uniqueness would be the
    mean of 1 / (1 + c) over its bars; the probabilities are proportional to that.

    Parameters
    ----------
    t0, t1 : array-like of int or of datetime (UTC), shape (n,)
        Spans of one symbol's labels in any order, as in `spanned_bars`.
    drawn : array-like of int
        Positions in t0 and t1 of the labels drawn so far, repeats included; may be empty.
    interval : str, optional
        Length of a bar; given with times, absent with positions.

    Returns
    -------
    ndarray of float64, shape (n,)
        Above 0, adding up to 1.

    Raises
    ------
    InputError
        If there is no label, a drawn one is none of them, or as `spanned_bars`.

    References
    ----------
    Lopez de Prado, M. (2018), Advances in Financial Machine Learning, section 4.5.1.

    Examples
    --------
    >>> (draw_probabilities([0, 2, 4], [2, 3, 5], [1]) * 14).round(9).tolist()
    [5.0, 3.0, 6.0]
    """
    start, end = _checked_spans(t0, t1, interval)
    labels = np.asarray(drawn, dtype=np.int64)
    if labels.size and (labels.min() < 0 or labels.max() >= len(start)):
        raise bad_input(
            "drawn", f"positions in [0, {len(start)})", f"{labels.min()} to {labels.max()}",
            "count labels from 0",
        )  # fmt: skip
    n_drawn = np.zeros(end.max() + 1, dtype=np.int64)
    counted = label_concurrency(start[labels], end[labels])
    n_drawn[: len(counted)] = counted
    share_before = np.concatenate([[0.0], np.cumsum(1.0 / (1 + n_drawn))])
    uniqueness = (share_before[end + 1] - share_before[start]) / (end + 1 - start)
    probabilities: NDArray[np.float64] = uniqueness / uniqueness.sum()
    return probabilities


def plain_bootstrap(
    t0: ArrayLike, t1: ArrayLike, *, n_draws: int, seed: int, interval: str | None = None
) -> NDArray[np.int64]:
    """Return what `sequential_bootstrap` does, computing every probability afresh at every draw.

    Parameters
    ----------
    t0, t1, n_draws, seed, interval
        As in `sequential_bootstrap`.

    Returns
    -------
    ndarray of int64, shape (n_draws,)

    Examples
    --------
    >>> plain_bootstrap([0, 2, 4], [2, 3, 5], n_draws=5, seed=3).tolist()
    [0, 1, 2, 1, 0]
    """
    start, end, order, chances = _prepare(t0, t1, interval, n_draws, seed)
    drawn: list[int] = []
    for chance in chances:
        running = np.cumsum(draw_probabilities(start, end, drawn)[order])
        place = np.searchsorted(running, chance * running[-1], side="right")
        drawn.append(int(order[min(place, len(order) - 1)]))
    return np.array(drawn)


def _prepare(
    t0: ArrayLike, t1: ArrayLike, interval: str | None, n_draws: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return spans, the labels in order of entry, and one chance in [0, 1) per draw."""
    if n_draws < 1:
        raise bad_input("n_draws", "at least 1", n_draws, "draw as many as there are labels")
    start, end = _checked_spans(t0, t1, interval)
    return start, end, np.argsort(start, kind="stable"), np.random.default_rng(seed).random(n_draws)


def _checked_spans(
    t0: ArrayLike, t1: ArrayLike, interval: str | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return spans counted from the first bar of any, of at least one label."""
    start, end = spanned_bars(t0, t1, interval)
    if len(start) == 0:
        raise bad_input("labels", "at least 1", "none", "label some rows first")
    return start - start.min(), end - start.min()
