"""Value forecasts read as forecasts of direction, so that the rules for labels of 0 and 1 apply to them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr

from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import fold_rows, key_positions

FINAL = -1  # the fold number of val and test rows


def gaussian_direction(value: ArrayLike, scale: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn a forecast return into the probability that the return is above 0.

    The return is taken as normal around the forecast: p = Phi(value / scale). The map is increasing, so
    ranks, quantiles and positions are those of the forecast itself.

    Parameters
    ----------
    value : array-like, shape (n,)
        Forecast log-returns, finite.
    scale : array-like, shape () or (n,)
        Standard deviation of what the forecast misses, in the same unit, above 0.

    Returns
    -------
    p, logit : ndarray of float64, shape (n,)
        The logit keeps the order where p has no digits left to tell two forecasts apart.

    Raises
    ------
    InputError
        If a value is not finite or a scale is not above 0.

    Examples
    --------
    >>> p, logit = gaussian_direction([0.0, 0.02, -0.02], 0.04)
    >>> p.round(4).tolist(), logit.round(4).tolist()
    ([0.5, 0.6915, 0.3085], [0.0, 0.807, -0.807])
    """
    values, scales = np.asarray(value, np.float64), np.asarray(scale, np.float64)
    if not np.isfinite(values).all():
        raise bad_input(
            "forecast", "finite", f"{int((~np.isfinite(values)).sum())} rows that are not",
            "check the member's predictions",
        )  # fmt: skip
    if not (np.isfinite(scales) & (scales > 0)).all():
        raise bad_input("scale", "above 0", float(np.min(scales)), "measure it on rows the forecast misses")
    z = values / scales
    return ndtr(z), log_ndtr(z) - log_ndtr(-z)


