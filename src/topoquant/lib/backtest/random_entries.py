"""What as many entries at random would have earned on the same bars."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.backtest.book_kernel import run_book
from topoquant.lib.backtest.engine_kernel import random_paths
from topoquant.lib.backtest.levels import Exits, distances, time_limits
from topoquant.lib.backtest.market import Market, kernel_costs, market_of
from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.backtest.placements import draw_entries, most_entries
from topoquant.lib.backtest.trade_metrics import LEVEL
from topoquant.lib.bars.schema import row_keys
from topoquant.lib.errors import bad_input

# A figure shows no more points than it has pixels; quantiles over draws are sorted at each.
N_BAND_POINTS = 500
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RandomEntries:
    """The distribution of equity under random entries.

    Attributes
    ----------
    band : DataFrame
        symbol, time, low, median, high: pointwise quantiles (0.005, 0.5, 0.995) of the equity after
        costs, at no more than 500 bars from the first to the last.
    net_returns : ndarray, shape (n_draws,)
        Over the whole period.
    n_entries : int
        Entries per draw.
    """

    band: pd.DataFrame
    net_returns: NDArray[np.float64]
    n_entries: int

    def share_below(self, net_return: float) -> float:
        """Share of draws that earned less, ties counting one half."""
        below, equal = self.net_returns < net_return, self.net_returns == net_return
        return float(below.mean() + equal.mean() / 2)


def random_entries(
    bars: pd.DataFrame, n_trades: int, options: BacktestOptions, n_draws: int, seed: int,
    *, interval: str, n_short: int, exits: Exits | None = None, sizes: ArrayLike | None = None,
) -> RandomEntries:  # fmt: skip
    """Trade at random times, as often, as long and on the same sides as a strategy did.

    Entries are uniform over all placements in which no more than `n_positions` come within `holding` bars
    (see `draw_entries`): the book has a place for each of them, whatever its stops do. Stops, costs, gaps and
    the end of the data are handled as in `simulate`. A strategy whose stops freed it early can have more
    trades than fit that way; then `n_entries` is as many as fit, with sides in the same proportion. An entry
    at which the book finds no distance of a stop, nothing to put at stake, no exposure left or no money is
    not made, as in `simulate`.

    Parameters
    ----------
    bars : DataFrame
        As for `simulate`.
    n_trades : int
        Entries per draw; 0 gives a flat band.
    options : BacktestOptions
        As for `simulate`, with `holding`; `side` and `sizing` are not read.
    n_draws : int
        Number of draws, at least 2.
    seed : int
        Of the draws.
    interval : str
        Length of a bar.
    n_short : int
        How many of the entries are short, at random among them.
    exits : Exits, optional
        As for `simulate`.
    sizes : array-like, shape (n,), optional
        What a signal at each bar would have put at stake, unsigned; `options.size` when absent.

    Returns
    -------
    RandomEntries
        Band, returns and entries per draw.

    Raises
    ------
    InputError
        For counts out of range, options without a holding, and for bars as in `simulate`.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT", "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0,
    ...     "open_time": pd.date_range("2024-01-01", periods=50, freq="h", tz="UTC")})
    >>> options = BacktestOptions(fee=0.001, slippage=0.0, holding=2, side="long")
    >>> result = random_entries(bars, 3, options, 10, 0, interval="1h", n_short=0)
    >>> [round(value, 6) for value in set(result.net_returns.tolist())], round(0.998**3 - 1, 6)
    ([-0.005988], -0.005988)
    """
    market = market_of(bars)
    if n_trades < 0 or n_draws < 2:
        raise bad_input("n_trades and n_draws", "at least 0 and 2", (n_trades, n_draws), "raise n_random")
    if not 0 <= n_short <= n_trades:
        raise bad_input("n_short", f"in [0, {n_trades}]", n_short, "pass the strategy's own count")
    if options.holding is None:
        raise bad_input("holding", "a number of bars", None, "random entries need to know when they end")
    n_entries = min(n_trades, most_entries(len(bars), options.holding, options.n_positions))
    generator = np.random.default_rng(seed)
    entries = draw_entries(
        generator, len(bars), n_entries, holding=options.holding, n_positions=options.n_positions,
        n_draws=n_draws,
    )  # fmt: skip
    stakes = np.full(len(bars), options.size) if sizes is None else np.abs(np.asarray(sizes, np.float64))
    drawn = stakes[entries - 1]
    if n_entries:
        signs = np.ones((n_draws, n_entries))
        signs[:, : round(n_short * n_entries / n_trades)] = -1.0
        drawn = drawn * generator.permuted(signs, axis=1)
    points = np.unique(np.linspace(0, len(bars) - 1, min(len(bars), N_BAND_POINTS)).round().astype(np.int64))
    exits = exits or Exits()
    levels = distances(bars, options, exits, interval=interval)
    limits = time_limits(bars, stakes, options, exits, interval=interval)
    paths = _paths(market, entries, drawn, points, levels, limits, options, interval)
    band = _band(bars, points, paths, interval)
    return RandomEntries(band=band, net_returns=paths[:, -1] - 1, n_entries=n_entries)


def _paths(
    market: Market, entries: NDArray[np.int64], sizes: Floats, points: NDArray[np.int64],
    levels: Floats, limits: NDArray[np.int64], options: BacktestOptions, interval: str,
) -> Floats:  # fmt: skip
    """Equity at the closes of `points`, a row per draw."""
    costs = kernel_costs(options, interval, 1.0)
    if options.n_positions == 1:
        found: Floats = random_paths(market.arrays, entries, sizes, points, levels, limits, *costs)
        return found
    paths = np.empty((len(entries), len(points)))
    for draw, bars_of_entry in enumerate(entries):
        signal = np.zeros(len(market.opens))
        signal[bars_of_entry - 1] = sizes[draw]
        paths[draw] = run_book(market.arrays, signal, levels, limits, *costs, options.n_positions)[2][
            0, points
        ]
    return paths


def _band(
    bars: pd.DataFrame, points: NDArray[np.int64], paths: NDArray[np.float64], interval: str
) -> pd.DataFrame:
    """Take pointwise quantiles over the draws."""
    low, median, high = np.quantile(paths, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)
    keys = row_keys(bars, interval).iloc[points].reset_index(drop=True)
    return keys.assign(low=low, median=median, high=high)
