"""Made-up markets: bars of one or several symbols, and the best that could be said of what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from topoquant.lib.bars.schema import BAR_COLUMNS, OPTIONAL_BAR_COLUMNS, interval_timedelta, row_keys
from topoquant.lib.bars.synthetic.ceilings import bayes_direction_score, bayes_trigger_score, ranking_auc
from topoquant.lib.bars.synthetic.drawing import Clock, Drawn
from topoquant.lib.bars.synthetic.kinds import KINDS, Kind
from topoquant.lib.bars.synthetic.ohlcv import volumes_from_prices
from topoquant.lib.errors import bad_input

MARKETS = tuple(KINDS)
TRIGGER_HORIZON = 4
# As in the trigger label: a move of exactly the threshold counts in spite of rounding.
_DECIMALS = 12
_LAST_STAMP = pd.Timestamp("2262-01-01", tz="UTC")


@dataclass(frozen=True)
class SyntheticMarket:
    """Bars, and the best that could be said about the market's own target at each of them.

    Attributes
    ----------
    bars : DataFrame, shape (n, 10)
        All required and optional bar columns, no gaps.
    score : ndarray of float64, shape (n,)
        Probability that the label is 1, given the bars so far (of all symbols drawn together)
        and the market's true parameters.
    label : ndarray of float64, shape (n,)
        0 or 1; NaN on the last `horizon` rows. For "direction", whether the next bar's
        log-return is positive; for "trigger", whether a high of the next `horizon` bars is
        above the next open by at least `threshold`.
    ceiling : float
        AUC of `score` against `label`: what no model can expect to exceed.
    truth : DataFrame, shape (n, 4 or more)
        `symbol`, `time`, `drift` (expected log-return of the next bar given the bars up to
        `time`) and `volatility` (its standard deviation, known at `time` likewise); besides
        what `bayes_direction_score` and `bayes_trigger_score` need to know of this kind.
    target : {"direction", "trigger"}
        What `score` and `label` are about.
    horizon : int
        Bars ahead of that target: 1 for "direction".
    threshold : float or None
        Fraction of the next open; None for "direction".
    """

    bars: pd.DataFrame
    score: NDArray[np.float64]
    label: NDArray[np.float64]
    ceiling: float
    truth: pd.DataFrame
    target: Literal["direction", "trigger"]
    horizon: int
    threshold: float | None


def synthetic_bars(
    kind: str,
    *,
    n_bars: int,
    seed: int,
    interval: str = "15m",
    symbol: str = "SYN",
    start: str = "2024-01-01",
) -> SyntheticMarket:
    """Make up a market.

    ===========  ====================================================  =========  ==================
    kind         what can be predicted                                 `label`    strong for
    ===========  ====================================================  =========  ==================
    noise        volatility, not direction                             direction  nothing
    noise_drift  the same; prices rise, timing is worth nothing        direction  nothing
    regime       a hidden drift that changes sign                      direction  direction, trigger
    orbit        a jump, by the order of rises and falls before it     direction  direction, trigger
    volatility   volatility: a trigger of base rate 10 %               trigger    nothing
    shift        as regime; trigger rates of 12, 2 and 10 % in turn    trigger    direction
    ===========  ====================================================  =========  ==================

    Formula, ceilings and strength of a kind are in the docstring of `kinds.draw_<kind>`.

    Parameters
    ----------
    kind : str
        One of `MARKETS`.
    n_bars : int
        Bars, at least 2.
    seed : int
        Same seed, same arguments, same market; not the same for another `n_bars`.
    interval : str
        Length of a bar; volatility goes with its square root, what lasts a number of bars
        still does.
    symbol : str
        Name in the `symbol` column.
    start : str
        First open time, UTC.

    Returns
    -------
    SyntheticMarket
        Bars and truth.

    Raises
    ------
    InputError
        For an unknown kind, fewer than 2 bars, or stamps past what a timestamp holds.

    Examples
    --------
    >>> market = synthetic_bars("regime", n_bars=500, seed=7, interval="15m")
    >>> len(market.bars), bool((market.bars.high >= market.bars.close).all())
    (500, True)
    """
    panel = synthetic_panel(
        kind, symbols=[symbol], n_bars=n_bars, seed=seed, interval=interval, start=start, correlation=0.0
    )
    return panel[0]


def synthetic_panel(
    kind: str,
    *,
    symbols: Sequence[str],
    n_bars: int,
    seed: int,
    interval: str = "15m",
    start: str = "2024-01-01",
    correlation: float,
) -> list[SyntheticMarket]:
    """Make up several markets that belong together.

    What is hidden (regime, orbit, level of volatility, tail of a bar) is the same for all of
    them at any time; what is noise correlates. A GARCH volatility is each symbol's own. The
    scores are those of who sees the bars of all symbols, and exact for equal correlations: one
    filter for the hidden state, which learns more from several symbols than from one, though
    not much where they correlate highly. Signs of `orbit` are part of the hidden state: returns
    of two symbols there correlate by .81 + .19 `correlation`.

    Parameters
    ----------
    kind, n_bars, seed, interval, start
        As in `synthetic_bars`.
    symbols : sequence of str
        Different names, at least one.
    correlation : float
        Between the noise of any two symbols, in [0, 1); one symbol has none to correlate with.

    Returns
    -------
    list of SyntheticMarket
        One per symbol, in their order. The prices of the first are those of `synthetic_bars`, to
        the last bit, whoever comes after; one symbol alone is the same market in everything.

    Raises
    ------
    InputError
        As in `synthetic_bars`, for names that repeat and for another correlation.

    Examples
    --------
    >>> panel = synthetic_panel("regime", symbols=["A", "B"], n_bars=500, seed=7, correlation=0.5)
    >>> [market.bars.symbol[0] for market in panel]
    ['A', 'B']
    """
    if kind not in KINDS:
        raise bad_input("kind", f"one of {', '.join(MARKETS)}", repr(kind), "name one of them")
    if n_bars < 2:
        raise bad_input("n_bars", "at least 2", n_bars, "raise it")
    if not symbols or len(set(symbols)) < len(symbols):
        raise bad_input("symbols", "different names, at least one", list(symbols), "name each once")
    if not 0 <= correlation < 1:
        raise bad_input("correlation", "in [0, 1)", correlation, "lower it")
    open_time = _open_times(start, interval, n_bars)
    first_hour = (open_time[0] - open_time[0].normalize()) / pd.Timedelta(hours=1)
    clock = Clock(n_bars, interval_timedelta(interval) / pd.Timedelta(days=1), first_hour)
    others = [np.random.SeedSequence(seed, spawn_key=(place,)) for place in range(1, len(symbols))]
    rngs = [np.random.default_rng(seed), *map(np.random.default_rng, others)]
    drawn = KINDS[kind].draw(clock, rngs, correlation if len(symbols) > 1 else 0.0)
    typical_volatility = KINDS[kind].daily_volatility * np.sqrt(clock.bar_days)
    markets = []
    for symbol, own, rng in zip(symbols, drawn, rngs, strict=True):
        bars = _with_volumes(own, typical_volatility, rng).assign(symbol=symbol, open_time=open_time)
        bars = bars[[*BAR_COLUMNS, *OPTIONAL_BAR_COLUMNS]]
        truth = pd.concat([row_keys(bars, interval), own.truth], axis=1)
        markets.append(_market(KINDS[kind], bars, truth, typical_volatility))
    return markets


def _open_times(start: str, interval: str, n_bars: int) -> pd.DatetimeIndex:
    """Return the opens, refusing what nanosecond stamps cannot hold."""
    length = interval_timedelta(interval)
    first = pd.Timestamp(start)
    first = first.tz_localize("UTC") if first.tzinfo is None else first.tz_convert("UTC")
    n_most = int((_LAST_STAMP - first) / length)
    if n_bars > n_most:
        raise bad_input("n_bars", f"at most {n_most:,} at {interval}", n_bars, "ask for fewer")
    return pd.date_range(first, periods=n_bars, freq=length).as_unit("ns")


def _with_volumes(own: Drawn, typical_volatility: float, rng: np.random.Generator) -> pd.DataFrame:
    """Put volumes beside the prices."""
    # A Brownian path of deviation 1 has an expected range of sqrt(8 / pi) (Feller 1951).
    typical_range = float(np.sqrt(8 / np.pi) * typical_volatility)
    volumes = volumes_from_prices(own.prices, own.volatility, typical_range, rng)
    return pd.concat([own.prices, volumes], axis=1)


def _market(
    kind: Kind, bars: pd.DataFrame, truth: pd.DataFrame, typical_volatility: float
) -> SyntheticMarket:
    """Score and label the target that the kind is made for."""
    if kind.trigger is None:
        move = np.log((bars["close"] / bars["open"]).to_numpy())
        label = np.append((move[1:] > 0).astype(np.float64), np.nan)
        score, horizon, threshold = bayes_direction_score(truth), 1, None
    else:
        horizon, threshold = TRIGGER_HORIZON, float(np.expm1(kind.trigger * typical_volatility))
        label = _touches(bars, threshold, horizon)
        score = bayes_trigger_score(truth, threshold=threshold, horizon=horizon)
    return SyntheticMarket(
        bars=bars, score=score, label=label, ceiling=ranking_auc(score, label), truth=truth,
        target="direction" if threshold is None else "trigger", horizon=horizon, threshold=threshold,
    )  # fmt: skip


def _touches(bars: pd.DataFrame, threshold: float, horizon: int) -> NDArray[np.float64]:
    """Tell whether a high of the next bars is above the next open by the threshold; NaN at the end."""
    label = np.full(len(bars), np.nan)
    if len(bars) > horizon:
        highest = sliding_window_view(bars["high"].to_numpy()[1:], horizon).max(axis=1)
        reach = highest / bars["open"].to_numpy()[1 : len(highest) + 1] - 1
        label[: len(highest)] = np.round(reach, _DECIMALS) >= threshold
    return label
