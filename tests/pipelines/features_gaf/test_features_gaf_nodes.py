"""Windows, keys, ranges and sheet of the stage, on a small market with a gap."""

import json

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import MarketOptions
from topoquant.lib.imaging import ImageOptions
from topoquant.lib.validity import AuditOptions
from topoquant.pipelines.audit.feature_nodes import check_images
from topoquant.pipelines.features_gaf.nodes import look_at_images, make_image_windows
from topoquant.schemas import KEYS

MARKET = MarketOptions(
    interval="1m", n_bars=1000, correlation=0.0, source_interval=None, format=None, time_zone=None,
    drop_last=True, max_move=None, references={}, macro={},
)  # fmt: skip
OPTIONS = ImageOptions(
    series="close", windows=(5, 9), size=8, methods=("summation", "difference"), resize="series",
    scaling="window", limit=2.0, n_states=4, segment=4, n_per_class=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def market() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Bars of two symbols with a gap, splits that use most rows, and labels of train rows."""
    time = pd.date_range("2024-01-01", periods=60, freq="min", tz="UTC").as_unit("ns")
    moves = np.random.default_rng(3).normal(0, 0.01, (2, 60))
    bars = pd.concat(
        [
            pd.DataFrame({"symbol": symbol, "open_time": time, "close": 100 * np.exp(np.cumsum(own))})
            for symbol, own in zip("AB", moves, strict=True)
        ]
    )
    bars = bars[~((bars["symbol"] == "B") & (bars["open_time"] == time[30]))].reset_index(drop=True)
    splits = bars[["symbol"]].assign(time=bars["open_time"] + pd.Timedelta("1min"), fold=0)
    splits["set"] = np.where(splits["time"] < time[45], "train", "test")
    splits = splits.assign(t1=splits["time"], kept=np.arange(len(splits)) % 7 != 0)
    train = splits.loc[splits["set"] == "train", ["symbol", "time"]]
    return bars, splits, train.assign(label=(np.arange(len(train)) % 2).astype(float))


@pytest.fixture(scope="module")
def made(market):
    bars, splits, _ = market
    return make_image_windows(bars, splits, MARKET, OPTIONS)


def test_windows_belong_to_their_keys_and_nothing_else_is_stored(market, made):
    bars, splits, _ = market
    windows, index, ranges = made
    KEYS.validate(index)
    assert windows.shape == (len(index), 9)
    assert windows.dtype == np.float64
    used = splits[splits["kept"]]
    assert len(index) + sum(ranges["dropped"].values()) == len(used)
    assert ranges["dropped"]["gap"] > 0
    assert (ranges["n_rows"], len(ranges["channels"])) == (len(index), 4)
    for row in (0, len(index) // 2, len(index) - 1):
        key = index.iloc[row]
        own = bars[(bars["symbol"] == key["symbol"]) & (bars["open_time"] < key["time"])].tail(9)
        np.testing.assert_array_equal(windows[row], own["close"])
    json.dumps(ranges, allow_nan=False)


def test_the_sheet_shows_labelled_rows_alone(market, made):
    _, _, targets = market
    windows, index, _ = made
    sheet, figure = look_at_images(windows, index, targets, OPTIONS)
    assert [one["class"] for one in sheet["samples"]] == ["label 0"] * 2 + ["label 1"] * 2
    assert {pd.Timestamp(one["time"]) for one in sheet["samples"]} <= set(targets["time"])
    assert len(figure.data) == 4 * 4
    json.dumps(sheet, allow_nan=False)


def test_the_audit_takes_windows_without_the_future(market):
    bars, _, _ = market
    audit = AuditOptions(
        n_cuts=2, n_target_cuts=4, max_rate_ratio=1.5, drift_alarm=0.25, n_adversarial_blocks=8,
        n_blindness_rows=100, n_overfitting_blocks=4,
    )  # fmt: skip
    (finding,) = check_images(bars, MARKET, OPTIONS, audit)
    assert finding["status"] == "ok", finding["finding"]
    assert finding["numbers"]["n_columns"] == 9
    assert finding["numbers"]["n_compared"] == 2


def test_the_recipe_runs_the_stage_and_its_check(registered):
    names = {node.name for node in registered["direction"].nodes}
    assert {"direction.make_image_windows", "direction.look_at_images", "direction.check_images"} <= names
    verdict = next(node for node in registered["direction"].nodes if node.short_name == "reach_verdict")
    assert "direction.findings_gaf" in verdict.inputs
    assert not any("gaf" in name for name in registered["trigger"].datasets())
