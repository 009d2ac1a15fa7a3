"""A market whose volatility moves by itself between a few levels, and is seen through its bars only."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

from topoquant.lib.bars.synthetic.chains import HiddenChain, expect_next
from topoquant.lib.bars.synthetic.drawing import Clock, Drawn, correlated_normals
from topoquant.lib.bars.synthetic.ohlcv import prices_from_steps


@dataclass(frozen=True)
class Levels:
    """What a market with volatility levels is made of.

    Attributes
    ----------
    daily_volatility : float
        Standard deviation of a day's log-return.
    n_switches : int
        Hidden switches; a bar's variance is 2 to the power of those that are on, in the
        smallest of its n_switches + 1 values.
    flip : float
        Probability (below 1/2) that a switch changes from one bar to the next.
    """

    daily_volatility: float
    n_switches: int
    flip: float

    @property
    def variance(self) -> NDArray[np.float64]:
        """Variance of each level in the smallest, shape (n_switches + 1,)."""
        return 2.0 ** np.arange(self.n_switches + 1)


LEVELS = Levels(daily_volatility=0.03, n_switches=6, flip=0.01)


def level_chain(levels: Levels) -> HiddenChain:
    """Return the chain of the number of switches that are on, from its stationary distribution.

    Log-variance is then a discrete AR(1): its autocorrelation is (1 - 2 flip)^k, its
    distribution binomial.

    Parameters
    ----------
    levels : Levels

    Returns
    -------
    HiddenChain
        n_switches + 1 states.

    References
    ----------
    Rouwenhorst (1995), Asset pricing implications of equilibrium business cycle models.

    Examples
    --------
    >>> chain = level_chain(Levels(0.03, n_switches=1, flip=0.2))
    >>> chain.initial.round(3).tolist(), chain.transition.round(3).tolist()
    ([0.5, 0.5], [[0.8, 0.2], [0.2, 0.8]])
    """
    n = levels.n_switches
    transition = np.empty((n + 1, n + 1))
    for on in range(n + 1):
        stay_on = binom.pmf(np.arange(on + 1), on, 1 - levels.flip)
        turn_on = binom.pmf(np.arange(n - on + 1), n - on, levels.flip)
        transition[on] = np.convolve(stay_on, turn_on)
    return HiddenChain(binom.pmf(np.arange(n + 1), n, 0.5), transition, np.arange(n + 1))


def filter_levels(levels: Levels, spread: NDArray[np.float64], n_degrees: int) -> NDArray[np.float64]:
    """Return the probability of each level in each bar before the bar is seen.

    Parameters
    ----------
    levels : Levels
    spread : ndarray of float64, shape (n,)
        Sum of squares over each bar, chi-squared with `n_degrees` in units of the bar's variance
        (the smallest level's is 1); in time order.
    n_degrees : int
        5 for the bar of one market, see `bar_spread`.

    Returns
    -------
    ndarray of float64, shape (n + 1, n_switches + 1)
        Row i from `spread[:i]` alone.

    Examples
    --------
    >>> filter_levels(Levels(0.03, n_switches=1, flip=0.2), np.array([2.0]), 5).round(3).tolist()
    [[0.5, 0.5], [0.665, 0.335]]
    """
    precision = 1 / levels.variance
    log_density = 0.5 * n_degrees * np.log(precision) - 0.5 * spread[:, None] * precision
    # A bar's own factor drops out; without it the largest becomes 1 and none underflows together.
    likelihood = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    return expect_next(level_chain(levels), likelihood, np.eye(levels.n_switches + 1))


def bar_spread(prices: pd.DataFrame) -> NDArray[np.float64]:
    """Return all that a bar's high and low say of its variance: 4 h (h - c) + 4 l (l - c).

    h, l and c are logs over the open. Given c, 2 h (h - c) of a Brownian path is exponential
    with mean equal to its variance, and 2 l (l - c) likewise; with the two independent, as
    `prices_from_steps` draws them from one step, their sum is chi-squared with 4 degrees of
    freedom in units of the variance, whatever c is.

    Parameters
    ----------
    prices : DataFrame, shape (n, 4)
        open, high, low, close.

    Returns
    -------
    ndarray of float64, shape (n,)
        Four times the variance estimate of Rogers and Satchell (1991), not negative.

    Examples
    --------
    >>> prices = pd.DataFrame({"open": [1.0], "high": [np.e], "low": [1.0], "close": [1.0]})
    >>> bar_spread(prices).tolist()
    [4.0]
    """
    high, low, close = (
        np.log((prices[name] / prices["open"]).to_numpy()) for name in ("high", "low", "close")
    )
    return np.asarray(4 * high * (high - close) + 4 * low * (low - close))


def draw_levels(
    levels: Levels, clock: Clock, rngs: list[np.random.Generator], correlation: float
) -> list[Drawn]:
    """Draw one market per generator; they share the level of volatility.

    Parameters
    ----------
    levels : Levels
    clock : Clock
    rngs : list of Generator
        The first draws the levels too.
    correlation : float
        Of the returns.

    Returns
    -------
    list of Drawn
        With truth `drift` (0), `volatility` and the probability of each level, `level_<k>`,
        given the bars of all of them.

    Examples
    --------
    >>> clock = Clock(n_bars=3, bar_days=1 / 96, first_hour=0.0)
    >>> draw_levels(LEVELS, clock, [np.random.default_rng(7)], 0.0)[0].truth.shape
    (3, 9)
    """
    unit = smallest_volatility(levels, clock.bar_days)
    flips = np.where(rngs[0].random((clock.n_bars, levels.n_switches)) < levels.flip, -1, 1)
    flips[0] = rngs[0].choice([-1, 1], levels.n_switches)
    n_on = (np.cumprod(flips, axis=0) > 0).sum(axis=1)
    hidden = unit * np.sqrt(levels.variance[n_on])
    moves = hidden * np.stack(correlated_normals((clock.n_bars,), rngs, correlation))
    prices = [prices_from_steps(own[:, None], hidden, rng) for own, rng in zip(moves, rngs, strict=True)]
    probability = filter_levels(levels, joint_spread(prices, correlation) / unit**2, 5 * len(rngs))
    volatility = unit * np.sqrt(probability @ levels.variance)
    truth = pd.DataFrame(probability[1:], columns=[f"level_{k}" for k in range(levels.n_switches + 1)])
    truth.insert(0, "drift", 0.0)
    truth.insert(1, "volatility", volatility[1:])
    return [Drawn(own, volatility[:-1], truth) for own in prices]


def joint_spread(prices: list[pd.DataFrame], correlation: float) -> NDArray[np.float64]:
    """Return all that one bar of several markets says of their common variance.

    c' R^-1 c of their log-returns c, with R of equal correlations, plus each one's `bar_spread`:
    chi-squared with 5 degrees of freedom per market in units of the variance.

    Parameters
    ----------
    prices : list of DataFrame, shape (n, 4)
        open, high, low, close of each market.
    correlation : float
        In [0, 1).

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> flat = pd.DataFrame({"open": [1.0], "high": [np.e], "low": [1.0], "close": [np.e]})
    >>> joint_spread([flat, flat], 0.0).tolist()
    [2.0]
    """
    n = len(prices)
    moves = np.stack([np.log((own["close"] / own["open"]).to_numpy()) for own in prices])
    # Sherman and Morrison: the inverse of equal correlations in closed form.
    pull = correlation / (1 + (n - 1) * correlation)
    squares = ((moves**2).sum(axis=0) - pull * moves.sum(axis=0) ** 2) / (1 - correlation)
    return np.asarray(squares + sum(bar_spread(own) for own in prices))


def smallest_volatility(levels: Levels, bar_days: float) -> float:
    """Return the standard deviation of a bar at the lowest level.

    Parameters
    ----------
    levels : Levels
    bar_days : float
        Length of a bar in days.

    Returns
    -------
    float

    Examples
    --------
    >>> smallest_volatility(Levels(0.03, n_switches=2, flip=0.01), 1.0)
    0.02
    """
    return float(levels.daily_volatility * math.sqrt(bar_days) / 1.5 ** (levels.n_switches / 2))
