"""The label report: what a target's rows are, before any model sees them."""

from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.bars import interval_timedelta
from topoquant.lib.labeling.report_counts import (
    by_set,
    class_counts,
    invalid_values,
    plain,
    rate_drift,
    rates_by,
    return_moments,
    touched_shares,
)
from topoquant.lib.labeling.report_options import LabelReportOptions
from topoquant.lib.labeling.report_rows import REASONS, Kind, log_return_columns, report_rows, target_kind
from topoquant.lib.labeling.report_volatility import (
    REGIMES,
    development_features,
    mark_regimes,
    volatility_auc,
    volatility_questions,
)
from topoquant.lib.labeling.report_warnings import label_warnings

# A price that ends where it was filled may differ from it by the rounding of a division.
NO_MOVE = 1e-12


def summarise_labels(
    development: pd.DataFrame,
    test: pd.DataFrame,
    splits: pd.DataFrame,
    bars: pd.DataFrame,
    target: dict[str, Any],
    *,
    interval: str,
    options: LabelReportOptions,
) -> dict[str, Any]:
    """Count a target's rows by set, month, regime and symbol, and warn of what would spoil a study.

    Parameters
    ----------
    development, test : DataFrame
        Targets of train and val and of test: [`symbol`,] `time`, `t1`, `uniqueness`, a `label`
        (0 and 1, or -1, 0 and 1) or `logret_<h>`, and as far as there are any `ret`, `max_pct`
        and `touched` ("lower", "time", "upper", "both").
    splits : DataFrame
        [`symbol`,] `time`, `t1`, `set` and `kept`, one row per bar.
    bars : DataFrame
        Of one or several symbols, each sorted by `open_time`. After the last val row only
        their stamps are read.
    target : dict
        Of the fitted target: `text` and `side`, and where they are known `kind` and `threshold`.
    interval : str
        Length of a bar.
    options : LabelReportOptions
        Limits of the warnings and features of the volatility baseline.

    Returns
    -------
    dict
        Fit for JSON; what is undefined is None.

        text, kind, rate_of : what is predicted, "binary", "three_class" or "continuous", and what
        every `rate` counts.
        train_rows : `kept` of `all`, fewer where `n_rows` thinned them.
        rate, n, mean_uniqueness, effective_n : by set; the last is the summed uniqueness.
        dropped : used rows without a target: "no_t1" (t1 passes the symbol's last bar), "gap",
        "filtered" (the horizon fits, the target's own filter took the row) and "invalid".
        classes : by set and class, `n` and `effective_n`.
        drift : rates of val and test against the set before and train, of `rate_drift`.
        months, regimes, symbols : rates, of `rates_by`. Regimes are those of train and val rows
        (calm, normal, wild: terciles of the trailing range of a symbol's train rows);
        `regime_edges` says where they were cut; `symbols` is empty for one.
        touched : by set, the shares of lower, time, upper and both; None without barriers.
        returns : `ret` and log-returns of train and val, of `return_moments`.
        move : on train rows `median_abs` (of `ret`, or of the longest log-return), `unmoved`
        (share that ends where it was filled) and `median_range` (of one bar); `horizon` (bars)
        and the target's `threshold`.
        filtered_volume_ratio : median volume of the train rows filtered over that of those kept.
        volatility : AUC of a sign-blind fit on val rows, one per question, of `volatility_auc`.
        invalid : values no target can have, of `invalid_values`.
        warnings : of `label_warnings`.

    Raises
    ------
    InputError
        If a set has no target, a target no row, or there is neither a label nor a log-return.

    Notes
    -----
    Of test rows only targets are counted: no feature of theirs is computed, and nothing is
    fitted but the regimes' edges and the volatility baseline, on train rows.

    Examples
    --------
    >>> bars = pd.DataFrame({"open_time": pd.date_range("2024-01-01", periods=8, freq="h", tz="UTC"),
    ...     "open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0, "volume": 1.0})
    >>> time = bars["open_time"] + pd.Timedelta("1h")
    >>> splits = pd.DataFrame({"time": time, "t1": time + pd.Timedelta("1h"), "kept": True,
    ...     "set": ["train"] * 4 + ["val"] * 2 + ["test"] * 2})
    >>> targets = splits[["time", "t1"]].assign(label=[0.0, 1.0] * 4, ret=0.01, uniqueness=1.0)
    >>> blind = {"half_lives": [20], "volume_half_life": 20, "n_lags": 1}
    >>> options = LabelReportOptions(blind=blind, regime_half_life=20, l2=1.0, min_rarer_share=0.05,
    ...     min_rarer_effective=2, max_filtered_share=0.5, min_move_ranges=0.3, max_threshold_moves=5,
    ...     max_unmoved_share=0.05, max_time_share=0.8, max_volatility_auc=0.6, max_both_share=0.02,
    ...     max_rate_ratio=1.5)
    >>> summary = summarise_labels(targets[:6], targets[6:7], splits, bars,
    ...     {"text": "up-move", "side": "up"}, interval="1h", options=options)
    >>> summary["rate"], summary["dropped"]["no_t1"]
    ({'train': 0.5, 'val': 0.5, 'test': 0.0}, 1)
    >>> [one["name"] for one in summary["warnings"]]
    ['few_independent_rows']
    """
    targets = _together(development, test)
    kind = target_kind(targets, side=target["side"], kind=target.get("kind", ""))
    rows = report_rows(targets, splits, bars, interval=interval, kind=kind)
    features = development_features(bars, rows, interval=interval, blind=options.blind)
    labelled = rows[rows["reason"] == ""]
    counts = class_counts(labelled, kind)
    summary: dict[str, Any] = {
        "text": target["text"],
        **_sets(labelled, kind),
        "train_rows": _thinned(splits),
        "dropped": {reason: int((rows["reason"] == reason).sum()) for reason in REASONS},
        "classes": counts,
        "drift": rate_drift(counts, kind),
        "months": rates_by(labelled, "month", kind),
        "symbols": rates_by(labelled, "symbol", kind) if _n_symbols(rows) > 1 else [],
        "touched": touched_shares(labelled),
        "returns": return_moments(labelled),
        "invalid": invalid_values(targets, kind),
        **_of_the_market(rows, features, kind, target, options),
        "move": _move(rows, features, target, interval),
    }
    return {**summary, "warnings": label_warnings(summary, options)}


