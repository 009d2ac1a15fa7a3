"""How much was tried on a market: the number that a Sharpe ratio is deflated by."""

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from topoquant.lib.sampling.overlap import instants

# Sets whose rows end before the test period begins; embargoed rows may lie in it.
BEFORE_TEST = ("train", "val", "purged")


class TrialLog(Protocol):
    """What is remembered of predictions that were scored on test rows."""

    tracked: bool
    own: Sequence[str]

    def runs(self, market: str) -> list[list[str]]:
        """Return the option fingerprints of every run on a market, this run's own left out or not."""
        ...


def market_fingerprint(bars: pd.DataFrame, splits: pd.DataFrame) -> str:
    """Name the market that a study is tested on: the bars of its test period.

    Parameters
    ----------
    bars : DataFrame
        `symbol`, `open_time` and `close`.
    splits : DataFrame
        `time` and `set` of `assign_rows`.

    Returns
    -------
    str
        The same for the same symbols, times and closes from the last row before test on. Features, kind and
        horizon of the target, embargo and `n_rows` do not change it: they are ways to try one market.
        Other dates, symbols or bars do, and so does the seed of a made-up market.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": "A", "close": [1.0, 2.0, 3.0],
    ...     "open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")})
    >>> splits = pd.DataFrame({"time": bars["open_time"] + pd.Timedelta("1h"),
    ...     "set": ["train", "purged", "test"]})
    >>> one = market_fingerprint(bars, splits)
    >>> one == market_fingerprint(bars.assign(close=[9.0, 2.0, 3.0]), splits)
    True
    >>> one == market_fingerprint(bars.assign(close=[1.0, 2.0, 9.0]), splits)
    False
    """
    border = splits.loc[splits["set"].isin(BEFORE_TEST), "time"].max()
    test = bars if pd.isna(border) else bars.loc[bars["open_time"] >= border]
    digest = hashlib.sha256(",".join(sorted(map(str, test["symbol"].unique()))).encode())
    ordered = test.sort_values(["symbol", "open_time"], kind="stable")
    digest.update(np.ascontiguousarray(instants(ordered["open_time"])).tobytes())
    digest.update(ordered["close"].to_numpy(np.float64).tobytes())
    return digest.hexdigest()[:16]


def count_trials(log: TrialLog, market: str, *, n_compared: int) -> dict[str, Any]:
    """Count the distinct predictions that were tried on a market.

    One trial is one prediction: the options of everything that made it. A run compares several, so that a
    changed option of one member adds that member and the ensemble, and the same run repeated adds
    nothing. A seed of a model is one of its options: whoever picks the best of ten seeds has drawn ten times.

    Parameters
    ----------
    log : TrialLog
        What was recorded of other runs, and what this run tries.
    market : str
        Of `market_fingerprint`.
    n_compared : int
        Predictions compared in this run, the least there can be.

    Returns
    -------
    dict
        market, tracked, n_runs (other runs recorded on this market), n_distinct (distinct predictions of all
        runs), n_compared, n_trials (the larger of the two) and own (fingerprints of this run).

    Examples
    --------
    >>> class Log:
    ...     tracked, own = True, ("a", "b")
    ...     def runs(self, market):
    ...         return [["a", "b"], ["a", "c"]]
    >>> count_trials(Log(), "m", n_compared=2)["n_trials"]
    3
    """
    others = log.runs(market)
    distinct = {*log.own, *(one for run in others for one in run)}
    return {
        "market": market,
        "tracked": log.tracked,
        "n_runs": len(others),
        "n_distinct": len(distinct),
        "n_compared": n_compared,
        "n_trials": max(len(distinct), n_compared),
        "own": sorted(log.own),
    }
