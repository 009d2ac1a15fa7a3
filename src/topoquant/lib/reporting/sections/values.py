"""How near forecasts of returns come, beside a forecast of 0."""

from collections.abc import Sequence

from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, interval, signed
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

SETS = ("test", "val")
ORDER = {"baseline": 0, "member": 1, "ensemble": 2}
EXPLAINED = """Log-returns from the fill, in the target's own unit. R2 is against a forecast of 0, not against
the mean: above 0 it was nearer than 0. Right way: the share of rows whose sign was forecast (a forecast of 0
counts one half), with a 0.99 Wilson interval on the effective number of rows, those that do not overlap. The
ensemble here is the mean of the members, the same weight for each."""
HEADERS = (
    "horizon",
    "forecast",
    "what",
    "rows",
    "effective",
    "RMSE",
    "MAE",
    "R2",
    "right way",
    "0.99 interval",
)


def values_section(regression: Sequence[Record]) -> Section:
    """Show the scores of forecasts as values, on test and on val rows.

    Parameters
    ----------
    regression : sequence of mapping
        Rows of `regression_scores`, of one horizon or of several.

    Returns
    -------
    Section
        Anchor ``values``.

    Examples
    --------
    >>> row = {"name": "zero", "role": "baseline", "horizon": 1, "set": "test", "n": 400}
    >>> row |= {"effective_n": 400.0, "rmse": 0.04, "mae": 0.03, "r2_zero": 0.0, "directional_accuracy": 0.5}
    >>> section = values_section([row | {"accuracy_low": 0.44, "accuracy_high": 0.56}])
    >>> section.anchor, "zero" in section.html
    ('values', True)
    """
    parts = [
        join([element("h3", f"On {name} rows"), _rows(regression, name)])
        for name in SETS
        if any(row["set"] == name for row in regression)
    ]
    return Section("values", "Log-returns", join([*parts, note(EXPLAINED)]))


def ordered_scores(regression: Sequence[Record], set_name: str) -> list[Record]:
    """Take the rows of one set: by horizon, baselines first, then members, then the ensemble.

    Parameters
    ----------
    regression : sequence of mapping
        Rows of `regression_scores`.
    set_name : {"val", "test"}

    Returns
    -------
    list of mapping

    Examples
    --------
    >>> rows = [{"name": "tcn", "role": "member", "set": "val", "horizon": 1},
    ...         {"name": "zero", "role": "baseline", "set": "val", "horizon": 1}]
    >>> [row["name"] for row in ordered_scores(rows, "val")]
    ['zero', 'tcn']
    """
    chosen = [row for row in regression if row["set"] == set_name]
    return sorted(chosen, key=lambda row: (row["horizon"], ORDER[row["role"]]))


def _rows(regression: Sequence[Record], set_name: str) -> Html:
    """Write the table of one set."""
    rows = [
        [
            row["horizon"],
            row["name"],
            row["role"],
            count(row["n"]),
            decimal(row["effective_n"]),
            fraction(row["rmse"], 4),
            fraction(row["mae"], 4),
            signed(row["r2_zero"]),
            fraction(row["directional_accuracy"]),
            interval(row["accuracy_low"], row["accuracy_high"]),
        ]
        for row in ordered_scores(regression, set_name)
    ]
    return table(HEADERS, rows, n_texts=3)
