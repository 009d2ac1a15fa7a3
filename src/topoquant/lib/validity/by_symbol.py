"""Rows of the model table symbol by symbol: a pooled score may come from telling symbols apart."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from topoquant.lib.progress import Progress, silent
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.judging import Question, score_members, shared_rows

# What a row per symbol says; corrections for many tests belong to the pooled table.
COLUMNS = (
    *("symbol", "name", "role", "note", "n", "rate", "auc", "auc_low", "auc_high"),
    *("gain", "gain_low", "gain_high", "timing_t", "log_loss", "logit_std"),
)
SETS = ("val", "test")


def score_symbols(
    tables: Mapping[str, pd.DataFrame],
    targets: pd.DataFrame,
    bars: pd.DataFrame,
    question: Question,
    *,
    naive: str,
    roles: Mapping[str, str],
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Score every prediction on the test rows of each symbol by itself.

    Where symbols differ in how often the label is 1, a prediction that only knows the symbol has a pooled AUC
    above one half, and one half within every symbol.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Predictions by name, naive among them: `symbol`, `time`, `set`, ...
    targets : DataFrame
        Of train, val and test rows of all symbols.
    bars : DataFrame
        Of all symbols.
    question : Question
        Side, horizon, costs.
    naive, roles
        As in `score_members`.
    progress : Progress
        Told of every symbol.

    Returns
    -------
    list of dict
        Without any for a single symbol. Else, symbol after symbol, a row per table: `symbol`, `name`, `role`,
        `note`, `n` (test rows with a target), `rate` (share of label 1 among them) and, as in
        `score_predictions`, `auc`, `gain`, their bounds, `timing_t`, `log_loss` and `logit_std`. The
        positions behind `timing_t` follow the symbol's own val distribution. Rows are those that all tables
        have; where a symbol has no val or no test rows with a target among them, `note` says so and the
        numbers are None.

    Examples
    --------
    >>> bars = pd.DataFrame({"symbol": ["SYN"], "open_time": [pd.Timestamp("2024-01-01", tz="UTC")]})
    >>> asked = Question(side="up", horizon=1, interval="1h", cost=0.0, seed=0)
    >>> score_symbols({}, pd.DataFrame(), bars, asked, naive="majority", roles={})
    []
    """
    symbols = sorted(bars["symbol"].unique())
    if len(symbols) < 2:
        return []
    rows: list[dict[str, Any]] = []
    with progress(len(symbols), "symbols") as advance:
        for symbol in symbols:
            own = {name: table.loc[table["symbol"] == symbol] for name, table in tables.items()}
            known = targets.loc[targets["symbol"] == symbol]
            shared = own[naive].merge(shared_rows(own), on=KEY)
            missing = _missing_sets(shared, known)
            if missing:
                scored = _unscored(own, f"no {' and no '.join(missing)} rows with a target", naive, roles)
            else:
                of_symbol = bars.loc[bars["symbol"] == symbol]
                scored = score_members(own, known, of_symbol, question, naive=naive, roles=roles)
            rate = _test_rate(shared, known)
            rows += [
                {name: ({**row, "symbol": symbol, "rate": rate}).get(name) for name in COLUMNS}
                for row in scored
            ]
            advance(1)
    return rows


def _missing_sets(table: pd.DataFrame, targets: pd.DataFrame) -> list[str]:
    """Name the sets that have no row with a target."""
    there = set(table.merge(targets[KEY], on=KEY)["set"])
    return [name for name in SETS if name not in there]


def _unscored(
    tables: Mapping[str, pd.DataFrame], note: str, naive: str, roles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Give every table a row that says why there is no number."""
    first = sorted(tables, key=lambda name: name != naive)
    return [
        {"name": name, "role": "naive" if name == naive else roles[name], "note": note, "n": 0}
        for name in first
    ]


def _test_rate(table: pd.DataFrame, targets: pd.DataFrame) -> float | None:
    """Share of label 1 among the test rows; None without any."""
    test = table.loc[table["set"] == "test", KEY]
    label = test.merge(targets[[*KEY, "label"]], on=KEY)["label"]
    return float(label.mean()) if len(label) else None
