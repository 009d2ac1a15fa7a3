"""The AUC that no model can beat, where the market is known."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from topoquant.lib.bars import bayes_trigger_score
from topoquant.lib.sampling.samples import KEY
from topoquant.lib.validity.binary import roc_auc


def ceiling_auc(
    truth: pd.DataFrame, targets: pd.DataFrame, *, threshold: float, horizon: int, side: str
) -> float | None:
    """Score test rows by what the maker of the market knows.

    Parameters
    ----------
    truth : DataFrame
        `symbol`, `time`, `drift`, `volatility` of a synthetic market; no rows for a real one.
    targets : DataFrame
        `symbol`, `time`, `label` of a trigger.
    threshold, horizon, side
        Of the trigger.

    Returns
    -------
    float or None
        AUC of the Bayes score on these rows; None for a real market and for a trigger without a side.

    Examples
    --------
    >>> time = pd.date_range("2024", periods=4, freq="h", tz="UTC")
    >>> truth = pd.DataFrame({"symbol": "SYN", "time": time, "drift": [-1e-3, 0.0, 1e-3, 2e-3],
    ...                       "volatility": 0.01})
    >>> targets = truth[["symbol", "time"]].assign(label=[0.0, 0.0, 1.0, 1.0])
    >>> ceiling_auc(truth, targets, threshold=0.01, horizon=4, side="up")
    1.0
    """
    if truth.empty or side == "both":
        return None
    # Scored before rows are left out: what is known of some markets is filtered from their first bar on.
    score = bayes_trigger_score(truth, threshold=threshold, horizon=horizon, side=side)
    known = targets[[*KEY, "label"]].merge(truth[KEY].assign(score=score), on=KEY)
    return roc_auc(known["label"], known["score"])


def known_ceiling(truth: pd.DataFrame, targets: pd.DataFrame, target: Mapping[str, Any]) -> float | None:
    """Score test rows by what the maker of the market knows, where that answers the kind of target.

    Parameters
    ----------
    truth, targets : DataFrame
        As in `ceiling_auc`.
    target : mapping
        What is predicted, with its `kind`.

    Returns
    -------
    float or None
        As `ceiling_auc` for a trigger; None for every other kind.

    Examples
    --------
    >>> known_ceiling(pd.DataFrame(), pd.DataFrame(), {"kind": "direction"})
    """
    if target["kind"] != "trigger":
        return None
    asked = {name: target[name] for name in ("threshold", "horizon", "side")}
    return ceiling_auc(truth, targets, **asked)
