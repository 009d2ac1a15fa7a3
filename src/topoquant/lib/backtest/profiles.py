"""Strategies of different temper traded side by side on the same rows, beside what asks for no model."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from topoquant.lib.backtest.options import BacktestOptions
from topoquant.lib.backtest.portfolio import pool_equity, trade_signals
from topoquant.lib.backtest.preparing import ExitsOf
from topoquant.lib.errors import bad_input
from topoquant.lib.options import options

KEY = ["symbol", "time"]
BUY_AND_HOLD, IN_TREND = "buy_and_hold", "always_long_in_trend"
Share = Annotated[float, Field(gt=0.5, lt=1)]
Regime = Literal["range", "trend", "panic"]


@options
class ProfileOptions:
    """One strategy.

    Attributes
    ----------
    threshold : float
        In (0.5, 1): how rare, or how sure, a prediction has to be (see `ProfilesOptions.level`).
    blocked : tuple of str
        Regimes in which nothing is entered, out of range, trend and panic; empty for no filter.
    auditor : float or None
        Least probability that the signal is correct, by the auditor; None to do without.
    """

    threshold: Share
    blocked: tuple[Regime, ...]
    auditor: Annotated[float, Field(gt=0, lt=1)] | None


@options
class ProfilesOptions:
    """Which strategies are compared.

    Attributes
    ----------
    level : {"quantile", "probability"}
        What a threshold is. "quantile": the prediction lies beyond that quantile of its own values on the
        second half of val, so that .95 is the highest twentieth. "probability": the calibrated
        probability itself; that of a weak edge hardly moves from its base rate and never comes near .95.
    strategies : dict of str to ProfileOptions
        By name.
    """

    level: Literal["quantile", "probability"]
    strategies: dict[str, ProfileOptions]


@dataclass(frozen=True, kw_only=True)
class ProfileComparison:
    """Strategies side by side.

    Attributes
    ----------
    table : list of dict
        One row per strategy, buy-and-hold and always-long-in-trend last: name, kind ("strategy" or
        "benchmark"), missing (what it needs and was not given; None where it was traded), threshold,
        level, upper and lower (what it came to), n_rows, n_beyond (rows beyond the threshold),
        n_certain (rows whose probability is beyond the threshold taken as one), n_blocked, n_rejected
        (by the auditor), and the metrics of `trade_signals` but for `by_symbol`. Ready for JSON.
    equity : DataFrame
        name, time, equity of all symbols side by side, of what was traded.
    """

    table: list[dict[str, Any]]
    equity: pd.DataFrame


def compare_profiles(
    bars: pd.DataFrame, predictions: pd.DataFrame, backtest: BacktestOptions, profiles: ProfilesOptions,
    *, val: pd.DataFrame, interval: str, seed: int, regimes: pd.DataFrame | None = None,
    auditor: pd.DataFrame | None = None, exits_of: ExitsOf | None = None, base_rate: float | None = None,
) -> ProfileComparison:  # fmt: skip
    """Trade every profile on the same rows, with the same costs and exits.

    A profile that asks for regimes or an auditor that are not there is not traded and says so: without its
    filter it would be another strategy under the same name.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    predictions : DataFrame
        Rows to trade: `symbol`, `time`, `fold`, `p_label`.
    backtest : BacktestOptions
        Costs, sizes, holding, side.
    profiles : ProfilesOptions
        What is compared.
    val : DataFrame
        Rows on which thresholds become levels: `p_label`; nothing is chosen on the rows that are traded.
    interval : str
        Length of a bar.
    seed : int
        Of the random entries.
    regimes : DataFrame, optional
        `symbol`, `time`, `fold`, `regime` (range, trend or panic), one row per fit; a prediction takes
        that of its own fold, and one without a regime is not traded by who filters.
    auditor : DataFrame, optional
        `symbol`, `time`, `side` (of the signal it judged) and `p_correct`; a signal it has not judged, or
        judged with another side, is not traded by who asks it.
    exits_of, base_rate
        As in `trade_signals`.

    Returns
    -------
    ProfileComparison
        A row and a path per strategy.

    Raises
    ------
    InputError
        For a strategy named as a benchmark, a val without rows, and as in `trade_signals`.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=9, freq="h", tz="UTC")
    >>> bars = pd.DataFrame({"symbol": "SYN", "open_time": time, "open": 10.0, "high": 10.0, "low": 10.0,
    ...                      "close": 10.0})
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time[1:7], "fold": -1,
    ...                      "p_label": [0.1, 0.2, 0.9, 0.3, 0.1, 0.2]})
    >>> sniper = ProfileOptions(threshold=0.95, blocked=("range",), auditor=None)
    >>> reckless = ProfileOptions(threshold=0.75, blocked=(), auditor=None)
    >>> profiles = ProfilesOptions(level="quantile", strategies={"sniper": sniper, "reckless": reckless})
    >>> options = BacktestOptions(fee=0.001, slippage=0.0, holding=1, side="long")
    >>> compared = compare_profiles(bars, rows, options, profiles, val=rows, interval="1h", seed=0)
    >>> [(row["name"], row["missing"], row.get("n_trades")) for row in compared.table[:2]]
    [('sniper', 'regimes', None), ('reckless', None, 2)]
    """
    taken = {BUY_AND_HOLD, IN_TREND} & set(profiles.strategies)
    if taken:
        raise bad_input("strategies", "named otherwise than a benchmark", ", ".join(taken), "rename it")
    if not len(val):
        raise bad_input("val", "one row or more", "none", "lengthen val")
    rows = predictions[[*KEY, "fold", "p_label"]].reset_index(drop=True)
    if regimes is not None:
        of_folds = regimes.loc[regimes["fold"].isin(rows["fold"].unique()), [*KEY, "fold", "regime"]]
        rows = rows.merge(of_folds, on=[*KEY, "fold"], how="left", validate="m:1")
    if auditor is not None and len(auditor):  # without any signal that could be judged there is none
        judged = auditor[[*KEY, "side", "p_correct"]].rename(columns={"side": "judged_side"})
        rows = rows.merge(judged, on=KEY, how="left", validate="m:1")
    trade = {"interval": interval, "seed": seed}
    table, paths = [], []
    for name, profile in profiles.strategies.items():
        record, signals = _signals(rows, profile, profiles.level, val, backtest.side)
        record = {"name": name, "kind": "strategy", **record}
        if signals is not None:
            traded = trade_signals(bars, signals, backtest, exits_of=exits_of, base_rate=base_rate, **trade)  # type: ignore[arg-type]
            record |= _without_symbols(traded.metrics)
            paths.append(pool_equity(traded.equity)[["time", "equity"]].assign(name=name))
        table.append(record)
    # Benchmarks hold until their signal ends, whatever the horizon, stops and sizes of the strategies.
    plain = BacktestOptions(
        fee=backtest.fee, slippage=backtest.slippage, funding=backtest.funding, min_trades=backtest.min_trades
    )
    for name, signals in _benchmarks(rows, regimes).items():
        record = {"name": name, "kind": "benchmark", "missing": "regimes" if signals is None else None}
        if signals is not None:
            # Held throughout, or until the regime is another.
            held = replace(plain, holding=len(bars) if name == BUY_AND_HOLD else None)
            traded = trade_signals(bars, signals, held, **trade)  # type: ignore[arg-type]
            record |= _without_symbols(traded.metrics)
            paths.append(pool_equity(traded.equity)[["time", "equity"]].assign(name=name))
        table.append(record)
    return ProfileComparison(table=table, equity=pd.concat(paths, ignore_index=True))


def profile_levels(val: pd.DataFrame, threshold: float, level: str, side: str) -> tuple[float, float | None]:
    """Turn a threshold into the levels a probability has to lie beyond.

    Parameters
    ----------
    val : DataFrame
        `p_label` of the second half of val.
    threshold : float
        In (0.5, 1).
    level : {"quantile", "probability"}
        What the threshold is.
    side : {"long", "short", "both"}
        For "both" there is a lower level too, as far from the other end.

    Returns
    -------
    tuple of (float, float or None)
        Upper and lower; a signal lies strictly beyond, so that a prediction that never moves gives none.

    Examples
    --------
    >>> profile_levels(pd.DataFrame({"p_label": [0.0, 0.1, 0.2, 0.3, 0.4]}), 0.75, "quantile", "both")
    (0.3, 0.1)
    """
    if level == "probability":
        return threshold, 1.0 - threshold if side == "both" else None
    p = val["p_label"].to_numpy(np.float64)
    lower = float(np.quantile(p, 1.0 - threshold)) if side == "both" else None
    return float(np.quantile(p, threshold)), lower


def _signals(
    rows: pd.DataFrame, profile: ProfileOptions, level: str, val: pd.DataFrame, side: str
) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """Give the signals of one profile, or say what is missing for them."""
    upper, lower = profile_levels(val, profile.threshold, level, side)
    p = rows["p_label"].to_numpy(np.float64)
    signal = _beyond(p, upper, lower, side)
    certain = _beyond(p, *profile_levels(val, profile.threshold, "probability", side), side)
    record: dict[str, Any] = {
        "threshold": profile.threshold, "level": level, "upper": upper, "lower": lower,
        "blocked": list(profile.blocked), "auditor": profile.auditor, "n_rows": len(rows),
        "n_beyond": int(np.count_nonzero(signal)), "n_certain": int(np.count_nonzero(certain)),
    }  # fmt: skip
    lacking = [
        name
        for name, needed, column in (
            ("regimes", bool(profile.blocked), "regime"),
            ("auditor", profile.auditor is not None, "p_correct"),
        )
        if needed and column not in rows
    ]
    if lacking:
        return {**record, "missing": " and ".join(lacking)}, None
    if profile.blocked:
        blocked = (rows["regime"].isna() | rows["regime"].isin(profile.blocked)).to_numpy()
        record["n_blocked"] = int(np.count_nonzero(signal[blocked]))
        signal = np.where(blocked, 0.0, signal)
    if profile.auditor is not None:
        trusted = (rows["p_correct"] >= profile.auditor) & (rows["judged_side"] == np.sign(signal))
        record["n_rejected"] = int(np.count_nonzero(signal[~trusted.to_numpy()]))
        signal = np.where(trusted, signal, 0.0)
    return {**record, "missing": None}, rows[[*KEY, "p_label"]].assign(signal=signal)


def _beyond(p: NDArray[np.float64], upper: float, lower: float | None, side: str) -> NDArray[np.float64]:
    """Give the side of every row strictly beyond a level."""
    signal = np.where(p > upper, -1.0 if side == "short" else 1.0, 0.0)
    return signal if lower is None else np.where(p < lower, -1.0, signal)


def _benchmarks(rows: pd.DataFrame, regimes: pd.DataFrame | None) -> dict[str, pd.DataFrame | None]:
    """Hold from the first row on; hold while the regime, by the final fit, is a trend."""
    first = rows[KEY].sort_values(KEY).drop_duplicates("symbol").assign(signal=1.0)
    if regimes is None:
        return {BUY_AND_HOLD: first, IN_TREND: None}
    final = regimes.loc[(regimes["fold"] == -1) & (regimes["time"] >= rows["time"].min())]
    final = final.loc[final["symbol"].isin(rows["symbol"].unique())]
    if final.empty:
        return {BUY_AND_HOLD: first, IN_TREND: None}
    in_trend = final[KEY].assign(signal=(final["regime"] == "trend").astype(float))
    return {BUY_AND_HOLD: first, IN_TREND: in_trend}


def _without_symbols(metrics: dict[str, Any]) -> dict[str, Any]:
    """Leave out what single symbols did."""
    return {name: value for name, value in metrics.items() if name != "by_symbol"}
