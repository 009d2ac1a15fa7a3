"""Variants side by side on the same rows: log-loss, AUC, and what the difference of two is sure to be."""

from collections.abc import Mapping, Sequence
from math import ceil, isfinite
from typing import Any

import pandas as pd

from topoquant.lib.ablation.luck import SeedLuck, widen
from topoquant.lib.ablation.variants import ALL, BLIND, Variant
from topoquant.lib.bars import interval_timedelta
from topoquant.lib.errors import bad_input
from topoquant.lib.sampling import KEY
from topoquant.lib.validity import Interval, block_length, log_loss, log_loss_gain, roc_auc

SETS = {"train": "oof", "val": "val"}
UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


def row_block(time: pd.Series, *, horizon: int, interval: str) -> int:
    """Give the bootstrap's block in distinct times of rows that are thinned: as long in time as of all rows.

    Parameters
    ----------
    time : Series of datetimes
        Of rows, in any order, with repeats.
    horizon : int
        Bars ahead.
    interval : str
        Length of a bar.

    Returns
    -------
    int
        Of every bar `block_length`; of every fourth a quarter of it, rounded up.

    Examples
    --------
    >>> time = pd.Series(pd.date_range("2024-01-01", periods=1000, freq="1h", tz="UTC"))
    >>> row_block(time, horizon=4, interval="1h"), row_block(time[::4], horizon=4, interval="1h")
    (40, 10)
    """
    n_bars = (time.max() - time.min()) / interval_timedelta(interval)
    share = (time.nunique() - 1) / n_bars if n_bars > 0 else 1.0
    return max(1, ceil(block_length(horizon, interval) * share - 1e-9))


def join_variants(predictions: Mapping[str, pd.DataFrame], targets: pd.DataFrame) -> pd.DataFrame:
    """Put what all variants say of a row beside what came of it.

    Parameters
    ----------
    predictions : mapping of str to DataFrame
        By name: `symbol`, `time`, `target_id`, `set`, `p_label`.
    targets : DataFrame
        `symbol`, `time`, `target_id`, `label`, ... of train and val rows.

    Returns
    -------
    DataFrame
        `symbol`, `time`, `set`, `label` and a column of probabilities per name, by (symbol, time).

    Raises
    ------
    InputError
        If variants differ in their rows, or in their target.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> table = pd.DataFrame({"symbol": "SYN", "time": time, "target_id": "up", "set": "train"})
    >>> table, targets = table.assign(p_label=0.5), table.assign(label=[0.0, 1.0])
    >>> join_variants({"all": table, "tda alone": table}, targets).columns.tolist()
    ['symbol', 'time', 'set', 'label', 'all', 'tda alone']
    """
    on = [*KEY, "target_id"]
    first = next(iter(predictions.values()))
    joined = first[[*on, "set"]].merge(targets[[*on, "label"]], on=on, how="inner", validate="one_to_one")
    for name, table in predictions.items():
        own = table[[*on, "p_label"]].rename(columns={"p_label": name})
        joined = joined.merge(own, on=on, how="inner", validate="one_to_one")
        if not len(joined) == len(first) == len(table):
            raise bad_input(
                f"rows of {name}", f"the {len(first)} of all variants, each with a target",
                f"{len(table)}, {len(joined)} of them shared", "predict the same samples",
            )  # fmt: skip
    return joined.drop(columns="target_id").sort_values(KEY, ignore_index=True)


