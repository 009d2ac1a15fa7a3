"""The threshold of a trigger label, given or fitted on train rows to a wanted rate."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import decision_time
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.options import TriggerOptions
from topoquant.lib.labeling.triggers import excursion


def fit_trigger_threshold(
    bars: pd.DataFrame, train_times: pd.Series, *, interval: str, options: TriggerOptions
) -> dict[str, Any]:
    """Find the threshold at which the wanted share of train rows is labelled 1, or check a given one.

    Of the excursions seen on train rows the one whose rate lies closest to the wanted rate is
    taken, so the fitted threshold is itself a move that counts.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, or of one that is not named; each sorted by `open_time`.
    train_times : Series of datetime (UTC)
        Decision times of the train rows; repeats (several symbols) are harmless. Rows at no
        other time are looked at.
    interval : str
        Length of a bar.
    options : TriggerOptions

    Returns
    -------
    dict
        `threshold`, `fitted` (bool), `rate_wanted` (None when the threshold was given),
        `rate_fitted` (share of train rows that reach it) and `n_rows` (train rows with a complete
        horizon). Depends on the bars up to the latest t1 of the train rows.

    Raises
    ------
    InputError
        If no train row has a complete horizon, or all of them would get the same label.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "BTCUSDT",
    ...     "open_time": pd.date_range("2024-01-01", periods=5, freq="h", tz="UTC"),
    ...     "open": 100.0, "high": [100.0, 101.0, 102.0, 103.0, 104.0], "low": 100.0, "close": 100.0})
    >>> options = TriggerOptions(horizon=1, side="up", threshold=None, rate=0.25)
    >>> fit_trigger_threshold(bars, decision_time(bars, "1h"), interval="1h", options=options)["threshold"]
    0.04
    """
    moves = _train_moves(bars, train_times, interval, options)
    threshold = _closest_threshold(moves, options.rate) if options.threshold is None else options.threshold
    rate = float((moves >= threshold).mean())
    if not 0 < rate < 1 or not threshold > 0:
        raise bad_input(
            "share of train rows labelled 1", "strictly between 0 and 1 at a threshold above 0",
            f"{rate:.4g} at {threshold:.4g} (largest move {moves.max():.4g}, {len(moves)} rows)",
            "change the threshold or rate, or load more bars",
        )  # fmt: skip
    return {
        "threshold": float(threshold),
        "fitted": options.threshold is None,
        "rate_wanted": options.rate,
        "rate_fitted": rate,
        "n_rows": len(moves),
    }


def _train_moves(
    bars: pd.DataFrame, train_times: pd.Series, interval: str, options: TriggerOptions
) -> NDArray[np.float64]:
    """Return the excursions of the train rows that have one, all symbols together."""
    symbols = [one for _, one in bars.groupby("symbol", sort=False)] if "symbol" in bars else [bars]
    of_symbols, n_train = [], 0
    for of_symbol in symbols:
        is_train = decision_time(of_symbol, interval).isin(train_times).to_numpy()
        moves = excursion(of_symbol, interval=interval, horizon=options.horizon, side=options.side)
        of_symbols.append(moves[is_train & ~np.isnan(moves)])
        n_train += int(is_train.sum())
    moves = np.concatenate(of_symbols)
    if len(moves) == 0:
        raise bad_input(
            "train rows with a complete horizon", "at least 1", f"0 of {n_train}",
            "load more bars or shorten the horizon",
        )  # fmt: skip
    return moves


def _closest_threshold(moves: NDArray[np.float64], rate: float | None) -> float:
    """Return the positive move whose rate of rows at or above it is closest to the wanted one."""
    values, counts = np.unique(moves, return_counts=True)
    rates = counts[::-1].cumsum()[::-1] / len(moves)
    usable = values > 0
    if rate is None or not usable.any():
        return float(values.max())
    return float(values[usable][np.argmin(np.abs(rates[usable] - rate))])
