"""The page and the last lines of a run over several horizons."""

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.reporting import HorizonsRecord, write_horizons_report, write_horizons_summary
from topoquant.lib.reporting.horizons import regression_lines
from topoquant.lib.validity import judge_horizons

RUN = {
    "recipe": "horizons", "symbols": "BTC", "interval": "1d", "source": "files", "seed": 7, "env": "local",
    "started": "2024-01-01T00:00:00+00:00", "revision": "abc1234", "command": "kedro run", "options": {},
}  # fmt: skip


def scores(horizon: int) -> list[dict]:
    shared = {"horizon": horizon, "n": 400, "effective_n": 400 / horizon, "rmse": 0.04, "mae": 0.03}
    shared |= {"r2_zero": 0.0, "directional_accuracy": 0.5, "accuracy_low": 0.44, "accuracy_high": 0.56}
    names = {"tcn": "member", "ensemble": "ensemble", "zero": "baseline"}
    return [
        {**shared, "name": name, "role": role, "set": part}
        for name, role in names.items()
        for part in ("val", "test")
    ]


@pytest.fixture
def record():
    verdicts, bounds = {}, {}
    for horizon, word in ((1, "no_edge"), (30, "too_little_data")):
        view = f"logret_{horizon}"
        verdicts[view] = {
            "word": word, "headline": f"{word} (<b>)", "tradeable": "no", "tradeable_headline": "no",
            "would_change": ["More bars."],
        }  # fmt: skip
        bounds[view] = {
            "horizon": horizon, "alpha": 0.005, "timing_mean": 0.0, "timing_t": 0.4,
            "timing_lower": -0.001 if horizon == 1 else None,
        }  # fmt: skip
    time = pd.date_range("2024-01-01", periods=6, freq="D", tz="UTC")
    splits = pd.DataFrame(
        {
            "symbol": "BTC", "time": time, "t1": time + pd.Timedelta("1D"), "kept": True,
            "set": ["train", "train", "purged", "val", "embargoed", "test"], "fold": [0, 1, -1, -1, -1, -1],
        }
    )  # fmt: skip
    quality = {
        "symbol": "BTC", "interval": "1d", "source": "files", "n_bars": 6, "n_gaps": 0, "gaps": [],
        "first": time[0].isoformat(), "last": time[-1].isoformat(), "n_duplicates_dropped": 0,
        "n_missing_bars": 0, "longest_gap_bars": 0, "dropped_unfinished": 0, "n_zero_volume": 3,
        "absent_columns": [], "notes": [],
    }  # fmt: skip
    month = {
        "month": "all", "n": 9, "effective_n": 9.0, "n_infinite": 0, "coverage": 0.89, "coverage_low": 0.5,
        "coverage_high": 0.99, "median_width": 0.07,
    }  # fmt: skip
    held = {"miscoverage": 0.1, "n_calibration": 30, "n_left_out": 0, "fixed": [month], "online": [month]}
    scale = {"scale": {"0": 0.05, "1": 0.07, "final": 0.06}, "effective_n": {"final": 90.0}}
    return HorizonsRecord(
        run=RUN, quality=[quality], training=[], splits=splits, regression=[*scores(30), *scores(1)],
        findings=[
            {"name": "keys", "status": "ok", "finding": "fine", "numbers": {}, "section": "members"}
        ],
        scales={"logret_1": {"tcn": scale}}, intervals={"logret_1": held},
        verdict=judge_horizons(verdicts, bounds),
    )  # fmt: skip


def test_the_last_lines_say_each_horizon_and_then_one_verdict(record):
    summary = write_horizons_summary(record)
    assert summary["tail"] == [
        "logret_1    no_edge (<b>); bound at .01 / 2 -.001000, not above 0",
        "logret_30   too_little_data (<b>); timing t .4",
        "tradeable: no (no_edge)",
        "verdict: no_edge (nothing at logret_1; logret_30 has too little data)",
    ]
    assert not any(line.startswith("verdict:") for line in summary["body"])
    assert summary["body"][0] == "topoquant  horizons | BTC 1d files | env local"


def test_values_are_listed_by_horizon_with_baselines_first(record):
    lines = regression_lines(record.regression)[1:]
    assert [line.split()[:2] for line in lines] == [
        [str(horizon), name] for horizon in (1, 30) for name in ("zero", "tcn", "ensemble")
    ]


def test_the_page_escapes_what_it_is_given_and_says_what_several_tests_ask(record):
    page = write_horizons_report(record)
    assert "<b>" not in page
    assert "2 horizons are 2 tests" in page
    anchors = (
        "horizons",
        "values",
        "intervals",
        "scales",
        "checks",
        "data",
        "splits",
        "members",
        "provenance",
    )
    assert page.count("<section") == len(anchors)
    assert "conformal width of logret_1, test" in page
    for anchor in anchors:
        assert f'id="{anchor}"' in page


def test_undefined_numbers_are_dashes(record):
    rows = [row | {"r2_zero": None, "rmse": np.nan} for row in scores(7)]
    assert all("-" in line for line in regression_lines(rows)[1:])
