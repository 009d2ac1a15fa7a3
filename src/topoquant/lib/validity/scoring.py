"""One member's row of the model table: everything said of it on test rows, by the same rules for all."""

from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.binary import log_loss, roc_auc
from topoquant.lib.validity.calibration import cox_slope_intercept, expected_calibration_error
from topoquant.lib.validity.intervals import Interval, bootstrap_auc
from topoquant.lib.validity.learnability import (
    TimingStatistics,
    log_loss_gain,
    timing_return,
    timing_statistics,
)
from topoquant.lib.validity.positions import (
    OUTER,
    count_entries,
    entry_signs,
    position_quantiles,
    trading_position,
)

N_BINS = 10
UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))
UNKNOWN_TIMING = TimingStatistics(float("nan"), float("nan"), float("nan"))


def join_targets(table: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Join predictions with their targets on the key, inner.

    Parameters
    ----------
    table : DataFrame
        Predictions: `symbol`, `time`, `target_id`, ...
    targets : DataFrame
        `symbol`, `time`, `target_id`, `label`, `uniqueness`.

    Returns
    -------
    DataFrame
        Columns of `table`, then `label` and `uniqueness`; rows without a target are gone.

    Raises
    ------
    InputError
        If target ids differ, a key repeats, or no row is left.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=2, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4", "p_label": 0.5})
    >>> join_targets(table, table.iloc[:1].assign(label=1.0, uniqueness=1.0))["label"].tolist()
    [1.0]
    """
    ids = sorted(set(table["target_id"].unique()) | set(targets["target_id"].unique()))
    if len(ids) > 1:
        raise bad_input(
            "target_id", "one and the same", ids, "join predictions with the targets they were made for"
        )
    for name, part in (("predictions", table), ("targets", targets)):
        if part.duplicated(KEY).any():
            n_bad = int(part.duplicated(KEY).sum())
            raise bad_input(name, "unique in (symbol, time)", f"{n_bad} repeated keys", "write each row once")
    joined = table.merge(targets[[*KEY, "label", "uniqueness"]], on=KEY, how="inner")
    if joined.empty:
        raise bad_input(
            "predictions", "of rows that have targets", "no shared key", "check symbols and interval"
        )
    return joined


def score_predictions(
    table: pd.DataFrame, targets: pd.DataFrame, *, naive: pd.DataFrame | None,
    next_returns: pd.DataFrame | None, side: str, horizon: int, interval: str, block: int, seed: int,
    name: str, role: str, note: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Score one member on its test rows.

    Parameters
    ----------
    table : DataFrame
        Predictions: `symbol`, `time`, `target_id`, `set`, `p_label`, `logit_label`. Val rows give
        the position's quantiles, train rows (out of fold) the `oof_auc`, test rows all else.
    targets : DataFrame
        Targets of train, val and test rows: `symbol`, `time`, `target_id`, `label`, `uniqueness`.
    naive : DataFrame or None
        Predictions of the naive member; the gain is over the test rows both have. None: no gain.
    next_returns : DataFrame or None
        From `next_open_returns`; None: no timing return.
    side : {"direction", "up", "down", "both"}
        Side of the target; "both" (either barrier counts) is no side: no timing return.
    horizon : int
        Bars ahead.
    interval : str
        Length of a bar.
    block : int
        Block length of every bootstrap, from `block_length`.
    seed : int
        Seed of every bootstrap.
    name, role, note : str
        Copied into the row.

    Returns
    -------
    dict
        A row of `model_scores`, None for what is undefined and for `fit_seconds`, which only the one
        who fitted knows. Besides: `gain_lower` (one-sided 0.99 bound, as the verdict wants it),
        `n_entries` (decisions that do not overlap) and `rarer_class_uniqueness` (summed uniqueness of
        the rarer test class).

    Raises
    ------
    InputError
        As `join_targets`, or if there are no test rows.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=400, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up4", "logit_label": 0.0})
    >>> table = table.assign(p_label=0.5, set=["val"] * 100 + ["test"] * 300)
    >>> targets = table.assign(label=np.tile([0.0, 1.0], 200), uniqueness=0.25)
    >>> row = score_predictions(table, targets, naive=None, next_returns=None, side="both", horizon=4,
    ...                         interval="1h", block=40, seed=0, name="majority", role="baseline")
    >>> row["n"], row["auc"], row["gain"], row["rarer_class_uniqueness"]
    (300, 0.5, None, 37.5)
    """
    joined = join_targets(table, targets)
    test = joined.loc[joined["set"] == "test"]
    if test.empty:
        raise bad_input("predictions", "with test rows", f"none of {len(joined)}", "check the split")
    auc = bootstrap_auc(test["time"], test["label"], test["p_label"], block=block, seed=seed)
    gain, gain_lower = _gain(test, naive, block, seed)
    timing, n_entries = UNKNOWN_TIMING, None
    if side != "both" and next_returns is not None:
        timing, n_entries = _timing(table, next_returns, side, horizon, interval, block, seed)
    by_class = test.groupby("label")["uniqueness"].sum()
    row: dict[str, Any] = {
        "name": name, "role": role, "note": note, "n": len(test),
        "auc": auc.value, "auc_low": auc.low, "auc_high": auc.high,
        "gain": gain.value, "gain_low": gain.low, "gain_high": gain.high, "gain_lower": gain_lower,
        "timing_t": timing.t, "timing_mean": timing.mean, "timing_lower": timing.lower,
        "n_entries": n_entries,
        "ece": expected_calibration_error(test["label"], test["p_label"], n_bins=N_BINS),
        "cox_slope": cox_slope_intercept(test["label"], test["logit_label"])[0],
        "log_loss": log_loss(test["label"], test["p_label"]),
        "logit_std": float(test["logit_label"].std(ddof=0)),
        "oof_auc": _out_of_fold_auc(joined), "fit_seconds": None,
        "rarer_class_uniqueness": float(by_class.min()) if len(by_class) == 2 else 0.0,
    }  # fmt: skip
    return {
        key: None if isinstance(value, float) and not np.isfinite(value) else value
        for key, value in row.items()
    }


def member_timing_return(
    table: pd.DataFrame,
    next_returns: pd.DataFrame,
    *,
    side: str,
    horizon: int,
    interval: str,
    cost: float = 0.0,
    outer: float = OUTER,
) -> pd.Series:
    """Compute the timing return of one member's test rows, positions from its val quantiles.

    Parameters
    ----------
    table : DataFrame
        Predictions with val and test rows.
    next_returns : DataFrame
        From `next_open_returns`.
    side, horizon, interval
        As in `score_predictions`.
    cost : float
        As in `timing_return`: 0 for the edge, fee plus slippage for what is tradeable.
    outer : float
        As in `position_quantiles`.

    Returns
    -------
    Series, indexed by time
        For `timing_statistics` or `sharpe_statistics`.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=6, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "set": ["val"] * 3 + ["test"] * 3})
    >>> table["logit_label"] = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]
    >>> returns = table[["symbol", "time"]].assign(next_return=0.03)
    >>> member_timing_return(table, returns, side="up", horizon=1, interval="1h").round(4).tolist()
    [-0.01, -0.01, 0.02]
    """
    scores = table.assign(score=table["logit_label"])
    lower, upper = position_quantiles(scores.loc[scores["set"] == "val", "score"], side, outer=outer)
    test = scores.loc[scores["set"] == "test"]
    position = trading_position(test, lower, upper, side, horizon, interval=interval)
    return timing_return(position, next_returns, cost=cost)


def _timing(
    table: pd.DataFrame,
    next_returns: pd.DataFrame,
    side: str,
    horizon: int,
    interval: str,
    block: int,
    seed: int,
) -> tuple[TimingStatistics, int]:
    """Test the timing return and count decisions that do not overlap."""
    series = member_timing_return(table, next_returns, side=side, horizon=horizon, interval=interval)
    lower, upper = position_quantiles(table.loc[table["set"] == "val", "logit_label"], side)
    test = table.loc[table["set"] == "test"]
    entry = entry_signs(test["logit_label"], lower, upper, side)
    return (
        timing_statistics(series, block=block, seed=seed),
        count_entries(test, entry, horizon=horizon, interval=interval),
    )


def _gain(test: pd.DataFrame, naive: pd.DataFrame | None, block: int, seed: int) -> tuple[Interval, float]:
    """Gain over naive: two-sided interval and one-sided lower bound."""
    if naive is None:
        return UNKNOWN, float("nan")
    columns = [*KEY, "target_id", "p_label"]
    both = test.merge(naive[columns], on=KEY, how="inner", suffixes=("", "_naive"), validate="one_to_one")
    if both.empty or (both["target_id"] != both["target_id_naive"]).any():
        raise bad_input(
            "naive", "predictions of the same target on the same rows", f"{len(both)} shared rows",
            "train naive on the recipe's own samples",
        )  # fmt: skip
    parts = (both["time"], both["label"], both["p_label"], both["p_label_naive"])
    lower = log_loss_gain(*parts, block=block, seed=seed, sided=1).low
    return log_loss_gain(*parts, block=block, seed=seed), lower


def _out_of_fold_auc(joined: pd.DataFrame) -> float:
    """AUC of the train rows' out-of-fold predictions, NaN without any."""
    train = joined.loc[joined["set"] == "train"]
    return roc_auc(train["label"], train["p_label"]) if len(train) else float("nan")
