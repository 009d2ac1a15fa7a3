"""A job that cannot work on this machine or these bars is refused before anything is saved."""

import click
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset

from topoquant.hooks import resources
from topoquant.hooks.resources import horizon_of, memory_limit, refuse_oversized
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import LogReturnOptions

OPTIONS = {
    "label": {"horizon": 4},
    "split": {"train": 0.7},
    "window": 96,
    "features_tda": {
        "series": ["log_price"],
        "windows": [96, 336],
        "n_bins": 50,
        "n_layers": 3,
        "sublevel": False,
    },
}
BARS = pd.DataFrame({"symbol": "SYN", "close": [1.0] * 1000})


@pytest.fixture
def catalog():
    known = {f"params:trigger.{name}": MemoryDataset(value) for name, value in OPTIONS.items()}
    return DataCatalog({**known, "params:n_rows": MemoryDataset(200)})


def test_bars_that_fit_pass(catalog):
    refuse_oversized(BARS, "trigger", catalog)


def test_a_window_longer_than_the_bars_is_refused(catalog):
    with pytest.raises(InputError, match=r"trigger\.features_tda\.windows must be in \[1, 296\), got 336"):
        refuse_oversized(BARS[:300], "trigger", catalog)


def test_more_memory_than_the_container_has_is_refused(catalog, monkeypatch):
    monkeypatch.setattr(resources, "memory_limit", lambda: 1_000_000_000)
    with pytest.raises(
        click.ClickException, match=r"container's limit of 1\.0 GB, got 1\.1 GB for 1,000 bars: lower"
    ):
        refuse_oversized(BARS, "trigger", catalog)


def test_the_smaller_of_host_and_container_is_the_limit(monkeypatch, tmp_path):
    (tmp_path / "memory.max").write_text("123456\n")
    (tmp_path / "unlimited").write_text("max\n")
    host = memory_limit()
    monkeypatch.setattr(resources, "CGROUP_LIMITS", (tmp_path / "unlimited", tmp_path / "absent"))
    assert memory_limit() >= host
    monkeypatch.setattr(resources, "CGROUP_LIMITS", (tmp_path / "unlimited", tmp_path / "memory.max"))
    assert memory_limit() == 123456


def test_the_horizon_of_every_kind_of_target_is_known():
    assert horizon_of({"horizon": 4}) == 4
    assert horizon_of({"horizons": [1, 7], "reference": "open"}) == 7
    assert horizon_of(LogReturnOptions(horizons=(1, 7), reference="open")) == 7
