"""Runs side by side: what each found, and the difference of every two that answered one question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from topoquant.lib.judge.paired import paired_differences
from topoquant.lib.judge.reading import KEY
from topoquant.lib.progress import Progress, silent
from topoquant.lib.validity import Question

NUMBERS = ("auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high", "timing_t", "ece")
DIFFERENCES = tuple(f"{name}{end}" for name in ("auc", "gain") for end in ("", "_low", "_high"))


@dataclass(frozen=True, kw_only=True)
class RecordedRun:
    """One run as its tracking store holds it.

    Attributes
    ----------
    run_id : str
        Of the store.
    report : mapping
        Its training report.
    rows : DataFrame
        Of its final prediction on test rows: symbol, time, target_id, p_label, label and others.
    """

    run_id: str
    report: Mapping[str, Any]
    rows: pd.DataFrame

    @property
    def name(self) -> str:
        """What a person calls it: recipe, the first letters of its id."""
        return f"{self.report['run']['recipe']} {self.run_id[:8]}"


def comparison_table(runs: Sequence[RecordedRun]) -> pd.DataFrame:
    """Put what runs found into one table.

    Parameters
    ----------
    runs : sequence of RecordedRun
        In the order in which they are shown.

    Returns
    -------
    DataFrame
        One row per run: name, run_id, started, recipe, symbols, interval, source, seed, env, revision,
        target_id, first and last test row (UTC), n_rows (test), the final prediction's row of the model
        table, dsr, net_return (fraction), verdict, tradeable. NaN where a run has no such number.

    Examples
    --------
    >>> comparison_table([]).empty
    True
    """
    return pd.DataFrame([_row(run) for run in runs])


def compare_runs(
    runs: Sequence[RecordedRun], *, seed: int, progress: Progress = silent
) -> list[dict[str, Any]]:
    """Bound the difference of every two runs on the test rows both have, or say why there is none.

    Two runs answer one question if their target ids are the same and, on every (symbol, time) that both
    hold, so are their labels: the same target on another market, or on other bars of it, is another question.

    Parameters
    ----------
    runs : sequence of RecordedRun
        Names are distinct, as their ids are.
    seed : int
        Of the bootstrap. Blocks of max(10 horizons, one day) are drawn once for both runs.
    progress : callable
        Listener, told about every pair.

    Returns
    -------
    list of dict
        Per pair: first, second, n (shared rows), reason (None where they are compared), and for each of
        auc and gain (log-loss of the second less that of the first, nats) the difference with `_low` and
        `_high`, two-sided at 0.99; None without a comparison. Above 0 the first is better.

    Examples
    --------
    >>> import numpy as np
    >>> time = pd.date_range("2024", periods=400, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up", "p_label": 0.5,
    ...                      "label": np.tile([0.0, 1.0], 200)})
    >>> report = {"run": {"recipe": "trigger", "interval": "1h"}, "target": {"horizon": 4}}
    >>> runs = [RecordedRun(run_id=name, report=report, rows=rows) for name in ("a", "b")]
    >>> one, = compare_runs(runs, seed=0)
    >>> one["n"], one["reason"], one["auc"]
    (400, None, 0.0)
    """
    pairs = list(combinations(runs, 2))
    compared = []
    with progress(len(pairs), "pairs") as advance:
        for first, second in pairs:
            compared.append(_compare(first, second, seed))
            advance(1)
    return compared


def not_comparable(first: RecordedRun, second: RecordedRun) -> tuple[str | None, int]:
    """Say why two runs answer different questions.

    Parameters
    ----------
    first, second : RecordedRun
        The two.

    Returns
    -------
    str or None
        The reason; None where they answer the same one.
    int
        Rows both have.

    Examples
    --------
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": pd.date_range("2024", periods=2, tz="UTC"),
    ...                      "target_id": "up", "p_label": 0.5, "label": 1.0})
    >>> runs = [RecordedRun(run_id=str(k), report={}, rows=rows.assign(target_id=f"up{k}")) for k in (1, 2)]
    >>> not_comparable(*runs)
    ('other targets: up1 and up2', 0)
    """
    ids = [_target_id(run) for run in (first, second)]
    if ids[0] != ids[1]:
        return f"other targets: {ids[0]} and {ids[1]}", 0
    for run in (first, second):
        if not {"p_label", "label"} <= set(run.rows.columns):
            return f"{run.name} predicts no probability of a label", 0
    shared = first.rows[[*KEY, "label"]].merge(second.rows[[*KEY, "label"]], on=KEY, suffixes=("", "_other"))
    if shared.empty:
        return "no test row in common", 0
    n_differing = int((shared["label"] != shared["label_other"]).sum())
    if n_differing:
        return f"other markets: labels differ in {n_differing:,} of {len(shared):,} shared rows", len(shared)
    classes = set(shared["label"])
    if not classes <= {0, 1}:
        return f"labels are not 0 and 1 but {', '.join(f'{one:g}' for one in sorted(classes))}", len(shared)
    return f"one class alone in {len(shared):,} shared rows" if len(classes) < 2 else None, len(shared)


def _compare(first: RecordedRun, second: RecordedRun, seed: int) -> dict[str, Any]:
    """Compare two runs."""
    reason, n_shared = not_comparable(first, second)
    record = {"first": first.name, "second": second.name, "n": n_shared, "reason": reason}
    if reason is not None:
        return {**record, **dict.fromkeys(DIFFERENCES)}
    report = first.report
    question = Question(
        side="both", horizon=int(report["target"]["horizon"]), interval=str(report["run"]["interval"]),
        cost=0.0, seed=seed,
    )  # fmt: skip
    predicted = [*KEY, "target_id", "p_label"]
    tables = {run.name: run.rows[predicted].assign(set="test") for run in (first, second)}
    targets = first.rows[[*KEY, "target_id", "label"]].assign(uniqueness=1.0)
    (found,) = paired_differences(tables, targets, pd.DataFrame(), question)
    return {**record, **{name: found[name] for name in DIFFERENCES}}


def _row(run: RecordedRun) -> dict[str, Any]:
    """Put one run into a row."""
    report, about = run.report, run.report["run"]
    final = report["verdict"].get("numbers", {}).get("member")
    scores: Mapping[str, Any] = next((row for row in report["models"] if row["name"] == final), {})
    sharpe, backtest = report.get("sharpe") or {}, report.get("backtest") or {}
    asked = ("started", "recipe", "symbols", "interval", "source", "seed", "env", "revision")
    return {
        "name": run.name,
        "run_id": run.run_id,
        **{name: about.get(name) for name in asked},
        "target_id": _target_id(run),
        "first": run.rows["time"].min(),
        "last": run.rows["time"].max(),
        "n_rows": len(run.rows),
        **{name: _number(scores.get(name)) for name in NUMBERS},
        "dsr": _number(sharpe.get("dsr")),
        "net_return": _number(backtest.get("net_return")),
        "verdict": report["verdict"]["word"],
        "tradeable": report["verdict"]["tradeable"],
    }


def _target_id(run: RecordedRun) -> str:
    """Read which target was predicted; several are named together."""
    return " and ".join(sorted(run.rows["target_id"].astype(str).unique()))


def _number(value: Any) -> float:  # noqa: ANN401 (a JSON value)
    """Read a number, NaN where there is none."""
    return float("nan") if value is None else float(value)
