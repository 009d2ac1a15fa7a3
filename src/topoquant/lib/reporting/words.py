"""What the numbers of a run mean, in sentences."""

from topoquant.lib.reporting.facts import SummaryFacts, sharpe_fields
from topoquant.lib.reporting.formatting import (
    Record,
    count,
    fraction,
    interval,
    is_missing,
    one_line,
    signed,
)
from topoquant.lib.reporting.summary_models import shown_name

NEEDED_DSR = 0.95

MEANINGS = {
    "leak": "An exact check failed: no other number on this page counts.",
    "too_little_data": "Too few independent test rows to say anything.",
    "flat_model": "The final prediction hardly varies, though a baseline finds something.",
    "no_edge": "Nothing beyond volatility was found in these test rows.",
    "edge": "The prediction times the next return better than chance, before costs.",
}


def final_row(facts: SummaryFacts) -> Record | None:
    """Find the row of the prediction the verdict is about.

    Parameters
    ----------
    facts : SummaryFacts
        What the run found. `verdict["numbers"]["member"]` names the row; without it the ensemble
        is meant, and without an ensemble the first member.

    Returns
    -------
    mapping or None
        A row of the model table, None when there is no such row.
    """
    name = facts.verdict.get("numbers", {}).get("member")
    named = [row for row in facts.model_scores if row["name"] == name]
    by_role = [row for role in ("ensemble", "member") for row in facts.model_scores if row["role"] == role]
    return next(iter([*named, *by_role]), None)


def meaning(facts: SummaryFacts) -> str:
    """Say what the verdict's word means here.

    Parameters
    ----------
    facts : SummaryFacts
        What the run found.

    Returns
    -------
    str
        One sentence; for an edge it depends on whether a timing return was measured.
    """
    word = facts.verdict["word"]
    row = final_row(facts)
    if word == "edge" and (row is None or is_missing(row.get("timing_t"))):
        return "The prediction says more than volatility does; whether it can be traded is untested."
    return MEANINGS[word]


def predicted_sentence(facts: SummaryFacts) -> str:
    """Say what is predicted, how often it is true, and how well it was predicted.

    Parameters
    ----------
    facts : SummaryFacts
        What the run found.

    Returns
    -------
    str
        One or two sentences.
    """
    symbols = facts.run["symbols"]
    market = symbols if isinstance(symbols, str) else ", ".join(symbols)
    rate = fraction(facts.label_summary["rate"].get("test"))
    text = (
        f"At the close of every {facts.run['interval']} bar of {market} the model predicts "
        f"“{one_line(facts.label_summary['text'])}”, true for {rate} of the "
        f"{count(facts.splits['test'])} test rows."
    )
    row = final_row(facts)
    if row is None or is_missing(row.get("auc")):
        return text
    bounds = interval(row.get("auc_low"), row.get("auc_high"))
    naive = next((other for other in facts.model_scores if other["role"] == "naive"), None)
    against = (
        "" if naive is None or is_missing(naive.get("auc")) else f", that of naive {fraction(naive['auc'])}"
    )
    reached = f"The AUC of {shown_name(row)} is {fraction(row['auc'])} {bounds}".rstrip()
    return f"{text} {reached}{against}."


def costs_sentence(facts: SummaryFacts) -> str:
    """Say what fees and slippage do to it.

    Parameters
    ----------
    facts : SummaryFacts
        What the run found.

    Returns
    -------
    str
        One or two sentences.
    """
    trades, sharpe = facts.backtest, facts.sharpe
    if trades is None:
        return "It was not traded: what costs do to it is not measured."
    if trades["n_trades"] == 0:
        return f"No trade was opened, so costs did nothing; holding made {signed(trades['hold_return'])}."
    text = (
        f"After fees and slippage {_trades(trades['n_trades'])} made {signed(trades['net_return'])}, "
        f"against {signed(trades['hold_return'])} for buying and holding."
    )
    sharpe = None if facts.sharpe is None else sharpe_fields(facts.sharpe)
    if sharpe is None or is_missing(sharpe["dsr"]):
        return text
    passes = sharpe["dsr"] >= NEEDED_DSR
    # What falls short must not be rounded up to what is asked for.
    dsr = sharpe["dsr"] if passes else min(sharpe["dsr"], NEEDED_DSR - 0.01)
    passed = "which passes" if passes else "short of"
    n_trials = "1 trial" if sharpe["n_trials"] == 1 else f"{sharpe['n_trials']} trials"
    return (
        f"{text} The timing return net of costs has a deflated Sharpe ratio of {fraction(dsr, 2)} "
        f"after {n_trials}, {passed} the {fraction(NEEDED_DSR, 2)} that trading asks for."
    )


def _trades(n: int) -> str:
    """Count trades."""
    return "1 trade" if n == 1 else f"{count(n)} trades"


def what_would_change(facts: SummaryFacts) -> list[str]:
    """Say which findings would turn this verdict into another, and what this run could not have seen.

    Parameters
    ----------
    facts : SummaryFacts
        What the run found. `verdict["would_change"]` comes first, as it is.

    Returns
    -------
    list of str
        Sentences: the verdict's own, then the length of record a DSR asks for, then the power.
    """
    lines = [one_line(text) for text in facts.verdict.get("would_change", ())]
    return [*lines, *_if_longer(facts), *_if_stronger(facts)]


def _if_longer(facts: SummaryFacts) -> list[str]:
    """Say how long a record the Sharpe ratio asks for, where that keeps it from being traded."""
    if facts.sharpe is None or facts.verdict["tradeable"] != "no":
        return []
    sharpe = sharpe_fields(facts.sharpe)
    if is_missing(sharpe["min_trl"]):
        return ["No length of record helps a Sharpe ratio that is not above 0."]
    if sharpe["min_trl"] <= sharpe["T"]:
        return []
    return [
        f"A Sharpe ratio like this asks for {count(sharpe['min_trl'])} bars; there are {count(sharpe['T'])}."
    ]


def _if_stronger(facts: SummaryFacts) -> list[str]:
    """Say what this run could not have seen."""
    if facts.power is None:
        return ["Its power is not measured: a weaker signal may be there and be missed."]
    missed = [run["auc"] for run in facts.power["injections"] if run["n_found"] < run["n"] / 2]
    return (
        [f"A signal no stronger than an AUC of {fraction(max(missed), 2)} would be missed."] if missed else []
    )
