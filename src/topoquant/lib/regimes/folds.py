"""One fit per fold and one on all train rows; every bar filtered by each of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.bars import interval_timedelta, map_symbols, stamps_ns
from topoquant.lib.errors import bad_input
from topoquant.lib.progress import Progress, silent
from topoquant.lib.regimes.hmm import RegimeModel, filter_hmm, fit_hmm
from topoquant.lib.regimes.inputs import regime_inputs
from topoquant.lib.regimes.naming import REGIMES
from topoquant.lib.regimes.options import RegimeOptions
from topoquant.lib.regimes.rules import classify_regime
from topoquant.lib.sampling import KEY, fold_rows, instants, key_positions

# By symbol, then by fold ("-1" for all train rows): `RegimeModel.to_dict`.
Models = Mapping[str, Mapping[str, Mapping[str, Any]]]
ALL_TRAIN_ROWS = -1
PROBABILITIES = tuple(f"p_{name}" for name in REGIMES)


def fit_regimes(
    bars: pd.DataFrame, splits: pd.DataFrame, options: RegimeOptions, *, interval: str,
    embargo: pd.Timedelta, seed: int, progress: Progress = silent,
) -> dict[str, dict[str, dict[str, Any]]]:  # fmt: skip
    """Fit a regime model of each symbol per fold, and one on all its train rows.

    Parameters
    ----------
    bars : DataFrame
        Bars of one or several symbols, sorted by (symbol, open_time).
    splits : DataFrame
        Of `assign_rows`. Rows that were thinned away (`kept` is False) are fitted on too: no label is
        looked at, and a chain needs every step.
    options : RegimeOptions
        Inputs and fit.
    interval : str
        Length of a bar.
    embargo : Timedelta
        Time left out after a held-out block.
    seed : int
        Of the starts of every fit.
    progress : Progress, optional
        Told about fits.

    Returns
    -------
    dict
        By symbol and fold: "0" and so on from the train rows that keep clear of that held-out block
        (purged and embargoed as in `fold_rows`), "-1" from all train rows. Plain numbers for JSON.

    Raises
    ------
    InputError
        As `fold_rows` and `fit_hmm`.

    Notes
    -----
    A fit reads inputs of train rows alone, and those depend on no later bar: whatever stands in val and
    test rows, it is the same bit for bit. Where rows are missing between train rows (a held-out block, a
    gap, a warm-up) no transition is counted.

    Examples
    --------
    >>> from topoquant.lib.regimes.options import HMMOptions, RegimeInputOptions, RegimeOptions, RuleOptions
    >>> from topoquant.lib.sampling import SplitOptions, assign_rows
    >>> random = np.random.default_rng(0)
    >>> spread = np.tile(np.repeat([0.001, 0.003, 0.01], 100), 2)
    >>> close = 100 * np.exp(np.cumsum(spread * random.normal(size=600)))
    >>> bars = pd.DataFrame({"symbol": "SYN", "open": close, "high": close, "low": close, "close": close,
    ...     "volume": 1.0, "open_time": pd.date_range("2024-01-01", periods=600, freq="h", tz="UTC")})
    >>> options = RegimeOptions(
    ...     inputs=RegimeInputOptions(efficiency=(), log_volatility=(6.0,), log_return=()),
    ...     hmm=HMMOptions(n_states=3, covariance="diag", n_starts=2, n_short=5, n_iterations=50,
    ...         tolerance=1e-4),
    ...     rules=RuleOptions(order=("volatile",), period=24, fast_period=6, variance_horizon=4,
    ...         volatility_ratio=1.5, momentum_to_noise=1.5, trend_variance_ratio=0.9, autocorrelation=-0.1,
    ...         reversion_variance_ratio=0.9, band_width=2.0),
    ...     min_agreement=0.8,
    ... )
    >>> split = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=None)
    >>> splits = assign_rows(bars, "1h", horizon=1, options=split)
    >>> models = fit_regimes(bars, splits, options, interval="1h", embargo=pd.Timedelta("1h"), seed=0)
    >>> sorted(models["SYN"])
    ['-1', '0', '1']
    """
    inputs = map_symbols(lambda one: regime_inputs(one, options.inputs, interval=interval), bars)
    names = [name for name in inputs if name not in KEY]
    is_train = (splits["set"] == "train").to_numpy()
    rows_of = {str(ALL_TRAIN_ROWS): np.flatnonzero(is_train)}
    held_out = np.unique(splits["fold"].to_numpy()[is_train])
    for fold, (train, _) in zip(held_out, fold_rows(splits, embargo=embargo), strict=True):
        rows_of[str(int(fold))] = train
    found = key_positions(inputs, splits, name="regime inputs")
    models: dict[str, dict[str, dict[str, Any]]] = {}
    symbols = splits["symbol"].to_numpy(dtype=str)
    step = interval_timedelta(interval).value
    with progress(len(rows_of) * len(np.unique(symbols)), "fits") as advance:
        for symbol in np.unique(symbols):
            models[symbol], is_own = {}, symbols == symbol
            for fold, rows in rows_of.items():
                own = rows[is_own[rows]]
                part = inputs.iloc[found[own][found[own] >= 0]].sort_values("time").dropna()
                lengths = _piece_lengths(instants(part["time"]), step)
                model = _fit(part[names], options, lengths, seed, f"{symbol}, fold {fold}")
                models[symbol][fold] = model.to_dict()
                advance(1)
    return models


def regimes_of_bars(
    bars: pd.DataFrame, models: Models, options: RegimeOptions, *, interval: str
) -> pd.DataFrame:
    """Filter every bar by every fit, and name its regime by rules too.

    Parameters
    ----------
    bars : DataFrame
        Bars of one or several symbols, sorted by (symbol, open_time).
    models : mapping
        Of `fit_regimes`.
    options : RegimeOptions
        Inputs and rules.
    interval : str
        Length of a bar.

    Returns
    -------
    DataFrame
        Ordered by (symbol, fold, time), one row per fit and bar past the warm-up of inputs and rules:
        `symbol`, `time`, `fold` (-1 for the fit on all train rows), `p_range`, `p_trend`, `p_panic`
        (filtered), `regime` (the most probable) and `rule`. A row depends on the model and on bars up
        to its own.

    Raises
    ------
    InputError
        For a symbol without models.

    Notes
    -----
    The filter runs over all bars of a symbol, from `start_probability` on. A gap of g bars, and the bars
    of the warm-up after it, count as bars that nothing was seen of: the probabilities move towards the
    chain's stationary ones by one transition per bar. Rows of the warm-up itself are not in the table.

    Examples
    --------
    >>> from topoquant.lib.regimes.options import HMMOptions, RegimeInputOptions, RegimeOptions, RuleOptions
    >>> from topoquant.lib.sampling import SplitOptions, assign_rows
    >>> random = np.random.default_rng(0)
    >>> spread = np.tile(np.repeat([0.001, 0.003, 0.01], 100), 2)
    >>> close = 100 * np.exp(np.cumsum(spread * random.normal(size=600)))
    >>> bars = pd.DataFrame({"symbol": "SYN", "open": close, "high": close, "low": close, "close": close,
    ...     "volume": 1.0, "open_time": pd.date_range("2024-01-01", periods=600, freq="h", tz="UTC")})
    >>> options = RegimeOptions(
    ...     inputs=RegimeInputOptions(efficiency=(), log_volatility=(6.0,), log_return=()),
    ...     hmm=HMMOptions(n_states=3, covariance="diag", n_starts=2, n_short=5, n_iterations=50,
    ...         tolerance=1e-4),
    ...     rules=RuleOptions(order=("volatile",), period=24, fast_period=6, variance_horizon=4,
    ...         volatility_ratio=1.5, momentum_to_noise=1.5, trend_variance_ratio=0.9, autocorrelation=-0.1,
    ...         reversion_variance_ratio=0.9, band_width=2.0),
    ...     min_agreement=0.8,
    ... )
    >>> split = SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=None)
    >>> splits = assign_rows(bars, "1h", horizon=1, options=split)
    >>> models = fit_regimes(bars, splits, options, interval="1h", embargo=pd.Timedelta("1h"), seed=0)
    >>> regimes = regimes_of_bars(bars, models, options, interval="1h")
    >>> regimes["fold"].unique().tolist(), regimes["regime"].iloc[-1]
    ([-1, 0, 1], 'panic')
    """
    if missing := sorted(set(bars["symbol"].astype(str)) - set(models)):
        raise bad_input("models", "of every symbol of the bars", f"none of {missing}", "fit them first")

    def compute(own: pd.DataFrame) -> pd.DataFrame:
        inputs = regime_inputs(own, options.inputs, interval=interval)
        rules = classify_regime(own, options.rules, interval=interval)["rule"]
        opened = stamps_ns(own)
        steps = np.diff(opened, prepend=opened[:1]) // interval_timedelta(interval).value
        fitted = models[str(own["symbol"].iloc[0])]
        tables = [
            _filtered(RegimeModel.from_dict(fitted[fold]), inputs, steps, int(fold))
            for fold in sorted(fitted, key=int)
        ]
        known = inputs.notna().all(axis=1) & rules.notna()
        return pd.concat([table.assign(rule=rules).loc[known] for table in tables], ignore_index=True)

    return map_symbols(compute, bars)


def _fit(part: pd.DataFrame, options: RegimeOptions, lengths: list[int], seed: int, name: str) -> RegimeModel:
    """Fit one model, and say whose it is when that fails."""
    if len(part) == 0:
        raise bad_input(
            f"train rows of the regimes of {name}", "at least 1 past the warm-up", 0,
            "load more bars, or shorten the inputs",
        )  # fmt: skip
    return fit_hmm(part, options.hmm, lengths=lengths, seed=seed)


def _piece_lengths(times: NDArray[np.int64], step: int) -> list[int]:
    """Lengths of the stretches in which every row follows the one before by one bar."""
    edges = np.flatnonzero(np.diff(times) != step) + 1
    return [int(n) for n in np.diff(np.r_[0, edges, len(times)])]


def _filtered(model: RegimeModel, inputs: pd.DataFrame, steps: NDArray[np.int64], fold: int) -> pd.DataFrame:
    """Filter the bars of one symbol by one fit."""
    probability = filter_hmm(model, inputs, steps=np.maximum(steps, 1))
    names = np.array(model.states, dtype=object)[probability.argmax(axis=1)]
    table = inputs[KEY].assign(fold=fold)
    for state, values in zip(model.states, probability.T, strict=True):
        table[f"p_{state}"] = values
    return table.assign(regime=pd.array(names, dtype="str"))
