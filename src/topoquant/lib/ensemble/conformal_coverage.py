"""How often conformal intervals held, month by month."""

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.ensemble.combining import second_half_rows
from topoquant.lib.ensemble.conformal import conformal_intervals
from topoquant.lib.errors import bad_input
from topoquant.lib.proportions import effective_counts, wilson_interval
from topoquant.lib.sampling import KEY, key_positions

# A target that is a fraction lies between these; an interval need not say more.
BOUNDS = {"max_pct": (0.0, 1.0)}
# Columns of sign-blind features that hold a filtered volatility.
RANGE = "log_range_"


def coverage_by_month(rows: pd.DataFrame, *, level: float) -> list[dict[str, Any]]:
    """Count how often intervals held.

    Parameters
    ----------
    rows : DataFrame
        `time`, `truth`, `low`, `high` and `uniqueness`; rows whose truth is NaN are passed over.
    level : float
        Coverage of the interval of the coverage, in (0, 1).

    Returns
    -------
    list of dict
        Per calendar month, UTC, in order, then "all": month, n, effective_n (of `effective_counts`),
        n_infinite, coverage and its Wilson interval coverage_low and coverage_high on the effective number,
        median_width (None where most are infinite). Rows whose interval is infinite are
        counted in n_infinite and not in the coverage: they would hold anything. None without others.

    Examples
    --------
    >>> rows = pd.DataFrame({"time": pd.to_datetime(["2024-01-01", "2024-02-01"], utc=True),
    ...     "truth": [0.0, 3.0], "low": -1.0, "high": 1.0, "uniqueness": 1.0})
    >>> [(one["month"], one["coverage"]) for one in coverage_by_month(rows, level=0.9)]
    [('2024-01', 1.0), ('2024-02', 0.0), ('all', 0.5)]
    """
    known = rows[rows["truth"].notna()]
    months = known["time"].dt.strftime("%Y-%m")
    parts = [*known.groupby(months, sort=True), ("all", known)]
    return [{"month": name, **_coverage(part, level)} for name, part in parts]


def conformal_coverage(
    predictions: pd.DataFrame, targets: pd.DataFrame, scale: pd.DataFrame, *, miscoverage: float, level: float
) -> dict[str, dict[str, Any]]:
    """Calibrate on the second half of val and see on test rows how often the intervals hold.

    This is a measurement: nothing is fitted or chosen on it. Test rows enter the scores only once their
    t1 has passed, as they would in use, so the table with the online intervals needs test targets and
    belongs after every fit.

    Parameters
    ----------
    predictions : DataFrame
        By the contract of predictions, with any number of columns `value_<target>`.
    targets : DataFrame
        Of val and test rows: `symbol`, `time`, `uniqueness` and the column `<target>` of each of them.
    scale : DataFrame
        `symbol`, `time` and `scale`, a volatility known at `time`; rows without one are left out.
    miscoverage, level : float
        Of the intervals, and of the intervals of their coverage.

    Returns
    -------
    dict of str to dict
        By target: miscoverage, n_calibration, n_left_out (test rows without a scale), and `fixed` and
        `online`, each of `coverage_by_month`. Empty where no value is predicted.

    Raises
    ------
    InputError
        If the targets lack a target that is predicted; if val has no two halves.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=60, freq="12h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time, "value_logret_1": 0.0,
    ...                      "set": np.repeat(["val", "test"], 30)})
    >>> targets = rows.assign(logret_1=np.random.default_rng(0).normal(size=60), uniqueness=1.0)
    >>> found = conformal_coverage(rows, targets, rows.assign(scale=1.0), miscoverage=0.2, level=0.9)
    >>> found["logret_1"]["n_calibration"], found["logret_1"]["online"][-1]["n"]
    (15, 30)
    """
    names = [str(name).removeprefix("value_") for name in predictions if str(name).startswith("value_")]
    return {
        name: _of_target(_joined(predictions, targets, scale, name), name, miscoverage, level)
        for name in names
    }


def filtered_scale(blind: pd.DataFrame, *, half_life: float) -> pd.DataFrame:
    """Take the filtered volatility that scores are divided by.

    Parameters
    ----------
    blind : DataFrame
        Of `sign_blind_features`: `log_range_<half-life>` is the log of an exponentially weighted mean of
        squared log ranges, which depends on bars up to the row's own.
    half_life : float
        One of those that were computed.

    Returns
    -------
    DataFrame
        `symbol`, `time`, `scale`: the root of that mean, in log price; rows without one are absent.

    Raises
    ------
    InputError
        For another half-life.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> blind = pd.DataFrame({"symbol": "SYN", "time": time, "log_range_20": [np.nan, np.log(0.0004)]})
    >>> filtered_scale(blind, half_life=20)["scale"].round(6).tolist()
    [0.02]
    """
    name = f"{RANGE}{half_life:g}"
    if name not in blind:
        known = [str(one).removeprefix(RANGE) for one in blind if str(one).startswith(RANGE)]
        raise bad_input(
            "conformal.half_life", f"one of {', '.join(known)}", f"{half_life:g}",
            "choose one of features_blind.half_lives",
        )  # fmt: skip
    known_rows = blind[blind[name].notna()]
    return known_rows[KEY].assign(scale=np.exp(known_rows[name] / 2)).reset_index(drop=True)


