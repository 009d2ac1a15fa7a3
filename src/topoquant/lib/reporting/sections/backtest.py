"""What trading the final prediction would have made."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from topoquant.lib.reporting.facts import sharpe_fields, sharpe_text
from topoquant.lib.reporting.figures.line_chart import Band, Line, LineChart, draw_lines
from topoquant.lib.reporting.figures.plot import NARROW, WIDE, Size, figure, responsive
from topoquant.lib.reporting.figures.scales import seconds
from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, interval, signed
from topoquant.lib.reporting.markup import Html, element, facts, join, note, table
from topoquant.lib.reporting.sections.section import Section

KEYS = (("c0", "net of costs"), ("c1", "buy and hold"))
EXPLAINED = """Fills at the next open; where a bar touches both barriers the stop counts first. Returns are
fractions of the start. PSR: probability that the true Sharpe ratio is above 0; DSR: the same after the trials
made; minTRL: bars needed for a PSR of .95."""


def backtest_section(
    metrics: Sequence[Record], equity: pd.DataFrame | None, sharpe: Record | None
) -> Section:
    """Show equity and drawdown, the result at each multiple of the costs, and the Sharpe ratio in full.

    Parameters
    ----------
    metrics : sequence of mapping
        One per multiple of the costs: cost_multiple (0, 1, 2), n_trades, net_return, hold_return,
        max_drawdown, win_rate, win_low, win_high, sharpe (per year); optionally cost (per fill) and
        expectancy (mean net return of a trade).
    equity : pandas.DataFrame or None
        Columns time, net, hold (values of 1 invested) and, optionally, random_low, random_high.
    sharpe : mapping or None
        As `sharpe_fields` reads it.

    Returns
    -------
    Section
        Anchor ``backtest``.
    """
    if not metrics:
        return Section("backtest", "Backtest", note("The final prediction was not traded."))
    parts = []
    if equity is not None and not equity.empty:
        parts.append(element("div", equity_chart(equity), _drawdown_chart(equity), class_="pair"))
    headers = ["costs", "per fill", "trades", "win rate", "0.99 interval", "mean per trade", "net return"]
    headers += ["hold", "max drawdown"]
    parts.append(table(headers, [_row(record) for record in metrics]))
    if sharpe is not None:
        parts += [element("h3", "Sharpe ratio of the timing return, net of costs"), facts(_sharpe(sharpe))]
    return Section("backtest", "Backtest", join([*parts, note(EXPLAINED)]))


def equity_chart(equity: pd.DataFrame, height: int | None = None) -> Html:
    """Draw net equity against buy-and-hold and a band of random entries.

    Parameters
    ----------
    equity : pandas.DataFrame
        Columns time, net, hold and, optionally, random_low, random_high; ascending in time.
    height : int or None
        Height in pixels on a wide screen.

    Returns
    -------
    Html
        A figure.
    """
    x = seconds(pd.DatetimeIndex(equity["time"]))
    band, keys = None, list(KEYS)
    if {"random_low", "random_high"} <= set(equity.columns):
        low, high = (equity[name].to_numpy(float) for name in ("random_low", "random_high"))
        band = Band(name="random entries", x=x, low=low, high=high)
        keys.append(("area", "random entries, 0.99 band"))
    title = "Net equity on test rows"
    chart = _time_chart(title, _equity_lines(equity), "value of 1 invested", band, 1.0)
    wide = WIDE if height is None else Size(WIDE.width, height)
    return figure(title, responsive(lambda size: draw_lines(chart, size), wide, NARROW), keys=keys)


def _equity_lines(equity: pd.DataFrame) -> list[Line]:
    """Make the two lines."""
    x = seconds(pd.DatetimeIndex(equity["time"]))
    hold = Line(name="buy and hold", x=x, y=equity["hold"].to_numpy(float), style="c1")
    return [hold, Line(name="net of costs", x=x, y=equity["net"].to_numpy(float), style="c0 strong")]


def _drawdown_chart(equity: pd.DataFrame) -> Html:
    """Draw how far net equity and buy-and-hold stand below their peaks."""
    lines = [
        replace(line, y=line.y / np.maximum.accumulate(np.maximum(line.y, 1.0)) - 1.0)
        for line in _equity_lines(equity)
    ]
    chart = _time_chart("Drawdown", lines, "fraction below the peak", None, 0.0)
    return figure("Drawdown", responsive(lambda size: draw_lines(chart, size)), keys=KEYS)


def _time_chart(title: str, lines: Sequence[Line], unit: str, band: Band | None, rule: float) -> LineChart:
    """Describe a chart over time."""
    x_label = "time, UTC"
    return LineChart(
        title=title, lines=lines, x_label=x_label, y_label=unit, band=band, rule=rule, in_time=True
    )


def _row(record: Record) -> list[str]:
    """Write one multiple of the costs."""
    multiple = record["cost_multiple"]
    name = {0: "none", 1: "as set"}.get(multiple, f"{multiple:g} times")
    return [
        *(name, fraction(record.get("cost"), 5), count(record["n_trades"]), fraction(record.get("win_rate"))),
        *(interval(record.get("win_low"), record.get("win_high")), signed(record.get("expectancy"), 5)),
        *(signed(record.get("net_return")), signed(record.get("hold_return"))),
        fraction(record.get("max_drawdown")),
    ]


def _sharpe(sharpe: Record) -> dict[str, object]:
    """Write the Sharpe ratio with everything it may not be printed without."""
    fields = sharpe_fields(sharpe)
    unit = "year" if "sharpe_annual" in sharpe else "bar"
    return {
        f"Sharpe per {unit}": sharpe_text(fields["sharpe"]),
        "bars T": count(fields["T"]),
        "skew": fraction(fields["skew"], 2),
        "kurtosis": decimal(fields["kurt"]),
        "trials": count(fields["n_trials"]),
        "PSR": fraction(fields["psr"]),
        "DSR": fraction(fields["dsr"]),
        "minTRL": count(fields["min_trl"]),
    }
