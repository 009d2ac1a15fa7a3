"""Strategies side by side: what was asked for, what was done, and what it came to."""

from collections.abc import Sequence

import pandas as pd

from topoquant.lib.reporting.facts import sharpe_text
from topoquant.lib.reporting.figures.line_chart import Line, LineChart, draw_lines
from topoquant.lib.reporting.figures.plot import NARROW, Size, figure, responsive
from topoquant.lib.reporting.figures.scales import seconds
from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, interval, signed
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

STYLES = ("c0 strong", "c2", "c3", "c4", "c5")
OF_BENCHMARKS = ("c1", "c6")
# Alone across the page, where other figures stand in pairs.
ACROSS = Size(1100, 340)
QUANTILE = """A threshold is a quantile of the prediction's own values on the second half of val: .95
trades what lies above its highest twentieth there. A calibrated probability of .95 is another thing: that of
a weak edge stays near its base rate. The last column counts the test rows it would have left."""
PROBABILITY = """A threshold is the calibrated probability itself. That of a weak edge stays near its base
rate, so that few rows or none lie beyond."""
EXPLAINED = """Same rows, costs and exits for all; the benchmarks hold until the end, or until the regime is
another, without stops. Random entries are as many, as long and on the same sides; share below counts the
draws that earned less. Trials are the predictions tried on this market times the strategies compared. Below
the least number of trades a win rate says nothing and is not given."""


def strategies_section(strategies: Sequence[Record], equity: pd.DataFrame | None) -> Section:
    """Show every strategy in one figure and one table, in full beneath.

    Parameters
    ----------
    strategies : sequence of mapping
        Of `with_sharpe_statistics`.
    equity : pandas.DataFrame or None
        name, time, equity, as `compare_profiles` gives.

    Returns
    -------
    Section
        Anchor ``strategies``.
    """
    if not strategies:
        text = "Not compared: a move without a side says when, not which way."
        return Section("strategies", "Strategies", note(text))
    parts: list[Html] = []
    if equity is not None and not equity.empty:
        parts.append(
            strategies_chart(equity, [row["name"] for row in strategies if row["kind"] == "benchmark"])
        )
    asked = [row for row in strategies if row["kind"] == "strategy"]
    headers = ["strategy", "trades", "win rate", "0.99 interval", "net return", "max drawdown", "random 0.99"]
    headers += ["share below", "Sharpe a year", "DSR", "0 costs", "2 costs"]
    parts.append(table(headers, [_row(row, len(headers)) for row in strategies]))
    words = ["strategy", "blocked regimes", "auditor", "threshold", "level", "rows beyond", "blocked"]
    words += ["rejected", "signals", "p beyond it"]
    parts += [element("h3", "What each asks for"), table(words, [_asked(row) for row in asked], n_texts=3)]
    shown = [row for row in strategies if row["missing"] is None]
    names = ["number", *(_name(row) for row in shown)]
    parts += [element("h3", "In full"), table(names, _numbers(shown))]
    is_quantile = any(row.get("level") == "quantile" for row in asked)
    parts += [note(QUANTILE if is_quantile else PROBABILITY), note(EXPLAINED)]
    return Section("strategies", "Strategies", join(parts))


def strategies_chart(equity: pd.DataFrame, benchmarks: Sequence[str]) -> Html:
    """Draw the net equity of every strategy, benchmarks dashed.

    Parameters
    ----------
    equity : pandas.DataFrame
        name, time, equity; ascending in time per name.
    benchmarks : sequence of str
        Those of the names that ask no model.

    Returns
    -------
    Html
        A figure.
    """
    names = list(dict.fromkeys(equity["name"]))
    strategies = [name for name in names if name not in benchmarks]
    styles = dict(zip(strategies, STYLES * len(strategies), strict=False))
    others = [name for name in names if name in benchmarks]
    styles |= {name: f"{style} dashed" for name, style in zip(others, OF_BENCHMARKS, strict=False)}
    lines = []
    for name in [*others, *reversed(strategies)]:
        rows = equity.loc[equity["name"] == name]
        x, y = seconds(pd.DatetimeIndex(rows["time"])), rows["equity"].to_numpy(float)
        lines.append(Line(name=_words(name), x=x, y=y, style=styles[name]))
    title = "Net equity of the strategies on test rows"
    chart = LineChart(
        title=title, lines=lines, x_label="time, UTC", y_label="value of 1 invested", rule=1.0, in_time=True
    )
    keys = [(styles[name].removesuffix(" strong"), _words(name)) for name in names]
    return figure(title, responsive(lambda size: draw_lines(chart, size), ACROSS, NARROW), keys=keys)


