"""`python -m tests.benchmarks.etth1`: forecasts of ETTh1 beside their published errors.

Zhou et al. (2021), "Informer": loads and oil temperature of a transformer by the hour. 336 hours in, 96 hours
out, rows 0-8639 to fit on, 2,880 to stop early on, 2,880 to judge, in standard deviations of the first part.
docs/models.md says how options were chosen. Needs bench/ETTh1.csv in the folder that TOPOQUANT_DATA names.
"""

import argparse
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.models import (
    DLinearOptions,
    Head,
    NBeatsOptions,
    TCNOptions,
    TransformerOptions,
    build_model,
)
from topoquant.lib.sampling import Samples
from topoquant.lib.training import FitOptions, count_parameters, fit, predict
from topoquant.lib.training.options import LossOptions, PlateauOptions

LOOK_BACK, HORIZON = 336, 96
# Ends of the rows to fit on, to stop early on and to judge.
ENDS = {"train": 8640, "val": 11520, "test": 14400}
HEAD = Head(name="path", kind="value", n_outputs=HORIZON)
# Squared errors: no error is as large as the threshold of Huber's loss.
SQUARED = LossOptions(kind="bce", smoothing=0.0, diversity=0.0, diversity_floor=1.0, huber=1e3)
LOOP = FitOptions(
    n_epochs=10,
    batch_size=64,
    learning_rate=1e-3,
    weight_decay=0.0,
    patience=3,
    # Exactly the rows of the second part.
    validation_fraction=2785 / (8209 + 2785),
    clip_norm=1.0,
    head_weights={"path": 1.0},
    scale="standard",
    clip=20.0,
    device="cpu",
    precision="32-true",
    n_threads=1,
    loss=SQUARED,
    schedule=PlateauOptions(kind="plateau", factor=0.3, patience=1),
)


@dataclass(frozen=True)
class Entry:
    """A line of the table: a model, the loop it is fitted by, and what was published."""

    name: str
    options: Any
    loop: FitOptions
    published: str
    limit: tuple[float, float]
    columns: tuple[int, ...] = (6,)


