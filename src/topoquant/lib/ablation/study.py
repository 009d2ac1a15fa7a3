"""An ablation from its rows to its findings."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.lib.ablation.findings import find_parts
from topoquant.lib.ablation.fitting import predict_rows, take_columns
from topoquant.lib.ablation.inputs import AblationRows
from topoquant.lib.ablation.luck import measure_luck
from topoquant.lib.ablation.options import AblationOptions
from topoquant.lib.ablation.parts import define_parts
from topoquant.lib.ablation.scoring import SETS, join_variants, score_variants
from topoquant.lib.ablation.variants import BASE, list_variants
from topoquant.lib.errors import bad_input
from topoquant.lib.models import MajorityOptions
from topoquant.lib.progress import Progress, silent
from topoquant.lib.training import FoldPlan


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """What an ablation found.

    Attributes
    ----------
    table : DataFrame
        Of `score_variants`: one row per variant and set.
    record : dict
        `model`, `n_seeds`, `n_fits` (of different columns), `seed_deviation` (how far the log-loss of one fit
        is from that of another seed, nats, by set of the table), `rows` (`train`, `val` and, by reason, those
        `dropped`), `rate` (of the label, by set), `columns` (part -> its columns) and what `find_parts` says.
    """

    table: pd.DataFrame
    record: dict[str, Any]


def ablate(
    model: str,
    rows: AblationRows,
    targets: pd.DataFrame,
    plan: FoldPlan,
    options: Any,  # noqa: ANN401
    asked: AblationOptions,
    *,
    reference: str,
    sets: Mapping[str, Collection[str]],
    seed: int,
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> Ablation:
    """Fit a model on all parts, each alone, all but each, one after another; compare on the same rows.

    Parameters
    ----------
    model : str
        A name in `MODELS`, of one that is not trained in epochs.
    rows : AblationRows
        Train and val rows on which every family is known.
    targets : DataFrame
        Of train and val rows.
    plan : FoldPlan
        How train rows are held out: the same folds for all variants.
    options : object
        Of the model, the same for all variants.
    asked : AblationOptions
        The parts, and how often each variant is fitted.
    reference : str
        Family that is blind to the sign of every return, which all variants are compared with.
    sets : mapping of str to collection of str
        As in `define_parts`.
    seed : int
        Of the fits and of the bootstrap.
    checkpoints : Path, optional
        Folder in which fitted variants are kept: an ablation that was killed goes on after the last of them.
    progress : Progress, optional
        Told about fits of different columns.

    Returns
    -------
    Ablation

    Raises
    ------
    InputError
        As `define_parts` and `list_variants`, without train rows, and as `train_samples`.

    Examples
    --------
    >>> import numpy as np
    >>> from topoquant.lib.ablation.inputs import ablation_rows
    >>> from topoquant.lib.ablation.options import PartOptions
    >>> from topoquant.lib.models import LogisticOptions
    >>> from topoquant.lib.sampling import SplitOptions
    >>> time = pd.date_range("2024-01-01", periods=600, freq="1h", tz="UTC")
    >>> frame = pd.DataFrame({"symbol": "SYN", "time": time, "t1": time})
    >>> x = np.random.default_rng(0).normal(size=(600, 3))
    >>> targets = frame.assign(target_id="up", label=(x[:, 0] > 0).astype(float), ret=0.0, uniqueness=1.0)
    >>> splits = frame.assign(set="train", fold=np.arange(600) // 200, kept=True)
    >>> keys, names = frame[["symbol", "time"]], ("tda", "gaf", "blind")
    >>> tables = {name: keys.assign(x=x[:, n]) for n, name in enumerate(names)}
    >>> rows = ablation_rows(splits, targets, {}, tables, window=0, interval="1h")
    >>> split = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=0)
    >>> plan = FoldPlan(split=split, horizon=1, interval="1h")
    >>> parts = {name: PartOptions(family=name) for name in ("tda", "gaf")}
    >>> asked = AblationOptions(parts=parts, n_seeds=2)
    >>> found = ablate("logistic", rows, targets, plan, LogisticOptions(l2=1.0, n_iterations=100), asked,
    ...                reference="blind", sets={}, seed=0)
    >>> {one["name"]: one["finding"] for one in found.record["parts"]}
    {'tda': 'earns', 'gaf': 'nothing'}
    """
    if not (rows.samples.rows["set"] == "train").any():
        raise bad_input("rows of an ablation", "of the train set among others", "none", "load more bars")
    parts = define_parts(asked.parts, rows.families, sets, reference=reference)
    blind = define_parts({}, {reference: rows.families[reference]}, {}, reference="")[0]
    variants = list_variants(parts, blind)
    by_columns: dict[tuple[frozenset[str], frozenset[str]], pd.DataFrame] = {}
    wanted = [(frozenset(one.channels), frozenset(one.static)) for one in variants]
    predictions = {BASE: predict_rows("majority", rows.samples, plan, MajorityOptions(), seed=seed)}
    with progress(len(set(wanted)), "variants") as advance:
        for variant, columns in zip(variants, wanted, strict=True):
            if columns not in by_columns:
                by_columns[columns] = predict_rows(
                    model, take_columns(rows.samples, variant), plan, options, seed=seed,
                    n_seeds=asked.n_seeds, checkpoints=checkpoints,
                )  # fmt: skip
                advance(1)
            predictions[variant.name] = by_columns[columns]
    joined = join_variants(predictions, targets)
    luck = measure_luck(by_columns.values(), targets)
    table = score_variants(
        joined, variants, luck, base=BASE, horizon=plan.horizon, interval=plan.interval, seed=seed
    )
    by_set = joined.groupby("set")["label"]
    sizes = by_set.size()
    record = {
        "model": model,
        "n_seeds": asked.n_seeds,
        "n_fits": len(by_columns),
        "seed_deviation": {SETS[name]: one.deviation for name, one in luck.items()},
        "rows": {**{name: int(sizes.get(name, 0)) for name in ("train", "val")}, "dropped": rows.dropped},
        "rate": {str(name): float(rate) for name, rate in by_set.mean().items()},
        "columns": {part.name: [*part.channels, *part.static] for part in parts},
        **find_parts(table, [part.name for part in parts]),
    }
    return Ablation(table=table, record=record)
