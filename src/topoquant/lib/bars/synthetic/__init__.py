"""Made-up markets whose best possible prediction is known."""

from topoquant.lib.bars.synthetic.ceilings import bayes_direction_score, bayes_trigger_score
from topoquant.lib.bars.synthetic.markets import MARKETS, SyntheticMarket, synthetic_bars, synthetic_panel

__all__ = [
    "MARKETS",
    "SyntheticMarket",
    "bayes_direction_score",
    "bayes_trigger_score",
    "synthetic_bars",
    "synthetic_panel",
]
