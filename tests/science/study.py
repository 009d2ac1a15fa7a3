"""A small study, made of the project's own functions, in which a leak can be planted at every step."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import numpy as np
import pandas as pd

from tests.science.runs import INTERVAL, recipe
from topoquant.lib.bars import interval_timedelta, resample_bars, synthetic_bars
from topoquant.lib.ensemble import EnsembleOptions, ensemble
from topoquant.lib.indicators import IndicatorOptions, indicators
from topoquant.lib.labeling import TriggerOptions, fit_target, label_bars, label_rows
from topoquant.lib.models import Head, LightGBMOptions, MajorityOptions, build_model
from topoquant.lib.sampling import (
    Samples,
    SplitOptions,
    assemble_samples,
    assign_rows,
    fold_rows,
    purged_halves,
)
from topoquant.lib.training import Preprocessing, fit, fit_folds, model_files, model_hash, predict
from topoquant.lib.validity import OperatingPointOptions, choose_operating_point, garbage_bars, roc_auc

STEP = interval_timedelta(INTERVAL)
LABEL = TriggerOptions(horizon=4, side="up", threshold=None, rate=0.3)
SPLIT = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None)
WINDOW = 4
HEADS = (Head(name="label", kind="binary"),)
GAP = slice(300, 310)
N_SELECTED = 5
Features = Callable[[pd.DataFrame], pd.DataFrame]


@cache
def some_bars(seed: int = 5, n_bars: int = 1500) -> pd.DataFrame:
    """Bars of a market with a signal, and a gap."""
    bars = synthetic_bars("regime", n_bars=n_bars, seed=seed, interval=INTERVAL).bars
    return bars.drop(bars.index[GAP]).reset_index(drop=True)


def channels(bars: pd.DataFrame) -> pd.DataFrame:
    """The recipe's channels."""
    return indicators(bars, IndicatorOptions(**recipe()["features_tabular"]), interval=INTERVAL)


def hourly_return(bars: pd.DataFrame, *, known_after: str) -> pd.DataFrame:
    """The channels and the return of the last hour, whose bars are stamped so long after their open."""
    hours = resample_bars(bars, "1h", source_interval=INTERVAL)
    known = pd.DataFrame(
        {
            "time": (hours["open_time"] + pd.Timedelta(known_after)).astype("datetime64[ns, UTC]"),
            "hourly_return": np.log(hours["close"] / hours["open"]),
        }
    )
    return pd.merge_asof(channels(bars), known, on="time")


@cache
def fitted_target() -> dict:
    """The threshold of the study, fitted on its train rows."""
    splits = assign_rows(some_bars(), INTERVAL, horizon=LABEL.horizon, options=SPLIT)
    train = splits.loc[splits["set"] == "train", "time"]
    return fit_target(some_bars(), train, interval=INTERVAL, options=LABEL)


def targets_of(bars: pd.DataFrame, label: object = LABEL) -> pd.DataFrame:
    """Targets of all rows, as the audit computes them."""
    return label_bars(bars, fitted_target(), label, interval=INTERVAL)


@dataclass(frozen=True)
class Tables:
    """Rows of the study: samples of all sets, and targets of all rows by key."""

    splits: pd.DataFrame
    samples: Samples
    development: pd.DataFrame
    targets: pd.DataFrame


def assemble(bars: pd.DataFrame, features: Features = channels) -> Tables:
    """From bars to samples, as a run does it; the threshold of the label is that of the study."""
    splits = assign_rows(bars, INTERVAL, horizon=LABEL.horizon, options=SPLIT)
    development, test = (
        label_rows(bars, splits, fitted_target(), LABEL, interval=INTERVAL, sets=sets)
        for sets in (("train", "val"), ("test",))
    )
    known = development.drop(columns="max_pct", errors="ignore")
    samples, _ = assemble_samples(splits, known, sequence=features(bars), window=WINDOW, interval=INTERVAL)
    return Tables(splits, samples, known, pd.concat([development, test], ignore_index=True))


def with_test_targets(tables: Tables) -> Samples:
    """Samples whose test rows have the targets that nobody may see, and say they are val rows."""
    samples = tables.samples
    known = samples.rows[["symbol", "time"]].merge(tables.targets, on=["symbol", "time"], how="left")
    rows = samples.rows.assign(set=samples.rows["set"].replace("test", "val"))
    whole = Samples(**{**vars(samples), "rows": rows, "targets": known[["label"]]})
    return whole.take(np.flatnonzero(known["label"].notna().to_numpy()))


def booster(samples: Samples):
    """An unfitted LightGBM of twenty trees."""
    options = LightGBMOptions(**recipe()["fast_path"]["model"] | {"n_trees": 20, "patience": 5})
    return build_model(
        "lightgbm", n_channels=samples.n_channels, window=samples.window, n_static=samples.n_static,
        heads=HEADS, options=options,
    )  # fmt: skip


