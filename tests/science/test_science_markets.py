"""A few markets of the bar; `python -m tests.science` measures all of them."""

import numpy as np
import pandas as pd
import pytest

from tests.science.__main__ import BEGIN, END, PAGE, PARTS, table, write_page
from tests.science.figures import Answer, Figure
from tests.science.ledger import Ledger, measure_missing
from tests.science.markets import judge_mean_auc, judge_signal, judge_silence
from tests.science.promises import (
    judge_coverage,
    judge_stratified,
    measure_coverage,
    measure_sampler,
    measure_stratified,
)
from tests.science.runs import INTERVAL, difference_error, run_fast
from topoquant.lib.bars import synthetic_bars
from topoquant.lib.validity import sign_flipped

N_BARS = 20_000


@pytest.mark.parametrize("target", ["direction", "up"])
def test_a_planted_signal_is_found_and_the_best_score_not_passed(target):
    answer = run_fast("regime", target, 1, n_bars=N_BARS)
    assert answer["edge"]
    assert -0.04 < answer["auc"] - answer["best"] <= 3 * answer["error"]


@pytest.mark.parametrize("target", ["direction", "up", "both"])
def test_noise_has_no_edge(target):
    answer = run_fast("noise", target, 1, n_bars=N_BARS)
    assert not answer["edge"]
    assert (abs(answer["auc"] - 0.5) < 0.05) == (target == "direction")


def test_the_error_of_a_difference_knows_that_both_scores_see_the_same_rows():
    rng = np.random.default_rng(0)
    time = pd.date_range("2024", periods=2000, freq="15min", tz="UTC")
    label = rng.integers(0, 2, 2000)
    best = label + rng.normal(0, 2, 2000)
    rows = pd.DataFrame({"time": time, "label": label, "best": best})
    same = difference_error(rows.assign(p_label=best), block=96, seed=0)
    other = difference_error(rows.assign(p_label=label + rng.normal(0, 2, 2000)), block=96, seed=0)
    assert same == 0
    assert 0.005 < other < 0.05


def test_a_sampler_is_taken_out_again():
    answer = measure_sampler("volatility", 0.10, 1, n_bars=8000)
    assert abs(answer["off"]) < 0.3 < abs(answer["off_without"])


def test_a_base_rate_that_falls_comes_within_a_point():
    answer = judge_stratified([measure_stratified(seed, n_bars=N_BARS) for seed in (1, 2, 3)])
    assert answer.holds, answer.measured


def test_intervals_of_test_signals_cover_the_true_precision_on_the_way_a_run_takes():
    counts = measure_coverage(0)
    assert counts["effective"] >= 17
    assert counts["plain"] < counts["effective"] <= counts["printed"]
    assert not judge_coverage([counts]).holds  # twenty are not two hundred


def test_surrogates_keep_volatility_volume_and_gaps_and_lose_direction():
    bars = synthetic_bars("regime", n_bars=6000, seed=1, interval=INTERVAL).bars
    bars = bars.drop(bars.index[2000:2100]).reset_index(drop=True)
    flipped = sign_flipped(bars, 3)
    for name in ("symbol", "open_time", "volume", "trades"):
        pd.testing.assert_series_equal(flipped[name], bars[name])
    size, size_flipped = (np.log(one["close"]).diff().abs().dropna() for one in (bars, flipped))
    np.testing.assert_allclose(size_flipped, size, atol=1e-10)
    np.testing.assert_allclose(flipped["high"] / flipped["low"], bars["high"] / bars["low"])

    def trend(table):
        returns = np.log(table["close"]).diff().dropna()
        return np.corrcoef(returns.rolling(20).mean()[19:-1], returns[20:])[0, 1]

    assert trend(bars) > 0.05
    assert abs(np.mean([trend(sign_flipped(bars, seed)) for seed in range(8)])) < 0.02


@pytest.mark.parametrize(
    ("judge", "results", "holds"),
    [
        (judge_mean_auc, [{"auc": 0.51}, {"auc": 0.50}], True),
        (judge_mean_auc, [{"auc": 0.52}, {"auc": 0.51}], False),
        (judge_silence, [{"edge": False}] * 19 + [{"edge": True}], True),
        (judge_silence, [{"edge": False}] * 18 + [{"edge": True}] * 2, False),
    ],
)
def test_a_bar_says_when_it_does_not_hold(judge, results, holds):
    assert judge(results).holds is holds


@pytest.mark.parametrize(
    ("changed", "holds"),
    [({}, True), ({"auc": 0.60}, False), ({"auc": 0.53}, False), ({"edge": False}, False)],
)
def test_a_signal_has_to_be_near_and_below_and_found(changed, holds):
    result = {"auc": 0.57, "best": 0.58, "error": 0.005, "edge": True} | changed
    assert judge_signal([result] * 20, is_near=True).holds is holds


def test_the_parts_of_the_bar_have_distinct_names_and_units():
    figures = [figure for part in PARTS.values() for figure in part()]
    assert len({figure.name for figure in figures}) == len(figures)
    assert all(len(set(figure.units)) == len(figure.units) for figure in figures)


def test_a_run_that_was_stopped_goes_on(tmp_path):
    figure = Figure("squares", "all", ((2,), (3,)), square, judge_squares)
    path = tmp_path / "ledger.jsonl"
    Ledger(path, "one").add("squares", (2,), {"square": 5})
    with path.open("a") as file:
        file.write('{"figure": "squ')  # killed while it wrote
    ledger = Ledger(path, "one")
    assert ledger.missing(figure) == [(3,)]
    assert [unit for _, unit in measure_missing(ledger, [figure], 1)] == [(3,)]
    again = Ledger(path, "one")
    assert again.results(figure) == [{"square": 5}, {"square": 9}]
    assert table(again, [figure])[-1] == "| squares | all | 14 | yes |"
    assert len(Ledger(path, "other code").missing(figure)) == 2


def test_the_table_of_the_page_is_replaced_and_nothing_else(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for _ in range(2):
        write_page(page, ["| new |"])
        assert page.read_text() == f"before\n{BEGIN}\n\n| new |\n\n{END}\nafter\n"
    assert PAGE.read_text().count(BEGIN) == PAGE.read_text().count(END) == 1


def square(value: int) -> dict[str, int]:
    return {"square": value**2}


def judge_squares(results: list[dict[str, int]]) -> Answer:
    return Answer(str(sum(one["square"] for one in results)), holds=True)
