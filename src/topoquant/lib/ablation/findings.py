"""Which part earns its place: what is lost without it, by more than chance explains."""

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from topoquant.lib.ablation.scoring import plain
from topoquant.lib.ablation.variants import ALL, BLIND

Finding = Literal["earns", "nothing", "hurts", "unknown"]
BOUNDED = ("", "_low", "_high")


def judge_difference(low: float | None, high: float | None) -> Finding:
    """Say what an interval of log-loss lost without a part tells of the part.

    Parameters
    ----------
    low, high : float or None
        Its ends at 0.99, two-sided; above 0, the fit is better with the part. None where there are too few
        rows for an interval.

    Returns
    -------
    {"earns", "nothing", "hurts", "unknown"}
        By the end that is nearer to 0, which holds one-sided at 0.995 of rows and seeds.

    Examples
    --------
    >>> judge_difference(0.001, 0.003), judge_difference(-0.001, 0.003), judge_difference(-0.003, -0.001)
    ('earns', 'nothing', 'hurts')
    """
    if low is None or high is None:
        return "unknown"
    if low > 0:
        return "earns"
    return "hurts" if high < 0 else "nothing"


def find_parts(table: pd.DataFrame, parts: Sequence[str]) -> dict[str, Any]:
    """Say of every part what the fit loses without it, and what it says that volatility does not.

    Parameters
    ----------
    table : DataFrame
        Of `score_variants`.
    parts : sequence of str
        Names, in their order.

    Returns
    -------
    dict
        `parts`: per part `name`, `n_columns`, `finding` (of `lost`), `lost` with its bounds (log-loss without
        it less that with all parts, of train rows out of fold), the same of val rows as `val_lost`, `alone`
        (gain of it alone over the base rate, with bounds), `beside` (log-loss of the sign-blind columns less
        that of them and the part, with bounds; None of those columns themselves) and `beside_finding` of it.
        `all` and `blind`: their gain over the base rate, with bounds, and AUC. `beside_all`: as `beside`, of
        all parts, with `finding`. A finding is that of the train rows, out of fold, for they are the most;
        val rows stand beside it as a second look.

    Examples
    --------
    >>> row = {"set": "oof", "n_columns": 3, "auc": 0.5, "gain": 0.0, "gain_low": -1.0, "gain_high": 1.0}
    >>> row |= {f"{name}{end}": 0.5 for name in ("lost", "over_blind") for end in ("", "_low", "_high")}
    >>> about = (("all", "all", None), ("sign-blind", "reference", None), ("tda alone", "alone", "tda"),
    ...          ("without tda", "without", "tda"), ("sign-blind + all", "beside", None))
    >>> table = pd.DataFrame([{**row, "variant": v, "kind": k, "part": p} for v, k, p in about])
    >>> [(one["name"], one["finding"]) for one in find_parts(table, ["tda"])["parts"]]
    [('tda', 'earns')]
    """
    oof, val = (table.loc[table["set"] == name] for name in ("oof", "val"))
    found = []
    for name in parts:
        without, alone = (_about(oof, kind, name) for kind in ("without", "alone"))
        lost, beside = _ends(without, "lost"), _ends(_about(oof, "beside", name), "over_blind", "beside")
        second = _about(val, "without", name)
        found.append(
            {
                "name": name,
                "n_columns": int(alone["n_columns"]),
                "finding": judge_difference(lost["lost_low"], lost["lost_high"]),
                **lost,
                **_ends(second, "lost", "val_lost"),
                **_ends(alone, "gain", "alone"),
                **beside,
                "beside_finding": judge_difference(beside["beside_low"], beside["beside_high"]),
            }
        )
    whole, blind = (_named(oof, name) for name in (ALL, BLIND))
    beside = _ends(_named(oof, f"{BLIND} + {ALL}"), "over_blind", "beside")
    return {
        "parts": found,
        "all": {**_ends(whole, "gain"), "auc": whole["auc"]},
        "blind": {**_ends(blind, "gain"), "auc": blind["auc"]},
        "beside_all": {**beside, "finding": judge_difference(beside["beside_low"], beside["beside_high"])},
    }


def _about(table: pd.DataFrame, kind: str, part: str) -> dict[str, Any]:
    """Return the row of one kind about a part; empty where the set has none."""
    return _only(table.loc[(table["kind"] == kind) & (table["part"] == part)])


def _named(table: pd.DataFrame, variant: str) -> dict[str, Any]:
    """Return the row of a variant."""
    return _only(table.loc[table["variant"] == variant])


def _only(rows: pd.DataFrame) -> dict[str, Any]:
    """Return one row as plain values."""
    return plain({str(key): value for key, value in rows.iloc[0].items()}) if len(rows) else {}


def _ends(row: dict[str, Any], key: str, name: str | None = None) -> dict[str, float | None]:
    """Return a number with its bounds, under another name where one is given."""
    return {f"{name or key}{suffix}": row.get(f"{key}{suffix}") for suffix in BOUNDED}
