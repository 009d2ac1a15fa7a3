"""Wiring of the backtest."""

from kedro.pipeline import Pipeline, node

from topoquant.pipelines.backtest.nodes import trade_test_rows
from topoquant.typed_nodes import typed


def create_pipeline(*, target_options: type, **_: object) -> Pipeline:
    """Bars, the one prediction and its operating point in; trades, equity and metrics out."""
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
                tags="backtest",
            )
        ]
    )
