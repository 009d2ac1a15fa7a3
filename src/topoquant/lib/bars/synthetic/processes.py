"""Markets whose volatility follows a GARCH, with or without a hidden drift that changes sign."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars.synthetic.drawing import Clock, Drawn, correlated_normals
from topoquant.lib.bars.synthetic.ohlcv import prices_from_steps
from topoquant.lib.bars.synthetic.recursions import filter_state, garch_volatility

N_STEPS = 8
_BURN_IN = 500
_BUSIEST_HOUR = 15
# Where a chronological split of 70 : 15 : 15 cuts.
_CUTS = (0.70, 0.85)


@dataclass(frozen=True)
class _Shared:
    """What the markets drawn together have in common, each of shape (n,)."""

    mixing: NDArray[np.float64]
    state: NDArray[np.float64]
    belief: NDArray[np.float64]
    scale: NDArray[np.float64]


@dataclass(frozen=True)
class Process:
    """What a market is made of.

    Attributes
    ----------
    daily_volatility : float
        Standard deviation of a day's log-return before the hidden drift; a bar's share goes
        with the square root of its length.
    arch, garch : float
        Weights of the last squared return and of the last variance in the next variance.
    hour_effect : float
        Relative swing of volatility over the day, in [0, 1); none from daily bars up.
    tail : float or None
        Degrees of freedom (> 2) of a bar's Student-t return; None for a Gaussian one.
    drift : float
        Size of the hidden drift, in standard deviations of the bar it acts on.
    duration : float
        Expected bars (> 2) until the hidden state changes sign.
    trend : float
        Log-return of a day that everybody gets, whatever the volatility.
    volatility_by_set : tuple of three float
        Factors of volatility in the first 70 % of the bars, the next 15 % and the last 15 %.
    """

    daily_volatility: float
    arch: float
    garch: float
    hour_effect: float
    tail: float | None
    drift: float
    duration: float
    trend: float = 0.0
    volatility_by_set: tuple[float, float, float] = (1.0, 1.0, 1.0)


NOISE = Process(
    daily_volatility=0.03, arch=0.10, garch=0.87, hour_effect=0.3, tail=5.0, drift=0.0, duration=40.0
)
REGIME = Process(
    daily_volatility=0.02, arch=0.05, garch=0.85, hour_effect=0.1, tail=None, drift=0.3, duration=40.0
)
# The price of a 15-minute market rises by a factor of 40 in 60,000 bars.
NOISE_DRIFT = replace(NOISE, trend=0.006)
# At the threshold of `kinds.KINDS` these give trigger rates of 12, 2 and 10 %.
SHIFT = replace(REGIME, volatility_by_set=(1.0, 0.63, 0.94))


def draw_process(
    process: Process, clock: Clock, rngs: list[np.random.Generator], correlation: float
) -> list[Drawn]:
    """Draw one market per generator, after a burn-in that is thrown away.

    They share the hidden state and the draws of the tail; each has a volatility of its own.

    Parameters
    ----------
    process : Process
    clock : Clock
    rngs : list of Generator
        The first draws what is shared too, and gives the same market alone or among others.
    correlation : float
        Of the noise.

    Returns
    -------
    list of Drawn
        With truth `drift` and `volatility`, the drift from the returns of all markets.

    Examples
    --------
    >>> clock = Clock(n_bars=10, bar_days=1 / 96, first_hour=0.0)
    >>> [len(own.truth) for own in draw_process(REGIME, clock, [np.random.default_rng(7)], 0.0)]
    [10]
    """
    n = clock.n_bars + _BURN_IN + 1
    mixing = np.ones(n)
    if process.tail is not None:
        # A Student-t return is a Gaussian one whose variance was drawn first.
        mixing = np.sqrt((process.tail - 2) / rngs[0].chisquare(process.tail, n))
    normals = correlated_normals((n, N_STEPS), rngs, correlation)
    noise = [mixing[:, None] * own / math.sqrt(N_STEPS) for own in normals]
    turns = np.where(rngs[0].random(n) < 1 / process.duration, -1.0, 1.0)
    state = np.cumprod(turns) * rngs[0].choice([-1.0, 1.0])
    shocks = [process.drift * state + own.sum(axis=1) for own in noise]
    # Equally correlated noise of equal size: the mean shock says all that the shocks say of the
    # state, as much as one shock of variance 1 that is so many times larger.
    mean_variance = (1 + (len(rngs) - 1) * correlation) / len(rngs)
    telling = np.mean(shocks, axis=0) / mean_variance
    belief = filter_state(telling, process.drift, process.duration)[:-1]
    shared = _Shared(mixing, state, belief, _scale(process, clock))
    return [_draw_market(process, clock, shared, own, rng) for own, rng in zip(noise, rngs, strict=True)]


def hour_scale(hour: NDArray[np.float64], bar_days: float, hour_effect: float) -> NDArray[np.float64]:
    """Return volatility relative to its daily mean, highest in the afternoon (UTC).

    Parameters
    ----------
    hour : ndarray of float64, shape (n,)
        Hours since a midnight.
    bar_days : float
        Length of a bar in days; from one day up there is no effect.
    hour_effect : float
        Relative swing, in [0, 1).

    Returns
    -------
    ndarray of float64, shape (n,)
        Factors.

    Examples
    --------
    >>> hour_scale(np.array([15.0, 3.0]), 1 / 96, 0.25).tolist()
    [1.25, 0.75]
    """
    if bar_days >= 1:
        return np.ones(len(hour))
    return 1 + hour_effect * np.cos(2 * np.pi * (hour - _BUSIEST_HOUR) / 24)


def _scale(process: Process, clock: Clock) -> NDArray[np.float64]:
    """Return the volatility of each bar apart from the GARCH: level, hour and third of the market."""
    bar = np.arange(-_BURN_IN, clock.n_bars + 1)
    hour = clock.first_hour + 24 * clock.bar_days * bar
    level = process.daily_volatility * math.sqrt(clock.bar_days)
    which = np.searchsorted(_CUTS, bar / clock.n_bars, side="right")
    factor = np.array(process.volatility_by_set)[which]
    return np.asarray(level * hour_scale(hour, clock.bar_days, process.hour_effect) * factor)


def _draw_market(
    process: Process, clock: Clock, shared: _Shared, noise: NDArray[np.float64], rng: np.random.Generator
) -> Drawn:
    """Turn one market's noise into prices, and say what was known before each bar."""
    shocks = process.drift * shared.state + noise.sum(axis=1)
    volatility = shared.scale * garch_volatility(shocks, process.arch, process.garch)[:-1]
    trend = process.trend * clock.bar_days
    push = process.drift * shared.state[:, None] / N_STEPS
    steps = volatility[:, None] * (push + noise) + trend / N_STEPS
    step_volatility = volatility * shared.mixing / math.sqrt(N_STEPS)
    inside = slice(_BURN_IN, -1)
    prices = prices_from_steps(steps[inside], step_volatility[inside], rng)
    ahead, belief = volatility[_BURN_IN + 1 :], shared.belief[_BURN_IN + 1 :]
    truth = pd.DataFrame(
        {
            "drift": ahead * process.drift * belief + trend,
            # Not knowing the state adds the variance of its own two-valued distribution.
            "volatility": ahead * np.sqrt(1 + process.drift**2 * (1 - belief**2)),
        }
    )
    return Drawn(prices, volatility[inside], truth)
