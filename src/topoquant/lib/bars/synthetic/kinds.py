"""The kinds of made-up markets: the formula of each, its ceilings, and where it is strong.

Two targets are spoken of. Direction: is the next bar's log-return positive. Trigger: is a high of
the next 4 bars above the next open by a threshold, the market's own if it has one, else the one
that 10.9 % of the rows in the first 70 % of the bars reach. The numbers are of the Bayes score
(`bayes_direction_score`, `bayes_trigger_score`) on the last 15 % of 20,000 bars of 15 minutes, and
of 60,000 where that is said: mean and range over seeds 1 to 200. A target is *strong* when the score
passes the rule of the verdict (the one-sided .99 block-bootstrap bound of its timing return is
above 0, quantiles from the 15 % before) in at least 199 of 200 markets.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from topoquant.lib.bars.synthetic.drawing import Clock, Drawn
from topoquant.lib.bars.synthetic.levels import LEVELS, draw_levels
from topoquant.lib.bars.synthetic.orbit import ORBIT, draw_orbits
from topoquant.lib.bars.synthetic.processes import NOISE, NOISE_DRIFT, REGIME, SHIFT, draw_process

Draw = Callable[[Clock, list[np.random.Generator], float], list[Drawn]]


def draw_noise(clock: Clock, rngs: list[np.random.Generator], correlation: float) -> list[Drawn]:
    """Draw a market whose volatility can be predicted and whose direction cannot.

    r_t = s_t e_t, with e_t a Student-t of 5 degrees of freedom scaled to variance 1 and s_t the
    product of an hour of the day (swing .3) and a GARCH(1, 1): v_t = .03 + (.10 e_{t-1}^2 + .87) v_{t-1}.

    - Direction: the score is .5 on every row, AUC .5. Not strong, and never an edge: it trades nothing.
    - Trigger: AUC .762 (.698 to .841), all of it volatility. Not strong: an edge in 2 of 200, which
      is the level of the bound.

    Parameters
    ----------
    clock, rngs, correlation
        As in `draw_process`.

    Returns
    -------
    list of Drawn
        One per generator.

    Examples
    --------
    >>> clock = Clock(n_bars=10, bar_days=1 / 96, first_hour=0.0)
    >>> draw_noise(clock, [np.random.default_rng(7)], 0.0)[0].truth.columns.tolist()
    ['drift', 'volatility']
    """
    return draw_process(NOISE, clock, rngs, correlation)


def draw_noise_drift(clock: Clock, rngs: list[np.random.Generator], correlation: float) -> list[Drawn]:
    """Draw noise with a constant drift: buying and holding looks brilliant, timing is worth nothing.

    r_t = m + s_t e_t, the market `noise` of the same seed with m = .006 a day added to every
    log-return: prices rise forty-fold in 60,000 bars of 15 minutes. The drift is the same for
    every bar, whatever its volatility, so no position that is centred on its mean can earn it.

    - Direction: P(r > 0) = F(m / s_t) moves with volatility alone, and so little (.51 on average) that
      the AUC is .504 (.477 to .535). That is above one half and still worth nothing: where a rise is
      likelier it is smaller. Not strong: an edge in 3 of 200.
    - Trigger: AUC .761 (.697 to .840), volatility as on `noise`. Not strong: an edge in 1 of 200.

    Parameters
    ----------
    clock, rngs, correlation
        As in `draw_process`.

    Returns
    -------
    list of Drawn
        One per generator.

    Examples
    --------
    >>> clock = Clock(n_bars=10, bar_days=1 / 96, first_hour=0.0)
    >>> draw_noise_drift(clock, [np.random.default_rng(7)], 0.0)[0].truth.columns.tolist()
    ['drift', 'volatility']
    """
    return draw_process(NOISE_DRIFT, clock, rngs, correlation)


def draw_regime(clock: Clock, rngs: list[np.random.Generator], correlation: float) -> list[Drawn]:
    """Draw a market with a hidden drift that can be filtered from the returns, and no better.

    r_t = s_t (.3 z_t + e_t), e_t Gaussian, z_t in {-1, 1} hidden; it changes sign with probability
    1 / 40 from bar to bar. s_t is a GARCH(1, 1) with v_t = .10 + (.05 u_{t-1}^2 + .85) v_{t-1},
    u = .3 z + e, times an hour of the day (swing .1). The filter for z_t is exact (Hamilton 1989): a
    bar's high, low and volume say nothing about z beyond its return. What later bars say of z_t is in
    no score: the smoothed state would have an AUC above the ceiling, and is the trap.

    - Direction: AUC .581 (.552 to .609). Strong: an edge in 200 of 200. Of 60,000 bars, .582 (.562 to
      .604), 200 of 200.
    - Trigger: AUC .671 (.589 to .740). Strong: an edge in 200 of 200. Of 60,000 bars, .675 (.632 to
      .727), 200 of 200.

    Parameters
    ----------
    clock, rngs, correlation
        As in `draw_process`.

    Returns
    -------
    list of Drawn
        One per generator.

    Examples
    --------
    >>> clock = Clock(n_bars=10, bar_days=1 / 96, first_hour=0.0)
    >>> draw_regime(clock, [np.random.default_rng(7)], 0.0)[0].truth.columns.tolist()
    ['drift', 'volatility']
    """
    return draw_process(REGIME, clock, rngs, correlation)


def draw_orbit(clock: Clock, rngs: list[np.random.Generator], correlation: float) -> list[Drawn]:
    """Draw a market in which only the order of rises and falls tells that a jump is near.

    r_t = s (.9 z_t + .436 e_t), e_t Gaussian, s constant, z_t in {-1, 1} the sign of a bar, which
    follows from a hidden state: idle, with P(z = 1) = .47, for a geometric time of mean 100 bars;
    then an orbit of 3 turns of 12 bars, of which 6 rise and 6 fall, from any phase; then the jump,
    6 rising bars; then idle again. What the jump gains (5.4 s) idle bars lose, so the mean
    return is 0. The size of a return does not depend on its sign, and high, low and volume depend
    on nothing but the return, so the joint law of all |r|, ranges and volumes is the same in every
    state: past sizes, ranges and volumes have an AUC of .5 for any target.
    The filter over (idle, age x phase, bar of the jump) is exact. Linear autocorrelation sees part of
    the orbit: .17 at lag 1, -.17 at lag 6, .14 at lag 12.

    The orbit is a closed loop of lagged log-closes, 5.4 s from peak to peak with a period of 12
    bars. It shows with dimension 3 and delay 2 in windows of 18 to 30 closes: in 18 the longest bar
    of H1, in standard deviations of the window, has a median of 1.3 before the jump and .14 in idle bars
    (AUC .95 between the two). In a window of hundreds of bars the loop is small beside the walk.

    - Direction: AUC .711 (.639 to .766). Strong: an edge in 200 of 200. Of 60,000 bars, .715 (.672 to
      .761), 200 of 200.
    - Trigger: AUC .777 (.678 to .840). Strong: an edge in 200 of 200. Of 60,000 bars, .783 (.736 to
      .822), 200 of 200.

    Parameters
    ----------
    clock, rngs, correlation
        As in `draw_orbits`.

    Returns
    -------
    list of Drawn
        One per generator.

    Examples
    --------
    >>> clock = Clock(n_bars=10, bar_days=1 / 96, first_hour=0.0)
    >>> draw_orbit(clock, [np.random.default_rng(7)], 0.0)[0].truth.columns.tolist()
    ['drift', 'volatility', 'p_up', 'evidence']
    """
    return draw_orbits(ORBIT, clock, rngs, correlation)


def draw_volatility(clock: Clock, rngs: list[np.random.Generator], correlation: float) -> list[Drawn]:
    """Draw a market of stochastic volatility, whose trigger has a base rate of 10 %.

    r_t = s 2^(k_t / 2) e_t, e_t Gaussian, k_t the number of six hidden switches that are on, each
    of which changes with probability .01 from bar to bar: log-variance is a discrete AR(1) with a
    half-life of 34 bars (Rouwenhorst 1995). The filter for k_t is exact, from the return and from high
    and low (see `bar_spread`), and so is the probability of a touch. The threshold is 3.21
    typical standard deviations of a bar, .0099 at 15 minutes.

    - Direction: the score is .5 on every row, AUC .5. Not strong, and never an edge.
    - Trigger: AUC .786 (.707 to .863), all of it volatility. Not strong: an edge in 4 of 200.

    Parameters
    ----------
    clock, rngs, correlation
        As in `draw_levels`.

    Returns
    -------
    list of Drawn
        One per generator.

    Examples
    --------
    >>> clock = Clock(n_bars=10, bar_days=1 / 96, first_hour=0.0)
    >>> draw_volatility(clock, [np.random.default_rng(7)], 0.0)[0].truth.columns.tolist()
    ['drift', 'volatility', 'level_0', 'level_1', 'level_2', 'level_3', 'level_4', 'level_5', 'level_6']
    """
    return draw_levels(LEVELS, clock, rngs, correlation)


def draw_shift(clock: Clock, rngs: list[np.random.Generator], correlation: float) -> list[Drawn]:
    """Draw the regime market, whose volatility moves the rate of a trigger from 12 to 2 to 10 %.

    r_t is that of `regime` with the same seed, times 1 in the first 70 % of the bars, .63 in the
    next 15 % and .94 in the last: at a threshold of 3.475 typical standard deviations of a bar (.0071 at
    15 minutes) the trigger has rates of 12, 2 and 10 %. Nothing else moves; the signal does not.

    - Direction: as `regime`, AUC .581 (.552 to .609). Strong: an edge in 200 of 200, of 60,000 bars too.
    - Trigger: AUC .674 (.586 to .741). Not strong: an edge in 33 of 200, of 60,000 bars in 143, against
      200 on `regime`. The probability follows volatility, so a quantile of the quiet validation bars
      is passed by most test rows, and a position that is nearly always taken times little.

    Parameters
    ----------
    clock, rngs, correlation
        As in `draw_process`.

    Returns
    -------
    list of Drawn
        One per generator.

    Examples
    --------
    >>> clock = Clock(n_bars=10, bar_days=1 / 96, first_hour=0.0)
    >>> draw_shift(clock, [np.random.default_rng(7)], 0.0)[0].truth.columns.tolist()
    ['drift', 'volatility']
    """
    return draw_process(SHIFT, clock, rngs, correlation)


@dataclass(frozen=True)
class Kind:
    """How to draw a kind of market, and what it is made for.

    Attributes
    ----------
    draw : callable
        Takes clock, generators and correlation.
    daily_volatility : float
        Typical standard deviation of a day's log-return.
    trigger : float or None
        Log-rise within 4 bars that its target asks for, in typical standard deviations of a bar;
        None where the target is the direction of the next bar.
    """

    draw: Draw
    daily_volatility: float
    trigger: float | None


KINDS = {
    "noise": Kind(draw_noise, NOISE.daily_volatility, None),
    "noise_drift": Kind(draw_noise_drift, NOISE_DRIFT.daily_volatility, None),
    "regime": Kind(draw_regime, REGIME.daily_volatility, None),
    "orbit": Kind(draw_orbit, ORBIT.daily_volatility, None),
    "volatility": Kind(draw_volatility, LEVELS.daily_volatility, 3.2077),
    "shift": Kind(draw_shift, SHIFT.daily_volatility, 3.475),
}
