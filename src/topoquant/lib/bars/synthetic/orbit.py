"""A market in which only the order of rises and falls tells that it is about to jump."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from topoquant.lib.bars.synthetic.chains import HiddenChain, expect_next
from topoquant.lib.bars.synthetic.drawing import Clock, Drawn, correlated_normals
from topoquant.lib.bars.synthetic.ohlcv import prices_from_steps

# Likelihood columns of a bar: it rises for certain, it falls for certain, or it is idle.
_RISING, _FALLING, _IDLE = 0, 1, 2


@dataclass(frozen=True)
class Orbit:
    """What an orbit market is made of.

    Attributes
    ----------
    daily_volatility : float
        Standard deviation of a day's log-return of idle bars.
    swing : float
        Size of every bar's expected move given its sign, in (0, 1), in standard deviations of
        a bar: the noise around it has variance 1 - swing^2.
    period : int
        Bars of a turn, even: half of them rise, half fall.
    n_turns : int
        Turns before the jump.
    jump : int
        Rising bars of the jump.
    idle : float
        Expected bars between a jump and the next orbit.
    """

    daily_volatility: float
    swing: float
    period: int
    n_turns: int
    jump: int
    idle: float

    @property
    def length(self) -> int:
        """Bars of an orbit."""
        return self.period * self.n_turns

    @property
    def idle_rise(self) -> float:
        """Probability that an idle bar's sign is up: what a jump gains, idle bars lose."""
        return 0.5 - self.jump / (2 * self.idle)


ORBIT = Orbit(daily_volatility=0.02, swing=0.9, period=12, n_turns=3, jump=6, idle=100.0)


