"""The facts of a run that the summary and the first screen share, and how each is put in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from topoquant.lib.reporting.formatting import Record, decimal, fraction, one_line


@dataclass(frozen=True, kw_only=True)
class SummaryFacts:
    """Everything the summary and the first screen of the report say, as the datasets hold it.

    Attributes
    ----------
    run : mapping
        recipe, symbols (sequence of str, or one str), interval, source, seed (or None), env.
    quality : sequence of mapping
        One record per symbol: n_bars, first, last, n_gaps.
    label_summary : mapping
        text, and rate by set (train, val, test).
    splits : mapping
        Counts of rows: train_kept, train_all, val, test, purged, embargoed.
    dropped : mapping
        Counts of rows: no_t1, warm_up, gap.
    model_scores : sequence of mapping
        The rows of the model table, in the order in which they are shown.
    verdict : mapping
        word, headline ("edge (ensemble, timing t 3.8)"), tradeable, tradeable_headline
        ("no (DSR .74 < .95)"), would_change, numbers (member: name of the prediction it is about).
    checks : sequence of mapping
        name, status (ok, warning, leak), finding, numbers, section.
    backtest : mapping or None
        n_trades, win_rate, win_low, win_high, net_return, hold_return, max_drawdown, after costs.
    sharpe : mapping or None
        As `sharpe_fields` reads it.
    power : mapping or None
        injections (sequence of auc, n, n_found), the strongest first, and surrogates (n, n_edge).
    ceiling : float or None
        The AUC no model can beat, on a market whose law is known.
    matched, paired : sequence of mapping
        Tables that came from elsewhere, of `match_table` and `paired_differences`.
    """

    run: Record
    quality: Sequence[Record]
    label_summary: Record
    splits: Record
    dropped: Record
    model_scores: Sequence[Record]
    verdict: Record
    checks: Sequence[Record]
    backtest: Record | None
    sharpe: Record | None
    power: Record | None
    ceiling: float | None
    matched: Sequence[Record] = ()
    paired: Sequence[Record] = ()


def market_text(run: Record) -> str:
    """Name the market of a run: symbols, interval, source and, where drawn at random, seed.

    Parameters
    ----------
    run : mapping
        symbols, interval, source, seed.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> market_text({"symbols": ["SYN"], "interval": "15m", "source": "synthetic", "seed": 7})
    'SYN 15m synthetic seed 7'
    >>> market_text({"symbols": "BTCUSDT+ETHUSDT", "interval": "1m", "source": "files", "seed": None})
    'BTCUSDT+ETHUSDT 1m files'
    """
    symbols = run["symbols"] if isinstance(run["symbols"], str) else "+".join(run["symbols"])
    seed = "" if run.get("seed") is None or run["source"] != "synthetic" else f" seed {run['seed']}"
    return one_line(f"{symbols} {run['interval']} {run['source']}{seed}")


def tradeable_text(verdict: Record) -> str:
    """Write the answer to "can it be traded" with its reason, where there is one.

    Parameters
    ----------
    verdict : mapping
        tradeable and, optionally, tradeable_headline.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> tradeable_text({"tradeable": "no", "tradeable_headline": "no (DSR .74 < .95)"})
    'no (DSR .74 < .95)'
    """
    return _with_reason(verdict["tradeable"], verdict.get("tradeable_headline"))


def verdict_text(verdict: Record) -> str:
    """Write the verdict's word with its main number, where there is one.

    Parameters
    ----------
    verdict : mapping
        word and, optionally, headline.

    Returns
    -------
    str
        One line that starts with the word.

    Examples
    --------
    >>> verdict_text({"word": "edge", "headline": "edge (ensemble, timing t 3.8)"})
    'edge (ensemble, timing t 3.8)'
    >>> verdict_text({"word": "edge", "headline": "ensemble, timing t 3.8"})
    'edge (ensemble, timing t 3.8)'
    """
    return _with_reason(verdict["word"], verdict.get("headline"))


def reason_text(text: str, word: str) -> str:
    """Take the word away from a headline, so that it can stand above it in large letters.

    Parameters
    ----------
    text : str
        As `verdict_text` or `tradeable_text` writes it.
    word : str
        The word it starts with.

    Returns
    -------
    str
        What stands in brackets behind the word, or nothing.

    Examples
    --------
    >>> reason_text("edge (ensemble, timing t 3.8)", "edge")
    'ensemble, timing t 3.8'
    """
    return text.removeprefix(word).strip().removeprefix("(").removesuffix(")")


def sharpe_fields(sharpe: Record) -> dict[str, Any]:
    """Read a Sharpe ratio and what belongs to it.

    Parameters
    ----------
    sharpe : mapping
        sharpe (per bar), n_observations, skew, kurtosis, n_trials, psr, dsr, min_track_record, and
        optionally sharpe_annual; or the same under the short names of the result.

    Returns
    -------
    dict
        sharpe (per year where it is known, else per bar), T, skew, kurt, n_trials, psr, dsr, min_trl.

    Examples
    --------
    >>> record = {"sharpe": 0.03, "sharpe_annual": 1.4, "n_observations": 2902, "skew": 0.2, "kurtosis": 4.1,
    ...           "n_trials": 5, "psr": 0.91, "dsr": 0.74, "min_track_record": 3102.4}
    >>> fields = sharpe_fields(record)
    >>> fields["sharpe"], fields["T"], fields["min_trl"]
    (1.4, 2902, 3102.4)
    """
    return {
        "sharpe": sharpe.get("sharpe_annual", sharpe["sharpe"]),
        "T": sharpe.get("T", sharpe.get("n_observations")),
        "skew": sharpe["skew"],
        "kurt": sharpe.get("kurt", sharpe.get("kurtosis")),
        "n_trials": sharpe["n_trials"],
        "psr": sharpe["psr"],
        "dsr": sharpe["dsr"],
        "min_trl": sharpe.get("min_trl", sharpe.get("min_track_record")),
    }


def sharpe_text(value: float | None) -> str:
    """Write a Sharpe ratio with the digits its size asks for: one per year, three per bar.

    Parameters
    ----------
    value : float or None
        The ratio.

    Returns
    -------
    str
        The number, or ``-``.

    Examples
    --------
    >>> sharpe_text(1.43), sharpe_text(0.0274)
    ('1.4', '.027')
    """
    return decimal(value) if value is not None and abs(value) >= 1 else fraction(value)


def power_text(power: Record | None) -> str:
    """Say in words how strong a signal must be to be found on these bars.

    Parameters
    ----------
    power : mapping or None
        injections (sequence of auc, n, n_found), the strongest first, and surrogates (n, n_edge).

    Returns
    -------
    str
        One line, ``not measured`` without a record.

    Examples
    --------
    >>> found = [{"auc": 0.61, "n": 9, "n_found": 8}]
    >>> power_text({"injections": found, "surrogates": {"n": 9, "n_edge": 0}})
    'on these bars an injected direction AUC of .61 is found in 8 of 9; sign-flipped bars gave edge in 0 of 9'
    """
    if power is None:
        return "not measured"
    found = [f"{fraction(run['auc'], 2)} in {run['n_found']} of {run['n']}" for run in power["injections"]]
    flipped = f"sign-flipped bars gave edge in {power['surrogates']['n_edge']} of {power['surrogates']['n']}"
    if not found:
        return flipped
    found[0] = found[0].replace(" in ", " is found in ", 1)
    return f"on these bars an injected direction AUC of {', '.join(found)}; {flipped}"


def _with_reason(word: str, reason: str | None) -> str:
    """Put a reason in brackets behind a word, if there is one; a headline that has both stays as it is."""
    word, text = one_line(word), one_line(reason or "")
    if not text or text == word:
        return word
    return text if text.startswith(f"{word} (") else f"{word} ({text})"
