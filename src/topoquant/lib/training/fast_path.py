"""The whole way from bars to an answer in about a second: tabular features, one LightGBM, no folds."""

from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from topoquant.lib.bars import map_symbols
from topoquant.lib.indicators import BlindOptions, IndicatorOptions, indicators, sign_blind_features
from topoquant.lib.labeling import TargetOptions, fit_target, label_rows, split_bars
from topoquant.lib.models import Head, LightGBMOptions, build_model
from topoquant.lib.options import options
from topoquant.lib.sampling import KEY, Samples, SplitOptions, assemble_samples, used_rows
from topoquant.lib.training.fitting import fit
from topoquant.lib.training.predicting import predict
from topoquant.lib.training.target_heads import check_label
from topoquant.lib.validity import (
    block_length,
    join_targets,
    log_loss_gain,
    member_timing_return,
    next_open_returns,
    roc_auc,
    timing_statistics,
)

LABEL = (Head(name="label", kind="binary"),)


@options
class FastPathOptions:
    """What the fast path takes over from the recipe it stands in for.

    Attributes
    ----------
    interval : str
        Length of a bar.
    split, label, indicators, blind, model
        Options of the recipe's stages and of its LightGBM.
    window : int
        Bars whose summaries the booster sees.
    n_rows : int or None
        Thins train rows.
    """

    interval: str
    split: SplitOptions
    label: TargetOptions
    indicators: IndicatorOptions
    blind: BlindOptions
    model: LightGBMOptions
    window: Annotated[int, Field(ge=1)]
    n_rows: int | None


class FastAnswer(NamedTuple):
    """Whether there is an edge, the AUC on test rows, and these rows with `p_label` and `label`."""

    found: bool
    auc: float
    scored: pd.DataFrame


def find_edge(bars: pd.DataFrame, seed: int, *, path: FastPathOptions) -> tuple[bool, float]:
    """Answer as `answer_fast`, in the two numbers that `measure_power` counts.

    Parameters
    ----------
    bars, seed, path
        As in `answer_fast`.

    Returns
    -------
    found : bool
    auc : float

    Examples
    --------
    Returns that are noise have no edge:

    >>> from topoquant.lib.bars import synthetic_bars
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> bars = synthetic_bars("noise", n_bars=3000, seed=1, interval="1h").bars
    >>> path = FastPathOptions(
    ...     interval="1h", label=DirectionOptions(horizon=8), window=4, n_rows=None,
    ...     split=SplitOptions(train=0.6, val=0.2, n_folds=2, embargo=None),
    ...     indicators=IndicatorOptions(
    ...         sets=("price",), rsi_period=3, macd_fast=2, macd_slow=4, macd_signal=2, band_period=3,
    ...         band_width=2.0, atr_period=3, momentum_period=2, volume_period=3,
    ...     ),
    ...     blind=BlindOptions(half_lives=(3,), volume_half_life=3, n_lags=1),
    ...     model=LightGBMOptions(
    ...         n_trees=20, learning_rate=0.1, n_leaves=4, min_rows_per_leaf=20, max_bins=31, n_threads=1,
    ...         feature_fraction=1.0, row_fraction=1.0, l2=1.0, patience=5, validation_fraction=0.1,
    ...     ),
    ... )
    >>> find_edge(bars, 0, path=path)[0]
    False
    """
    answer = answer_fast(bars, seed, path=path)
    return answer.found, answer.auc