def _words(name: str) -> str:
    """Write a name as words."""
    return name.replace("_", " ")


def _name(row: Record) -> str:
    """Write the name of a strategy."""
    return _words(str(row["name"]))


def _row(row: Record, width: int) -> list[str]:
    """Write one strategy, or why it is not there."""
    if row["missing"] is not None:
        return [_name(row), f"not available: no {row['missing']}", *[""] * (width - 2)]
    few = row["status"] == "too_little_data" and row["kind"] == "strategy"
    by_cost = {one["multiple"]: one["net_return"] for one in row["by_cost"]}
    statistics = row.get("sharpe_statistics") or {}
    return [
        _name(row),
        count(row["n_trades"]),
        "too little data" if few else fraction(row["win_rate"]),
        interval(row["win_low"], row["win_high"]),
        signed(row["net_return"]),
        fraction(row["max_drawdown"]),
        interval(row["random_low"], row["random_high"], sign=True),
        fraction(row["random_share"]),
        sharpe_text(statistics.get("sharpe_annual")),
        fraction(statistics.get("dsr")),
        *(signed(by_cost.get(multiple)) for multiple in (0.0, 2.0)),
    ]


def _asked(row: Record) -> list[str]:
    """Write what a profile asks for, and how many rows each step left."""
    levels = [level for level in (row["lower"], row["upper"]) if level is not None]
    return [
        _name(row),
        ", ".join(row["blocked"]) or "none",
        "none" if row["auditor"] is None else f"p correct {fraction(row['auditor'], 2)}",
        fraction(row["threshold"], 2),
        " / ".join(fraction(level) for level in levels),
        f"{count(row['n_beyond'])} of {count(row['n_rows'])}",
        count(row.get("n_blocked")),
        count(row.get("n_rejected")),
        count(row.get("n_signals")),
        count(row["n_certain"]),
    ]


def _numbers(shown: Sequence[Record]) -> list[list[str]]:
    """Write every metric of every strategy that was traded, a line each."""
    statistics = [row.get("sharpe_statistics") or {} for row in shown]
    metrics = {
        "CAGR": [signed(row["cagr"]) for row in shown],
        "volatility a year": [fraction(row["volatility"]) for row in shown],
        "Sortino": [decimal(row["sortino"]) for row in shown],
        "Calmar": [decimal(row["calmar"]) for row in shown],
        "longest drawdown, bars": [count(row["drawdown_bars"]) for row in shown],
        "profit factor": [decimal(row["profit_factor"], 2) for row in shown],
        "mean per trade": [signed(row["expectancy"], 5) for row in shown],
        "turnover": [decimal(row["turnover"]) for row in shown],
        "exposure": [fraction(row["exposure"]) for row in shown],
        "break-even cost per fill": [fraction(row["break_even_cost"], 5) for row in shown],
        "Sharpe a year": [sharpe_text(one.get("sharpe_annual")) for one in statistics],
        "bars T": [count(one.get("n_observations")) for one in statistics],
        "skew": [decimal(one.get("skew"), 2) for one in statistics],
        "kurtosis": [decimal(one.get("kurtosis")) for one in statistics],
        "trials": [count(one.get("n_trials")) for one in statistics],
        "PSR": [fraction(one.get("psr")) for one in statistics],
        "DSR": [fraction(one.get("dsr")) for one in statistics],
        "minTRL": [count(one.get("min_track_record")) for one in statistics],
    }
    return [[name, *values] for name, values in metrics.items()]
