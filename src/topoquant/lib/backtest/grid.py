"""A score traded at every combination of thresholds, barriers and holdings, in one call."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.backtest.grid_kernel import FINAL, N_TRADES, run_settings
from topoquant.lib.backtest.levels import average_range
from topoquant.lib.backtest.market import Market, kernel_costs, market_of
from topoquant.lib.backtest.marks_kernel import (
    DOWNSIDE,
    DRAWDOWN,
    GAINED,
    LOST,
    N_RETURNS,
    N_WINS,
    SQUARES,
    SUM,
)
from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.backtest.path_metrics import YEAR
from topoquant.lib.backtest.sizing import position_sizes
from topoquant.lib.bars.schema import infer_interval, interval_timedelta
from topoquant.lib.errors import bad_input

Floats = NDArray[np.float64]
Threshold = tuple[float | None, float | None]
Taken = tuple[NDArray[np.int64], Floats, NDArray[np.int32], NDArray[np.int32]]


@dataclass(frozen=True, kw_only=True)
class GridResult:
    """What every setting of a grid earned.

    Attributes
    ----------
    settings : DataFrame
        One row per setting, thresholds outermost and holdings innermost: upper, lower, stop, take_profit,
        holding; status, n_trades, net_return, sharpe (per bar), sharpe_annual, sortino (annual),
        max_drawdown, win_rate, profit_factor, T. With fewer trades than `min_trades` the status is
        "too_little_data" and win rate and profit factor are NaN.
    n_trials : int
        Settings tried: what the Sharpe ratio of the best must be deflated by, at the least.
    trial_variance : float
        Variance of the settings' Sharpe ratios per bar, likewise; 0 for a single one.
    """

    settings: pd.DataFrame
    n_trials: int
    trial_variance: float


def simulate_grid(
    bars: pd.DataFrame, score: ArrayLike, options: BacktestOptions,
    *, thresholds: Sequence[Threshold], stops: Sequence[float | None] = (None,),
    take_profits: Sequence[float | None] = (None,), holdings: Sequence[int], interval: str | None = None,
    n_jobs: int = 1,
) -> GridResult:  # fmt: skip
    """Trade a score at every combination of thresholds, stops, take-profits and holdings.

    Each setting is what `simulate` gives for the signal +1 where the score is at or above `upper`, -1 where
    it is at or below `lower`. A grid is a search: the best of it is worth nothing until its Sharpe ratio is
    deflated by `n_trials`, and it must be run on rows that the verdict does not come from.

    Parameters
    ----------
    bars : DataFrame, shape (n, >= 6)
        As for `simulate`.
    score : array-like, shape (n,)
        Known at each close; NaN is no signal.
    options : BacktestOptions
        Costs, sizes and trailing stop; `stop`, `take_profit` and `holding` come from the grid, in average
        true ranges where `atr_period` is set. One position at a time.
    thresholds : sequence of (upper, lower)
        None for a side that is not traded.
    stops, take_profits : sequence of float or None
        None for none.
    holdings : sequence of int
        Bars from the fill to the scheduled exit.
    interval : str, optional
        Length of a bar; what the stamps show when absent.
    n_jobs : int
        Threads that share the settings.

    Returns
    -------
    GridResult
        A row per setting, and how many there are.

    Raises
    ------
    InputError
        For several positions at once, a setting out of range, a score of another length, and bars as in
        `simulate`.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=5, freq="h", tz="UTC"),
    ...     "open": [10.0, 10.0, 11.0, 12.0, 12.0], "high": [10.0, 11.0, 12.0, 12.0, 12.0],
    ...     "low": [10.0, 10.0, 11.0, 12.0, 12.0], "close": [10.0, 11.0, 12.0, 12.0, 12.0]})
    >>> grid = simulate_grid(bars, [0.9, 0.1, 0.1, 0.1, 0.1], BacktestOptions(fee=0.0, slippage=0.0),
    ...                      thresholds=[(0.5, None), (0.95, None)], holdings=[1, 2])
    >>> grid.settings["net_return"].round(3).tolist(), grid.n_trials
    ([0.1, 0.2, 0.0, 0.0], 4)
    """
    interval = interval or infer_interval(bars)
    market = market_of(bars)
    settings = _settings(thresholds, stops, take_profits, holdings, options)
    scores = np.asarray(score, np.float64)
    if scores.shape != (len(bars),):
        raise bad_input("score", f"of shape ({len(bars)},)", scores.shape, "align it with the bars on time")
    units = average_range(bars, options.atr_period, interval=interval) if options.atr_period else np.ones(1)
    stakes = position_sizes(bars, np.ones(len(bars)), options, interval=interval)
    exits = settings.iloc[: len(settings) // len(thresholds)]
    distances = exits[["stop", "take_profit"]].fillna(np.inf).to_numpy(np.float64)
    trailing = np.full((len(exits), 1), np.inf if options.trailing is None else options.trailing)
    distances = np.ascontiguousarray(np.hstack((distances, trailing)))
    limits = exits["holding"].to_numpy(np.int64) * interval_timedelta(interval).value
    costs = np.array(kernel_costs(options, interval, 1.0)[:2])
    results = np.empty((len(thresholds), len(exits), FINAL + 1))
    # Where nothing is counted in ranges, a range that is not known yet keeps no entry away.
    in_ranges = np.isfinite(distances).any(axis=1)
    for rows, unit in ((np.flatnonzero(in_ranges), units), (np.flatnonzero(~in_ranges), np.ones(1))):
        if len(rows):
            taken = _signals(scores, thresholds, np.where(np.isnan(unit), 0.0, stakes), options)
            own = distances[rows], _columns(exits.iloc[rows]), limits[rows]
            results[:, rows] = _trade_exits(market, taken, own, unit, costs, n_jobs)
    results = results.reshape(len(settings), -1)
    found = metrics_of_stats(results, options.min_trades, interval=interval)
    table = pd.DataFrame(found)
    ratios = table["sharpe"].dropna()
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    return GridResult(settings=settings.join(table), n_trials=len(settings), trial_variance=variance)


def _settings(
    thresholds: Sequence[Threshold], stops: Sequence[float | None], take_profits: Sequence[float | None],
    holdings: Sequence[int], options: BacktestOptions,
) -> pd.DataFrame:  # fmt: skip
    """Write out every combination, or refuse what no trade can do."""
    if options.n_positions != 1:
        raise bad_input("n_positions", "1 in a grid", options.n_positions, "use simulate for several at once")
    if not thresholds or not stops or not take_profits or not holdings:
        raise bad_input("grid", "one value or more of each", "none of one", "write (None,) for no stop")
    if any(holding < 1 for holding in holdings):
        raise bad_input("holdings", "at least 1", min(holdings), "hold for one bar or longer")
    largest = np.inf if options.atr_period else 1.0
    for name, values in (("stops", stops), ("take_profits", take_profits)):
        wrong = [v for v in values if v is not None and not 0 < v < (largest if name == "stops" else np.inf)]
        if wrong:
            raise bad_input(
                name, "above 0, and a stop below 1 as a fraction", wrong[0], "write None for none"
            )
    kinds = [np.array(values, np.float64) for values in (thresholds, stops, take_profits)]
    places = np.indices((len(thresholds), len(stops), len(take_profits), len(holdings))).reshape(4, -1)
    upper_lower, stop, profit = (kind[place] for kind, place in zip(kinds, places, strict=False))
    return pd.DataFrame({
        "upper": upper_lower[:, 0], "lower": upper_lower[:, 1], "stop": stop, "take_profit": profit,
        "holding": np.array(holdings, np.int64)[places[3]],
    })  # fmt: skip


def _trade_exits(
    market: Market, taken: Taken, exits: tuple[Floats, NDArray[np.int32], NDArray[np.int64]], unit: Floats,
    costs: Floats, n_jobs: int,
) -> Floats:  # fmt: skip
    """Trade every threshold with sets of exits, which threads share."""
    due = market.stamps[taken[0] + 1] + np.unique(exits[2])[:, None]
    dues = np.searchsorted(market.stamps, due)

    def run(distances: Floats, columns: NDArray[np.int32], limits: NDArray[np.int64]) -> Floats:
        shared = (market.arrays, *taken)
        found: Floats = run_settings(*shared, distances, columns, unit, limits, dues, costs)
        return found

    n_parts = min(n_jobs, len(exits[0]))
    if n_parts == 1:
        return run(*exits)
    with ThreadPoolExecutor(n_parts) as pool:
        return np.concatenate(list(pool.map(run, *(np.array_split(one, n_parts) for one in exits))), axis=1)


def _columns(exits: pd.DataFrame) -> NDArray[np.int32]:
    """Give equal stops, equal take-profits and equal holdings one number each."""
    stops, profits, holdings = (
        np.unique(exits[name].to_numpy(), return_inverse=True)[1]
        for name in ("stop", "take_profit", "holding")
    )
    return np.column_stack((stops, profits + stops.max() + 1, holdings)).astype(np.int32)


def _signals(
    scores: Floats, thresholds: Sequence[Threshold], stakes: Floats, options: BacktestOptions
) -> Taken:
    """Give what `run_settings` takes of signals: bars, sizes, and the first that follows each of both."""
    most = np.inf if options.max_exposure is None else options.max_exposure
    stakes = np.minimum(stakes[:-1], most)
    sides = [_sides(scores[:-1], upper, lower, options) for upper, lower in thresholds]
    bars = np.flatnonzero(np.any(sides, axis=0) & (stakes != 0.0))
    sizes = np.array([side[bars] for side in sides]) * stakes[bars]
    m = len(bars)
    known = np.full((len(sizes), m + 1), m, np.int32)
    known[:, :m][sizes != 0.0] = np.broadcast_to(np.arange(m, dtype=np.int32), sizes.shape)[sizes != 0.0]
    following = np.minimum.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    after = np.searchsorted(bars, np.arange(len(scores))).astype(np.int32)
    return bars, sizes, np.ascontiguousarray(following), after


def _sides(
    scores: Floats, upper: float | None, lower: float | None, options: BacktestOptions
) -> NDArray[np.int8]:
    """Give -1, 0 or 1 on the sides that are traded."""
    if upper is not None and lower is not None and not lower < upper:
        raise bad_input("thresholds", "lower below upper", (upper, lower), "swap them")
    side = np.zeros(len(scores), np.int8)
    if upper is not None and options.side != "short":
        side[scores >= upper] = 1
    if lower is not None and options.side != "long":
        side[scores <= lower] = -1
    return side


def metrics_of_stats(
    results: Floats, min_trades: int | None, *, interval: str
) -> dict[str, NDArray[np.generic]]:
    """Turn sums over paths into the numbers a person reads.

    Parameters
    ----------
    results : ndarray, shape (n_paths, N_STATS + 2)
        As `run_settings` gives: stats, number of trades, final equity.
    min_trades : int or None
        Below it the status is "too_little_data".
    interval : str
        Length of a bar.

    Returns
    -------
    dict of str to ndarray, shape (n_paths,)
        The columns of `GridResult.settings` from `status` on.

    Examples
    --------
    >>> sums = np.array([[0.1, 0.01, 0.0, 1.1, 0.0, 1.0, 0.1, 0.0, 4.0, 1.0, 1.1]])
    >>> metrics_of_stats(sums, None, interval="1d")["sharpe"].round(3).tolist()
    [0.5]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        n = results[:, N_RETURNS]
        mean = results[:, SUM] / n
        squared = np.maximum(results[:, SQUARES] - n * mean**2, 0.0) / (n - 1)
        # What is left of a constant path is rounding.
        deviation = np.where(squared > 1e-20, np.sqrt(squared), np.nan)
        downside = np.sqrt(results[:, DOWNSIDE] / n)
        annual = float(np.sqrt(YEAR / interval_timedelta(interval)))
        n_trades = results[:, N_TRADES].astype(np.int64)
        few = n_trades < max(1, min_trades or 1)
        sharpe = mean / deviation
        return {
            "status": np.where(n_trades < (min_trades or 0), "too_little_data", "ok"),
            "n_trades": n_trades,
            "net_return": results[:, FINAL] - 1.0,
            "sharpe": sharpe,
            "sharpe_annual": sharpe * annual,
            "sortino": np.where(downside > 0, mean / downside * annual, np.nan),
            "max_drawdown": results[:, DRAWDOWN],
            "win_rate": np.where(few, np.nan, results[:, N_WINS] / n_trades),
            "profit_factor": np.where(few | (results[:, LOST] <= 0), np.nan,
                                      results[:, GAINED] / results[:, LOST]),
            "T": n.astype(np.int64),
        }  # fmt: skip
