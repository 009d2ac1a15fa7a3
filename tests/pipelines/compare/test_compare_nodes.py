"""The comparison, node by node, on runs that are made up."""

import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.judge import CompareOptions, RecordedRun
from topoquant.pipelines.compare.nodes import compare_recorded, draw_comparison, show_comparison

OPTIONS = CompareOptions(n_runs=5, recipe=None, symbols=None)
PROVENANCE = {
    "started": "2024-01-01T00:00:00+00:00",
    "revision": "abc",
    "command": "kedro run --pipelines=compare",
}
TIME = pd.date_range("2024-01-01", periods=400, freq="h", tz="UTC")


class Store:
    """Runs in memory."""

    def __init__(self, *runs):
        self.runs = list(runs)

    def latest(self, n_runs, *, recipe, symbols):
        assert (recipe, symbols) == (None, None)
        return self.runs[:n_runs]


def recorded(run_id, target_id="up"):
    row = {"name": "nbeats", "auc": 0.5, "auc_low": 0.4, "auc_high": 0.6}
    rows = pd.DataFrame({"symbol": "SYN", "time": TIME, "target_id": target_id, "p_label": 0.5})
    return RecordedRun(
        run_id=run_id,
        report={
            "run": {
                "recipe": "trigger",
                "symbols": "SYN",
                "interval": "1h",
                "source": "files",
                "started": "x",
            },
            "target": {"horizon": 2},
            "models": [row],
            "verdict": {"word": "no_edge", "tradeable": "no", "numbers": {"member": "nbeats"}},
        },
        rows=rows.assign(label=[0.0, 1.0] * 200),
    )


def test_runs_become_a_table_pairs_a_page_and_last_lines():
    store = Store(recorded("one"), recorded("two"), recorded("three", "<down>"))
    table, pairs = compare_recorded(store, OPTIONS, 7)
    assert len(table) == 3
    assert [pair["reason"] is None for pair in pairs] == [True, False, False]
    assert len(draw_comparison(table).data[0].x) == 3
    page, lines = show_comparison(table, pairs, PROVENANCE)
    assert "other targets" in page
    assert "&lt;down&gt;" in page
    assert "<down>" not in page
    assert "nan" not in page.lower()
    assert [line.split()[0] for line in lines["body"]] == ["run", "run", "run", "paired"]
    assert lines["tail"] == ["3 runs, 1 of 3 pairs compared; the page says why others are not"]


def test_an_empty_store_says_what_to_do():
    with pytest.raises(InputError, match="kedro run first"):
        compare_recorded(Store(), OPTIONS, 7)