def orbit_chain(orbit: Orbit) -> HiddenChain:
    """Return the hidden states: idle, then (age, phase) of the orbit by age, then the jump's bars.

    Parameters
    ----------
    orbit : Orbit

    Returns
    -------
    HiddenChain
        1 + length x period + jump states. Idle bars stay idle or start an orbit at any phase
        with equal probability; all else follows for certain. The first bar is idle.

    Examples
    --------
    >>> chain = orbit_chain(Orbit(0.02, swing=0.9, period=2, n_turns=1, jump=1, idle=4.0))
    >>> chain.outlook.tolist(), chain.transition[0].tolist()
    ([2, 0, 1, 0, 1, 0], [0.75, 0.125, 0.125, 0.0, 0.0, 0.0])
    """
    n_orbit = orbit.length * orbit.period
    n_states = 1 + n_orbit + orbit.jump
    age, phase = np.divmod(np.arange(n_orbit), orbit.period)
    transition = np.zeros((n_states, n_states))
    transition[0, 0] = 1 - 1 / orbit.idle
    transition[0, 1 : 1 + orbit.period] = 1 / (orbit.idle * orbit.period)
    older = 1 + (age + 1) * orbit.period + (phase + 1) % orbit.period
    transition[1 + np.arange(n_orbit), np.where(age + 1 < orbit.length, older, 1 + n_orbit)] = 1
    jumping = 1 + n_orbit + np.arange(orbit.jump)
    transition[jumping, np.append(jumping[1:], 0)] = 1
    waves = np.where(phase < orbit.period // 2, _RISING, _FALLING)
    outlook = np.concatenate([[_IDLE], waves, np.full(orbit.jump, _RISING)])
    return HiddenChain(np.eye(n_states)[0], transition, outlook)


def rise_probability(orbit: Orbit, chain: HiddenChain) -> NDArray[np.float64]:
    """Return the probability that a bar's sign is up, for each state.

    Parameters
    ----------
    orbit : Orbit
    chain : HiddenChain
        From `orbit_chain`.

    Returns
    -------
    ndarray of float64, shape (n_states,)

    Examples
    --------
    >>> orbit = Orbit(0.02, swing=0.9, period=2, n_turns=1, jump=1, idle=4.0)
    >>> rise_probability(orbit, orbit_chain(orbit)).tolist()
    [0.375, 1.0, 0.0, 1.0, 0.0, 1.0]
    """
    return np.array([1.0, 0.0, orbit.idle_rise])[chain.outlook]


def expect_states(
    orbit: Orbit, evidence: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the expected value of each bar's hidden state before the bar is seen.

    Parameters
    ----------
    orbit : Orbit
    evidence : ndarray of float64, shape (n,)
        Log-odds of each bar's sign being up rather than down, from its return alone, in time
        order from the market's first bar.
    value : ndarray of float64, shape (n_states, n_values)
        In the order of `orbit_chain`.

    Returns
    -------
    ndarray of float64, shape (n + 1, n_values)
        Row i from `evidence[:i]` alone.

    Examples
    --------
    >>> orbit = Orbit(0.02, swing=0.9, period=2, n_turns=1, jump=1, idle=4.0)
    >>> idle = np.eye(6)[:, :1]
    >>> expect_states(orbit, np.array([0.0]), idle).ravel().tolist()
    [1.0, 0.75]
    """
    rise, fall = expit(evidence), expit(-evidence)
    likelihood = np.column_stack([rise, fall, orbit.idle_rise * rise + (1 - orbit.idle_rise) * fall])
    return expect_next(orbit_chain(orbit), likelihood, value)


def draw_orbits(
    orbit: Orbit, clock: Clock, rngs: list[np.random.Generator], correlation: float
) -> list[Drawn]:
    """Draw one market per generator; they share the hidden state and every bar's sign.

    Parameters
    ----------
    orbit : Orbit
    clock : Clock
    rngs : list of Generator
        The first draws the signs too.
    correlation : float
        Of the noise around the signs.

    Returns
    -------
    list of Drawn
        With truth `drift`, `volatility`, `p_up` (exact) and `evidence`, which `bayes_trigger_score`
        filters again.

    Examples
    --------
    >>> clock = Clock(n_bars=3, bar_days=1 / 96, first_hour=0.0)
    >>> draw_orbits(ORBIT, clock, [np.random.default_rng(7)], 0.0)[0].truth.shape
    (3, 4)
    """
    sign = draw_signs(orbit, clock.n_bars, rngs[0])
    noise = np.stack(correlated_normals((clock.n_bars,), rngs, correlation))
    spread = math.sqrt(1 - orbit.swing**2)
    moves = orbit.swing * sign + spread * noise
    # Equally correlated noise of equal size: the mean move says all that the moves say of the sign.
    mean_variance = spread**2 * (1 + (len(rngs) - 1) * correlation) / len(rngs)
    evidence = 2 * orbit.swing * moves.mean(axis=0) / mean_variance
    chain = orbit_chain(orbit)
    rise = expect_states(orbit, evidence, rise_probability(orbit, chain)[:, None])[1:, 0]
    unit = orbit.daily_volatility * math.sqrt(clock.bar_days)
    lean = orbit.swing * (2 * rise - 1)
    aligned = ndtr(orbit.swing / spread)
    truth = pd.DataFrame(
        {
            "drift": unit * lean,
            "volatility": unit * np.sqrt(1 - lean**2),
            "p_up": rise * aligned + (1 - rise) * (1 - aligned),
            "evidence": evidence,
        }
    )
    steady = np.full(clock.n_bars, unit)
    return [
        Drawn(prices_from_steps(unit * own[:, None], steady, rng), steady, truth)
        for own, rng in zip(moves, rngs, strict=True)
    ]


def draw_signs(orbit: Orbit, n_bars: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw whether each bar rises or falls: idle bars, an orbit, a jump, and again.

    Parameters
    ----------
    orbit : Orbit
    n_bars : int
    rng : Generator

    Returns
    -------
    ndarray of float64, shape (n_bars,)
        1 or -1, in time order.

    Examples
    --------
    >>> orbit = Orbit(0.02, swing=0.9, period=4, n_turns=1, jump=3, idle=4.0)
    >>> draw_signs(orbit, 14, np.random.default_rng(2)).astype(int).tolist()
    [-1, 1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1, 1, 1]
    """
    parts: list[NDArray[np.float64]] = []
    n_drawn = 0
    while n_drawn < n_bars:
        idle = np.where(rng.random(rng.geometric(1 / orbit.idle)) < orbit.idle_rise, 1.0, -1.0)
        phase = (rng.integers(orbit.period) + np.arange(orbit.length)) % orbit.period
        wave = np.where(phase < orbit.period // 2, 1.0, -1.0)
        parts += [idle, wave, np.ones(orbit.jump)]
        n_drawn += len(idle) + orbit.length + orbit.jump
    return np.concatenate(parts)[:n_bars]
