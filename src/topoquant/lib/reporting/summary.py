"""The last lines of a run: what happened, in one screen of a terminal."""

from collections.abc import Sequence

from topoquant.lib.reporting.facts import (
    SummaryFacts,
    market_text,
    power_text,
    sharpe_fields,
    sharpe_text,
    tradeable_text,
    verdict_text,
)
from topoquant.lib.reporting.formatting import (
    Record,
    count,
    day,
    fraction,
    interval,
    one_line,
    signed,
)
from topoquant.lib.reporting.summary_models import model_lines
from topoquant.lib.reporting.summary_tables import paired_line, table_line

SHOWN_FINDINGS = 3


def summary_body(facts: SummaryFacts) -> list[str]:
    """Write the lines of the summary from the title down to the checks.

    Parameters
    ----------
    facts : SummaryFacts
        What the run found.

    Returns
    -------
    list of str
        One text per line, none of which starts with ``verdict:``.

    See Also
    --------
    report_line, verdict_lines : the lines below, after the caller's line on time.

    Examples
    --------
    >>> checks_line([{"status": "ok"}, {"status": "warning", "finding": "base rate moved"}])
    'checks  1 ok, 1 warning: base rate moved'
    """
    lines = [
        f"topoquant  {facts.run['recipe']} | {market_text(facts.run)} | env {facts.run['env']}",
        bars_line(facts.quality),
        target_line(facts.label_summary),
        rows_line(facts.splits, facts.dropped),
        *(table_line(record) for record in facts.matched),
        *model_lines(facts.model_scores, facts.ceiling),
        *(paired_line(record) for record in facts.paired),
        trades_line(facts.backtest),
        sharpe_line(facts.sharpe),
        power_line(facts.power),
        checks_line(facts.checks),
    ]
    return [line.rstrip() for line in lines]


def report_line(report_path: str, repeat_command: str) -> str:
    """Say where the report is and how to repeat the run.

    Parameters
    ----------
    report_path : str
        Path of the report, as a person would open it.
    repeat_command : str
        The command that repeats the run, its revision included.

    Returns
    -------
    str
        One line, whatever the texts hold.

    Examples
    --------
    >>> report_line("report.html", "kedro run")
    'report  report.html        repeat  kedro run'
    """
    return f"report  {_unbroken(report_path)}        repeat  {_unbroken(repeat_command)}"


def verdict_lines(verdict: Record) -> list[str]:
    """Write the last two lines of a run.

    Parameters
    ----------
    verdict : mapping
        word, tradeable and, where there are any, headline and tradeable_headline.

    Returns
    -------
    list of str
        Tradeable, then the verdict.

    Examples
    --------
    >>> verdict_lines({"word": "leak", "tradeable": "untested"})
    ['tradeable: untested', 'verdict: leak']
    """
    return [f"tradeable: {tradeable_text(verdict)}", f"verdict: {verdict_text(verdict)}"]


def bars_line(quality: Sequence[Record]) -> str:
    """Write the line on bars: how many, from when to when, how many gaps."""
    n_bars = sum(record["n_bars"] for record in quality)
    symbols = "" if len(quality) == 1 else f" of {len(quality)} symbols"
    first = min(day(record["first"]) for record in quality)
    last = max(day(record["last"]) for record in quality)
    n_gaps = sum(record["n_gaps"] for record in quality)
    return f"bars    {count(n_bars)}{symbols}  {first} to {last} UTC  gaps {count(n_gaps)}"


def target_line(label_summary: Record) -> str:
    """Write the line on the target: what it is and how often it is true in each set."""
    rates = label_summary["rate"]
    shown = " ".join(f"{name} {fraction(rates.get(name))}" for name in ("train", "val", "test"))
    return f"target  {one_line(label_summary['text'])}  rate {shown}"


def rows_line(splits: Record, dropped: Record) -> str:
    """Write the line on rows; train rows thinned by `n_rows` say so."""
    kept, every = splits["train_kept"], splits["train_all"]
    train = count(kept) if kept == every else f"{count(kept)} of {count(every)} (n_rows)"
    return (
        f"rows    train {train}  val {count(splits['val'])}  test {count(splits['test'])}"
        f"  purged {count(splits['purged'])} embargoed {count(splits['embargoed'])}"
        f"; dropped: no t1 {count(dropped['no_t1'])}, warm-up {count(dropped['warm_up'])}"
        f", gap {count(dropped['gap'])}"
        + (f", filtered {count(dropped['filtered'])}" if dropped.get("filtered") else "")
    )


def trades_line(backtest: Record | None) -> str:
    """Write the line on trades; without trades only what holding made is left to say."""
    if backtest is None:
        return "trades  not measured"
    if backtest["n_trades"] == 0:
        return f"trades  0, hold {signed(backtest['hold_return'])}"
    bounds = interval(backtest.get("win_low"), backtest.get("win_high"))
    win = f"win {fraction(backtest['win_rate'], 2)} {bounds}"
    if backtest.get("status") == "too_little_data":
        win = "too little data for a win rate"
    return (
        f"trades  {count(backtest['n_trades'])}, {win.strip()}, net {signed(backtest['net_return'])}"
        f", hold {signed(backtest['hold_return'])}, drawdown {fraction(backtest['max_drawdown'])}"
    )


def sharpe_line(sharpe: Record | None) -> str:
    """Write the line on the Sharpe ratio with everything it may not be printed without."""
    if sharpe is None:
        return "Sharpe  not measured"
    fields = sharpe_fields(sharpe)
    n_needed = count(fields["min_trl"]).replace(",", "")
    return (
        f"Sharpe  {sharpe_text(fields['sharpe'])}  T {fields['T']} skew {fraction(fields['skew'], 1)}"
        f" kurt {fraction(fields['kurt'], 1)} n_trials {fields['n_trials']} PSR {fraction(fields['psr'], 2)}"
        f" DSR {fraction(fields['dsr'], 2)} minTRL {n_needed}"
    )


def power_line(power: Record | None) -> str:
    """Write the line on power: what would have been found, and what was found where nothing is."""
    return f"power   {power_text(power)}"


def checks_line(checks: Sequence[Record]) -> str:
    """Write the line on checks: counts by status, worst first in words."""
    by_status = {
        name: [check for check in checks if check["status"] == name] for name in ("leak", "warning", "ok")
    }
    parts = [f"{len(by_status['ok'])} ok"]
    for status in ("leak", "warning"):
        found = by_status[status]
        if found:
            findings = [one_line(check["finding"]) for check in found[:SHOWN_FINDINGS]]
            more = [f"and {len(found) - SHOWN_FINDINGS} more"] if len(found) > SHOWN_FINDINGS else []
            plural = "" if len(found) == 1 else "s"
            parts.append(f"{len(found)} {status}{plural}: {'; '.join(findings + more)}")
    return f"checks  {', '.join(parts)}"


def _unbroken(text: str) -> str:
    """Take line breaks out of a text that is to be copied: its blanks count."""
    return " ".join(text.splitlines())
