"""From the datasets of a run, by name, to the record that its page and its last lines are written from."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from topoquant.lib.backtest import pool_equity
from topoquant.lib.reporting.formatting import Record
from topoquant.lib.reporting.report import RunRecord
from topoquant.lib.validity import known_ceiling


def record_run(
    recipe: str,
    datasets: Mapping[str, Any],
    *,
    provenance: Record,
    symbols: str,
    interval: str,
    source: str,
    seed: int,
    truth: pd.DataFrame,
    test_targets: pd.DataFrame,
) -> RunRecord:
    """Put together what a run wrote.

    Parameters
    ----------
    recipe : str
        Its name is the first word of the report.
    datasets : mapping of str to object
        What the page shows, under the names of the fields of `RunRecord`, but `equity` by symbol; with
        `operating_point`, `operating_point_test`, any number of `training_<member>` and
        `findings_<topic>`, and, where probabilities were calibrated, `calibrator` and `calibration_test`;
        with an auditor `auditor`, `auditor_test` and `conformal`.
    provenance : mapping
        started, env, revision, command, options.
    symbols, interval, source, seed
        What was asked for.
    truth : DataFrame
        What the maker of the market knows; no rows for a real one.
    test_targets : DataFrame
        The rows that the ceiling is computed on.

    Returns
    -------
    RunRecord
        Nothing is computed but the pooled equity and the ceiling.
    """
    asked = {"symbols": symbols, "interval": interval, "source": source, "seed": seed}
    parts = dict(datasets)
    training, findings = (
        [parts.pop(name) for name in list(parts) if name.startswith(f"{group}_")]
        for group in ("training", "findings")
    )
    points = {"val": parts.pop("operating_point"), "test": parts.pop("operating_point_test")}
    calibrator, calibration_test = parts.pop("calibrator", None), parts.pop("calibration_test", None)
    named = {"auditor": "auditor", "test": "auditor_test", "intervals": "conformal"}
    audited = {name: parts.pop(dataset, None) for name, dataset in named.items()}
    power, sharpe = parts.pop("power"), parts.pop("sharpe")
    return RunRecord(
        run={**provenance, "recipe": recipe, **asked},
        training=training,
        findings=[one for table in findings for one in table],
        operating_points=points,
        calibration=None if calibrator is None else {**calibrator, "test": calibration_test},
        equity=pool_equity(parts.pop("equity")),
        sharpe=sharpe or None,
        audited=audited if audited["auditor"] else None,
        power=power if power["surrogates"]["n"] else None,
        ceiling=known_ceiling(truth, test_targets, parts["target"]),
        **parts,
    )
