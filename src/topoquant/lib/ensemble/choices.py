"""What a report says of the candidates: no number in it depends on a test row."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from topoquant.lib.ensemble.averaging import DEFAULT, member_weights
from topoquant.lib.ensemble.boosting import BoostedStack
from topoquant.lib.ensemble.candidates import Candidates
from topoquant.lib.ensemble.options import EnsembleOptions
from topoquant.lib.ensemble.out_of_fold import FINAL
from topoquant.lib.ensemble.stack_inputs import RULE, has_regimes

# Of the path of the weights over time: more cannot be told apart in a figure.
N_POINTS = 160


def describe_candidates(
    made: Candidates, joined: pd.DataFrame, options: EnsembleOptions, *, members: Sequence[str]
) -> dict[str, object]:
    """Describe weights and final fits.

    Parameters
    ----------
    made : Candidates
        Of `make_candidates`.
    joined : DataFrame, shape (n, ...)
        Their rows.
    options : EnsembleOptions
        As they were made with.
    members : sequence of str
        Those combined.

    Returns
    -------
    dict
        `stack` {intercept, weights} or None, `boosted_stack` {importance} or None, `weights` {columns: by
        regime and member, unknown: members the table does not know, rows: train and val rows by regime},
        `adaptive` {window, half_life, rate, symbol, time, weights: by member} or None, of train and val rows
        of the first symbol.
    """
    final = {name: fits[FINAL] for name, fits in made.stacks.items()}
    boosted = final.get("boosted_stack")
    return {
        "stack": final["stack"].to_dict() if "stack" in final else None,
        "boosted_stack": {"importance": boosted.importance} if isinstance(boosted, BoostedStack) else None,
        "weights": _table(joined, options, members),
        "adaptive": _path(made, joined, options, members),
    }


def _table(joined: pd.DataFrame, options: EnsembleOptions, members: Sequence[str]) -> dict[str, object]:
    """Write the weights of these members by regime, and how often each regime is."""
    named = [column for row in options.weights.values() for column in row]
    columns = [DEFAULT, *dict.fromkeys(one for one in named if one != DEFAULT)]
    before_test = joined.loc[joined["set"] != "test"]
    rule = before_test[RULE].dropna() if has_regimes(joined) else pd.Series([], dtype=object)
    return {
        "columns": {column: member_weights(members, options.weights, column) for column in columns},
        "unknown": [name for name in members if name not in options.weights],
        "rows": {str(name): int(n) for name, n in rule.value_counts().sort_index().items()},
    }


def _path(
    made: Candidates, joined: pd.DataFrame, options: EnsembleOptions, members: Sequence[str]
) -> dict[str, object] | None:
    """Write down how the adaptive weights moved over train and val."""
    if "adaptive" not in made.weights or options.adaptation is None:
        return None
    symbol = joined["symbol"].iloc[0]
    rows = np.flatnonzero(((joined["symbol"] == symbol) & (joined["set"] != "test")).to_numpy())
    shown = rows[np.unique(np.linspace(0, len(rows) - 1, min(N_POINTS, len(rows))).round().astype(int))]
    weights = made.weights["adaptive"][shown]
    return {
        **vars(options.adaptation),
        "symbol": str(symbol),
        "time": [time.isoformat() for time in joined["time"].iloc[shown]],
        "weights": dict(zip(members, (column.tolist() for column in weights.T), strict=True)),
    }
