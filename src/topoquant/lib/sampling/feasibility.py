"""Can a job work at all on these bars and this machine? Asked before anything is written."""

from collections.abc import Mapping

from topoquant.lib.errors import bad_input

# Python, torch, mlflow and the numba caches, before the first bar is read (measured).
BASE_BYTES = 1_100_000_000
# Columns of bars, tabular and sign-blind features and targets, as float64.
N_COLUMNS = 70
# A feature table exists as loaded, joined, scaled and gathered at the worst moment.
N_COPIES = 4


def refuse_infeasible(n_bars: Mapping[str, int], *, windows: Mapping[str, int], horizon: int) -> None:
    """Refuse windows and horizons that do not fit into the bars.

    Parameters
    ----------
    n_bars : mapping of str to int
        Number of bars per symbol.
    windows : mapping of str to int
        Bars looked back, by the name of the option that sets it.
    horizon : int
        Bars looked ahead.

    Raises
    ------
    InputError
        Naming the option, the bars and the remedy.

    Examples
    --------
    >>> refuse_infeasible({"SYN": 1_000}, windows={"window": 96}, horizon=4)
    >>> refuse_infeasible({"A": 9}, windows={"window": 8}, horizon=4)
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: window must be in [1, 5), got 8: shorten it or load more bars than A's 9
    """
    symbol = min(n_bars, key=lambda name: n_bars[name])
    room = n_bars[symbol] - horizon
    for name, window in windows.items():
        if window >= room:
            raise bad_input(
                name,
                f"in [1, {max(room, 1)})",
                window,
                f"shorten it or load more bars than {symbol}'s {n_bars[symbol]}",
            )


def estimate_memory(*, n_bars: int, n_rows: int | None, n_static: int, train: float) -> int:
    """Estimate the peak memory of a run, in bytes.

    Parameters
    ----------
    n_bars : int
        Bars of all symbols together.
    n_rows : int or None
        Train rows kept; None keeps all.
    n_static : int
        Static features per row.
    train : float
        Fraction of the rows that trains; the rest is always scored whole.

    Returns
    -------
    int
        Bytes.

    Examples
    --------
    >>> round(estimate_memory(n_bars=114_779, n_rows=2_700, n_static=112, train=0.7) / 1e9, 2)
    1.49
    """
    n_train = int(train * n_bars)
    n_kept = n_bars - n_train + min(n_rows or n_train, n_train)
    return BASE_BYTES + 8 * N_COPIES * (n_bars * N_COLUMNS + n_kept * n_static)
