"""Search the options of one member, and draw how it went."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.families import Roles, gather
from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.reporting import search_figure
from topoquant.lib.sampling import SplitOptions
from topoquant.lib.training import FitOptions, FoldPlan, SelectionOptions, member_samples
from topoquant.lib.tuning import Setup, TuningOptions, describe_rows, tune
from topoquant.lib.validity import market_fingerprint
from topoquant.progress import show

Searched = tuple[dict[str, Any], pd.DataFrame]


def tune_node(member: str, model: str, roles: Roles) -> Callable[..., Searched]:
    """Return the node function of a member."""

    def search(  # noqa: PLR0917 (Kedro types options by their place)
        bars: pd.DataFrame,
        splits: pd.DataFrame,
        development_targets: pd.DataFrame,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        tuning: TuningOptions,
        n_trials: int,
        address: str | None,
        seed: int,
        folder: Path,
        options: Any,  # noqa: ANN401 (replaced by the model's own class where the node is made)
        fit: FitOptions | None = None,
        selection: SelectionOptions | None = None,
        window: int = 0,
        **datasets: Any,  # noqa: ANN401
    ) -> Searched:
        """Run trials until there are enough, those of earlier runs and other processes included."""
        features = gather(roles, datasets, window)
        samples, _ = member_samples(splits, development_targets, features, interval=market.interval)
        plan = FoldPlan(split=split, horizon=label.horizon, interval=market.interval)
        tuned = tune(
            member, model, samples, plan, Setup(options=options, fit=fit, selection=selection), tuning,
            n_trials=n_trials, storage=address or folder, seed=seed, progress=show(f"tune_{member}"),
        )  # fmt: skip
        about = {"rows": describe_rows(splits), "market": market_fingerprint(bars, splits)}
        return {**tuned.record, **about}, tuned.trials

    search.__name__ = f"tune_{member}"
    return search


def draw_search(tuned: dict[str, Any], trials: pd.DataFrame) -> Any:  # noqa: ANN401 (plotly is imported late)
    """Draw the losses of the trials, and which option mattered."""
    return search_figure(trials, tuned["importance"], untuned_loss=tuned["untuned_loss"])