def fingerprints(garbage: bool, wrong: str = "") -> dict[str, str]:
    """Fit everything, with test bars as they are or as garbage; `wrong` is fitted on test rows too."""
    bars = some_bars()
    splits = assign_rows(bars, INTERVAL, horizon=LABEL.horizon, options=SPLIT)
    # No target of a val row reaches into the bars that are replaced.
    is_test = (splits["set"] == "test").to_numpy()
    tables = assemble(garbage_bars(bars, is_test, seed=1) if garbage else bars)
    train, every = tables.samples.of_set("train"), with_test_targets(tables)
    scaler = Preprocessing.fit(
        tables.samples if wrong == "scaler" else train, method="standard", clip=8.0
    ).to_dict()
    model = fit_booster(tables, stop_on_test=wrong == "early stopping")
    predicted = predict(model, tables.samples).assign(**tables.samples.rows[["t1", "set"]])
    predicted["target_id"] = tables.samples.target_id
    rows = predicted.loc[predicted["set"] == "test"] if wrong == "threshold" else second_half(predicted)
    options = OperatingPointOptions(min_recall=0.1, min_signals=10)
    return {
        "scaler": written(scaler),
        "selection": written(selected(every if wrong == "selection" else train)),
        "booster": model_hash(model_files(model)),
        "threshold": written(choose_operating_point(rows, tables.targets, options)),
    }


def selected(samples: Samples) -> list[str]:
    """The channels whose last value ranks the label best."""
    label = samples.targets["label"].to_numpy()
    last = samples.sequence[samples.end]
    auc = [abs(roc_auc(label, column) - 0.5) for column in last.T]
    return [samples.channel_names[place] for place in np.argsort(auc)[::-1][:N_SELECTED]]


def fit_booster(tables: Tables, *, stop_on_test: bool = False):
    """Fit on train rows; honestly, early stopping looks at their own purged tail."""
    train = tables.samples.of_set("train")
    if not stop_on_test:
        return fit(booster(train), train, None, seed=0)
    every = with_test_targets(tables)
    is_train = (every.rows["set"] == "train").to_numpy()
    is_test = every.rows["time"] >= tables.splits.loc[tables.splits["set"] == "test", "time"].min()
    rows = (np.flatnonzero(is_train), np.flatnonzero(is_test))
    with patch("topoquant.lib.models.boosters.purged_tail", lambda *_: rows):
        return fit(booster(every), every, None, seed=0)


def second_half(predictions: pd.DataFrame) -> pd.DataFrame:
    """The second half of val."""
    return predictions[purged_halves(predictions)[1]]


def written(content: object) -> str:
    """A fingerprint of a JSON document."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


@cache
def member(folds: str = "purged") -> pd.DataFrame:
    """Predictions of the booster; folds are those of the split or shuffled rows."""
    tables = assemble(some_bars())
    samples = tables.samples
    pairs = fold_rows(samples.rows, embargo=LABEL.horizon * STEP)
    if folds == "shuffled":
        train = np.flatnonzero((samples.rows["set"] == "train").to_numpy())
        parts = np.array_split(np.random.default_rng(0).permutation(train), SPLIT.n_folds)
        pairs = [(np.setdiff1d(train, part), np.sort(part)) for part in parts]
    return fit_folds(booster(samples), samples, pairs, None, seed=0).predictions


@cache
def majority() -> pd.DataFrame:
    """Predictions of the base rate."""
    samples = assemble(some_bars()).samples
    model = build_model(
        "majority", n_channels=samples.n_channels, window=samples.window, n_static=0, heads=HEADS,
        options=MajorityOptions(),
    )  # fmt: skip
    return fit_folds(
        model, samples, fold_rows(samples.rows, embargo=LABEL.horizon * STEP), None, seed=0
    ).predictions


@cache
def in_sample() -> pd.DataFrame:
    """The member's table with train rows as the final model predicts them, under their own folds."""
    samples = assemble(some_bars()).samples
    honest = member()
    final = predict(fit(booster(samples), samples.of_set("train"), None, seed=0), samples)
    names = ["p_label", "logit_label"]
    last = honest.loc[honest["set"] == "test", "model_hash"].iloc[0]
    return honest.assign(**{name: final[name].to_numpy() for name in names}, model_hash=last)


def combined(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The ensemble of the study."""
    options = EnsembleOptions(candidates=("stack", "mean", "best_single"), ridge=0.001, min_rarer=10)
    return ensemble(
        tables, assemble(some_bars()).development, options, blind_members=["majority"],
        members=[one for one in tables if one != "majority"], embargo=LABEL.horizon * STEP,
    ).predictions  # fmt: skip


def combined_by_position(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The mean of members put side by side as they lie, the longer ones cut off."""
    logits = [table["logit_label"].to_numpy() for table in tables.values()]
    n_rows = min(map(len, logits))
    mean = np.mean([one[:n_rows] for one in logits], axis=0)
    return next(iter(tables.values()))[["symbol", "time"]].iloc[:n_rows].assign(logit_label=mean)
