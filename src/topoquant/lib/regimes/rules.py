"""Regimes by rules: what the last bars look like, without a fit."""

import numpy as np
import pandas as pd

from topoquant.lib.bars import infer_interval
from topoquant.lib.indicators.rolling_kernel import rolling_correlation, rolling_mean_std, rolling_sum
from topoquant.lib.indicators.table import Arrays, Named, Values, previous, ratio, table_by_run, with_returns
from topoquant.lib.regimes.options import RuleOptions

# Names of the rules, in the order of tables and legends.
RULES = ("trending", "mean_reverting", "volatile", "ranging")
MEASURES = ("volatility_ratio", "momentum_to_noise", "variance_ratio", "autocorrelation", "band_distance")


def rule_measures(bars: pd.DataFrame, options: RuleOptions, *, interval: str) -> pd.DataFrame:
    """Compute what the rules compare with their thresholds.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order, with or without `symbol`.
    options : RuleOptions
        Periods; thresholds are not looked at.
    interval : str
        Length of a bar ("15m").

    Returns
    -------
    DataFrame, shape (n_bars, 1 or 2 + 5)
        `symbol` where `bars` has it, `time` and float64 columns, over `period` bars where nothing else
        is said and with population moments:

        - `volatility_ratio`: standard deviation of `fast_period` log-returns over that of `period`.
        - `momentum_to_noise`: the log-return of all bars over the root of the sum of the squared ones,
          without its sign. By chance its square is 1 on average.
        - `variance_ratio`: mean square of log-returns of `variance_horizon` bars over as many times that of
          one bar (the ratio of Lo and MacKinlay 1988 with a mean of 0): above 1 moves go on, below 1 they
          turn. A mean taken off would take the trend with it, and bias windows that are short.
        - `autocorrelation`: of log-returns with those of the bar before.
        - `band_distance`: log close from its mean, in its standard deviations, without its sign.

        Without movement ratios are 1 and the others 0. The first `period + variance_horizon` rows after
        the start and after every gap are NaN; no other row is.

    Raises
    ------
    InputError
        For several symbols, or a price that is not positive.

    Notes
    -----
    A row depends on that many bars before its own, back to the last gap, and on its own.

    Examples
    --------
    See `classify_regime`.
    """
    warm_up = options.period + options.variance_horizon

    def compute(arrays: Arrays) -> Named:
        if arrays["close"].size > warm_up:
            yield from _measures(with_returns(arrays), options).items()

    return table_by_run(bars, compute, dict.fromkeys(MEASURES, warm_up), interval=interval)


def classify_regime(bars: pd.DataFrame, options: RuleOptions, *, interval: str | None = None) -> pd.DataFrame:
    """Name the regime of each bar by the first rule that holds.

    ===============  ==============================================================================
    name             holds where
    ===============  ==============================================================================
    volatile         `volatility_ratio` reaches its threshold
    trending         `momentum_to_noise` and `variance_ratio` both reach theirs
    mean_reverting   `autocorrelation` and `variance_ratio` are both at or below theirs, and
                     `band_distance` is within the bands
    ranging          no rule holds
    ===============  ==============================================================================

    Rules are asked in the order of `options.order`; a rule that is not named there is not asked.

    Parameters
    ----------
    bars : DataFrame
        Bars of one symbol in time order, with or without `symbol`.
    options : RuleOptions
        Order, periods and thresholds.
    interval : str, optional
        Length of a bar; what the stamps show when absent.

    Returns
    -------
    DataFrame, shape (n_bars, 2 or 3)
        `symbol` where `bars` has it, `time` and `rule`; None in the warm-up of `rule_measures`.

    Raises
    ------
    InputError
        As `rule_measures`.

    Notes
    -----
    A row depends on bars up to and including its own.

    Examples
    --------
    >>> options = RuleOptions(
    ...     order=["trending"], period=10, fast_period=2, variance_horizon=2, volatility_ratio=9.0,
    ...     momentum_to_noise=2.0, trend_variance_ratio=0.0, autocorrelation=0.0,
    ...     reversion_variance_ratio=1.0, band_width=2.0,
    ... )
    >>> close = 1.01 ** np.arange(30)
    >>> bars = pd.DataFrame({
    ...     "open_time": pd.date_range("2024", periods=30, freq="h", tz="UTC"), "open": close,
    ...     "high": close, "low": close, "close": close, "volume": 1.0,
    ... })
    >>> classify_regime(bars, options)["rule"].value_counts().to_dict()
    {'trending': 18}
    """
    measured = rule_measures(bars, options, interval=interval or infer_interval(bars))
    named = measured.drop(columns=list(MEASURES))
    known = measured[MEASURES[0]].notna().to_numpy()
    holds = _holds(measured, options)
    rules = np.full(len(measured), "ranging", dtype=object)
    # Written from the last rule to the first, so that the first that holds is what stays.
    for name in reversed(options.order):
        rules[holds[name]] = name
    rules[~known] = None
    return named.assign(rule=pd.array(rules, dtype="str"))


def _holds(measured: pd.DataFrame, options: RuleOptions) -> dict[str, np.ndarray]:
    """Say where each rule holds; NaN holds nowhere."""
    volatility, momentum, variance, correlation, distance = (measured[name].to_numpy() for name in MEASURES)
    return {
        "volatile": volatility >= options.volatility_ratio,
        "trending": (momentum >= options.momentum_to_noise) & (variance >= options.trend_variance_ratio),
        "mean_reverting": (
            (correlation <= options.autocorrelation)
            & (variance <= options.reversion_variance_ratio)
            & (distance <= options.band_width)
        ),
    }


def _measures(bars: Arrays, options: RuleOptions) -> dict[str, Values]:
    """Compute the columns of one run of bars."""
    returns, prices, period = bars["log_return"], bars["log_close"], options.period
    fast, slow = (rolling_mean_std(returns, one)[1] for one in (options.fast_period, period))
    longer = prices - previous(prices, options.variance_horizon)
    squares, long_squares = (rolling_sum(np.square(one), period) for one in (returns, longer))
    middle, width = rolling_mean_std(prices, period)
    return {
        "volatility_ratio": ratio(fast, slow, 1.0),
        "momentum_to_noise": ratio(np.abs(prices - previous(prices, period)), np.sqrt(squares), 0.0),
        "variance_ratio": ratio(long_squares, options.variance_horizon * squares, 1.0),
        "autocorrelation": rolling_correlation(returns, previous(returns), period),
        "band_distance": ratio(np.abs(prices - middle), width, 0.0),
    }
