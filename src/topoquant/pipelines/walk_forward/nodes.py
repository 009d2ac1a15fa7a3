"""Refit window by window, trade what was said, and draw it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from topoquant.families import Roles, gather
from topoquant.lib.backtest import CostOptions
from topoquant.lib.bars import MarketOptions
from topoquant.lib.labeling import TargetOptions
from topoquant.lib.reporting import walk_figure
from topoquant.lib.sampling import SplitOptions, WalkOptions, walk_splits
from topoquant.lib.training import FitOptions, SelectionOptions
from topoquant.lib.validity import (
    CalibrationOptions,
    OperatingPointOptions,
    TrialLog,
    count_trials,
    market_fingerprint,
)
from topoquant.lib.walking import WalkMember, WalkStudy, trade_windows, walk_forward
from topoquant.progress import show

Walked = tuple[pd.DataFrame, pd.DataFrame, dict[str, Any], pd.DataFrame]


def walk_node(
    member: str, model: str, roles: Roles, blind: Mapping[str, tuple[str, Roles]]
) -> Callable[..., Walked]:
    """Return the node function of a member; `blind` holds the models and families of the sign-blind fits."""

    def walk(  # noqa: PLR0917 (Kedro types options by their place)
        bars: pd.DataFrame,
        splits: pd.DataFrame,
        tried: TrialLog,
        market: MarketOptions,
        label: TargetOptions,
        split: SplitOptions,
        calibration: CalibrationOptions,
        operating_point: OperatingPointOptions,
        costs: CostOptions,
        walk_forward_options: WalkOptions,
        n_rows: int | None,
        seed: int,
        folder: Path,
        options: Any,  # noqa: ANN401 (replaced by the model's own class where the node is made)
        fit: FitOptions | None = None,
        selection: SelectionOptions | None = None,
        window: int = 0,
        **datasets: Any,  # noqa: ANN401
    ) -> Walked:
        """Walk, and say what was tried: test rows of the study lie in some window."""
        windows = walk_splits(
            bars, market.interval, horizon=label.horizon, walk=walk_forward_options, split=split,
            n_rows=n_rows,
        )  # fmt: skip
        own = WalkMember(
            model=model, features=gather(roles, datasets, window), options=options, fit=fit,
            selection=selection,
        )  # fmt: skip
        others = {
            name: WalkMember(
                model=kind, features=gather(fed, datasets, 0), options=datasets[f"options_{name}"]
            )
            for name, (kind, fed) in blind.items()
        }
        study = WalkStudy(
            interval=market.interval, label=label, split=split, calibration=calibration,
            operating_point=operating_point, seed=seed,
        )  # fmt: skip
        trials = count_trials(tried, market_fingerprint(bars, splits), n_compared=1 + len(others))
        walked = walk_forward(
            bars, windows, own, others, study, cost=costs.cost, n_trials=trials["n_trials"],
            checkpoints=folder, progress=show(f"walk_{member}"),
        )  # fmt: skip
        scores = {"member": member, **walked.whole, **{name: trials[name] for name in ("market", "own")}}
        return walked.predictions, walked.windows, scores, walked.importance

    walk.__name__ = f"walk_{member}"
    return walk


def trade_walk(
    bars: pd.DataFrame,
    predictions: pd.DataFrame,
    windows: pd.DataFrame,
    market: MarketOptions,
    label: TargetOptions,
    costs: CostOptions,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Trade every window at the levels it chose for itself: one account over all of them."""
    # The rate that was known before the first test row; a single number sizes all positions.
    base_rate = float(windows["rate"].iloc[0])
    traded = trade_windows(
        bars, predictions, label, costs, interval=market.interval, seed=seed, base_rate=base_rate
    )
    return traded.trades, traded.equity, traded.metrics


def draw_walk(windows: pd.DataFrame, importance: pd.DataFrame, equity: pd.DataFrame) -> Any:  # noqa: ANN401
    """Draw scores by window, equity, and what the member leaned on."""
    return walk_figure(windows, importance, equity)
