"""Wiring of regimes."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.regimes.nodes import describe_regimes, filter_regimes, fit_regime_models
from topoquant.typed_nodes import typed


def create_pipeline(*, target_options: type, **_: object) -> Pipeline:
    """Bars and splits in; one fit per fold, the filtered regimes of every bar and their summary out."""
    asked = [f"params:{name}" for name in ("market", "label", "split", "regimes", "seed")]
    return Pipeline(
        [
            node(
                typed(fit_regime_models, label=target_options),
                ["bars", "splits", *asked],
                "regime_models",
                name="fit_regime_models",
            ),
            node(
                filter_regimes,
                ["bars", "regime_models", "params:market", "params:regimes"],
                "regimes",
                name="filter_regimes",
            ),
            node(
                describe_regimes,
                ["regimes", "bars", "splits", "regime_models", "params:market"],
                ["regime_summary", "figure_regimes"],
                name="describe_regimes",
            ),
        ],
        tags="regimes",
    )
