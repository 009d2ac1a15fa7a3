"""The page of a long market: made within little memory, and small enough to send."""

import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import synthetic_bars, validate_bars
from topoquant.lib.reporting import record_run, training_report, write_report
from topoquant.pipelines.report.pipeline import COMPLEXITY_FINDINGS, FINDINGS, SHOWN

pytestmark = pytest.mark.system
N_BARS, N_TEST = 100_000, 15_000
LARGEST_BYTES = 8_000_000
MOST_MEMORY = 500e6


def stored(run, name):
    """A dataset of the small run, wherever it lies."""
    for path in run.data_root.rglob(f"trigger/local/synthetic-SYN/{name}.*"):
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        if path.name == f"{name}.json":
            return json.loads(path.read_text())
    return pytest.fail(f"the small run left no {name}")


def stretched(table, n_rows, **columns):
    """The rows of a table as often as makes `n_rows`, in their order."""
    rows = np.arange(n_rows) * len(table) // n_rows
    return table.iloc[rows].reset_index(drop=True).assign(**columns)


@pytest.fixture(scope="module")
def record(smoke):
    """What a run on 100,000 bars would hand to its report."""
    bars = synthetic_bars("regime", n_bars=N_BARS, seed=7, interval="15m").bars
    quality = validate_bars(bars, "15m")
    time = bars["open_time"] + pd.Timedelta("15min")
    walk = 1 + np.random.default_rng(0).normal(0, 1e-3, N_TEST).cumsum()
    training = [path.stem for path in smoke.data_root.rglob("06_models/**/training_*.json")]
    names = (*SHOWN, *FINDINGS, *COMPLEXITY_FINDINGS, *(name for name in training if "." not in name))
    datasets = {name: stored(smoke, name) for name in names}
    datasets |= {
        "scores": stored(smoke, "model_scores"),
        "bars": quality.bars,
        "quality": [{**datasets["quality"][0], **quality.to_dict()}],
        "splits": stretched(datasets["splits"], N_BARS, time=time),
        "equity": stretched(datasets["equity"], N_TEST, time=time.iloc[-N_TEST:].to_numpy(), equity=walk),
    }
    test_targets = datasets.pop("test_targets")
    provenance = {"started": "now", "env": "local", "revision": "abc", "command": "kedro run", "options": {}}
    return record_run(
        "trigger", datasets, provenance=provenance, symbols="SYN", interval="15m", source="synthetic", seed=7,
        truth=pd.DataFrame(), test_targets=test_targets,
    )  # fmt: skip


def test_a_page_of_100_000_bars_is_small_and_takes_little_memory(record):
    write_report(record)  # what is imported and packed once is not counted
    tracemalloc.start()
    page = write_report(record)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(page.encode()) < LARGEST_BYTES
    assert peak < MOST_MEMORY
    assert page.count('<details class="zoom">') == 2
    assert "100,000 bars" in page


def test_what_a_script_reads_of_100_000_bars_is_small_too(record):
    assert len(json.dumps(training_report(record), allow_nan=False)) < LARGEST_BYTES
