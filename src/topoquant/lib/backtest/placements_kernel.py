"""Moves of entries of which several may be held at once: the inner loop of `draw_entries`."""

from numba import njit

from topoquant.lib.backtest.marks_kernel import Floats, Integers


@njit(cache=True, error_model="numpy")
def room(entries: Integers, at: int, last: int, holding: int, n_positions: int) -> tuple[int, int]:
    """Give the first and the last bar the entry `at` may be made at, all others staying where they are.

    `entries` ascend from 1 to `last`. Each is held for `holding` bars and no more than `n_positions` at once:
    an entry and the `n_positions`-th after it are at least `holding` apart.
    """
    low, high = 1, last
    if at > 0:
        low = entries[at - 1] + 1
    if at >= n_positions:
        low = max(low, entries[at - n_positions] + holding)
    if at + 1 < entries.size:
        high = entries[at + 1] - 1
    if at + n_positions < entries.size:
        high = min(high, entries[at + n_positions] - holding)
    return low, high


@njit(cache=True, error_model="numpy")
def move_entries(
    entries: Integers, chosen: Integers, draws: Floats, last: int, holding: int, n_positions: int
) -> None:
    """Move entries one by one, in place: `chosen[k]` to the share `draws[k]`, in [0, 1), of its room."""
    for k in range(chosen.size):
        low, high = room(entries, chosen[k], last, holding, n_positions)
        entries[chosen[k]] = low + int(draws[k] * (high - low + 1))
