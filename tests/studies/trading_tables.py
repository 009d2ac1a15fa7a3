"""What strategies, an auditor and conformal intervals made of predictions."""

from tests.studies.markdown import number, share, table
from tests.studies.results import Results
from topoquant.lib.reporting.formatting import count, fraction, signed


def strategies(results: Results) -> str:
    """Profiles beside holding, being long in trends, and random entries."""
    rows = []
    for row in results.document("strategies"):
        if row.get("missing"):
            rows.append([f"`{row['name']}`", f"needs {row['missing']}", *["-"] * 6])
            continue
        statistics = row["sharpe_statistics"] or {}
        won = (row["win_rate"], row["win_low"], row["win_high"])
        rows.append([
            f"`{row['name']}`",
            count(row["n_trades"]),
            "too few" if won[0] is None else share(*won, 2),
            signed(row["net_return"]),
            signed(row["gross_return"]),
            number(row["sharpe_annual"]),
            f"{fraction(statistics['dsr'], 2)} of {count(statistics['n_trials'])}" if statistics else "-",
            fraction(row.get("random_share"), 2),
        ])  # fmt: skip
    header = (
        *("profile", "trades", "win rate [.99]", "net", "gross", "Sharpe, a year", "DSR, trials"),
        "share of random draws below",
    )
    return table(header, rows)


def auditor(results: Results) -> str:
    """Test signals before the auditor and after it, and those it rejected."""
    said = results.document("auditor_test")
    if "before" not in said:
        return "Not audited: too few signals that were right, or wrong, to learn from."
    rows = [
        [
            name,
            count(said[name]["n_signals"]),
            number(said[name]["effective_n"], 0),
            share(said[name]["precision"], said[name]["precision_low"], said[name]["precision_high"]),
            fraction(said[name]["recall"]),
        ]
        for name in ("before", "after", "rejected")
    ]  # fmt: skip
    return table(("test signals", "number", "independent", "precision [.99]", "recall"), rows)


def intervals(results: Results) -> str:
    """How often conformal intervals held, by month and in all."""
    coverage = results.document("conformal")["coverage"]
    rows = [
        [
            f"`{target}`, {fraction(1 - said['miscoverage'], 2)} asked for",
            updated["month"],
            count(updated["n"]),
            share(updated["coverage"], updated["coverage_low"], updated["coverage_high"]),
            fraction(fixed["coverage"]),
            fraction(updated["median_width"]),
        ]
        for target, said in coverage.items()
        for updated, fixed in zip(said["online"], said["fixed"], strict=True)
    ]
    header = ("interval of", "month", "rows", "held, updated [.99]", "held, fixed", "median width, updated")
    return table(header, rows)
