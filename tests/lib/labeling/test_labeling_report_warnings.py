"""Warnings of the label report: none at the limit, one beyond it, with the number and the cause."""

import json

import pytest

from topoquant.lib.labeling import LabelReportOptions
from topoquant.lib.labeling.report_warnings import label_warnings

OPTIONS = LabelReportOptions(
    blind={"half_lives": [2], "volume_half_life": 20, "n_lags": 1},
    regime_half_life=2,
    l2=1.0,
    min_rarer_share=0.05,
    min_rarer_effective=30,
    max_filtered_share=0.5,
    min_move_ranges=0.3,
    max_threshold_moves=5,
    max_unmoved_share=0.05,
    max_time_share=0.8,
    max_volatility_auc=0.6,
    max_both_share=0.02,
    max_rate_ratio=1.5,
)


def quiet():
    """Give a report that warns of nothing."""
    sets = ("train", "val", "test")
    touched = {"lower": 0.1, "time": 0.8, "upper": 0.08, "both": 0.02}
    drift = {"class": "1", "first": "train", "second": "val", "rate_first": 0.1, "rate_second": 0.15}
    return {
        "kind": "binary",
        "rate_of": "label 1",
        "n": dict.fromkeys(sets, 1000),
        "dropped": {"no_t1": 0, "gap": 0, "filtered": 3000, "invalid": 0},
        "classes": {
            name: {"0": {"n": 950, "effective_n": 500.0}, "1": {"n": 50, "effective_n": 30.0}}
            for name in sets
        },
        "drift": [{**drift, "difference": 0.05, "ratio": 1.5, "z": 9.0}],
        "regimes": [],
        "touched": dict.fromkeys(sets, touched),
        "move": {
            "median_abs": 0.3,
            "unmoved": 0.05,
            "median_range": 1.0,
            "horizon": 2,
            "threshold": 1.5,
        },
        "filtered_volume_ratio": None,
        "volatility": [{"question": "label 1", "expected": False, "auc": 0.6, "chance": 0.5, "n": 9}],
        "invalid": [],
    }


def changed(path, value):
    """Change one number of the quiet report."""
    summary = json.loads(json.dumps(quiet()))
    *parents, last = path.split("/")
    place = summary
    for name in parents:
        place = place[int(name) if isinstance(place, list) else name]
    place[last] = value
    return summary


def test_limits_themselves_are_not_warned_of():
    assert label_warnings(quiet(), OPTIONS) == []


@pytest.mark.parametrize(
    ("path", "value", "name", "words"),
    [
        (
            "classes/train/1",
            {"n": 49, "effective_n": 30.0},
            "imbalance",
            "(1) is .049 of train rows, below .05",
        ),
        ("classes/test/1/effective_n", 29.0, "few_independent_rows", "worth 29 in test (1) independent"),
        ("dropped/filtered", 3010, "filter_removes_most", "3,010 of 6,010 rows"),
        (
            "move/threshold",
            1.8,
            "horizon_too_short",
            "1.8 is 6.0 times the median move over the horizon of 2",
        ),
        ("move/unmoved", 0.06, "horizon_too_short", ".06 of train rows end exactly where they were filled"),
        ("move/median_range", 1.5, "horizon_too_short", "(.3) is .2 of the median range of one bar (1.5)"),
        ("touched/train/time", 0.81, "horizon_too_short", ".81 of train rows meet no barrier"),
        ("touched/val/both", 0.021, "both_barriers", ".021 of val rows touch both barriers in one bar"),
        ("drift/0/ratio", 0.6, "base_rate_moved", "label 1 is .1 of train and .15 of val rows"),
        ("drift/0/ratio", None, "base_rate_moved", "9.0 standard errors"),
        ("volatility/0/auc", 0.61, "volatility_explains", "AUC of .61 for label 1 on 9 val rows, above .6"),
        ("invalid", [{"column": "ret", "problem": "missing", "n": 2}], "invalid_values", "2 missing in ret"),
    ],
)
def test_each_warning_has_its_limit_and_says_its_number(path, value, name, words):
    (warning,) = label_warnings(changed(path, value), OPTIONS)
    assert (warning["name"], warning["severity"]) == (name, "warning")
    assert words in warning["text"]


def test_a_random_walk_needs_the_bars_that_the_warning_says():
    # Sixfold the median move takes 36 times the horizon of 2 bars.
    (warning,) = label_warnings(changed("move/threshold", 1.8), OPTIONS)
    assert "about 72 bars" in warning["text"]


@pytest.mark.parametrize(("path", "value"), [("drift/0/z", 2.3), ("volatility/0/chance", 0.7)])
def test_what_chance_can_do_is_not_warned_of(path, value):
    summary = changed(path, value)
    summary["drift"][0]["ratio"] = 3.0 if "drift" in path else 1.0
    summary["volatility"][0]["auc"] = 0.65 if "volatility" in path else 0.5
    assert label_warnings(summary, OPTIONS) == []


def test_what_is_expected_of_volatility_is_one_note_after_all_warnings():
    summary = changed("move/unmoved", 0.5)
    found = {"auc": 0.7, "chance": 0.55, "n": 9}
    summary["volatility"] = [{"question": f"size of logret_{h}", "expected": True, **found} for h in (1, 7)]
    warning, note = label_warnings(summary, OPTIONS)
    assert (warning["name"], note["severity"]) == ("horizon_too_short", "note")
    assert ".7 for size of logret_1 on 9 val rows, .7 for size of logret_7 on 9 val rows" in note["text"]
