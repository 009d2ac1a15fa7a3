"""The number that a study of each kind would have printed first, read from the same run.

Each is the most flattering figure that such a study reported of itself. None of them is a finding.
"""

from collections.abc import Callable

from tests.studies.counting import right_calls
from tests.studies.results import Results
from topoquant.lib.reporting.formatting import count, fraction, interval, signed


def best_auc(results: Results) -> str:
    """Of a trigger: the best AUC on test rows."""
    rows = [row for row in results.document("model_scores") if row["role"] in ("member", "ensemble")]
    best = max(rows, key=lambda row: row["auc"])
    return f"AUC {fraction(best['auc'])} of `{best['name']}`, the best of {len(rows)}"


def best_accuracy(results: Results) -> str:
    """Of a direction: the best share of test rows called right."""
    rows = [row["name"] for row in results.document("model_scores") if row["role"] in ("member", "ensemble")]
    shares = {name: right_calls(results, name)["test"] for name in rows}
    best = max(shares, key=lambda name: shares[name].share)
    calls = shares[best]
    return (
        f"accuracy {fraction(calls.share)} of `{best}`, the best of {len(rows)}; "
        f"on independent rows {interval(calls.low, calls.high)}"
    )


def best_way(results: Results) -> str:
    """Of forecasts: the best directional accuracy over all forecasts and horizons."""
    rows = [
        row for row in results.document("regression") if row["set"] == "test" and row["role"] != "baseline"
    ]
    best = max(rows, key=lambda row: row["directional_accuracy"])
    said = f"directional accuracy {fraction(best['directional_accuracy'])} of `{best['name']}`"
    known = f"{best['effective_n']:.0f} independent rows"
    return f"{said} over {best['horizon']} days, the best of {len(rows)}; {known}"


def best_profile(results: Results) -> str:
    """Of a strategy: the profile that earned most, of those that entered anything."""
    profiles = [row for row in results.document("strategies") if row["kind"] == "strategy"]
    rows = [row for row in profiles if row.get("n_trades")]
    if not rows:
        return "no profile entered anything"
    best = max(rows, key=lambda row: row["net_return"])
    traded = f"in {count(best['n_trades'])} trades"
    return f"net {signed(best['net_return'])} of `{best['name']}` {traded}, the best of {len(rows)}"


def plain_accuracy(results: Results) -> str:
    """Of a rare move: the share called right at one half, beside that of never calling it."""
    calls = right_calls(results, "ensemble")["test"]
    rate = results.document("training_report")["target"]["rate"]["test"]
    return f"accuracy {fraction(calls.share)}, where never calling a move has {fraction(1 - rate)}"


CLAIMS: dict[str, Callable[[Results], str]] = {
    "trigger": best_auc,
    "direction": best_accuracy,
    "horizons": best_way,
    "barrier": best_profile,
    "move": plain_accuracy,
}
