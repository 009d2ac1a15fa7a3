"""Wiring of the backtest."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.backtest.nodes import overfitting_node, trade_test_rows
from topoquant.typed_nodes import typed


def create_pipeline(
    *, members: tuple[str, ...], baselines: tuple[str, ...], target_options: type, **_: object
) -> Pipeline:
    """Bars, predictions and the operating point in; trades, equity, metrics and a finding out."""
    tables = {name: f"predictions_{name}" for name in (*members, *baselines, "ensemble")}
    return Pipeline(
        [
            node(
                typed(trade_test_rows, label=target_options),
                [
                    "bars",
                    "predictions_ensemble",
                    "operating_point",
                    "params:market",
                    "params:label",
                    "params:backtest",
                    "params:seed",
                ],
                ["trades", "equity", "backtest_metrics"],
                name="trade_test_rows",
            ),
            node(
                typed(overfitting_node(tuple(tables)), label=target_options),
                {
                    "bars": "bars",
                    "market": "params:market",
                    "label": "params:label",
                    "costs": "params:backtest",
                    "audit": "params:audit",
                    "seed": "params:seed",
                    **tables,
                },
                "findings_overfitting",
                name="check_candidates",
            ),
        ],
        tags="backtest",
    )
