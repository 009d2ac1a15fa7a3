"""All windows as one: scores by window and over all of them, and what the member leaned on in each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling import KEY
from topoquant.lib.validity import (
    Question,
    annual_sharpe,
    bootstrap_auc,
    join_targets,
    log_loss_gain,
    measure_lower_point,
    measure_operating_point,
    member_timing_return,
    next_open_returns,
    score_predictions,
    sharpe_statistics,
    timing_statistics,
)
from topoquant.lib.walking.refitting import WalkMember, WalkStudy, Window, refit_window

# Of a window's score: what is shown by window.
SHOWN = (
    *("n", "auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high", "timing_t", "timing_mean"),
    *("ece", "cox_slope", "log_loss", "oof_auc"),
)
# Of a level: what is reached there.
REACHED = ("precision", "precision_low", "precision_high")


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What walking forward gave.

    Attributes
    ----------
    predictions : DataFrame
        Test rows of all windows: the columns of predictions, `p_naive`, `window`, `threshold` and `lower`
        (NaN where the window chose none) and `label`.
    windows : DataFrame
        A row per window: `window`, `start`, `end` (first and last test time), `n_train`, `rate` (of train
        rows), `naive`, scores of its test rows (of `score_predictions`), `threshold` and `precision` with its
        interval there; of a direction also `lower`, the level at or below which it is called down, and
        `lower_precision` with its interval.
    whole : dict
        `n`, `n_windows`, `auc` and `gain` with intervals over all test rows, `timing` (t, mean and one-sided
        0.99 bound of the timing return, None for a target without a side), `sharpe` (of it, net of costs)
        and `share_above_half` (windows whose AUC is).
    importance : DataFrame
        `window`, `feature`, `importance`, long; no rows for a network.
    """

    predictions: pd.DataFrame
    windows: pd.DataFrame
    whole: dict[str, Any]
    importance: pd.DataFrame


