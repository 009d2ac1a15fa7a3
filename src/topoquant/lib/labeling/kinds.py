"""What a target is, by the class of its options: what is fitted for it, and its rows."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.labeling.barriers import label_triple_barrier
from topoquant.lib.labeling.moves import label_move
from topoquant.lib.labeling.naming import describe_target, target_id
from topoquant.lib.labeling.options import (
    DirectionOptions,
    LogReturnOptions,
    MoveOptions,
    OwnTargetOptions,
    TargetOptions,
    TriggerOptions,
    TripleBarrierOptions,
)
from topoquant.lib.labeling.own import label_own
from topoquant.lib.labeling.returns import label_direction, label_log_return
from topoquant.lib.labeling.thresholds import fit_trigger_threshold
from topoquant.lib.labeling.triggers import label_trigger
from topoquant.lib.labeling.widths import average_true_range_width, volatility_width

Numbers = Mapping[str, Any]

# The kinds of a recipe's target, and the class that checks its `label` options.
TARGETS: dict[str, type] = {
    "trigger": TriggerOptions,
    "direction": DirectionOptions,
    "move": MoveOptions,
    "log_return": LogReturnOptions,
    "triple_barrier": TripleBarrierOptions,
    "own": OwnTargetOptions,
}
POSITIONS = {"up": 1, "down": -1, "both": None}


def fit_target(
    bars: pd.DataFrame, train_times: pd.Series, *, interval: str, options: TargetOptions
) -> dict[str, Any]:
    """Fit what a target has to be fitted for, on train rows, and say what it is.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, each sorted by `open_time`.
    train_times : Series of datetime (UTC)
        Decision times of the train rows; rows at no other time are looked at.
    interval : str
        Length of a bar.
    options : of any kind of target
        Its class decides what is done.

    Returns
    -------
    dict
        `kind`, `horizon`, `side`, `target_id`, `text`; of a move its `threshold`, of a trigger what
        `fit_trigger_threshold` gives. Depends on bars up to the latest t1 of the train rows.

    Raises
    ------
    InputError
        As the fit of the kind does.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")})
    >>> fit_target(bars, bars["open_time"], interval="1h", options=DirectionOptions(horizon=4))["text"]
    'up or down after 4 bars'
    """
    fitted = _fit(options, bars, train_times, interval)
    kinds = {type_: name for name, type_ in TARGETS.items()}
    return {
        **fitted,
        "kind": kinds[type(options)],
        "horizon": options.horizon,
        "side": options.side,
        "target_id": target_id(options, fitted.get("threshold")),
        "text": describe_target(options, fitted.get("threshold")),
    }


def label_bars(
    bars: pd.DataFrame, target: Mapping[str, Any], options: TargetOptions, *, interval: str
) -> pd.DataFrame:
    """Give every row of one symbol its target.

    Parameters
    ----------
    bars : DataFrame
        One symbol's bars, sorted by `open_time`.
    target : mapping
        Of `fit_target`.
    options : of any kind of target
    interval : str
        Length of a bar.

    Returns
    -------
    DataFrame, in the order of `bars`
        `symbol` (where `bars` has it), `time`, `t1`, the targets of the kind (`label`,
        `max_pct`, `logret_<h>`), `touched` of a triple barrier, and `ret`. Rows without a
        target are absent.

    Raises
    ------
    InputError
        As the labelling function of the kind does.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC"),
    ...     "open": 100.0, "high": 103.0, "low": 99.0, "close": [100.0, 99.5, 102.0]})
    >>> label_bars(bars, {}, DirectionOptions(horizon=1), interval="1h")["label"].tolist()
    [0.0, 1.0]
    """
    return _label(options, bars, target, interval)


@singledispatch
def _fit(options: object, _bars: pd.DataFrame, _times: pd.Series, _interval: str) -> dict[str, Any]:
    """Fit nothing: most targets are given by their options."""
    if type(options) not in TARGETS.values():
        raise TypeError(f"{type(options).__name__} is no class of target options")
    return {}


@_fit.register
def _(options: TriggerOptions, bars: pd.DataFrame, times: pd.Series, interval: str) -> dict[str, Any]:
    return fit_trigger_threshold(bars, times, interval=interval, options=options)


@_fit.register
def _(options: MoveOptions, _bars: pd.DataFrame, _times: pd.Series, _interval: str) -> dict[str, Any]:
    return {"threshold": options.threshold}


@singledispatch
def _label(options: object, _bars: pd.DataFrame, _target: Numbers, _interval: str) -> pd.DataFrame:
    """Refuse what is no kind of target."""
    raise TypeError(f"{type(options).__name__} is no class of target options")


@_label.register
def _(options: TriggerOptions, bars: pd.DataFrame, target: Numbers, interval: str) -> pd.DataFrame:
    return label_trigger(
        bars,
        interval=interval,
        threshold=target["threshold"],
        horizon=options.horizon,
        side=options.side,
    )


@_label.register
def _(options: DirectionOptions, bars: pd.DataFrame, _target: Numbers, interval: str) -> pd.DataFrame:
    return label_direction(bars, horizon=options.horizon, interval=interval)


@_label.register
def _(options: MoveOptions, bars: pd.DataFrame, _target: Numbers, interval: str) -> pd.DataFrame:
    return label_move(
        bars,
        threshold=options.threshold,
        horizon=options.horizon,
        side=options.side,
        volume_window=options.volume_window,
        min_volume_ratio=options.min_volume_ratio,
        interval=interval,
    )


@_label.register
def _(options: LogReturnOptions, bars: pd.DataFrame, _target: Numbers, interval: str) -> pd.DataFrame:
    return label_log_return(bars, horizons=options.horizons, reference=options.reference, interval=interval)


@_label.register
def _(options: TripleBarrierOptions, bars: pd.DataFrame, _target: Numbers, interval: str) -> pd.DataFrame:
    return label_triple_barrier(
        bars,
        width=_widths(bars, options, interval),
        upper=options.upper,
        lower=options.lower,
        horizon=options.horizon,
        side=POSITIONS[options.side],
        interval=interval,
    )


@_label.register
def _(options: OwnTargetOptions, bars: pd.DataFrame, _target: Numbers, interval: str) -> pd.DataFrame:
    return label_own(
        bars,
        function=options.function,
        options=options.options,
        horizon=options.horizon,
        interval=interval,
    )


def _widths(bars: pd.DataFrame, options: TripleBarrierOptions, interval: str) -> NDArray[np.float64]:
    """Return the unit of the barriers at every bar."""
    if options.width == "atr":
        return average_true_range_width(bars, period=options.period, interval=interval)
    return volatility_width(bars, half_life=options.period, interval=interval)
