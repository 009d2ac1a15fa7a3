"""How returns of a made-up market come about: volatility, hidden state, and its filter."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_STEPS = 8
_BURN_IN = 500
_BUSIEST_HOUR = 15


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
    """

    daily_volatility: float
    arch: float
    garch: float
    hour_effect: float
    tail: float | None
    drift: float
    duration: float


@dataclass(frozen=True)
class Path:
    """Log-price moves of a market, and what could be known about each before it happened.

    Attributes
    ----------
    steps : ndarray of float64, shape (n_bars, N_STEPS)
        Log-price move of each step inside each bar.
    step_volatility : ndarray of float64, shape (n_bars,)
        Standard deviation of those steps (after the draw of the bar's tail).
    volatility : ndarray of float64, shape (n_bars + 1,)
        Standard deviation of each bar's noise given the bars before it; the last entry is
        that of the bar that has not come.
    state : ndarray of float64, shape (n_bars + 1,)
        Expected sign of the hidden state given the bars before, in (-1, 1).
    """

    steps: NDArray[np.float64]
    step_volatility: NDArray[np.float64]
    volatility: NDArray[np.float64]
    state: NDArray[np.float64]


def simulate(
    process: Process, bar_days: float, first_hour: float, n_bars: int, rng: np.random.Generator
) -> Path:
    """Draw a path, after a burn-in that is thrown away.

    Parameters
    ----------
    process : Process
        What to draw.
    bar_days : float
        Length of a bar in days.
    first_hour : float
        UTC hour of day at which the first bar opens.
    n_bars : int
        Bars wanted.
    rng : Generator
        Source of randomness.

    Returns
    -------
    Path
        Values at bar t depend on bars up to t alone, and `volatility` and `state` at t on
        those before it.

    Examples
    --------
    >>> process = Process(daily_volatility=0.02, arch=0.05, garch=0.85, hour_effect=0.1,
    ...                   tail=None, drift=0.3, duration=40)
    >>> simulate(process, 1 / 96, 0.0, 10, np.random.default_rng(7)).volatility.shape
    (11,)
    """
    n = n_bars + _BURN_IN + 1
    mixing = np.ones(n)
    if process.tail is not None:
        # A Student-t return is a Gaussian one whose variance was drawn first.
        mixing = np.sqrt((process.tail - 2) / rng.chisquare(process.tail, n))
    noise = mixing[:, None] * rng.standard_normal((n, N_STEPS)) / math.sqrt(N_STEPS)
    turns = np.where(rng.random(n) < 1 / process.duration, -1.0, 1.0)
    state = np.cumprod(turns) * rng.choice([-1.0, 1.0])
    shocks = process.drift * state + noise.sum(axis=1)
    hour = first_hour + 24 * bar_days * np.arange(-_BURN_IN, n_bars + 1)
    scale = process.daily_volatility * math.sqrt(bar_days) * hour_scale(hour, bar_days, process.hour_effect)
    volatility = scale * garch_volatility(shocks, process.arch, process.garch)[:-1]
    expected = filter_state(shocks, process.drift, process.duration)[:-1]
    steps = volatility[:, None] * (process.drift * state[:, None] / N_STEPS + noise)
    return Path(
        steps=steps[_BURN_IN:-1],
        step_volatility=(volatility * mixing / math.sqrt(N_STEPS))[_BURN_IN:-1],
        volatility=volatility[_BURN_IN:],
        state=expected[_BURN_IN:],
    )


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


def garch_volatility(shocks: NDArray[np.float64], arch: float, garch: float) -> NDArray[np.float64]:
    """Return the relative volatility of each bar in a GARCH(1, 1) of mean variance 1.

    Parameters
    ----------
    shocks : ndarray of float64, shape (n,)
        Returns in units of the bar's own volatility, in time order.
    arch, garch : float
        Weights of the last squared return and of the last variance; their sum is below 1.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
        Volatility of bar i from `shocks[:i]`.

    References
    ----------
    Bollerslev (1986), Generalized autoregressive conditional heteroskedasticity.

    Examples
    --------
    >>> garch_volatility(np.array([2.0]), arch=0.1, garch=0.8).round(4).tolist()
    [1.0, 1.1402]
    """
    base = 1 - arch - garch
    # Plain floats: one pass over a list is faster than compiling a kernel for it.
    variances = [1.0]
    for shock in shocks.tolist():
        variances.append(base + (arch * shock * shock + garch) * variances[-1])
    return np.sqrt(variances)


def filter_state(shocks: NDArray[np.float64], drift: float, duration: float) -> NDArray[np.float64]:
    """Return the expected sign of a hidden two-state drift before each bar is seen.

    The state is +1 or -1 and changes sign with probability 1 / `duration` from bar to bar;
    a bar's shock is Gaussian of variance 1 around `drift` times the state.

    Parameters
    ----------
    shocks : ndarray of float64, shape (n,)
        Returns in units of the bar's own volatility, in time order.
    drift : float
        Size of the drift in those units.
    duration : float
        Expected bars between changes, above 2.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
        Expected state of bar i from `shocks[:i]`: filtered, never smoothed.

    References
    ----------
    Hamilton (1989), A new approach to the economic analysis of nonstationary time series.

    Examples
    --------
    >>> filter_state(np.array([1.0]), drift=0.5, duration=4.0).round(4).tolist()
    [0.0, 0.2311]
    """
    persistence = 1 - 2 / duration
    expected = [0.0]
    for shock in shocks.tolist():
        # Posterior log-odds are prior log-odds + 2 drift shock; tanh of half of them is the mean.
        posterior = math.tanh(math.atanh(expected[-1]) + drift * shock)
        expected.append(persistence * posterior)
    return np.array(expected)
