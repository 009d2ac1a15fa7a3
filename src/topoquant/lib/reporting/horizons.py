"""The page and the last lines of a run over several horizons, each of which has a page of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from topoquant.lib.reporting.facts import market_text, reason_text, tradeable_text, verdict_text
from topoquant.lib.reporting.formatting import Record, count, day, decimal, fraction, interval, signed
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.page import build_plain_page
from topoquant.lib.reporting.report import split_counts
from topoquant.lib.reporting.sections.auditor import intervals_section
from topoquant.lib.reporting.sections.checks import checks_section
from topoquant.lib.reporting.sections.data import data_section
from topoquant.lib.reporting.sections.provenance import provenance_section
from topoquant.lib.reporting.sections.section import Section
from topoquant.lib.reporting.sections.splits import splits_section
from topoquant.lib.reporting.sections.training import training_section
from topoquant.lib.reporting.sections.values import ordered_scores, values_section
from topoquant.lib.reporting.summary import bars_line, checks_line, rows_line, verdict_lines

MEANINGS = {
    "leak": "An exact check failed: no other number of this run counts.",
    "too_little_data": "No horizon has enough independent test rows to say anything.",
    "flat_model": "The prediction hardly varies at a horizon where a baseline finds something.",
    "no_edge": "Nothing beyond volatility was found at any horizon that could be judged.",
    "edge": "At a horizon named below the prediction times returns better than chance, before costs.",
}
SHOWN_CHANGES = 6


@dataclass(frozen=True, kw_only=True)
class HorizonsRecord:
    """Everything that a run over several horizons says beside what each horizon says for itself.

    Attributes
    ----------
    run : mapping
        recipe, symbols, interval, source, seed, env, revision, command, options, started.
    quality, training : sequence of mapping
        Per symbol, per member that forecasts values.
    splits : DataFrame
        One row per bar.
    regression : sequence of mapping
        Of `regression_scores`, all horizons.
    findings : sequence of mapping
        Checks of what the horizons share.
    scales : mapping of str to mapping
        By view and member, of `view_direction`.
    intervals : mapping of str to mapping
        Of `conformal_coverage`, all horizons.
    verdict : mapping
        Of `judge_horizons`.
    """

    run: Record
    quality: Sequence[Record]
    training: Sequence[Record]
    splits: pd.DataFrame
    regression: Sequence[Record]
    findings: Sequence[Record]
    scales: Mapping[str, Record]
    intervals: Mapping[str, Record]
    verdict: Record


def write_horizons_summary(record: HorizonsRecord) -> dict[str, list[str]]:
    """Write the last lines of the run, without those only the end of the run knows.

    Parameters
    ----------
    record : HorizonsRecord
        Of the run.

    Returns
    -------
    dict
        `body`, and `tail`: a line per horizon, tradeable, then the verdict.
    """
    run = record.run
    dropped = _dropped(record)
    body = [
        f"topoquant  {run['recipe']} | {market_text(run)} | env {run['env']}",
        bars_line(record.quality),
        rows_line(split_counts(record.splits), dropped),
        *regression_lines(record.regression),
        checks_line(record.findings),
    ]
    return {
        "body": [line.rstrip() for line in body],
        "tail": [*horizon_lines(record.verdict), *verdict_lines(record.verdict)],
    }


def horizon_lines(verdict: Record) -> list[str]:
    """Write one line per horizon: its word, its main number and the bound it had to clear.

    Parameters
    ----------
    verdict : mapping
        Of `judge_horizons`.

    Returns
    -------
    list of str
        None starts with ``verdict:``.

    Examples
    --------
    >>> view = {"line": "no_edge (ensemble, timing t .4); bound at .01 / 3 -.0012, not above 0"}
    >>> horizon_lines({"numbers": {"views": {"logret_1": view}}})
    ['logret_1    no_edge (ensemble, timing t .4); bound at .01 / 3 -.0012, not above 0']
    """
    return [f"{name:<12}{one['line']}" for name, one in verdict["numbers"]["views"].items()]


def regression_lines(regression: Sequence[Record]) -> list[str]:
    """Write what was forecast as values on test rows, in columns of plain text.

    Parameters
    ----------
    regression : sequence of mapping
        Of `regression_scores`.

    Returns
    -------
    list of str
        A header, then a line per horizon and forecast.

    Examples
    --------
    >>> row = {"name": "zero", "role": "baseline", "horizon": 1, "set": "test", "effective_n": 400.0}
    >>> row |= {"rmse": 0.04, "mae": 0.03, "r2_zero": 0.0, "directional_accuracy": 0.5}
    >>> for line in regression_lines([row | {"accuracy_low": 0.44, "accuracy_high": 0.56}]):
    ...     print(line)
    log-return  forecast      RMSE    MAE     R2 on 0  right way [.99]   effective rows
    1           zero          .0400   .0300   +.000    .500 [.44 .56]    400.0
    """
    header = (
        f"{'log-return':<12}{'forecast':<14}{'RMSE':<8}{'MAE':<8}{'R2 on 0':<9}{'right way [.99]':<18}"
        "effective rows"
    )
    lines = [header]
    for row in ordered_scores(regression, "test"):
        right = (
            f"{fraction(row['directional_accuracy'])} {interval(row['accuracy_low'], row['accuracy_high'])}"
        )
        lines.append(
            f"{row['horizon']:<12}{row['name']:<14}{fraction(row['rmse'], 4):<8}{fraction(row['mae'], 4):<8}"
            f"{signed(row['r2_zero']):<9}{right:<18}{decimal(row['effective_n'])}"
        )
    return lines


def write_horizons_report(record: HorizonsRecord) -> str:
    """Write the page of the run.

    Parameters
    ----------
    record : HorizonsRecord
        Of the run.

    Returns
    -------
    str
        One HTML document that needs nothing but itself.
    """
    run = dict(record.run)
    options = run.pop("options")
    sections = [
        _horizons(record),
        values_section(record.regression),
        intervals_section({"coverage": dict(record.intervals), "spread": {}}),
        _scales(record.scales),
        checks_section(record.findings),
        data_section(record.quality),
        splits_section(record.splits),
        training_section(record.training),
        provenance_section(run, options),
    ]
    title = f"{run['recipe']}: {record.verdict['word']} · topoquant"
    return build_plain_page(title, element("header", _masthead(record), _answer(record)), sections)


def _masthead(record: HorizonsRecord) -> Html:
    """Write recipe, market, dates, run and revision."""
    run = record.run
    first = min(day(one["first"]) for one in record.quality)
    last = max(day(one["last"]) for one in record.quality)
    n_bars = count(sum(one["n_bars"] for one in record.quality))
    counts = split_counts(record.splits)
    parts = [market_text(run), f"{first} to {last} UTC", f"{n_bars} bars", f"env {run['env']}"]
    if counts["train_kept"] < counts["train_all"]:
        kept, every = count(counts["train_kept"]), count(counts["train_all"])
        parts.append(f"trained on {kept} of {every} train rows (n_rows)")
    title = element("h1", element("small", "topoquant"), run["recipe"])
    made = element("span", f"{run['started']} · {run['revision']}", class_="run")
    return element("div", title, *(element("span", part) for part in parts), made, class_="masthead")


def _answer(record: HorizonsRecord) -> Html:
    """Write verdict and tradeable large, and what they mean in words."""
    verdict = record.verdict
    said = [
        element(
            "div", question, element("div", word, class_=f"big {word} long"),
            element("small", reason_text(text, word)),
        )
        for question, word, text in (
            ("verdict", verdict["word"], verdict_text(verdict)),
            ("tradeable", verdict["tradeable"], tradeable_text(verdict)),
        )
    ]  # fmt: skip
    n_horizons = verdict["numbers"]["n_horizons"]
    words = [
        element("p", element("strong", MEANINGS[verdict["word"]])),
        element(
            "p",
            f"{n_horizons} horizons are {n_horizons} tests: an edge of the run needs a horizon whose "
            f"one-sided bound clears 0 at .01 / {n_horizons}.",
        ),
    ]
    return element("div", *said, element("div", *words, class_="words"), class_="answer")


def _horizons(record: HorizonsRecord) -> Section:
    """Show the verdict of every horizon, and what would change it."""
    rows = [
        [
            name, one["horizon"], one["word"], one["tradeable"], decimal(one["timing_t"]),
            signed(one["timing_lower"], 5), fraction(one["alpha"], 4), "yes" if one["clears"] else "no",
        ]
        for name, one in record.verdict["numbers"]["views"].items()
    ]  # fmt: skip
    headers = ["view", "bars", "verdict", "tradeable", "timing t", "bound", "error", "clears"]
    lines = element("ul", *(element("li", line) for line in record.verdict["reasons"]))
    changes = element("ul", *(element("li", text) for text in record.verdict["would_change"][:SHOWN_CHANGES]))
    where = note(
        f"Every horizon has a page of its own: report.html in the folder of {record.run['recipe']}.<view>, "
        "with all checks, models, calibration, trades and power."
    )
    body = [table(headers, rows, n_texts=1), lines, element("h3", "What would change this"), changes, where]
    return Section("horizons", "Horizons", join(body))


def _scales(scales: Mapping[str, Record]) -> Section:
    """Show how forecasts became probabilities."""
    rows = [
        [
            view, member, fraction(one["scale"]["final"], 4), *_spread(one["scale"]),
            decimal(one["effective_n"]["final"]),
        ]
        for view, members in scales.items()
        for member, one in members.items()
    ]  # fmt: skip
    text = (
        "A forecast becomes the probability Phi(forecast / scale) that the return is above 0; the scale is "
        "the root mean squared error on out-of-fold train rows. The map is increasing: ranks and positions "
        "are those of the forecast."
    )
    headers = ["view", "forecast", "scale", "smallest of a fold", "largest", "effective rows"]
    return Section("scales", "From values to directions", join([table(headers, rows, n_texts=2), note(text)]))


def _spread(scale: Mapping[str, float]) -> tuple[str, str]:
    """Give the smallest and the largest scale of a fold."""
    of_folds = [value for name, value in scale.items() if name != "final"]
    return fraction(min(of_folds), 4), fraction(max(of_folds), 4)


def _dropped(record: HorizonsRecord) -> dict[str, Any]:
    """Count dropped rows, of the most demanding member."""
    by_member = [one.get("dropped", {}) for one in record.training]
    return {
        name: max((int(one.get(name, 0)) for one in by_member), default=0)
        for name in ("no_t1", "warm_up", "gap")
    }
