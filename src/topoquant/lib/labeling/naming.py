"""What a target is called in tables, and in words."""

import hashlib
import json

import numpy as np

from topoquant.lib.errors import bad_input
from topoquant.lib.labeling.options import (
    DirectionOptions,
    LogReturnOptions,
    MoveOptions,
    OwnTargetOptions,
    TargetOptions,
    TriggerOptions,
    TripleBarrierOptions,
)


def target_id(options: TargetOptions, threshold: float | None = None) -> str:
    """Name a target by kind, side, horizon and every option; tables of different ids never join.

    Parameters
    ----------
    options : of any kind of target
    threshold : float, optional
        The one in use where it was fitted, as a trigger's may be; no other kind fits one.

    Returns
    -------
    str
        Numbers are written out in full, so two targets that differ have different ids. A
        trigger whose fitted threshold equals a given one is the same target.

    Raises
    ------
    InputError
        If the threshold of a trigger is neither given nor fitted.

    Examples
    --------
    >>> target_id(TriggerOptions(horizon=4, side="up", threshold=None, rate=0.1), 0.0041)
    'trigger-up-4-0.0041'
    >>> target_id(LogReturnOptions(horizons=(1, 7, 30), reference="open"))
    'log_return-open-1-7-30'
    """
    parts: list[object]
    match options:
        case TriggerOptions():
            parts = ["trigger", options.side, options.horizon, _threshold_in_use(options, threshold)]
        case DirectionOptions():
            parts = ["direction", options.horizon]
        case MoveOptions():
            parts = ["move", options.side, options.horizon, options.threshold]
            if options.min_volume_ratio is not None:
                parts += ["volume", options.volume_window, options.min_volume_ratio]
        case LogReturnOptions():
            parts = ["log_return", options.reference, *options.horizons]
        case TripleBarrierOptions():
            parts = ["triple_barrier", options.side, options.horizon, options.upper, options.lower,
                     options.width, options.period]  # fmt: skip
        case OwnTargetOptions():
            parts = ["own", options.function, options.side, options.horizon]
            if options.options:
                parts.append(_digest(options.options))
    return "-".join(map(str, parts))


def describe_target(options: TargetOptions, threshold: float | None = None) -> str:
    """Say in a few words what is predicted, fractions to three significant digits.

    Parameters
    ----------
    options : of any kind of target
    threshold : float, optional
        As in `target_id`.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the threshold of a trigger is neither given nor fitted.

    Examples
    --------
    >>> describe_target(TriggerOptions(horizon=4, side="up", threshold=0.0041, rate=None))
    'up-move >= .0041 in 4 bars'
    >>> describe_target(DirectionOptions(horizon=15))
    'up or down after 15 bars'
    """
    bars = f"{options.horizon} {_unit(options.horizon)}"
    match options:
        case TriggerOptions():
            return f"{_move(options.side)} >= {short(_threshold_in_use(options, threshold))} in {bars}"
        case DirectionOptions():
            return f"up or down after {bars}"
        case MoveOptions():
            return f"{_move(options.side)} >= {short(options.threshold)} after {bars}{_volume(options)}"
        case LogReturnOptions():
            kind = "log-return" if options.reference == "open" else "close-to-close log-return"
            horizons = ", ".join(map(str, options.horizons))
            return f"{kind} after {horizons} {_unit(options.horizon)}"
        case TripleBarrierOptions():
            return f"{_barriers(options)} in {bars}, widths of {options.width} {options.period}"
        case OwnTargetOptions():
            return f"{options.function} within {bars}"


def short(value: float) -> str:
    """Write a number with three significant digits and no zero in front.

    Parameters
    ----------
    value : float
        Finite.

    Returns
    -------
    str

    Examples
    --------
    >>> short(0.00412), short(0.5), short(1.0), short(0.000012), short(-0.5), short(1234.5)
    ('.00412', '.5', '1', '.000012', '-.5', '1230')
    """
    text = np.format_float_positional(abs(value), precision=3, fractional=False, trim="-")
    return ("-" if value < 0 else "") + text.removeprefix("0" if text != "0" else "")


def _threshold_in_use(options: TriggerOptions, fitted: float | None) -> float:
    """Return the fitted threshold, or the given one."""
    threshold = options.threshold if fitted is None else fitted
    if threshold is None:
        raise bad_input("threshold", "given or fitted", None, "fit it to the rate on train rows first")
    return float(threshold)


def _digest(options: dict[str, object]) -> str:
    """Return a short fingerprint of options, whatever order they are in."""
    text = json.dumps(options, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _barriers(options: TripleBarrierOptions) -> str:
    """Say which barriers there are, profit first, as signed moves of price in widths."""
    sign, against = ("-", "+") if options.side == "down" else ("+", "-")
    barriers = [
        f"{mark}{short(size)}"
        for mark, size in ((sign, options.upper), (against, options.lower))
        if np.isfinite(size)
    ]
    if options.side == "both":
        return f"first of {' and '.join(barriers)}"
    return f"{'long' if options.side == 'up' else 'short'}: {' before '.join(barriers)}"


def _volume(options: MoveOptions) -> str:
    """Say which rows a volume filter leaves, if there is one."""
    if options.min_volume_ratio is None:
        return ""
    return f" where volume >= {short(options.min_volume_ratio)} of its {options.volume_window}-bar mean"


def _move(side: str) -> str:
    """Name a move by the way it goes."""
    return "move" if side == "both" else f"{side}-move"


def _unit(n_bars: int) -> str:
    """Return the singular or the plural."""
    return "bar" if n_bars == 1 else "bars"
