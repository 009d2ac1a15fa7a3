"""The document a script reads: every part there, finite, and as the page of the docs says."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.reporting import RunRecord, check_report, training_report
from topoquant.lib.reporting.training_report import PARTS, plain_json

DOCS = Path(__file__).parents[3] / "docs" / "training-report.md"


@pytest.fixture
def record():
    return RunRecord(
        run={"recipe": "trigger", "symbols": "SYN", "interval": "15m", "source": "synthetic", "env": "local"},
        quality=[{"symbol": "SYN", "n_bars": np.int64(9), "first": pd.Timestamp("2024-01-01", tz="UTC")}],
        training=[{"member": "nbeats", "dropped": {}, "history": [{"fold": "final", "val_loss": np.nan}]}],
        splits=pd.DataFrame({"set": ["train", "test"], "kept": [True, True]}),
        target={"kind": "trigger", "horizon": 4},
        label_summary={"text": "up", "dropped": {"no_t1": 4, "gap": 0, "filtered": 0}},
        choices={"final": {"name": "nbeats"}},
        operating_points={"val": {"threshold": 0.5}, "test": {"recall": float("nan")}},
        scores=[{"name": "nbeats", "auc": np.float32(0.5)}],
        findings=[],
        reliability=pd.DataFrame({"name": ["ensemble"], "p_mean": [0.1], "rate": [np.inf], "n": [3]}),
        equity=pd.DataFrame(),
        backtest_metrics={"net_return": -0.1},
        verdict={"word": "no_edge", "tradeable": "no"},
        sharpe=None,
        power=None,
        ceiling=None,
    )


def test_the_document_survives_a_file_and_holds_every_part(record):
    document = training_report(record)
    read = json.loads(json.dumps(document, allow_nan=False))
    assert read == document
    assert list(read) == list(PARTS)
    check_report(read)
    assert read["members"][0]["history"] == [{"fold": "final", "val_loss": None}]
    assert read["reliability"] == [{"name": "ensemble", "p_mean": 0.1, "rate": None, "n": 3}]
    assert read["operating_point"]["test"]["recall"] is None
    assert read["data"] == [{"symbol": "SYN", "n_bars": 9, "first": "2024-01-01T00:00:00+00:00"}]
    assert read["target"]["horizon"] == 4
    assert (read["sharpe"], read["trials"], read["ceiling"]) == (None, None, None)


def test_the_docs_name_every_part_as_it_is():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", DOCS.read_text(), re.MULTILINE)
    assert {name: (kind, what) for name, kind, what in rows} == PARTS


def test_another_document_is_refused(record):
    document = training_report(record)
    for changed, word in (
        ({**document, "version": 0}, "version"),
        ({name: part for name, part in document.items() if name != "models"}, "models"),
        ({**document, "models": {}}, "models must be array"),
    ):
        with pytest.raises(InputError, match=word):
            check_report(changed)


def test_what_json_has_no_form_for_is_refused(record):
    with pytest.raises(InputError, match=r"backtest.odd must be a plain value, got object"):
        training_report(replace(record, backtest_metrics={"odd": object()}))
    assert plain_json([np.array([1.0, np.nan]), (True, None)], "") == [[1.0, None], [True, None]]