def score_variants(
    joined: pd.DataFrame, variants: Sequence[Variant], luck: Mapping[str, SeedLuck], *,
    base: str, horizon: int, interval: str, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """Score every variant, and bound how far it is from the base rate, all parts and the one before it.

    Parameters
    ----------
    joined : DataFrame
        Of `join_variants`: probabilities of all variants and of the base rate.
    variants : sequence of Variant
        `all` and `sign-blind` among them; those added in their order.
    luck : mapping of str to SeedLuck
        By set, of `measure_luck`: what seeds may have done is in every bound.
    base : str
        Column of the base rate of each fit's own train rows, which needs no seed.
    horizon : int
        Bars ahead.
    interval : str
        Length of a bar.
    seed : int
        Of the bootstrap, in which blocks of time are drawn for two variants together.

    Returns
    -------
    DataFrame
        A row per variant and set ("oof": train rows out of fold; "val"): `variant`, `kind`, `part`, `set`,
        `n` (rows), `n_columns`, `log_loss` (nats), `auc` and, each with `_low` and `_high` (two-sided at
        0.99): `gain` (log-loss of the base rate less its own), `over_blind` (that of the sign-blind variant
        less its own), `lost` (its own less that of all parts: above 0, all parts are better) and `step` (that
        of the variant before it, of those added, less its own; NaN of others). Sets without rows are left
        out.

    Examples
    --------
    >>> from topoquant.lib.ablation.parts import Part
    >>> from topoquant.lib.ablation.variants import list_variants
    >>> time = pd.date_range("2024-01-01", periods=200, freq="h", tz="UTC")
    >>> joined = pd.DataFrame({"symbol": "SYN", "time": time, "set": "train", "label": [0.0, 1.0] * 100})
    >>> parts = [Part(name=n, family=n, channels=(), static=(n,)) for n in ("tda", "gaf", "blind")]
    >>> variants = list_variants(parts[:2], parts[2])
    >>> joined = joined.assign(**{one.name: 0.5 for one in variants}, rate=0.5)
    >>> luck = {"train": SeedLuck(deviation=0.0, n_free=8, n_seeds=2)}
    >>> table = score_variants(joined, variants, luck, base="rate", horizon=1, interval="1h", seed=0)
    >>> len(table), table["log_loss"].round(3).unique().tolist(), table["lost_low"].unique().tolist()
    (11, [0.693], [0.0])
    """
    rows = []
    for name, shown in SETS.items():
        own = joined.loc[joined["set"] == name]
        if own.empty:
            continue
        block = row_block(own["time"], horizon=horizon, interval=interval)
        before: str | None = None
        for variant in variants:
            compared = {"gain": (base, variant.name), "over_blind": (BLIND, variant.name)}
            compared["lost"] = (variant.name, ALL)
            if variant.kind == "added":
                if before is not None:
                    compared["step"] = (before, variant.name)
                before = variant.name
            bounds = {
                key: widen(
                    _gain(own, *names, block=block, seed=seed), luck[name].margin(_n_fitted(own, names, base))
                )
                for key, names in compared.items()
            }
            rows.append(_row(own, variant, shown, {"step": UNKNOWN} | bounds))
    return pd.DataFrame(rows)


def _n_fitted(rows: pd.DataFrame, names: tuple[str, str], base: str) -> int:
    """Count how many of two columns were fitted apart from each other."""
    return 0 if rows[names[0]].equals(rows[names[1]]) else len({*names} - {base})


def _gain(rows: pd.DataFrame, first: str, second: str, *, block: int, seed: int) -> Interval:
    """Bound the log-loss of the first less that of the second."""
    return log_loss_gain(rows["time"], rows["label"], rows[second], rows[first], block=block, seed=seed)


def _row(rows: pd.DataFrame, variant: Variant, name: str, bounds: Mapping[str, Interval]) -> dict[str, Any]:
    """Write what is said of a variant on one set."""
    has_both = rows["label"].nunique() == 2
    row: dict[str, Any] = {
        "variant": variant.name,
        "kind": variant.kind,
        "part": variant.part,
        "set": name,
        "n": len(rows),
        "n_columns": variant.n_columns,
        "log_loss": log_loss(rows["label"], rows[variant.name]),
        "auc": float(roc_auc(rows["label"], rows[variant.name])) if has_both else float("nan"),
    }
    for key, interval in bounds.items():
        row |= {f"{key}{suffix}": end for suffix, end in zip(("", "_low", "_high"), interval, strict=True)}
    return row


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Write None for what is undefined.

    Parameters
    ----------
    row : mapping
        Of the table of `score_variants`.

    Returns
    -------
    dict

    Examples
    --------
    >>> plain({"step": float("nan"), "n": 3})
    {'step': None, 'n': 3}
    """
    return {
        key: None if isinstance(value, float) and not isfinite(value) else value for key, value in row.items()
    }
