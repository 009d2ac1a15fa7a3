"""Which bar a score knows: a table keyed one bar too early knows one that has not ended."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import decision_time, interval_timedelta
from topoquant.lib.judge.reading import KEY
from topoquant.lib.validity import Check, block_bootstrap_weights, time_codes
from topoquant.lib.validity.wording import short

# A correlation has to fall by this much, and by this many bootstrap errors, to be an edge of knowledge.
MINIMUM_FALL = 0.05
ERRORS = 4.0
N_RESAMPLES = 200
MEASURES = ("return", "range")
Vector = NDArray[np.float64]


def check_known_bars(
    rows: pd.DataFrame, bars: pd.DataFrame, *, interval: str, horizon: int, block: int, seed: int, name: str
) -> Check:
    """Find the newest bar that a score is made of, and warn when it ended after the decision.

    A score is tied closely to the bars it was computed from, and loosely to those it predicts. The rank
    correlation of the score with the return, and with the range, of the bars around the decision therefore
    falls sharply once: after the last bar known. For a table whose stamps are the start of that bar but were
    taken for its end, it falls one bar too late.

    Parameters
    ----------
    rows : DataFrame
        `symbol`, `time`, `value`; of judged rows, for on those it was fitted on a score knows what follows.
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    interval : str
        Length of a bar.
    horizon : int
        Of the target: a score fitted on its own labels knows that far.
    block, seed : int
        Of the bootstrap.
    name : str
        Of the table.

    Returns
    -------
    Check
        "ok" or "warning": a signal that lives for one bar alone looks the same. Its numbers hold the
        correlations by lead; lead 0 is the bar that ended at `time`.

    Notes
    -----
    Labels are not looked at, and bars after `time` for this question alone.

    Examples
    --------
    >>> from topoquant.lib.bars import synthetic_bars
    >>> bars = synthetic_bars("noise", n_bars=2000, seed=0, interval="15m").bars
    >>> move = np.log(bars["close"] / bars["open"])
    >>> rows = pd.DataFrame({"symbol": bars["symbol"], "time": decision_time(bars, "15m"), "value": move})
    >>> asked = {"interval": "15m", "horizon": 4, "block": 96, "seed": 0, "name": "a"}
    >>> check_known_bars(rows, bars, **asked).status
    'ok'
    >>> early = rows.assign(time=rows["time"] - pd.Timedelta("15min"))
    >>> check_known_bars(early, bars, **asked).finding
    'a follows the return of the bar that opens at its time (rank correlation 1.00, then .05): its times may \
be 1 bar early'
    """
    leads = sorted({-1, 0, 1, 2, 3, horizon, horizon + 1, horizon + 2})
    table, correlated, error = _around(rows, bars, interval, leads), {}, {}
    weights = _weights(table, block, seed)
    for measure in MEASURES:
        ties = _ties(table["value"].to_numpy(), table[[f"{measure} {lead}" for lead in leads]], weights)
        correlated[measure], error[measure] = ties[0], ties[1:]
    numbers = {
        f"{measure}_{lead:+d}": float(tie)
        for measure in MEASURES
        for lead, tie in zip(leads, correlated[measure], strict=True)
    }
    found = [
        (fall, measure, leads[place], place)
        for measure in MEASURES
        for place, fall in enumerate(correlated[measure][:-1] - correlated[measure][1:])
        if leads[place] > 0 and _is_edge(correlated[measure], error[measure], leads, place)
    ]
    label = f"known bars, {name}"
    if not found:
        text = f"{name} follows no bar that had not ended at its time"
        return Check(label, "ok", text, numbers, "tables")
    _, measure, lead, place = max(found)
    first, then = (short(correlated[measure][at]) for at in (place, place + 1))
    which = "bar that opens at its time" if lead == 1 else f"{lead} bars that follow its time"
    early = f"{lead} bar{'s' if lead > 1 else ''} early"
    text = f"{name} follows the {measure} of the {which} (rank correlation {first}, then {then}): its times "
    text += f"may be {early}"
    return Check(label, "warning", text, numbers, "tables")


def _around(rows: pd.DataFrame, bars: pd.DataFrame, interval: str, leads: list[int]) -> pd.DataFrame:
    """Put beside every row the return and the range of the bars around its time; whole rows alone."""
    step = interval_timedelta(interval)
    known = pd.DataFrame(
        {
            "symbol": bars.get("symbol", ""),
            "time": decision_time(bars, interval),
            "return": np.log(bars["close"] / bars["open"]),
            "range": np.log(bars["high"] / bars["low"]),
        }
    )
    table = rows[[*KEY, "value"]]
    for lead in leads:
        moved = known.assign(time=known["time"] - lead * step)
        table = table.merge(moved.rename(columns={one: f"{one} {lead}" for one in MEASURES}), on=KEY)
    return table


def _weights(table: pd.DataFrame, block: int, seed: int) -> Vector:
    """Weights of the rows, shape (1 + N_RESAMPLES, n): as they are, then on resamples of blocks."""
    code, n_times = time_codes(table["time"])
    drawn = block_bootstrap_weights(n_times, block=block, seed=seed, n_resamples=N_RESAMPLES)
    return np.vstack([np.ones(len(code)), drawn[:, code]])


def _ties(value: Vector, columns: pd.DataFrame, weights: Vector) -> Vector:
    """Absolute rank correlation of a score with each column, shape (n_weights, n_columns)."""
    score = pd.Series(value).rank().to_numpy()
    ranks = columns.rank().to_numpy(np.float64)
    score, ranks = (one - one.mean(axis=0) for one in (score, ranks))
    total = weights.sum(axis=1, keepdims=True)
    mean, means = weights @ score[:, None] / total, weights @ ranks / total
    spread = weights @ (score[:, None] ** 2) / total - mean**2
    spreads = weights @ ranks**2 / total - means**2
    product = weights @ (score[:, None] * ranks) / total - mean * means
    return np.abs(product) / np.sqrt(np.maximum(spread * spreads, 1e-300))


def _is_edge(tie: Vector, resampled: Vector, leads: list[int], place: int) -> bool:
    """Whether the correlation falls after this lead, surely, and by more than after the last bar known."""
    falls, drawn = tie[:-1] - tie[1:], resampled[:, :-1] - resampled[:, 1:]
    honest = leads.index(0)
    surely = falls[place] > ERRORS * float(drawn[:, place].std())
    return bool(falls[place] > MINIMUM_FALL and surely and falls[place] > falls[honest])
