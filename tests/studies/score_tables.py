"""How predictions scored: by model, by symbol, as values, beside each other, and why some are flat."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.studies.counting import right_calls
from tests.studies.markdown import difference, number, share, table
from tests.studies.results import Results
from topoquant.lib.judge import paired_differences
from topoquant.lib.reporting.ablation_lines import FINDINGS
from topoquant.lib.reporting.formatting import count, fraction, signed
from topoquant.lib.validity import Question

SHOWN = ("naive", "member", "ensemble")


def models(results: Results) -> str:
    """The model table of a run."""
    rows = [
        [
            f"`{row['name']}`" + (" (naive)" if row["role"] == "naive" else ""),
            share(row.get("auc"), row.get("auc_low"), row.get("auc_high")),
            difference(row.get("gain"), row.get("gain_low"), row.get("gain_high")),
            number(row.get("timing_t")),
            fraction(row.get("ece")),
            fraction(row.get("oof_auc")),
        ]
        for row in results.document("model_scores")
    ]  # fmt: skip
    header = (
        "model",
        "AUC on test [.99]",
        "gain over naive, nats [.99]",
        "timing t",
        "ECE",
        "AUC out of fold",
    )
    return table(header, rows)


def beside(runs: Sequence[Results], baseline: str) -> str:
    """The final prediction less one member, on the same test rows with the same resampled blocks."""
    rows = []
    for results in runs:
        report = results.document("training_report")
        options = report["run"]["options"][results.run.recipe]
        asked = Question(
            side=report["verdict"]["numbers"]["side"],
            horizon=options["label"]["horizon"],
            interval=options["market"]["interval"],
            cost=options["backtest"]["fee"] + options["backtest"]["slippage"],
            seed=report["run"]["seed"],
        )
        tables = {name: results.table(f"predictions_{name}") for name in ("ensemble", baseline)}
        pair = paired_differences(tables, results.table("test_targets"), results.table("bars"), asked)[0]
        auc = difference(pair["auc"], pair["auc_low"], pair["auc_high"])
        rows.append([results.run.about, auc, count(pair["n"])])
    return table(("target", f"AUC, final less `{baseline}` [.99]", "test rows"), rows)


def accuracy(results: Results) -> str:
    """The share of rows that each prediction calls right at one half."""
    rows = []
    for name in (row["name"] for row in results.document("model_scores") if row["role"] in SHOWN):
        calls = right_calls(results, name)
        parts = (calls[part] for part in ("train", "val", "test"))
        rows.append([f"`{name}`", *(share(one.share, one.low, one.high) for one in parts)])
    return table(("prediction", "train, out of fold [.99]", "val [.99]", "test [.99]"), rows)


def symbols(results: Results) -> str:
    """AUC on the test rows of all symbols and of each."""
    pooled = {row["name"]: row for row in results.document("model_scores")}
    records = [row for row in results.document("symbol_scores") if row["name"] in pooled]
    names = list(dict.fromkeys(row["name"] for row in records))
    of_first = [row for row in records if row["name"] == names[0]]
    rate = sum(row["n"] * row["rate"] for row in of_first) / sum(row["n"] for row in of_first)
    scores = (fraction(pooled[name]["auc"]) for name in names)
    rows = [["all", count(pooled[names[0]]["n"]), fraction(rate), *scores]]
    for symbol in dict.fromkeys(row["symbol"] for row in records):
        own = {row["name"]: row for row in records if row["symbol"] == symbol}
        first, scores = own[names[0]], (fraction(own[name]["auc"]) for name in names)
        rows.append([symbol, count(first["n"]), fraction(first["rate"]), *scores])
    return table(("symbol", "test rows", "rate", *(f"AUC `{name}`" for name in names)), rows)


def flatness(runs: Sequence[Results]) -> str:
    """How much each prediction varies on val, how far it is off the base rate, and the cause named."""
    rows = []
    for results in runs:
        findings = {one["name"].partition("flatness, ")[2]: one for one in results.document("findings_flat")}
        for name, finding in findings.items():
            if not name:
                continue
            numbers = finding["numbers"]
            rows.append([
                results.run.about,
                f"`{name}`",
                *(fraction(numbers[key]) for key in ("rate", "mean_p")),
                *(fraction(numbers[key], 2) for key in ("logit_std", "offset")),
                fraction(numbers["auc"]),
                numbers["cause"].replace("_", " "),
                finding["status"],
            ])  # fmt: skip
    header = (
        *(
            "target",
            "prediction",
            "rate of val",
            "mean prediction",
            "std of the logit",
            "logits off the rate",
        ),
        *("AUC on val", "cause", "check"),
    )
    return table(header, rows)


def regressions(runs: Sequence[Results]) -> str:
    """Forecasts as values on test rows."""
    rows = [
        [
            results.run.about,
            str(row["horizon"]),
            f"`{row['name']}`",
            fraction(row["rmse"], 4),
            signed(row["r2_zero"]),
            share(row["directional_accuracy"], row["accuracy_low"], row["accuracy_high"]),
            number(row["effective_n"]),
        ]
        for results in runs
        for row in results.document("regression")
        if row["set"] == "test"
    ]  # fmt: skip
    header = (
        "coin",
        "days",
        "forecast",
        "RMSE",
        "R² on a forecast of 0",
        "right way [.99]",
        "independent rows",
    )
    return table(header, rows)


def ablation(results: Results) -> str:
    """What is lost without each part of the features, out of fold and on val, and what follows."""
    found = results.document("ablation/lightgbm")
    rows = [
        [
            f"`{part['name']}`",
            count(part["n_columns"]),
            *(_bounded(part, key) for key in ("alone", "lost", "val_lost", "beside")),
            FINDINGS[part["finding"]],
        ]
        for part in found["parts"]
    ]
    rows.append(
        ["all", "", _bounded(found["all"], "gain"), "", "", _bounded(found["beside_all"], "beside"), ""]
    )
    rows.append(["sign-blind", "", _bounded(found["blind"], "gain"), *[""] * 4])
    header = (
        *(
            "part",
            "columns",
            "alone, over the base rate [.99]",
            "lost without it [.99]",
            "the same on val [.99]",
        ),
        *("added to sign-blind columns [.99]", "it"),
    )
    rows_of = {name: count(found["rows"][name]) for name in ("train", "val")}
    deviation = fraction(found["seed_deviation"]["oof"], 4)
    said = (
        f"{rows_of['train']} train rows, out of fold, and {rows_of['val']} val rows; {found['n_seeds']} "
        f"seeds, whose log-losses deviate by {deviation} nats: it is in the intervals."
    )
    return f"{said}\n\n{table(header, rows)}"


def _bounded(record: Mapping[str, Any], key: str) -> str:
    """Write a number of a record with its two bounds."""
    return difference(record[key], record[f"{key}_low"], record[f"{key}_high"], 4)
