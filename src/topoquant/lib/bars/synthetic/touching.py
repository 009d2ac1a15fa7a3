"""How likely a price is to touch a barrier within some bars, given what is hidden in a market."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.special import log_ndtr, ndtr

from topoquant.lib.bars.synthetic.levels import Levels, level_chain
from topoquant.lib.bars.synthetic.orbit import Orbit, orbit_chain, rise_probability

# Gauss-Legendre nodes per standard deviation of a bar, on which the price of an orbit market is followed.
_N_NODES = 6


def touch_brownian(mean: ArrayLike, deviation: ArrayLike, barrier: float) -> NDArray[np.float64]:
    """Return the probability that a Brownian motion reaches a barrier above its start.

    P(M >= b) = Phi((m - b) / s) + exp(2 m b / s^2) Phi((-m - b) / s), by the reflection principle.

    Parameters
    ----------
    mean, deviation : array-like, shape (n,)
        m and s > 0 of where it ends.
    barrier : float
        b > 0.

    Returns
    -------
    ndarray of float64, shape (n,)

    References
    ----------
    Borodin and Salminen (2002), Handbook of Brownian motion, part II, 2.1.1.4.

    Examples
    --------
    >>> touch_brownian([0.0, 1.0], 1.0, 1.0).round(4).tolist()
    [0.3173, 0.6681]
    """
    mean, deviation = np.asarray(mean), np.asarray(deviation)
    beyond = ndtr((mean - barrier) / deviation)
    # In logs, for exp alone overflows where its partner vanishes.
    returned = np.exp(2 * mean * barrier / deviation**2 + log_ndtr((-mean - barrier) / deviation))
    return np.asarray(np.minimum(beyond + returned, 1.0))


def touch_levels(levels: Levels, barrier: float, horizon: int) -> NDArray[np.float64]:
    """Return the probability of reaching a barrier, for each level of the next bar's volatility.

    Exact: given the levels, the price is a Brownian motion whose total variance is a whole
    number of the smallest level's, and that number's distribution follows from the chain.

    Parameters
    ----------
    levels : Levels
    barrier : float
        Above the start, in standard deviations of a bar at the smallest level.
    horizon : int
        Bars.

    Returns
    -------
    ndarray of float64, shape (n_switches + 1,)

    Examples
    --------
    >>> touch_levels(Levels(0.03, n_switches=1, flip=0.25), 2.0, 1).round(4).tolist()
    [0.0455, 0.1573]
    """
    transition = level_chain(levels).transition
    variance = levels.variance.astype(np.int64)
    total = np.maximum(np.arange(variance[-1] * horizon + 1), 1)
    # touch[k, v]: the next bar has level k, the bars before it had variance v together.
    touch = np.tile(2 * ndtr(-barrier / np.sqrt(total)), (len(variance), 1))
    last = len(total) - 1
    for _ in range(horizon):
        ahead = transition @ touch
        later = np.minimum(np.arange(len(total)) + variance[:, None], last)
        touch = np.take_along_axis(ahead, later, axis=1)
    return np.asarray(touch[:, 0])


def touch_orbit(orbit: Orbit, barrier: float, horizon: int, sign: int) -> NDArray[np.float64]:
    """Return the probability of reaching a barrier, for each hidden state of the next bar.

    The price that has not touched yet is followed backwards in time on a grid, bar by bar and
    state by state; within a bar it is a Brownian bridge of the bar's variance between open and
    close. Exact but for the quadrature (below 1e-5).

    Parameters
    ----------
    orbit : Orbit
    barrier : float
        Distance of the barrier, in standard deviations of a bar.
    horizon : int
        Bars.
    sign : {1, -1}
        Whether the barrier lies above or below.

    Returns
    -------
    ndarray of float64, shape (n_states,)
        In the order of `orbit_chain`.

    Examples
    --------
    >>> orbit = Orbit(0.02, swing=0.9, period=2, n_turns=1, jump=1, idle=4.0)
    >>> touch_orbit(orbit, 1.0, 1, 1).round(3).tolist()
    [0.291, 0.721, 0.033, 0.721, 0.033, 0.721]
    """
    chain = orbit_chain(orbit)
    rise = rise_probability(orbit, chain)
    toward = (rise if sign > 0 else 1 - rise)[:, None]
    # Nobody comes back from further below.
    lowest = -6 * (math.sqrt(horizon) + 1)
    grid, width = _nodes(lowest, barrier)
    transition = csr_array(chain.transition)
    touch = np.zeros((len(rise), len(grid)))
    for n_left in range(1, horizon + 1):
        start = grid if n_left < horizon else np.zeros(1)
        ahead = transition @ touch
        near, far = (
            _one_bar(orbit, start, grid, width, barrier, move) for move in (orbit.swing, -orbit.swing)
        )
        touch = toward * (near[0] + ahead @ near[1].T) + (1 - toward) * (far[0] + ahead @ far[1].T)
    return np.asarray(touch[:, 0])


def _nodes(low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points and weights that integrate over [low, high], panel by panel."""
    edges = np.linspace(low, high, math.ceil(high - low) + 1)
    point, weight = np.polynomial.legendre.leggauss(_N_NODES)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (1 + point)).ravel(), (half * weight).ravel()


def _one_bar(
    orbit: Orbit,
    start: NDArray[np.float64],
    grid: NDArray[np.float64],
    width: NDArray[np.float64],
    barrier: float,
    move: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probability to touch within a bar, and where the bar ends if not: (n_start, n_grid)."""
    variance = 1 - orbit.swing**2
    spread = math.sqrt(variance)
    gap = (barrier - start)[:, None]
    end = grid - start[:, None]
    # A bridge of variance 1 over `gap` and back to `end` touches with probability exp(-2 gap (gap - end)).
    missed = -np.expm1(-2 * gap * np.maximum(gap - end, 0))
    density = np.exp(-0.5 * ((end - move) / spread) ** 2) / (spread * math.sqrt(2 * math.pi))
    over = ndtr((move - gap) / spread)
    bridged = np.exp(2 * gap * (move - gap * orbit.swing**2)) * ndtr(
        (gap * (1 - 2 * variance) - move) / spread
    )
    return (over + bridged)[:, 0], density * missed * width
