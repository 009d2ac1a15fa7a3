"""One window: label, fit, calibrate and choose a level on its own past, then predict what comes next."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.lib.ensemble import choose_naive, second_half_rows
from topoquant.lib.errors import bad_input
from topoquant.lib.labeling import TargetOptions, fit_target, label_rows
from topoquant.lib.sampling import KEY, SplitOptions, purged_halves
from topoquant.lib.training import (
    FitOptions,
    FoldPlan,
    MemberFeatures,
    SelectionOptions,
    TrainedMember,
    feature_importance,
    fingerprint_samples,
    member_samples,
    train_member,
)
from topoquant.lib.training.checkpoints import read_fit, write_fit
from topoquant.lib.validity import (
    CalibrationOptions,
    OperatingPointOptions,
    calibrate_predictions,
    choose_lower_point,
    choose_operating_point,
    join_targets,
)

SUFFIX = ".window"
TABLES = ("predictions", "importance")
RECORD = ("naive", "operating_point", "lower_point")


@dataclass(frozen=True, kw_only=True)
class WalkMember:
    """A member, or a sign-blind baseline, as its training takes it."""

    model: str
    features: MemberFeatures
    options: Any
    fit: FitOptions | None = None
    selection: SelectionOptions | None = None


@dataclass(frozen=True, kw_only=True)
class WalkStudy:
    """What is asked in every window.

    Attributes
    ----------
    interval : str
        Length of a bar.
    label : of any kind of target
        A threshold that has to match a rate is fitted anew on the train rows of every window.
    split : SplitOptions
        Folds and embargo.
    calibration, operating_point : CalibrationOptions, OperatingPointOptions
        As in a whole study.
    seed : int
        Of every fit and every bootstrap.
    """

    interval: str
    label: TargetOptions
    split: SplitOptions
    calibration: CalibrationOptions
    operating_point: OperatingPointOptions
    seed: int


@dataclass(frozen=True, kw_only=True)
class Window:
    """What one window gave.

    Attributes
    ----------
    predictions : DataFrame
        Train (out of fold), val and test rows by the contract of predictions, calibrated, with `p_naive`.
    targets : DataFrame
        Of the same rows; those of test rows touched nothing of the above.
    naive : str
        The sign-blind fit with the lower log-loss on the first half of val.
    operating_point : dict
        Chosen on the second half of val.
    lower_point : dict or None
        Of a direction, the level at or below which it is called down, likewise; None for other sides.
    importance : DataFrame
        `feature`, `importance`; no rows for a network.
    """

    predictions: pd.DataFrame
    targets: pd.DataFrame
    naive: str
    operating_point: dict[str, Any]
    lower_point: dict[str, Any] | None
    importance: pd.DataFrame


def refit_window(
    bars: pd.DataFrame,
    splits: pd.DataFrame,
    member: WalkMember,
    blind: Mapping[str, WalkMember],
    study: WalkStudy,
    *,
    checkpoints: Path | None = None,
) -> Window:
    """Run one window.

    Parameters
    ----------
    bars : DataFrame
        Of all windows; rows of `splits` alone are labelled.
    splits : DataFrame
        The window, of `walk_splits`.
    member : WalkMember
        Whose prediction it is.
    blind : mapping of str to WalkMember
        Sign-blind fits, of which naive is chosen.
    study : WalkStudy
        Label, folds, calibration and operating point.
    checkpoints : Path, optional
        Folder of windows that have ended: a killed walk goes on from there.

    Returns
    -------
    Window
        Nothing that is fitted or chosen depends on a test row of the window, nor on anything later.

    Raises
    ------
    InputError
        As `train_member`; if no sign-blind fit is named.

    Examples
    --------
    >>> import numpy as np
    >>> from topoquant.lib.labeling import DirectionOptions
    >>> from topoquant.lib.models import MajorityOptions
    >>> from topoquant.lib.sampling import WalkOptions, walk_splits
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
    >>> window = refit_window(bars, windows[0], majority, {"majority": majority}, study)
    >>> window.naive, window.predictions["set"].value_counts().to_dict()["test"]
    ('majority', 100)
    """
    if not blind:
        raise bad_input("blind members", "one or more", 0, "add majority to the recipe")
    development, test = _label(bars, splits, study)
    path = None
    if checkpoints is not None:
        path = checkpoints / f"{_fingerprint(splits, development, member, blind, study)}{SUFFIX}"
        if (found := read_fit(path)) is not None:
            return _read(*found, targets=pd.concat([development, test], ignore_index=True))
    predictions, naive, importance = _predict(splits, development, member, blind, study)
    asked = (second_half_rows(predictions), development, study.operating_point)
    window = Window(
        predictions=predictions,
        targets=pd.concat([development, test], ignore_index=True),
        naive=naive,
        operating_point=choose_operating_point(*asked),
        lower_point=choose_lower_point(*asked) if study.label.side == "direction" else None,
        importance=importance,
    )
    if path is not None:
        _write(path, window)
    return window


def _label(bars: pd.DataFrame, splits: pd.DataFrame, study: WalkStudy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit the target on the window's train rows; label its development and its test rows."""
    train_times = splits.loc[splits["set"] == "train", "time"]
    target = fit_target(bars, train_times, interval=study.interval, options=study.label)
    development, test = (
        label_rows(bars, splits, target, study.label, interval=study.interval, sets=sets)
        for sets in (("train", "val"), ("test",))
    )
    return development, test