def answer_fast(bars: pd.DataFrame, seed: int, *, path: FastPathOptions) -> FastAnswer:
    """Split, label, fit and judge by the verdict's own rule.

    The model sees the channels' summaries and the sign-blind features: without these it would spend its
    trees on volatility, which says more of a trigger than direction does.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, checked.
    seed : int
        Of the fit and the bootstrap.
    path : FastPathOptions
        The recipe's options.

    Returns
    -------
    FastAnswer
        `found`: for targets with a side, whether the one-sided 0.99 bound of the timing return on test
        rows is above 0; for others, that of the log-loss gain over a booster of the sign-blind features.

    Examples
    --------
    >>> from topoquant.lib.bars import synthetic_bars
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> bars = synthetic_bars("regime", n_bars=3000, seed=1, interval="1h").bars
    >>> path = FastPathOptions(
    ...     interval="1h", label=DirectionOptions(horizon=8), window=4, n_rows=None,
    ...     split=SplitOptions(train=0.6, val=0.2, n_folds=2, embargo=None),
    ...     indicators=IndicatorOptions(
    ...         sets=("price",), rsi_period=3, macd_fast=2, macd_slow=4, macd_signal=2, band_period=3,
    ...         band_width=2.0, atr_period=3, momentum_period=2, volume_period=3,
    ...     ),
    ...     blind=BlindOptions(half_lives=(3,), volume_half_life=3, n_lags=1),
    ...     model=LightGBMOptions(
    ...         n_trees=20, learning_rate=0.1, n_leaves=4, min_rows_per_leaf=20, max_bins=31, n_threads=1,
    ...         feature_fraction=1.0, row_fraction=1.0, l2=1.0, patience=5, validation_fraction=0.1,
    ...     ),
    ... )
    >>> answer = answer_fast(bars, 0, path=path)
    >>> answer.found, bool(answer.auc > 0.5), len(answer.scored)
    (True, True, 584)
    """
    side, horizon = path.label.side, path.label.horizon
    splits = split_bars(bars, path.interval, label=path.label, split=path.split, n_rows=path.n_rows)
    development, test = _label(bars, splits, path)
    table, blind = fast_features(bars, splits, path)
    samples, _ = assemble_samples(
        splits, development, sequence=table, static=blind, window=path.window, interval=path.interval
    )
    del table
    predictions = _fit_and_predict(samples, path, seed)
    scored = join_targets(predictions.loc[predictions["set"] == "test"], test)
    auc = roc_auc(scored["label"], scored["p_label"])
    block = block_length(horizon, path.interval)
    if side == "both":
        known, _ = assemble_samples(splits, development, static=blind, interval=path.interval)
        naive = _fit_and_predict(known, path, seed)[["symbol", "time", "p_label"]]
        both = scored.merge(naive, on=["symbol", "time"], suffixes=("", "_naive"))
        parts = (both["time"], both["label"], both["p_label"], both["p_label_naive"])
        found = log_loss_gain(*parts, block=block, seed=seed, sided=1).low > 0
        return FastAnswer(found, auc, scored)
    series = member_timing_return(
        predictions,
        next_open_returns(bars, path.interval),
        side=side,
        horizon=horizon,
        interval=path.interval,
    )
    return FastAnswer(timing_statistics(series, block=block, seed=seed).lower > 0, auc, scored)


def fast_features(
    bars: pd.DataFrame, splits: pd.DataFrame, path: FastPathOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute what the fast path sees, no wider and for no more rows than samples are made of.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, checked.
    splits : DataFrame
        Of `split_bars`.
    path : FastPathOptions
        The recipe's options.

    Returns
    -------
    channels : DataFrame
        Of every bar, as windows need them; float32, as samples hold them.
    blind : DataFrame
        Sign-blind features at the times of the rows that are fitted on or predicted; float32.
    """
    times = used_rows(splits)["time"].unique()

    def narrow(wide: pd.DataFrame) -> pd.DataFrame:
        return wide.astype({name: np.float32 for name in wide.columns if name not in KEY})

    def channels_of(one: pd.DataFrame) -> pd.DataFrame:
        return narrow(indicators(one, path.indicators, interval=path.interval))

    def blind_of(one: pd.DataFrame) -> pd.DataFrame:
        every = sign_blind_features(one, path.blind, interval=path.interval)
        return narrow(every.loc[every["time"].isin(times)])

    return map_symbols(channels_of, bars), map_symbols(blind_of, bars)


def _label(
    bars: pd.DataFrame, splits: pd.DataFrame, path: FastPathOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit the target on train rows and label development and test rows."""
    train = splits.loc[splits["set"] == "train", "time"]
    target = fit_target(bars, train, interval=path.interval, options=path.label)
    parts = [
        label_rows(bars, splits, target, path.label, interval=path.interval, sets=sets)
        for sets in (("train", "val"), ("test",))
    ]
    check_label(parts[0])
    return parts[0].drop(columns="max_pct", errors="ignore"), parts[1]


def _fit_and_predict(samples: Samples, path: FastPathOptions, seed: int) -> pd.DataFrame:
    """Fit on train rows, predict val and test rows, with their keys and sets."""
    model = build_model(
        "lightgbm", n_channels=samples.n_channels, window=samples.window, n_static=samples.n_static,
        heads=LABEL, options=path.model,
    )  # fmt: skip
    fitted = fit(model, samples.of_set("train"), None, seed=seed)
    rest = samples.take((samples.rows["set"] != "train").to_numpy())
    keys = rest.rows[["set"]].assign(target_id=samples.target_id)
    return pd.concat([predict(fitted, rest), keys], axis=1)
