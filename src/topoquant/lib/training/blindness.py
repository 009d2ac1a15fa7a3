"""Everything a recipe fits, once more and small: what the check of blindness is run on."""

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.bars import interval_timedelta, map_symbols
from topoquant.lib.ensemble import (
    AuditorOptions,
    EnsembleOptions,
    audit_signals,
    ensemble,
    outcomes_of,
    resolved_losses,
    second_half_rows,
)
from topoquant.lib.indicators import indicators
from topoquant.lib.labeling import fit_target, label_rows, split_bars
from topoquant.lib.models import LogisticOptions
from topoquant.lib.options import options
from topoquant.lib.regimes import RegimeOptions, asked_regimes, fit_regimes, regimes_of_bars
from topoquant.lib.sampling import KEY, embargo_bars
from topoquant.lib.sampling.overlap import instants
from topoquant.lib.training.exporting import model_files, model_hash
from topoquant.lib.training.fast_path import FastPathOptions, fast_features
from topoquant.lib.training.folds import FoldedFit
from topoquant.lib.training.member import FoldPlan, MemberFeatures, member_samples, train_samples
from topoquant.lib.training.preprocessing import Preprocessing
from topoquant.lib.validity import (
    CalibrationOptions,
    OperatingPointOptions,
    calibrate_predictions,
    choose_operating_point,
    garbage_bars,
)

CLIP = 8.0

Tables = Mapping[str, pd.DataFrame]


@options
class BlindFitOptions:
    """What is fitted besides the fast path's booster.

    Attributes
    ----------
    path : FastPathOptions
        Split, label, features and the booster.
    logistic : LogisticOptions
        Of the sign-blind member.
    ensemble, calibration, operating_point
        Options of the ensemble stage.
    regimes : RegimeOptions, optional
        Absent: the ensemble knows of no regimes.
    auditor : AuditorOptions, optional
        Absent: signals are not audited.
    """

    path: FastPathOptions
    logistic: LogisticOptions
    ensemble: EnsembleOptions
    calibration: CalibrationOptions
    operating_point: OperatingPointOptions
    regimes: RegimeOptions | None = None
    auditor: AuditorOptions | None = None


def fit_fingerprints(
    bars: pd.DataFrame, garbage: bool, *, options: BlindFitOptions, seed: int
) -> dict[str, str]:
    """Go the whole way from bars to an operating point and take the fingerprint of everything fitted.

    Parameters
    ----------
    bars : DataFrame
        Of one or several symbols, checked.
    garbage : bool
        Whether to replace the bars of test rows first; splits, labels and features are then made of those.
    options : BlindFitOptions
        Of the recipe.
    seed : int
        Of the fits and the garbage.

    Returns
    -------
    dict of str to str
        16 hex digits each: `splits`, `target`, `preprocessing`, `lightgbm` and `logistic` (all fits),
        `out_of_fold` (their predictions of train and val rows), `stacks` (all fits), `candidates` (every
        combination of them, train and val rows), `choices`, `calibrator`, `operating_point`; with an auditor
        `auditor` (its gate and line), `auditor_trees`, `audits` (train and val rows). None of them may
        depend on a bar that ends at or after the first test row.

    Examples
    --------
    >>> from topoquant.lib.bars import synthetic_bars
    >>> from topoquant.lib.indicators import BlindOptions, IndicatorOptions
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> from topoquant.lib.models import LightGBMOptions
    >>> from topoquant.lib.sampling import SplitOptions
    >>> bars = synthetic_bars("regime", n_bars=600, seed=1, interval="1h").bars
    >>> path = FastPathOptions(
    ...     interval="1h", label=DirectionOptions(horizon=2), window=4, n_rows=None,
    ...     split=SplitOptions(train=0.6, val=0.2, n_folds=2, embargo=None),
    ...     indicators=IndicatorOptions(
    ...         sets=("price",), rsi_period=3, macd_fast=2, macd_slow=4, macd_signal=2, band_period=3,
    ...         band_width=2.0, atr_period=3, momentum_period=2, volume_period=3,
    ...     ),
    ...     blind=BlindOptions(half_lives=(3,), volume_half_life=3, n_lags=1),
    ...     model=LightGBMOptions(
    ...         n_trees=4, learning_rate=0.1, n_leaves=4, min_rows_per_leaf=20, max_bins=31, n_threads=1,
    ...         feature_fraction=1.0, row_fraction=1.0, l2=1.0, patience=5, validation_fraction=0.1,
    ...     ),
    ... )
    >>> options = BlindFitOptions(
    ...     path=path, logistic=LogisticOptions(l2=1.0, n_iterations=20),
    ...     ensemble=EnsembleOptions(candidates=("mean", "best_single"), ridge=0.001, min_rarer=2),
    ...     calibration=CalibrationOptions(n_blocks=2),
    ...     operating_point=OperatingPointOptions(min_recall=0.1, min_signals=5),
    ... )
    >>> made = fit_fingerprints(bars, False, options=options, seed=0)
    >>> made == fit_fingerprints(bars, True, options=options, seed=0), list(made)[:3]
    (True, ['splits', 'target', 'preprocessing'])
    """
    path = options.path
    if garbage:
        bars = garbage_bars(bars, _test_bars(bars, path), seed=seed)
    splits = split_bars(bars, path.interval, label=path.label, split=path.split, n_rows=path.n_rows)
    train = splits.loc[splits["set"] == "train", "time"]
    target = fit_target(bars, train, interval=path.interval, options=path.label)
    targets, every = (
        label_rows(bars, splits, target, path.label, interval=path.interval, sets=sets).drop(
            columns="max_pct", errors="ignore"
        )
        for sets in (("train", "val"), ("train", "val", "test"))
    )
    fits, preprocessing = _fit_members(bars, splits, targets, options, seed)
    embargo = embargo_bars(path.split, horizon=path.label.horizon) * interval_timedelta(path.interval)
    tables = {name: fit.predictions for name, fit in fits.items()}
    result = ensemble(
        tables, targets, options.ensemble, members=list(fits), blind_members=["logistic"], embargo=embargo,
        regimes=_regimes(bars, splits, tables, options, seed),
        resolved=resolved_losses(tables, outcomes_of(every)),
    )  # fmt: skip
    calibrated, calibrator = calibrate_predictions(
        result.predictions, targets, n_blocks=options.calibration.n_blocks
    )
    point = choose_operating_point(second_half_rows(calibrated), targets, options.operating_point)
    return {
        "splits": _of_rows(splits),
        "target": _of_json(target),
        "preprocessing": _of_json(preprocessing),
        **{name: _of_fit(fit) for name, fit in fits.items()},
        "out_of_fold": _of_rows(*(fit.predictions.query("set != 'test'") for fit in fits.values())),
        "stacks": _of_json(result.stacks),
        "candidates": _of_rows(result.candidates.query("set != 'test'")),
        "choices": _of_json(result.choices),
        "calibrator": _of_json(calibrator),
        "operating_point": _of_json(point),
        **_audit(bars, calibrated, targets, options, seed),
    }


