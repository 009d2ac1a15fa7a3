"""What a walk forward gave, in the last lines of its run."""

from collections.abc import Mapping
from typing import Any

from topoquant.lib.reporting.formatting import decimal, fraction, interval, signed


def walk_lines(scores: Mapping[str, Any]) -> list[str]:
    """Say how the windows did together.

    Parameters
    ----------
    scores : mapping
        `member`, and `whole` of a walk.

    Returns
    -------
    list of str

    Examples
    --------
    >>> scores = {"member": "nbeats", "n": 900, "n_windows": 3, "share_above_half": 1 / 3, "sharpe": None,
    ...           "auc": {"value": 0.51, "low": 0.47, "high": 0.55}, "timing": None,
    ...           "gain": {"value": -0.001, "low": -0.004, "high": 0.002}}
    >>> for line in walk_lines(scores):
    ...     print(line)
    walk    nbeats: 900 rows of 3 windows, AUC above .5 in 1 of them
    AUC     .510 [.47 .55]   gain over naive -.001 [-.004 +.002]
    """
    n_above = round(scores["share_above_half"] * scores["n_windows"])
    auc, gain = scores["auc"], scores["gain"]
    lines = [
        f"walk    {scores['member']}: {scores['n']:,} rows of {scores['n_windows']} windows, "
        f"AUC above .5 in {n_above} of them",
        f"AUC     {fraction(auc['value'])} {interval(auc['low'], auc['high'])}   "
        f"gain over naive {signed(gain['value'])} {interval(gain['low'], gain['high'], 3, sign=True)}",
    ]
    if scores["timing"] is not None:
        timing, sharpe = scores["timing"], scores["sharpe"]
        lines.append(
            f"timing  t {decimal(timing['t'])} before costs; Sharpe {decimal(sharpe['annual'])} a year net, "
            f"n_trials {sharpe['n_trials']} PSR {fraction(sharpe['psr'], 2)} DSR {fraction(sharpe['dsr'], 2)}"
        )
    return lines