def view_direction(
    table: pd.DataFrame, targets: pd.DataFrame, *, horizon: int, embargo: pd.Timedelta
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """View a member that forecasts log-returns as one that forecasts their direction over one horizon.

    The scale of a fold's rows is measured on the out-of-fold rows of the other folds, purged and
    embargoed; that of val and test rows on all train rows. The other folds' forecasts come from fits that
    saw the fold's targets, as in all stacking on one set of folds; val and test rows are free of that.

    Parameters
    ----------
    table : DataFrame
        By the contract of predictions, with `value_logret_<horizon>`; several symbols, any order.
    targets : DataFrame
        Direction targets over that horizon, of train and val rows: `symbol`, `time`, `target_id`, `ret`
        (from the fill) and `uniqueness`.
    horizon : int
        Bars ahead.
    embargo : Timedelta
        As in the member's folds.

    Returns
    -------
    view : DataFrame
        The rows of `table` in their order, `target_id` that of `targets`, with `p_label`, `logit_label` and
        `model_hash`. `t1` stays the time by which all horizons are known: what purges by it is stricter
        than this horizon needs. A row of val or test depends on its own forecast and on train rows.
    scales : dict
        `scale` by fold ("final" for val and test rows) and `n_rows` and `effective_n` (summed
        uniqueness) each was measured on. Ready for JSON.

    Raises
    ------
    InputError
        If the table has no such forecast, the targets are of several ids or hold test rows, a fold
        has no row to measure on, or a member misses nothing at all.

    Notes
    -----
    The scale is the root of the mean squared residual, rows weighted by uniqueness. One number for calm and
    wild days makes the probabilities of wild days too sure; the calibrator that follows is fitted for that,
    and ranks do not care.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=4, freq="D", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "BTC", "time": time, "t1": time, "target_id": "log_return-open-1",
    ...     "set": ["train", "train", "val", "test"], "fold": [0, 1, -1, -1],
    ...     "value_logret_1": [0.0, 0.0, 0.1, -0.1], "model_hash": "a"})
    >>> targets = table[["symbol", "time"]][:3].assign(target_id="direction-1", uniqueness=1.0,
    ...     ret=np.expm1([0.1, -0.1, 0.3]))
    >>> view, scales = view_direction(table, targets, horizon=1, embargo=pd.Timedelta(0))
    >>> view["p_label"].round(4).tolist()
    [0.5, 0.5, 0.8413, 0.1587]
    >>> scales["scale"]["final"]
    0.1
    """
    column = f"value_logret_{horizon}"
    if column not in table:
        there = [str(name) for name in table if str(name).startswith("value_")]
        raise bad_input("horizon", f"one of {', '.join(there) or 'none'}", column, "train the member on it")
    ids = targets["target_id"].unique()
    if len(ids) != 1:
        raise bad_input("target ids of the targets", "one", list(ids), "pass the targets of one horizon")
    position = key_positions(targets, table, name="targets")
    _refuse_test_rows(table, position)
    value = table[column].to_numpy(np.float64)
    known = (position >= 0) & (table["set"] == "train").to_numpy()
    residual = np.log1p(targets["ret"].to_numpy(np.float64)[position]) - value
    weight = targets["uniqueness"].to_numpy(np.float64)[position]
    scale, record = np.full(len(table), np.nan), _empty_record()
    for fold, measured, held_out in _measured(table, embargo):
        used = np.intersect1d(measured, np.flatnonzero(known))
        scale[held_out] = _root_mean_square(residual[used], weight[used], fold)
        name = "final" if fold == FINAL else str(fold)
        record["scale"][name] = float(scale[held_out][0]) if len(held_out) else None
        record["n_rows"][name] = len(used)
        record["effective_n"][name] = float(weight[used].sum())
    p, logit = gaussian_direction(value, scale)
    rows = table[["symbol", "time", "t1", "target_id", "set", "fold"]].assign(target_id=ids[0])
    return rows.assign(p_label=p, logit_label=logit, model_hash=table["model_hash"]), record


def mean_forecast(tables: dict[str, pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Average what several members forecast, with the same weight for each.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Prediction tables by member, each with `columns`.
    columns : list of str
        Forecasts, such as `value_logret_1`.

    Returns
    -------
    DataFrame
        symbol, time, t1, target_id, set, fold and `columns`, of the rows that every member has.

    Raises
    ------
    InputError
        If there are no members, or they forecast different targets.

    Examples
    --------
    >>> row = pd.DataFrame({"symbol": ["BTC"], "time": pd.Timestamp("2024-01-01", tz="UTC"), "t1": 0,
    ...                     "target_id": "r", "set": "val", "fold": -1})
    >>> tables = {"tcn": row.assign(value_logret_1=0.1), "lstm": row.assign(value_logret_1=0.3)}
    >>> mean_forecast(tables, ["value_logret_1"])["value_logret_1"].tolist()
    [0.2]
    """
    if not tables:
        raise bad_input("prediction tables", "one or more", 0, "give the ensemble its members")
    ids = sorted({one for table in tables.values() for one in table["target_id"].unique()})
    if len(ids) != 1:
        raise bad_input("target_id", "one and the same", ids, "join members of one target")
    first, *others = tables.values()
    joined = first[["symbol", "time", "t1", "target_id", "set", "fold"]]
    for table in others:
        joined = joined[key_positions(table, joined, name="member") >= 0]
    joined = joined.reset_index(drop=True)
    values = [
        table[columns].to_numpy(np.float64)[key_positions(table, joined, name=name)]
        for name, table in tables.items()
    ]
    return joined.assign(**dict(zip(columns, np.mean(values, axis=0).T, strict=True)))


def _empty_record() -> dict[str, dict[str, Any]]:
    return {"scale": {}, "n_rows": {}, "effective_n": {}}


def _measured(
    table: pd.DataFrame, embargo: pd.Timedelta
) -> list[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Return (fold, rows to measure on, rows it is for), the final one last."""
    is_train = (table["set"] == "train").to_numpy()
    fold = table["fold"].to_numpy()
    parts = [
        (int(fold[held_out[0]]), np.asarray(others), np.asarray(held_out))
        for others, held_out in fold_rows(table, embargo=embargo)
    ]
    return [*parts, (FINAL, np.flatnonzero(is_train), np.flatnonzero(~is_train))]


def _root_mean_square(residual: NDArray[np.float64], weight: NDArray[np.float64], fold: int) -> float:
    """Measure the scale, refusing rows that cannot say it."""
    name = "val and test rows" if fold == FINAL else f"fold {fold}"
    if not len(residual):
        raise bad_input(
            f"train rows with a target for the scale of {name}", "at least 1", 0, "load more bars"
        )
    scale = float(np.sqrt(np.average(residual**2, weights=weight)))
    if not scale > 0:
        raise bad_input(
            f"residuals for the scale of {name}", "not all 0", "0 in every row",
            "look for the target among the features",
        )  # fmt: skip
    return scale


def _refuse_test_rows(table: pd.DataFrame, position: NDArray[np.int64]) -> None:
    """Refuse targets of test rows: nothing is measured on them."""
    n_test = int(((position >= 0) & (table["set"] == "test").to_numpy()).sum())
    if n_test:
        raise bad_input(
            "targets", "of train and val rows alone", f"{n_test} test rows", "pass development_targets"
        )
