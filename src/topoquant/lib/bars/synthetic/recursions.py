"""What `processes` carry from bar to bar: volatility, and the belief about the hidden state."""

import math

import numpy as np
from numpy.typing import NDArray


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
