"""The last lines of a run: exact text, aligned columns, one verdict."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.reporting import report_line, summary_body, verdict_lines
from topoquant.lib.reporting.formatting import fraction, signed

GOLDEN = """\
topoquant  trigger | SYN 15m synthetic seed 7 | env local
bars    20,000  2024-01-01 to 2024-07-27 UTC  gaps 0
target  up-move >= .0041 in 4 bars  rate train .109 val .098 test .104
rows    train 2,713 of 13,510 (n_rows)  val 2,880  test 2,902  purged 42 embargoed 24; \
dropped: no t1 4, warm-up 336, gap 0
model       AUC [.99]        gain over naive [.99]  timing t  ECE   oof AUC  fit
naive       .512 [.48 .54]   (sign-blind lightgbm)    0.1     .011  .508     1 s
nbeats      .622 [.59 .65]   +.016 [+.009 +.023]      2.6     .021  .611    44 s
lstm        .601 [.57 .63]   +.012 [+.004 +.020]      2.2     .026  .596   108 s
ensemble    .648 [.62 .67]   +.023 [+.016 +.030]      3.8     .015  .640     -
permuted    .503 [.46 .55]                          ceiling .657 (known market)
trades  161, win .57 [.49 .64], net +.042, hold +.011, drawdown .031
Sharpe  1.4  T 2902 skew .2 kurt 4.1 n_trials 5 PSR .91 DSR .74 minTRL 3102
power   on these bars an injected direction AUC of .61 is found in 15 of 16, .52 in 0 of 16; \
sign-flipped bars gave edge in 0 of 40
checks  11 ok, 1 warning: base rate train .109 -> val .098"""

TAIL = """\
report  data/08_reporting/report.html        repeat  kedro run --pipelines=trigger  (git a1b2c3d)
tradeable: no (DSR .74 < .95)
verdict: edge (ensemble, timing t 3.8)"""


def line(lines, start):
    return next(text for text in lines if text.startswith(start))


def test_body_is_exactly_the_agreed_layout(run):
    assert "\n".join(summary_body(run["summary_facts"]())) == GOLDEN


def test_tail_is_exactly_the_agreed_layout(run):
    verdict = run["summary_facts"]().verdict
    command = "kedro run --pipelines=trigger  (git a1b2c3d)"
    lines = [report_line("data/08_reporting/report.html", command), *verdict_lines(verdict)]
    assert "\n".join(lines) == TAIL


def test_only_the_last_line_starts_with_verdict_whatever_the_texts_say(run):
    facts = run["summary_facts"]()
    trap = "drift\nverdict: edge"
    checks = [{"name": "drift", "status": "leak", "finding": trap, "numbers": {}, "section": "data"}]
    verdict = {"word": "leak", "headline": f"leak ({trap})", "tradeable": "untested"}
    facts = replace(
        facts, checks=checks, label_summary={**facts.label_summary, "text": trap}, verdict=verdict
    )
    lines = [*summary_body(facts), report_line(trap, trap), *verdict_lines(verdict)]
    assert [text.startswith("verdict:") for text in lines] == [False] * (len(lines) - 1) + [True]
    assert not any("\n" in text for text in lines)


def test_train_rows_name_n_rows_only_when_thinned(run):
    facts = run["summary_facts"]()
    whole = replace(facts, splits={**facts.splits, "train_kept": 13510})
    assert line(summary_body(whole), "rows").startswith("rows    train 13,510  val 2,880")


def test_what_was_not_measured_says_so(run):
    facts = replace(run["summary_facts"](), backtest=None, sharpe=None, power=None, ceiling=None, checks=[])
    lines = summary_body(facts)
    for start in ("trades", "Sharpe", "power"):
        assert line(lines, start).endswith("not measured")
    assert line(lines, "permuted").endswith("[.46 .55]")
    assert line(lines, "checks") == "checks  0 ok"


def test_no_trade_leaves_only_holding(run):
    backtest = {**run["backtest"](), "n_trades": 0, "win_rate": float("nan")}
    assert line(summary_body(replace(run["summary_facts"](), backtest=backtest)), "trades") == (
        "trades  0, hold +.011"
    )


def test_long_names_widen_the_column_for_all_rows(run):
    facts = run["summary_facts"]()
    rows = [
        {**row, "name": "mean_reversion_60" if row["name"] == "lstm" else row["name"]}
        for row in facts.model_scores
    ]
    lines = summary_body(replace(facts, model_scores=rows))
    at = line(lines, "model").index("AUC")
    shown = [
        text for text in lines if text.split(" ")[0] in ("naive", "nbeats", "mean_reversion_60", "ensemble")
    ]
    assert len(shown) == 4
    assert all(text[at - 2 : at] == "  " and text[at] == "." for text in shown)


def test_a_model_without_numbers_shows_dashes(run):
    facts = run["summary_facts"]()
    empty = {"name": "ridge", "role": "member", "auc": None, "gain": None, "fit_seconds": None}
    shown = line(summary_body(replace(facts, model_scores=[empty])), "ridge")
    assert shown.split() == ["ridge", "-", "-", "-", "-", "-", "-"]


def test_several_symbols_are_summed_and_counted(run):
    facts = run["summary_facts"]()
    second = {**facts.quality[0], "first": "2023-12-01T00:00:00+00:00", "n_gaps": 2}
    lines = summary_body(replace(facts, quality=[*facts.quality, second]))
    assert line(lines, "bars") == "bars    40,000 of 2 symbols  2023-12-01 to 2024-07-27 UTC  gaps 2"


@pytest.mark.parametrize(("n", "text"), [(2, "2 warnings: a; a"), (5, "5 warnings: a; a; a; and 2 more")])
def test_many_findings_are_cut_short(run, n, text):
    checks = [{"name": "x", "status": "warning", "finding": "a", "numbers": {}, "section": "data"}] * n
    lines = summary_body(replace(run["summary_facts"](), checks=checks))
    assert line(lines, "checks") == f"checks  0 ok, {text}"


@given(st.floats(-10, 10), st.integers(1, 6))
def test_fractions_read_back_as_their_rounded_value(value, digits):
    assert float(fraction(value, digits)) == pytest.approx(round(value, digits), abs=1e-12)
    assert float(signed(value, digits)) == float(fraction(value, digits))
    assert not fraction(value, digits).startswith(("0.", "-0."))