def _together(development: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Put the targets of all sets in one frame; categories become plain text."""
    parts = [
        one.assign(touched=one["touched"].astype(str)) if "touched" in one else one
        for one in (development, test)
    ]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _sets(labelled: pd.DataFrame, kind: Kind) -> dict[str, Any]:
    """Count rows and rates per set."""
    of_set = labelled.groupby("set")
    longest = log_return_columns(labelled)[-1:]
    return {
        "kind": kind,
        "rate_of": f"{longest[0]} above 0" if kind == "continuous" else "label 1",
        "rate": by_set((labelled["outcome"] == 1).groupby(labelled["set"]).mean()),
        "n": {name: int(n) for name, n in by_set(of_set.size()).items() if n is not None},
        "mean_uniqueness": by_set(of_set["uniqueness"].mean()),
        "effective_n": by_set(of_set["uniqueness"].sum()),
    }


def _thinned(splits: pd.DataFrame) -> dict[str, int]:
    """Count the train rows there are and those that are kept."""
    kept = splits.loc[splits["set"] == "train", "kept"]
    return {"kept": int(kept.sum()), "all": len(kept)}


def _of_the_market(
    rows: pd.DataFrame,
    features: pd.DataFrame,
    kind: Kind,
    target: dict[str, Any],
    options: LabelReportOptions,
) -> dict[str, Any]:
    """Set the labels of train and val rows against the market they were made from."""
    regimes, edges = mark_regimes(rows, features[f"log_range_{options.regime_half_life:g}"])
    has_target = rows["reason"] == ""
    questions = volatility_questions(rows, kind, side=target["side"])
    return {
        "regimes": rates_by(rows.assign(regime=regimes)[has_target], "regime", kind, REGIMES),
        "regime_edges": edges,
        "filtered_volume_ratio": _volume_ratio(rows, features),
        "volatility": [
            volatility_auc(question, rows, features, blind=options.blind, l2=options.l2)
            for question in questions
        ],
    }


def _move(
    rows: pd.DataFrame, features: pd.DataFrame, target: dict[str, Any], interval: str
) -> dict[str, float | None]:
    """Measure how far the price goes on train rows, against the range of a bar."""
    train = (rows["set"] == "train").to_numpy()
    labelled = train & (rows["reason"] == "").to_numpy()
    column = next((name for name in ("ret", *log_return_columns(rows)[::-1]) if name in rows.columns), None)
    moves = np.empty(0) if column is None else np.abs(rows[column].to_numpy(np.float64)[labelled])
    moves = moves[np.isfinite(moves)]
    ranges = features["bar_range"].to_numpy()[train]
    ranges = ranges[np.isfinite(ranges)]
    return {
        "median_abs": float(np.median(moves)) if len(moves) else None,
        "unmoved": float((moves < NO_MOVE).mean()) if len(moves) else None,
        "median_range": float(np.median(ranges)) if len(ranges) else None,
        "horizon": int((rows["t1"] - rows["time"]).max() / interval_timedelta(interval)),
        "threshold": target.get("threshold"),
    }


def _volume_ratio(rows: pd.DataFrame, features: pd.DataFrame) -> float | None:
    """Compare the volume of the train rows that a filter took with that of the rows it left."""
    train = rows["set"] == "train"
    volume = np.expm1(features["log_volume"])
    filtered, kept = volume[train & (rows["reason"] == "filtered")], volume[train & (rows["reason"] == "")]
    if filtered.notna().sum() == 0 or not kept.median() > 0:
        return None
    return plain(float(filtered.median() / kept.median()))


def _n_symbols(rows: pd.DataFrame) -> int:
    """Return how many symbols there are, 1 where none is named."""
    return rows["symbol"].nunique() if "symbol" in rows.columns else 1
