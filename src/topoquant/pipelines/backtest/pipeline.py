"""Wiring of the backtest."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.backtest.nodes import (
    check_trades,
    overfitting_node,
    strategies_node,
    trade_test_rows,
)
from topoquant.typed_nodes import typed

STUDY = {
    "market": "params:market",
    "label": "params:label",
    "costs": "params:backtest",
    "seed": "params:seed",
}


def create_pipeline(
    *,
    members: tuple[str, ...],
    baselines: tuple[str, ...],
    target_options: type,
    stages: tuple[str, ...] = (),
    auditor: bool = False,
    **_: object,
) -> Pipeline:
    """Bars, predictions and the operating point in; trades, equity, strategies and findings out."""
    tables = {name: f"predictions_{name}" for name in (*members, *baselines, "ensemble")}
    # What a strategy may ask for.
    filters = {"regimes": "regimes"} if "regimes" in stages else {}
    filters |= {"auditor": "predictions_auditor"} if auditor else {}
    traded = {
        "bars": "bars",
        "predictions": "predictions_ensemble",
        "development_targets": "development_targets",
    }
    return Pipeline(
        [
            node(
                typed(trade_test_rows, label=target_options),
                {**traded, "operating_point": "operating_point", **STUDY},
                ["trades", "equity", "drawdowns", "backtest_metrics"],
                name="trade_test_rows",
            ),
            node(
                check_trades,
                ["trades", "equity", "bars", "params:market"],
                "findings_trades",
                name="check_trades",
            ),
            node(
                typed(strategies_node(len(tables)), label=target_options),
                {
                    **traded,
                    "splits": "splits",
                    "tried": "tried",
                    "profiles": "params:profiles",
                    **STUDY,
                    **filters,
                },
                ["strategies", "strategy_equity"],
                name="compare_strategies",
            ),
            node(
                typed(overfitting_node(tuple(tables)), label=target_options),
                {"bars": "bars", "audit": "params:audit", **STUDY, **tables},
                "findings_overfitting",
                name="check_candidates",
            ),
        ],
        tags="backtest",
    )