def member_spreads(predictions: pd.DataFrame) -> dict[str, dict[str, float | int]]:
    """Say how far members are apart.

    Parameters
    ----------
    predictions : DataFrame
        `set` and, where several members were combined, `spread`: the standard deviation of their logits.

    Returns
    -------
    dict of str to dict
        By set n, low, median, high (the 0.1 and 0.9 quantiles); empty without a spread.

    Examples
    --------
    >>> rows = pd.DataFrame({"set": "test", "spread": [0.1, 0.2, 0.3]})
    >>> member_spreads(rows)["test"]["median"], member_spreads(rows.drop(columns="spread"))
    (0.2, {})
    """
    if "spread" not in predictions:
        return {}
    spreads = {}
    for name in ("train", "val", "test"):
        values = predictions.loc[predictions["set"] == name, "spread"].dropna()
        if len(values):
            low, middle, high = (float(values.quantile(q)) for q in (0.1, 0.5, 0.9))
            spreads[name] = {"n": len(values), "low": low, "median": middle, "high": high}
    return spreads


def _joined(predictions: pd.DataFrame, targets: pd.DataFrame, scale: pd.DataFrame, name: str) -> pd.DataFrame:
    """Put prediction, outcome and volatility of the rows of calibration and test side by side."""
    if name not in targets:
        raise bad_input(
            "targets", f"with a column {name}", ", ".join(map(str, targets)), "label what members predict"
        )
    second = second_half_rows(predictions).assign(is_calibration=True)
    test = predictions[predictions["set"] == "test"].assign(is_calibration=False)
    rows = pd.concat([second, test], ignore_index=True)
    at = key_positions(targets, rows, name="targets")
    where = key_positions(scale, rows, name="scale")
    return rows[[*KEY, "t1", "is_calibration"]].assign(
        value=rows[f"value_{name}"].to_numpy(np.float64),
        truth=_taken(targets[name], at),
        uniqueness=_taken(targets["uniqueness"], at),
        scale=_taken(scale["scale"], where),
    )


def _taken(column: pd.Series, position: NDArray[np.int64]) -> NDArray[np.float64]:
    """Take values by position; NaN where there is none."""
    return np.where(position >= 0, column.to_numpy(np.float64)[position], np.nan)


def _of_target(rows: pd.DataFrame, name: str, miscoverage: float, level: float) -> dict[str, Any]:
    """Bound the values of one target and count."""
    has_scale = (rows["scale"] > 0) & rows["value"].notna()
    usable = rows[has_scale].reset_index(drop=True)
    is_test = ~usable["is_calibration"]
    record: dict[str, Any] = {
        "miscoverage": miscoverage,
        "n_calibration": int((usable["is_calibration"] & usable["truth"].notna()).sum()),
        "n_left_out": int((~has_scale & ~rows["is_calibration"]).sum()),
    }
    for kind in ("fixed", "online"):
        bounds = conformal_intervals(
            usable, is_calibration=usable["is_calibration"], miscoverage=miscoverage, online=kind == "online"
        )
        bounds = _within(bounds, BOUNDS.get(name, (-inf, inf)))
        rows_of_kind = usable.assign(low=bounds["low"], high=bounds["high"])
        record[kind] = coverage_by_month(rows_of_kind[is_test], level=level)
    return record


def _within(bounds: pd.DataFrame, limits: Sequence[float]) -> pd.DataFrame:
    """Cut finite bounds at what the target can be; infinite ones stay: nothing is known."""
    finite = np.isfinite(bounds[["low", "high"]].to_numpy()).all(axis=1)
    cut = bounds[["low", "high"]].clip(*limits)
    return bounds.assign(**{name: np.where(finite, cut[name], bounds[name]) for name in ("low", "high")})


def _coverage(rows: pd.DataFrame, level: float) -> dict[str, Any]:
    """Count the rows of one month."""
    width = (rows["high"] - rows["low"]).to_numpy()
    bounded = rows[np.isfinite(width)]
    held = (bounded["truth"] >= bounded["low"]) & (bounded["truth"] <= bounded["high"])
    k, n = effective_counts(held, bounded["uniqueness"], bounded["time"])
    low, high = wilson_interval(k, n, level=level)
    middle = float(np.median(width)) if len(width) else inf
    return {
        "n": len(rows), "effective_n": n, "n_infinite": len(rows) - len(bounded),
        "coverage": k / n if n else None, "coverage_low": low if n else None,
        "coverage_high": high if n else None, "median_width": middle if np.isfinite(middle) else None,
    }  # fmt: skip