ENTRIES = {
    "dlinear": Entry(
        name="dlinear",
        options=DLinearOptions(kernel=25, shared=True),
        loop=replace(LOOP, learning_rate=5e-3, batch_size=224),
        published="0.375 / 0.399",
        limit=(0.385, 0.405),
        columns=tuple(range(7)),
    ),
    "nbeats": Entry(
        name="nbeats",
        options=NBeatsOptions(
            stacks=("trend", "seasonality", "generic"), n_blocks=1, n_layers=2, hidden=64, degree=3,
            n_harmonics=8, n_generic=8, n_features=32, input_dropout=0.5, dropout=0.3, own_scale=True,
        ),
        loop=replace(LOOP, n_epochs=6, learning_rate=5e-4),
        published="DLinear 0.056",
        limit=(0.0655, np.inf),
    ),
    "tcn": Entry(
        name="tcn",
        options=TCNOptions(
            n_filters=16, kernel=3, dilations=(1, 2, 4, 8, 16), dropout=0.2, own_scale=True
        ),
        loop=replace(LOOP, n_epochs=3),
        published="DLinear 0.056",
        limit=(0.0655, np.inf),
    ),
    "transformer": Entry(
        name="transformer",
        options=TransformerOptions(
            width=16, n_blocks=1, n_heads=2, feed_forward=16, pooling="last", dropout=0.2, own_scale=True
        ),
        loop=replace(LOOP, n_epochs=5),
        published="DLinear 0.056",
        limit=(0.0655, np.inf),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Series:
    """Columns of ETTh1 in standard deviations of the train rows, float32, shape (14400, 7)."""

    values: np.ndarray
    names: tuple[str, ...]


def read_series(path: Path) -> Series:
    table = pd.read_csv(path, nrows=ENDS["test"]).drop(columns="date")
    train = table.iloc[: ENDS["train"]]
    scaled = (table - train.mean()) / train.std(ddof=0)
    return Series(scaled.to_numpy(np.float32), tuple(table.columns))


def make_samples(series: Series, columns: tuple[int, ...]) -> Samples:
    """One row per window and column, each column a symbol of its own: one model is fitted on all of them."""
    n_hours = len(series.values)
    hours = pd.date_range("2016-07-01", periods=n_hours + 1, freq="h", tz="UTC")
    paths = np.lib.stride_tricks.sliding_window_view(series.values, HORIZON, axis=0)
    rows, targets, ends = [], [], []
    for place, column in enumerate(sorted(columns, key=lambda number: series.names[number])):
        for part, start, stop in zip(
            ENDS, (LOOK_BACK, ENDS["train"], ENDS["val"]), ENDS.values(), strict=True
        ):
            first_hours = np.arange(start, stop - HORIZON + 1)
            rows.append(
                pd.DataFrame(
                    {
                        "symbol": series.names[column],
                        "time": hours[first_hours],
                        # The last hour that is forecast is over, and no sooner.
                        "t1": hours[first_hours + HORIZON - 1],
                        "set": part,
                        "fold": 0 if part == "train" else -1,
                    }
                )
            )
            targets.append(paths[first_hours, column])
            ends.append(place * n_hours + first_hours - 1)
    ordered = sorted(columns, key=lambda number: series.names[number])
    joined = np.concatenate(targets).astype(np.float64)
    names = [f"{HEAD.name}_{step}" for step in range(1, HORIZON + 1)]
    table = pd.concat(rows, ignore_index=True)
    return Samples(
        rows=table,
        target_id="etth1",
        targets=pd.DataFrame(joined, columns=names),
        weights=np.ones(len(table)),
        sequence=np.ascontiguousarray(series.values[:, ordered].T.reshape(-1, 1)),
        end=np.concatenate(ends).astype(np.int64),
        window=LOOK_BACK,
        static=None,
        channel_names=("value",),
    )


def errors(forecast: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Mean squared and mean absolute error."""
    return float(np.square(forecast - truth).mean()), float(np.abs(forecast - truth).mean())


def score(entry: Entry, samples: Samples, *, seed: int) -> tuple[float, float, int]:
    """Fit on the first two parts, the second for early stopping; return errors on the third and the size."""
    model = build_model(
        entry.name, n_channels=1, window=LOOK_BACK, n_static=0, heads=[HEAD], options=entry.options
    )
    known = samples.take((samples.rows["set"] != "test").to_numpy())
    fitted = fit(model, known, entry.loop, seed=seed)
    test = samples.of_set("test")
    forecast = predict(fitted, test).filter(like="value_").to_numpy()
    n_parameters = count_parameters(fitted.model) or 0
    return *errors(forecast.reshape(len(test), HORIZON), test.targets.to_numpy()), n_parameters


def last_value(samples: Samples) -> tuple[float, float]:
    """Errors of a forecast that says the last value stays."""
    test = samples.of_set("test")
    return errors(samples.sequence[test.end], test.targets.to_numpy())


def ridge(samples: Samples, penalties: tuple[float, ...]) -> tuple[float, float]:
    """Errors of the closed form, one map for all columns from windows less their last value.

    The penalty, per train row, is the best of the second part.
    """
    windows = np.lib.stride_tricks.sliding_window_view(samples.sequence[:, 0], LOOK_BACK)
    parts = {}
    for name in ENDS:
        part = samples.of_set(name)
        last = samples.sequence[part.end].astype(np.float64)
        x = windows[part.end - LOOK_BACK + 1].astype(np.float64) - last
        parts[name] = (np.column_stack([x[:, :-1], np.ones(len(x))]), part.targets.to_numpy() - last)
    x, y = parts["train"]
    gram, product = x.T @ x, x.T @ y
    maps = [np.linalg.solve(gram + penalty * len(x) * np.eye(len(gram)), product) for penalty in penalties]
    val_x, val_y = parts["val"]
    best = min(maps, key=lambda weights: errors(val_x @ weights, val_y)[0])
    test_x, test_y = parts["test"]
    return errors(test_x @ best, test_y)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.etth1", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(ENTRIES)}; all if none")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    path = Path(os.environ.get("TOPOQUANT_DATA", os.devnull)) / "bench" / "ETTh1.csv"
    if not path.is_file():
        parser.exit(0, f"no {path}: set TOPOQUANT_DATA to a folder with bench/ETTh1.csv\n")
    series = read_series(path)
    for columns, label in ((tuple(range(7)), "seven columns"), ((6,), "the last column")):
        chosen = [
            entry for name, entry in ENTRIES.items()
            if entry.columns == columns and name in (arguments.names or ENTRIES)
        ]  # fmt: skip
        if chosen:
            print_table(label, make_samples(series, columns), chosen, arguments.seeds)


def print_table(label: str, samples: Samples, entries: list[Entry], n_seeds: int) -> None:
    """One line per way to forecast, and a last word where a bound is missed."""
    print(
        f"\n| {label} | MSE | MAE | parameters | published | seconds |\n|---|---|---|---|---|---|", flush=True
    )
    print_line("last value", *last_value(samples), "0", "", "")
    print_line(
        "ridge, closed form", *ridge(samples, (1e-4, 1e-3, 1e-2, 1e-1)), f"{LOOK_BACK * HORIZON:,}", "", ""
    )
    for entry in entries:
        began = time.perf_counter()
        scores = [score(entry, samples, seed=seed) for seed in range(n_seeds)]
        mse, mae = median(one[0] for one in scores), median(one[1] for one in scores)
        seconds = f"{(time.perf_counter() - began) / n_seeds:.0f}"
        print_line(entry.name, mse, mae, f"{scores[0][2]:,}", entry.published, seconds)
        if mse > entry.limit[0] or mae > entry.limit[1]:
            raise SystemExit(f"{entry.name}: {mse:.4f} / {mae:.4f} is above {entry.limit}")


def print_line(name: str, mse: float, mae: float, size: str, published: str, seconds: str) -> None:
    print(f"| {name} | {mse:.4f} | {mae:.4f} | {size} | {published} | {seconds} |", flush=True)


if __name__ == "__main__":
    main()
