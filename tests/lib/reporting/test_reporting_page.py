"""The page: one file, nothing from outside, every text escaped, every link with a target."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.reporting import (
    Section,
    backtest_section,
    build_page,
    calibration_section,
    splits_section,
)
from topoquant.lib.reporting.markup import Html
from topoquant.lib.reporting.report import _cost_rows
from topoquant.lib.reporting.words import costs_sentence, what_would_change

VOID = {"meta", "link", "br"}


class Tree(HTMLParser):
    """Collects links and ids, and checks that every tag is closed in its turn."""

    def __init__(self):
        super().__init__()
        self.ids, self.links, self.open, self.text = [], [], [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[name] for name in ("href", "src") if name in values]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)


def read(page):
    tree = Tree()
    tree.feed(page)
    tree.close()
    assert tree.open == []
    return tree


@pytest.fixture
def page(run):
    return build_page(run["front"](), run["sections"]())


def test_page_refers_to_nothing_outside_itself(page):
    tree = read(page)
    assert {link[0] for link in tree.links if not link.startswith("data:,")} == {"#"}
    assert not re.search(r"url\(|@import|<iframe|<img", page)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert len(page) < 1_000_000


def test_every_link_has_a_target_and_every_id_is_one(page):
    tree = read(page)
    assert {link[1:] for link in tree.links if link.startswith("#")} <= set(tree.ids)
    assert len(tree.ids) == len(set(tree.ids))


def test_first_screen_says_what_has_to_be_said(run):
    text = " ".join(read(build_page(run["front"](), [])).text)
    for said in (
        *("trigger", "SYN 15m synthetic seed 7", "2024-01-01 to 2024-07-27 UTC", "2024-08-01T09.14.22"),
        *("git a1b2c3d", "edge", "ensemble, timing t 3.8", "DSR .74 < .95", "up-move >= .0041 in 4 bars"),
        *("161 trades made +.042", "12 checks: 11 ok, 1 warning", "naive .512", "ceiling .657"),
        *("random entries", "A bound at or below 0 on new bars", "kedro run --pipelines=trigger"),
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("dsr", "said"),
    [(0.9496, "ratio of .94 after 5 trials, short of the .95"), (0.95, "which passes the .95")],
)
def test_what_falls_short_is_not_rounded_up(run, dsr, said):
    facts = run["front"]().facts
    one = {**facts.backtest, "n_trades": 1}
    sentence = costs_sentence(replace(facts, sharpe={**facts.sharpe, "dsr": dsr}, backtest=one))
    assert said in sentence
    assert "slippage 1 trade made" in sentence


def test_what_holding_made_stands_at_its_own_costs_alone():
    metrics = {"n_trades": 9, "hold_return": 0.011, "win_low": 0.4, "win_high": 0.7}
    by_cost = [{"multiple": multiple, "net_return": 0.1} for multiple in (0.0, 1.0, 2.0)]
    free, as_set, double = _cost_rows({**metrics, "by_cost": by_cost})
    assert as_set["hold_return"] == 0.011
    assert "hold_return" not in free
    assert "win_low" not in double
    assert free["n_trades"] == 9


def test_a_check_without_a_section_of_its_own_jumps_to_all_checks(run):
    front = run["front"]()
    checks = [{"name": "x", "status": "leak", "finding": "y", "numbers": {}, "section": "no_such_section"}]
    page = build_page(replace(front, facts=replace(front.facts, checks=checks)), [])
    assert '<a href="#checks" class="leak">' in page
    assert read(page).ids == ["checks"]


def test_findings_stand_in_their_own_section(run):
    sections = run["sections"]()
    page = build_page(run["front"](), sections)
    label = page[page.index('id="label"') : page.index('id="splits"')]
    assert "base rate train .109 -&gt; val .098" in label


def test_all_texts_are_escaped(run):
    front = run["front"]()
    evil = '<script>alert("x")</script>'
    facts = front.facts
    facts = replace(
        facts,
        run={**facts.run, "recipe": evil, "symbols": [evil], "env": evil},
        label_summary={**facts.label_summary, "text": evil},
        checks=[{"name": evil, "status": "leak", "finding": evil, "numbers": {evil: evil}, "section": evil}],
        model_scores=[{**row, "name": f"{row['name']}{evil}"} for row in facts.model_scores],
        verdict={**facts.verdict, "headline": f"edge ({evil})", "would_change": [evil]},
    )
    front = replace(front, facts=facts, run_id=evil, revision=evil, repeat_command=evil)
    page = build_page(front, [Section("data", evil, Html(""))])
    assert evil not in page
    assert page.count("<script>") == 1


def test_a_run_that_measured_little_still_has_a_page(run):
    front = run["front"]()
    facts = replace(
        front.facts, backtest=None, sharpe=None, power=None, ceiling=None, checks=[], model_scores=[]
    )
    facts = replace(facts, verdict={"word": "no_edge", "tradeable": "untested"})
    sections = [backtest_section([], None, None), calibration_section(None, [])]
    text = " ".join(read(build_page(replace(front, facts=facts, equity=None), sections)).text)
    assert "no_edge" in text
    assert "not traded" in text
    assert "nothing on this page has been audited" in text


def test_undefined_numbers_never_reach_the_page_as_nan(run):
    front = run["front"]()
    undefined = dict.fromkeys(("auc_low", "gain", "ece", "timing_t", "oof_auc", "fit_seconds"))
    rows = [{**row, **undefined, "cox_slope": float("nan")} for row in front.facts.model_scores]
    page = build_page(replace(front, facts=replace(front.facts, model_scores=rows)), [])
    assert "nan" not in " ".join(read(page).text).lower().split()
    assert "None" not in page


def test_what_would_change_names_record_and_power(run):
    facts = run["summary_facts"]()
    lines = what_would_change(facts)
    assert lines[:2] == facts.verdict["would_change"]
    assert "3,102 bars" in lines[2]
    assert "2,902" in lines[2]
    assert ".52" in lines[3]
    assert "not measured" in what_would_change(replace(facts, power=None))[-1]


def test_anchors_are_plain_words_and_distinct(run):
    with pytest.raises(InputError, match="anchor must be lower-case"):
        Section("My data", "Data", Html(""))
    twice = [Section("data", "Data", Html(""))] * 2
    with pytest.raises(InputError, match=r"distinct, got \['data'\] twice"):
        build_page(run["front"](), twice)


def test_importing_reporting_pulls_in_nothing_heavy():
    heavy = ("torch", "plotly", "matplotlib", "sklearn", "lightgbm")
    code = f"import sys, topoquant.lib.reporting; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_calibrator_is_shown_before_and_after_or_said_to_be_none():
    numbers = {"ece": 0.021, "cox_slope": 0.61, "cox_intercept": -0.2, "log_loss": 0.3456, "skill": 0.0421}
    record = {
        "calibrator": {"kind": "temperature"}, "losses": {"identity": 0.35, "temperature": 0.34},
        "n_rows": 2311, "train_rate": 0.109, "before": numbers, "after": numbers | {"cox_slope": 0.98},
        "test": {"before": numbers | {"ece": 0.033}, "after": None},
    }  # fmt: skip
    html = calibration_section(None, [], record).html
    assert "temperature (the logit divided by a number)" in html
    assert "identity 0.3500, temperature 0.3400" in html
    assert html.count("<tr") == 1 + 1 + 3
    assert ".033" in html
    assert "2,311 out-of-fold rows" in html
    none = calibration_section(None, [], record | {"calibrator": {"kind": "identity"}}).html
    assert "none: no kind lowered" in none


@pytest.mark.parametrize("sets", [["train", "train", "val", "test"], ["train", "val", "train", "test"]])
def test_a_val_set_within_train_is_said_to_serve_choices_alone(sets):
    times = pd.date_range("2024-01-01", periods=4, freq="D", tz="UTC")
    splits = pd.DataFrame({"symbol": "SYN", "time": times, "set": sets, "fold": 0, "kept": True})
    assert ("serves choices, never claims" in splits_section(splits).html) == (sets[1] == "val")
