"""Two predictions side by side: their difference on the same rows, with its interval."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.judge.reading import KEY
from topoquant.lib.validity import (
    LEVEL,
    N_RESAMPLES,
    Interval,
    Question,
    block_starts,
    bootstrap_bounds,
    bootstrap_mean,
    checked_labels,
    join_targets,
    log_loss_gain,
    member_timing_return,
    next_open_returns,
    time_codes,
)
from topoquant.lib.validity.intervals_kernel import resample_auc


def paired_differences(
    tables: Mapping[str, pd.DataFrame], targets: pd.DataFrame, bars: pd.DataFrame, question: Question
) -> list[dict[str, Any]]:
    """Bound the difference of every two predictions on the test rows both have.

    Blocks of time are drawn once for both, so that what the market did in them cancels out.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Predictions by name, with val and test rows.
    targets : DataFrame
        Of test rows, and any others.
    bars : DataFrame
        For the next-open returns.
    question : Question
        Side, horizon, interval, seed.

    Returns
    -------
    list of dict
        Per pair, in the order of the tables: first, second, n, and for each of auc, gain (log-loss of the
        second less that of the first, nats) and timing (mean return per bar of the first less that of the
        second, before costs) the difference with `_low` and `_high`, two-sided at 0.99. Above 0 the first
        is better. None for what is undefined; timing needs a side.

    Examples
    --------
    >>> from topoquant.lib.bars import synthetic_bars
    >>> bars = synthetic_bars("noise", n_bars=400, seed=0, interval="1h").bars
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": bars["open_time"] + pd.Timedelta("1h"),
    ...                      "target_id": "up", "set": ["val"] * 100 + ["test"] * 300, "logit_label": 0.0})
    >>> rows = rows.assign(p_label=0.5)
    >>> targets = rows.assign(label=np.tile([0.0, 1.0], 200), uniqueness=1.0)
    >>> asked = Question(side="both", horizon=1, interval="1h", cost=0.0, seed=0)
    >>> [one["auc"] for one in paired_differences({"a": rows, "b": rows}, targets, bars, asked)]
    [0.0]
    """
    returns = None if question.side == "both" else next_open_returns(bars, question.interval)
    return [
        {
            "first": first,
            "second": second,
            **_difference(tables[first], tables[second], targets, returns, question),
        }
        for first, second in combinations(tables, 2)
    ]


def _difference(
    first: pd.DataFrame,
    second: pd.DataFrame,
    targets: pd.DataFrame,
    returns: pd.DataFrame | None,
    question: Question,
) -> dict[str, Any]:
    """Compare two tables on the rows both have."""
    shared = first[KEY].merge(second[KEY], on=KEY)
    one, other = (table.merge(shared, on=KEY) for table in (first, second))
    known = join_targets(one.loc[one["set"] == "test"], targets)
    both = known.merge(other[[*KEY, "p_label"]], on=KEY, suffixes=("", "_other"))
    asked = {"block": question.block, "seed": question.seed}
    gain = log_loss_gain(both["time"], both["label"], both["p_label"], both["p_label_other"], **asked)
    bounds = {"auc": _auc(both, **asked), "gain": gain}
    if returns is not None:
        bounds["timing"] = _timing(one, other, returns, question)
    record: dict[str, Any] = {"n": len(both)}
    for name in ("auc", "gain", "timing"):
        interval = bounds.get(name, Interval(float("nan"), float("nan"), float("nan")))
        for suffix, value in zip(("", "_low", "_high"), interval, strict=True):
            record[f"{name}{suffix}"] = float(value) if np.isfinite(value) else None
    return record


def _auc(both: pd.DataFrame, *, block: int, seed: int) -> Interval:
    """Bound the difference of two AUCs: the same resamples for both."""
    code, n_times = time_codes(both["time"])
    starts = block_starts(n_times, block=block, seed=seed, n_resamples=N_RESAMPLES)
    whole = np.zeros((1, 1), np.int64)
    values, drawn = [], []
    for column in ("p_label", "p_label_other"):
        positive, scores = checked_labels(both["label"], both[column])
        order = np.argsort(scores, kind="stable")
        ranked = scores[order]
        table = (code[order], positive[order], np.append(ranked[1:] != ranked[:-1], True))
        values.append(float(resample_auc(whole, n_times, n_times, *table)[0]))
        drawn.append(resample_auc(starts, min(block, n_times), n_times, *table))
    bounds = bootstrap_bounds(
        values[0] - values[1], drawn[0] - drawn[1], n_blocks=n_times / block, level=LEVEL
    )
    # Bounds are stretched where blocks are few; no AUC differs from another by more than 1.
    return Interval(bounds.value, *(float(np.clip(bound, -1.0, 1.0)) for bound in bounds[1:]))


def _timing(one: pd.DataFrame, other: pd.DataFrame, returns: pd.DataFrame, question: Question) -> Interval:
    """Bound the difference of two mean timing returns."""
    series = [
        member_timing_return(
            table, returns, side=question.side, horizon=question.horizon, interval=question.interval
        )
        for table in (one, other)
    ]
    both = pd.concat(series, axis=1, join="inner")
    difference = both.iloc[:, 0] - both.iloc[:, 1]
    return bootstrap_mean(difference.index, difference.to_numpy(), block=question.block, seed=question.seed)
