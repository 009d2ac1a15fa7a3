"""Fit what is left when parts of the features are, and draw what was lost."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from topoquant.families import Roles, family_tables
from topoquant.lib.ablation import AblationOptions, ablate, ablation_rows
from topoquant.lib.bars import MarketOptions
from topoquant.lib.imaging import ImageOptions, scaled_windows
from topoquant.lib.indicators import IndicatorOptions, columns_of
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.reporting import ablation_figure
from topoquant.lib.sampling import SplitOptions, attach_keys
from topoquant.lib.training import FoldPlan
from topoquant.progress import show

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Record = dict[str, Any]
Ablated = tuple[pd.DataFrame, Record]


def ablate_node(member: str, model: str, roles: Roles, reference: str) -> Callable[..., Ablated]:
    """Return the node function of a member; `reference` is the sign-blind family."""

    def ablate_features(
        splits: pd.DataFrame,
        development_targets: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        indicators: IndicatorOptions,
        ablation: AblationOptions,
        seed: int,
        folder: Path,
        options: Any,  # noqa: ANN401 (replaced by the model's own class where the node is made)
        window: int = 0,
        images: ImageOptions | None = None,
        **datasets: Any,  # noqa: ANN401
    ) -> Ablated:
        """Fit every variant on the rows on which all families are known; test rows are not among them."""
        tables = family_tables(roles, datasets, _as_columns(images))
        rows = ablation_rows(
            splits, development_targets, tables["sequence"], tables["static"] | tables["window"],
            window=window, interval=market.interval,
        )  # fmt: skip
        plan = FoldPlan(split=split, horizon=label.horizon, interval=market.interval)
        sets = {name: [column.name for column in columns] for name, columns in columns_of(indicators).items()}
        found = ablate(
            model, rows, development_targets, plan, options, ablation, reference=reference, sets=sets,
            seed=seed, checkpoints=folder, progress=show(f"ablate_{member}"),
        )  # fmt: skip
        n_train = int((splits["set"] == "train").sum())
        return found.table, {"member": member, "n_train_rows": n_train, **found.record}

    ablate_features.__name__ = f"ablate_{member}"
    return ablate_features


def draw_ablation(table: pd.DataFrame, found: Record) -> "Figure":
    """Draw what each part is worth, on train rows out of fold and on val rows."""
    return ablation_figure(table, found)


def _as_columns(images: ImageOptions | None) -> Callable[[Any, pd.DataFrame], pd.DataFrame]:
    """Return how windows that images are made of become a table: in the scale the images have."""

    def table(values: Any, index: pd.DataFrame) -> pd.DataFrame:  # noqa: ANN401
        assert images is not None  # noqa: S101 (fed wherever windows are)
        return attach_keys(index, *scaled_windows(values, images))

    return table
