"""The section on strategies: every one has its row, and what is missing says so."""

from tests.lib.backtest.strategies import compared
from topoquant.lib.reporting.sections import strategies_section
from topoquant.lib.validity import with_sharpe_statistics


def section(**frames):
    made = compared(**frames)
    rows = with_sharpe_statistics(made.table, made.equity, n_predictions=7, interval="15m")
    return str(strategies_section(rows, made.equity).html)


def test_every_strategy_is_in_the_table_and_in_the_figure():
    html = section()
    for name in ("sniper", "audited", "reckless", "buy and hold", "always long in trend"):
        assert html.count(name) >= 3
    assert "too little data" in html
    assert "<svg" in html
    assert "quantile" in html


def test_what_was_not_available_says_what_it_lacks():
    html = section(regimes=None, auditor=None)
    assert "not available: no regimes and auditor" in html
    assert html.count("not available: no regimes") == 3


def test_without_a_side_nothing_is_compared():
    html = str(strategies_section([], None).html)
    assert "<table" not in html
    assert "without a side" in html