def walk_forward(
    bars: pd.DataFrame,
    windows: Sequence[pd.DataFrame],
    member: WalkMember,
    blind: Mapping[str, WalkMember],
    study: WalkStudy,
    *,
    cost: float,
    n_trials: int,
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> Walk:
    """Refit a member window by window, and score what it said of the rows after each.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, sorted by (symbol, open_time).
    windows : sequence of DataFrame
        Of `walk_splits`.
    member, blind, study, checkpoints
        As in `refit_window`.
    cost : float
        Fee plus slippage per unit of turnover.
    n_trials : int
        Predictions tried on this market, which the Sharpe ratio is deflated by.
    progress : Progress, optional
        Told about windows.

    Returns
    -------
    Walk
        Positions of a window come from the quantiles of its own val rows, levels from their second half.

    Raises
    ------
    InputError
        As `refit_window`.

    Examples
    --------
    >>> import numpy as np
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> from topoquant.lib.models import MajorityOptions
    >>> from topoquant.lib.sampling import SplitOptions, WalkOptions, walk_splits
    >>> from topoquant.lib.training import MemberFeatures
    >>> from topoquant.lib.validity import CalibrationOptions, OperatingPointOptions
    >>> close = 100 * np.exp(0.01 * np.random.default_rng(0).normal(size=600).cumsum())
    >>> bars = pd.DataFrame({"symbol": "SYN", "open": close, "high": close, "low": close, "close": close,
    ...     "volume": 1.0, "open_time": pd.date_range("2024-01-01", periods=600, freq="h", tz="UTC")})
    >>> study = WalkStudy(
    ...     interval="1h", label=DirectionOptions(horizon=2), seed=0,
    ...     split=SplitOptions(train=0.7, val=0.15, n_folds=2, embargo=None),
    ...     calibration=CalibrationOptions(n_blocks=2),
    ...     operating_point=OperatingPointOptions(min_recall=0.1, min_signals=5),
    ... )
    >>> walking = WalkOptions(n_past=300, n_test=100, expanding=False, val=0.3)
    >>> windows = walk_splits(bars, "1h", horizon=2, walk=walking, split=study.split)
    >>> majority = WalkMember(model="majority", features=MemberFeatures(), options=MajorityOptions())
    >>> walk = walk_forward(bars, windows, majority, {"majority": majority}, study, cost=0.0, n_trials=1)
    >>> walk.whole["n_windows"], walk.windows["n"].tolist()
    (3, [100, 100, 98])
    """
    question = Question(
        side=study.label.side, horizon=study.label.horizon, interval=study.interval, cost=cost,
        seed=study.seed,
    )  # fmt: skip
    returns = next_open_returns(bars, study.interval)
    rows, tests, timing, leaned = [], [], [], []
    with progress(len(windows), "windows") as advance:
        for number, splits in enumerate(windows):
            window = refit_window(bars, splits, member, blind, study, checkpoints=checkpoints)
            rows.append({"window": number, **_score(window, splits, returns, question)})
            tests.append(_tested(window).assign(window=number))
            timing.append(_timing(window, returns, question))
            leaned.append(window.importance.assign(window=number))
            advance(1)
    predictions = pd.concat(tests, ignore_index=True)
    table = pd.DataFrame(rows)
    return Walk(
        predictions=predictions,
        windows=table,
        whole=_score_whole(predictions, table, timing, question, n_trials),
        importance=pd.concat(leaned, ignore_index=True)[["window", "feature", "importance"]],
    )


def _tested(window: Window) -> pd.DataFrame:
    """Return the test rows of a window with what came of them."""
    test = window.predictions.loc[window.predictions["set"] == "test"]
    known = join_targets(test, window.targets)
    points = {"threshold": window.operating_point, "lower": window.lower_point}
    return known.assign(**{name: _level(point) for name, point in points.items()})


def _level(point: Mapping[str, Any] | None) -> float:
    """Write NaN where no level was chosen, or none is asked for."""
    return float("nan") if point is None or point["threshold"] is None else point["threshold"]


def _score(window: Window, splits: pd.DataFrame, returns: pd.DataFrame, question: Question) -> dict[str, Any]:
    """Score one window as a study of its own."""
    table = window.predictions
    score = score_predictions(
        table, window.targets, naive=table.assign(p_label=table["p_naive"]), next_returns=returns,
        side=question.side, horizon=question.horizon, interval=question.interval, block=question.block,
        seed=question.seed, name="member", role="member",
    )  # fmt: skip
    test = table.loc[table["set"] == "test"]
    reached = measure_operating_point(test, window.targets, window.operating_point)
    below: dict[str, Any] = dict.fromkeys(("threshold", *REACHED))
    if window.lower_point is not None:
        below = measure_lower_point(test, window.targets, window.lower_point)
    train = splits.loc[splits["kept"] & (splits["set"] == "train"), KEY]
    return {
        "start": test["time"].min(),
        "end": test["time"].max(),
        "n_train": int((table["set"] == "train").sum()),
        "rate": float(window.targets.merge(train, on=KEY)["label"].mean()),
        "naive": window.naive,
        **{name: score[name] for name in SHOWN},
        **{name: reached[name] for name in ("threshold", *REACHED)},
        "lower": below["threshold"],
        **{f"lower_{name}": below[name] for name in REACHED},
    }


def _timing(window: Window, returns: pd.DataFrame, question: Question) -> tuple[pd.Series, pd.Series] | None:
    """Return the timing return of a window's test rows, before and after costs."""
    if question.side == "both":
        return None
    gross, net = (
        member_timing_return(
            window.predictions, returns, side=question.side, horizon=question.horizon,
            interval=question.interval, cost=cost,
        )
        for cost in (0.0, question.cost)
    )  # fmt: skip
    return gross, net


def _score_whole(
    predictions: pd.DataFrame,
    windows: pd.DataFrame,
    timing: Sequence[tuple[pd.Series, pd.Series] | None],
    question: Question,
    n_trials: int,
) -> dict[str, Any]:
    """Score the test rows of all windows together; blocks of the bootstrap reach over their borders."""
    parts = (predictions["time"], predictions["label"], predictions["p_label"])
    auc = bootstrap_auc(*parts, block=question.block, seed=question.seed)
    gain = log_loss_gain(*parts, predictions["p_naive"], block=question.block, seed=question.seed)
    whole: dict[str, Any] = {
        "n": len(predictions),
        "n_windows": len(windows),
        "auc": _defined(auc._asdict()),
        "gain": _defined(gain._asdict()),
        "share_above_half": float((windows["auc"].astype(float) > 0.5).mean()),
        "timing": None,
        "sharpe": None,
    }
    known = [one for one in timing if one is not None]
    if known:
        # Neighbouring windows meet at one instant where the last position of one is closed.
        gross: pd.Series = pd.concat([one for one, _ in known]).groupby(level=0).sum()
        net: pd.Series = pd.concat([one for _, one in known]).groupby(level=0).sum()
        found = sharpe_statistics(net, n_trials=n_trials, trial_variance=0.0)
        timing_test = timing_statistics(gross, block=question.block, seed=question.seed)
        whole["timing"] = _defined(timing_test._asdict())
        whole["sharpe"] = _defined(
            {**asdict(found), "annual": annual_sharpe(found.sharpe, question.interval)}
        )
    return whole


def _defined(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Write None for what is undefined."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in numbers.items()
    }
