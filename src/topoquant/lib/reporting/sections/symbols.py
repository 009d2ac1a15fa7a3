"""How good each model is on each symbol, beside the row of all of them."""

from collections.abc import Mapping, Sequence

from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, interval, is_missing, signed
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.models import model_chart
from topoquant.lib.reporting.sections.section import Section

ALL = "all"
EXPLAINED = """One model was fitted on the rows of all symbols. The first row of a model is scored on all test
rows together, those below on the test rows of one symbol, against naive on the same rows. An AUC of all that
lies above that of every symbol comes from telling symbols apart, which tells nobody when to enter. Timing t
of a symbol takes its positions from that symbol's own val distribution. Intervals are 0.99, by block
bootstrap."""
HEADERS = [
    *("model", "symbol", "rows", "rate", "AUC", "0.99 interval"),
    *("gain over naive", "0.99 interval", "timing t", "log-loss", "std of logit"),
]


def symbols_section(model_scores: Sequence[Record], symbol_scores: Sequence[Record]) -> Section:
    """Show each model's row of all symbols and one per symbol.

    Parameters
    ----------
    model_scores : sequence of mapping
        Rows of the model table, on all test rows.
    symbol_scores : sequence of mapping
        Of `score_symbols`; not empty.

    Returns
    -------
    Section
        Anchor ``symbols``.
    """
    names = list(dict.fromkeys(row["name"] for row in symbol_scores))
    rates = {name: _pooled_rate(symbol_scores, name) for name in names}
    pooled: Mapping[str, Record] = {
        row["name"]: {**row, "symbol": ALL, "rate": rates.get(row["name"])} for row in model_scores
    }
    rows = []
    for name in names:
        own = [row for row in symbol_scores if row["name"] == name]
        rows += [_row(row) for row in [*([pooled[name]] if name in pooled else []), *own]]
    without = {row["symbol"]: row["note"] for row in symbol_scores if not row["n"]}
    parts = [
        element("p", _lead(symbol_scores, pooled), class_="lead"),
        _chart(symbol_scores, pooled),
        table(HEADERS, rows, n_texts=2),
        *(note(f"{symbol}: {why}.") for symbol, why in without.items()),
        note(EXPLAINED),
    ]
    return Section("symbols", "Symbols", join(parts))


def _lead(symbol_scores: Sequence[Record], pooled: Mapping[str, Record]) -> str:
    """Say how the final prediction does within symbols and over all."""
    own = [row for row in symbol_scores if row["role"] == "ensemble" and not is_missing(row["auc"])]
    if not own:
        return "No symbol has enough test rows of both classes for an AUC."
    low, high = (pick(row["auc"] for row in own) for pick in (min, max))
    together = fraction(pooled.get("ensemble", {}).get("auc"))
    return (
        f"The final prediction has an AUC of {fraction(low)} to {fraction(high)} within {count(len(own))} "
        f"symbols, and {together} over all of them."
    )


def _chart(symbol_scores: Sequence[Record], pooled: Mapping[str, Record]) -> Html:
    """Draw the AUC of the final prediction, of all symbols and of each."""
    own = [{**row, "name": row["symbol"], "role": "member"} for row in symbol_scores]
    finals = [one for one, row in zip(own, symbol_scores, strict=True) if row["role"] == "ensemble"]
    first = [{**pooled["ensemble"], "name": "all symbols"}] if "ensemble" in pooled else []
    return model_chart([*first, *finals], None, title="Final prediction: AUC by symbol")


def _pooled_rate(symbol_scores: Sequence[Record], name: str) -> float | None:
    """Share of label 1 over the test rows of all symbols; None without any."""
    own = [(row["n"], row["rate"]) for row in symbol_scores if row["name"] == name and row["n"]]
    n_rows = sum(n for n, _ in own)
    return sum(n * rate for n, rate in own) / n_rows if n_rows else None


def _row(row: Record) -> list[str]:
    """Write one line of the table."""
    return [
        *(str(row["name"]), str(row["symbol"]), count(row.get("n")), fraction(row.get("rate"))),
        *(fraction(row.get("auc")), interval(row.get("auc_low"), row.get("auc_high"))),
        signed(row.get("gain")),
        interval(row.get("gain_low"), row.get("gain_high"), 3, sign=True),
        decimal(row.get("timing_t")),
        *(decimal(row.get("log_loss"), 4), decimal(row.get("logit_std"), 2)),
    ]
