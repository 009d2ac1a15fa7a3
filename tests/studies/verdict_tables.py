"""What came out of some runs, on how many rows, and what would have been found."""

from collections.abc import Sequence

from tests.studies.markdown import difference, labelled, number, share, table
from tests.studies.results import Results
from topoquant.lib.reporting.formatting import count, fraction


def verdicts(runs: Sequence[Results]) -> str:
    """The target, its rates, the prediction that was tested, and the two words; a row per view."""
    rows = []
    for results, view in ((one, view) for one in runs for view in one.views()):
        report = results.document("training_report", view)
        models = {row["role"]: row for row in report["models"]}
        final, naive = models.get("ensemble", {}), models.get("naive", {})
        rates, sharpe = report["target"]["rate"], report["sharpe"] or {}
        rows.append([
            labelled(results, view),
            f"**{report['verdict']['word']}**",
            report["verdict"]["tradeable"],
            " ".join(fraction(rates.get(name)) for name in ("train", "val", "test")),
            fraction(naive.get("auc")),
            share(final.get("auc"), final.get("auc_low"), final.get("auc_high")),
            difference(final.get("gain"), final.get("gain_low"), final.get("gain_high")),
            number(final.get("timing_t")),
            f"{fraction(sharpe.get('dsr'), 2)} of {count(sharpe.get('n_trials'))}" if sharpe else "-",
        ])  # fmt: skip
    header = (
        *("target", "verdict", "tradeable", "rate train val test", "AUC naive", "AUC final [.99]"),
        *("gain over naive, nats [.99]", "timing t", "DSR, trials"),
    )
    return table(header, rows)


def sizes(runs: Sequence[Results]) -> str:
    """Bars and rows, capped or whole; views share them but for their labels."""
    rows = []
    for results, view in ((one, view) for one in runs for view in one.views()):
        report = results.document("training_report", view)
        quality, splits = report["data"], report["splits"]
        first, last = min(one["first"] for one in quality), max(one["last"] for one in quality)
        kept, every = splits["train_kept"], splits["train_all"]
        final = next((row for row in report["models"] if row["role"] == "ensemble"), {})
        rows.append([
            labelled(results, view),
            count(sum(one["n_bars"] for one in quality)),
            f"{first[:10]} to {last[:10]}",
            f"{count(kept)} of {count(every)}" if kept < every else f"all {count(every)}",
            count(splits["val"]),
            count(splits["test"]),
            number(final.get("rarer_class_uniqueness"), 0),
        ])  # fmt: skip
    header = (
        "target",
        "bars",
        "dates",
        "train rows",
        "val rows",
        "test rows",
        "independent rows of the rarer class",
    )
    return table(header, rows)


def horizon_verdicts(runs: Sequence[Results]) -> str:
    """One verdict per coin and horizon, and that of the run."""
    rows = []
    for results in runs:
        verdict = results.document("verdict")
        rows += [
            [results.run.about, name, view["line"]] for name, view in verdict["numbers"]["views"].items()
        ]
        rows.append([results.run.about, "run", verdict_of(results)])
    return table(("coin", "horizon", "verdict"), rows)


def verdict_of(results: Results) -> str:
    """The word of a run with its reason."""
    return f"**{results.document('verdict')['headline']}**"


def power(runs: Sequence[Results]) -> str:
    """What would have been found in these bars, and how often something was found where there is nothing."""
    rows = []
    for results, view in ((one, view) for one in runs for view in one.views()):
        found = results.document("power", view)
        surrogates = f"{found['surrogates']['n_edge']} of {found['surrogates']['n']}"
        rows += [
            [labelled(results, view), fraction(one["auc"], 2), f"{one['n_found']} of {one['n']}", surrogates]
            for one in found["injections"]
        ]
    header = ("target", "AUC of a hidden direction that was put in", "found", "found in sign-flipped bars")
    return table(header, rows)
