"""How often a prediction calls a row right, as a study that reports accuracy would count it."""

from typing import NamedTuple

import numpy as np

from tests.studies.results import KEY, Results
from topoquant.lib.proportions import effective_counts, wilson_interval

LEVEL = 0.99


class Calls(NamedTuple):
    """Share of rows called right at one half, its interval on the effective number of them, and n."""

    share: float
    low: float
    high: float
    n: int


def right_calls(results: Results, name: str) -> dict[str, Calls]:
    """Calls of a prediction on train (out of fold), val and test rows."""
    targets = {"train": "development_targets", "val": "development_targets", "test": "test_targets"}
    predictions = results.table(f"predictions_{name}")
    calls = {}
    for part, source in targets.items():
        rows = predictions.loc[predictions["set"] == part, [*KEY, "target_id", "p_label"]]
        known = rows.merge(
            results.table(source)[[*KEY, "target_id", "label", "uniqueness"]], on=[*KEY, "target_id"]
        )
        right = ((known["p_label"] > 0.5) == (known["label"] == 1)).to_numpy(np.float64)
        low, high = wilson_interval(*effective_counts(right, known["uniqueness"], known["time"]), level=LEVEL)
        calls[part] = Calls(float(right.mean()), low, high, len(known))
    return calls