def _regimes(
    bars: pd.DataFrame, splits: pd.DataFrame, tables: Tables, options: BlindFitOptions, seed: int
) -> pd.DataFrame | None:
    """Fit and filter the regimes that the ensemble sees, of the rows predicted, where the recipe has them."""
    if options.regimes is None:
        return None
    path = options.path
    embargo = embargo_bars(path.split, horizon=path.label.horizon) * interval_timedelta(path.interval)
    models = fit_regimes(bars, splits, options.regimes, interval=path.interval, embargo=embargo, seed=seed)
    rows = pd.concat([table[["time", "fold"]] for table in tables.values()])
    filtered = partial(regimes_of_bars, models=models, options=options.regimes, interval=path.interval)
    return map_symbols(lambda one: asked_regimes(rows, filtered(one)), bars)


def _audit(
    bars: pd.DataFrame, predictions: pd.DataFrame, targets: pd.DataFrame, options: BlindFitOptions, seed: int
) -> dict[str, str]:
    """Audit the signals of the one prediction, where the recipe does."""
    if options.auditor is None:
        return {}
    path = options.path
    channels = map_symbols(lambda one: indicators(one, path.indicators, interval=path.interval), bars)
    audit = audit_signals(
        predictions, targets, [channels], options.auditor, side=path.label.side, seed=seed,
        embargo=embargo_bars(path.split, horizon=path.label.horizon) * interval_timedelta(path.interval),
    )  # fmt: skip
    # How many test rows are signals is all that may change.
    record = {name: value for name, value in audit.record.items() if name != "n_signals"}
    return {
        "auditor": _of_json(record),
        "auditor_trees": _of_bytes(b"".join(audit.files.values())),
        "audits": _of_rows(audit.predictions.query("set != 'test'")),
    }


def _test_bars(bars: pd.DataFrame, path: FastPathOptions) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the bars that end at or after the first test row's time."""
    splits = split_bars(bars, path.interval, label=path.label, split=path.split)
    time = instants(splits["time"])
    return np.asarray(time >= time[(splits["set"] == "test").to_numpy()].min())


def _fit_members(
    bars: pd.DataFrame, splits: pd.DataFrame, targets: pd.DataFrame, options: BlindFitOptions, seed: int
) -> tuple[dict[str, FoldedFit], dict[str, Any]]:
    """Fit a booster on the channels and a logistic regression that is blind to signs, and the scalings."""
    path = options.path
    plan = FoldPlan(split=path.split, horizon=path.label.horizon, interval=path.interval)
    channels, blind = fast_features(bars, splits, path)
    features = {
        "lightgbm": (MemberFeatures(sequence=channels, window=path.window), path.model),
        "logistic": (MemberFeatures(static=blind), options.logistic),
    }
    fits, scalings = {}, {}
    for name, (seen, model) in features.items():
        samples, _ = member_samples(splits, targets, seen, interval=path.interval)
        fits[name] = train_samples(name, samples, plan, options=model, fit=None, seed=seed)
        for method in ("robust", "standard"):
            scaling = Preprocessing.fit(samples.of_set("train"), method=method, clip=CLIP)
            scalings[f"{name} {method}"] = scaling.to_dict()
    return fits, scalings


def _of_fit(fit: FoldedFit) -> str:
    """Fingerprint of the final fit and of those of the folds, which their rows name."""
    hashes = sorted(fit.predictions["model_hash"].unique())
    return _of_bytes(" ".join([model_hash(model_files(fit.final)), *hashes]).encode())


def _of_rows(*tables: pd.DataFrame) -> str:
    """Fingerprint of every value of some tables, row by row."""
    parts = [pd.util.hash_pandas_object(table.sort_values(KEY), index=False).to_numpy() for table in tables]
    return _of_bytes(np.concatenate(parts).tobytes())


def _of_json(record: Any) -> str:  # noqa: ANN401  (a JSON document is anything)
    """Fingerprint of a record; a float is written with all its digits."""
    return _of_bytes(json.dumps(record, sort_keys=True).encode())


def _of_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
