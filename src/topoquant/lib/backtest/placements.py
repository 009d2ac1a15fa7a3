"""Where entries may lie at random when a book has room for a few at a time."""

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.backtest.placements_kernel import move_entries

# Moves per entry. At 90 % of what fits the spread of gaps between entries is then within 1 % of that of 300.
# Counts over long stretches settle last: in a quarter of 1,200 bars their spread is then within a tenth.
N_SWEEPS = 50


def most_entries(n_bars: int, holding: int, n_positions: int) -> int:
    """Count how many entries fit, each held for as long as it can be.

    Parameters
    ----------
    n_bars : int
        The first one cannot be entered: the signal comes before.
    holding : int
        Bars an entry is held.
    n_positions : int
        Entries held at once at most; at most one is made at a bar.

    Returns
    -------
    int

    Examples
    --------
    >>> most_entries(10, 4, 1), most_entries(10, 4, 2), most_entries(10, 4, 9)
    (3, 5, 9)
    """
    whole, rest = divmod(n_bars - 1, holding)
    places = min(n_positions, holding)
    return whole * places + min(rest, places)


def draw_entries(
    generator: np.random.Generator, n_bars: int, n_entries: int, *, holding: int, n_positions: int,
    n_draws: int,
) -> NDArray[np.int64]:  # fmt: skip
    """Draw bars of entry, all placements that the book has room for as likely as each other.

    One position at a time: places are drawn on an axis from which the bars held have been cut out, which is
    exact. Several: a placement in blocks of `n_positions` is drawn that way, then one entry after the other
    is moved to any bar between its neighbours at which there is room, `N_SWEEPS` times each. A move is as
    likely as its reverse, and moves lead from every placement to every other, so that all come to be equally
    likely; the slower, the nearer `n_entries` is to `most_entries`.

    Parameters
    ----------
    generator : numpy.random.Generator
        Of the draws.
    n_bars : int
        Bars there are.
    n_entries : int
        Per draw, at most `most_entries`.
    holding, n_positions : int
        As in `most_entries`.
    n_draws : int
        Placements.

    Returns
    -------
    ndarray of int64, shape (n_draws, n_entries)
        Ascending bars, none before 1. The last trades may be cut short by the end of the data.

    References
    ----------
    Geman and Geman (1984), "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of
    images", for drawing one coordinate at a time.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> draw_entries(generator, 12, 4, holding=4, n_positions=2, n_draws=2).tolist()
    [[4, 6, 10, 11], [1, 2, 9, 11]]
    """
    places = min(n_positions, holding)
    order = np.arange(n_entries)
    # The n-th entry where all lie as early as they can.
    first = 1 + order // places * holding + order % places
    n_slack = n_bars - 1 - (first[-1] if n_entries else 0)
    entries = np.empty((n_draws, n_entries), np.int64)
    for draw in range(n_draws):
        # As many of n_slack + n_entries places as there are entries: what lies between them is the slack.
        chosen = generator.choice(n_slack + n_entries, n_entries, replace=False)
        entries[draw] = first + np.sort(chosen) - order
    if 1 < places < holding and n_entries:
        n_moves = N_SWEEPS * n_entries
        for row in entries:
            chosen = generator.integers(n_entries, size=n_moves)
            move_entries(row, chosen, generator.random(n_moves), n_bars - 1, holding, places)
    return entries