def _predict(
    splits: pd.DataFrame,
    development: pd.DataFrame,
    member: WalkMember,
    blind: Mapping[str, WalkMember],
    study: WalkStudy,
) -> tuple[pd.DataFrame, str, pd.DataFrame]:
    """Fit member and sign-blind fits; calibrate, choose naive, and read what the member leans on."""
    own = _train("member", member, splits, development, study)
    others = {name: _train(name, one, splits, development, study).predictions for name, one in blind.items()}
    predictions, _ = calibrate_predictions(own.predictions, development, n_blocks=study.calibration.n_blocks)
    naive = _naive(others, development)
    known = others[naive][[*KEY, "p_label"]].rename(columns={"p_label": "p_naive"})
    joined = predictions.merge(known, on=KEY, how="inner", validate="one_to_one")
    return joined, naive, feature_importance(own.files)


def _train(
    name: str,
    one: WalkMember,
    splits: pd.DataFrame,
    development: pd.DataFrame,
    study: WalkStudy,
) -> TrainedMember:
    """Fit a member on the window's folds and on all its train rows."""
    plan = FoldPlan(split=study.split, horizon=study.label.horizon, interval=study.interval)
    return train_member(
        name, one.model, splits, development, one.features, plan=plan, options=one.options, fit=one.fit,
        selection=one.selection, seed=study.seed,
    )  # fmt: skip


def _naive(tables: Mapping[str, pd.DataFrame], development: pd.DataFrame) -> str:
    """Choose the sign-blind fit on the first half of val, over the rows that all of them have."""
    joined = None
    for name, table in tables.items():
        logits = table[[*KEY, "t1", "set", "target_id", "logit_label"]]
        if joined is None:
            joined = logits.rename(columns={"logit_label": name})
        else:
            joined = joined.merge(logits[[*KEY, "logit_label"]].rename(columns={"logit_label": name}), on=KEY)
    assert joined is not None  # noqa: S101 (`refit_window` refuses a walk without any)
    first, _ = purged_halves(joined)
    known = join_targets(joined[first], development)
    values = {name: known[name].to_numpy(float) for name in tables}
    return str(choose_naive(values, known["label"], known["uniqueness"])["member"])


def _fingerprint(
    splits: pd.DataFrame,
    development: pd.DataFrame,
    member: WalkMember,
    blind: Mapping[str, WalkMember],
    study: WalkStudy,
) -> str:
    """Return a name for a window, made of everything its result depends on."""
    # What was kept before a window had all its fields is no window.
    digest = hashlib.sha256(repr((study, [one.name for one in fields(Window)])).encode())
    for name, one in {"member": member, **blind}.items():
        samples, _ = member_samples(splits, development, one.features, interval=study.interval)
        told = (name, one.model, one.options, one.fit, one.selection, fingerprint_samples(samples))
        digest.update(repr(told).encode())
    return digest.hexdigest()[:32]


def _write(path: Path, window: Window) -> None:
    """Keep a window that has ended."""
    files = {}
    for name in TABLES:
        buffer = io.BytesIO()
        getattr(window, name).to_parquet(buffer)
        files[name] = buffer.getvalue()
    write_fit(path, files, {name: getattr(window, name) for name in RECORD})


def _read(files: Mapping[str, bytes], record: dict[str, Any], *, targets: pd.DataFrame) -> Window:
    """Return a window that was kept."""
    tables: dict[str, Any] = {name: pd.read_parquet(io.BytesIO(files[name])) for name in TABLES}
    return Window(targets=targets, **tables, **record)
