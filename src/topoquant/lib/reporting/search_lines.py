"""What a search found, in the last lines of its run."""

from collections.abc import Mapping
from typing import Any

from topoquant.lib.reporting.formatting import fraction

# So many options are named by how much they mattered.
SHOWN = 3


def search_lines(tuned: Mapping[str, Any], recipe: str) -> list[str]:
    """Say how good the best options are, which they are, and how to train with them.

    Parameters
    ----------
    tuned : mapping
        `record` of a search.
    recipe : str
        Whose member was tuned.

    Returns
    -------
    list of str

    Examples
    --------
    >>> tuned = {"member": "nbeats", "n_trials": 5, "n_complete": 4, "n_pruned": 1, "n_refused": 0,
    ...          "loss": 0.61, "untuned_loss": 0.62, "values": {"options.hidden": 64}, "importance": {}}
    >>> for line in search_lines(tuned, "trigger"):
    ...     print(line)
    tuned   nbeats: loss .6100 on held-out train rows (.6200 as it was); 5 trials, 4 to their end, 1 pruned
    best    options.hidden 64
    use     kedro run --pipelines=trigger --params tuned=nbeats
    """
    before = tuned["untuned_loss"]
    was = "" if before is None else f" ({_loss(before)} as it was)"
    counts = [f"{tuned['n_trials']} trials", f"{tuned['n_complete']} to their end"]
    counts += [f"{tuned[f'n_{state}']} {state}" for state in ("pruned", "refused") if tuned[f"n_{state}"]]
    loss = f"loss {_loss(tuned['loss'])} on held-out train rows{was}"
    lines = [f"tuned   {tuned['member']}: {loss}; {', '.join(counts)}"]
    lines.append("best    " + ", ".join(f"{name} {_short(one)}" for name, one in tuned["values"].items()))
    if tuned["importance"]:
        first = list(tuned["importance"].items())[:SHOWN]
        lines.append("matters " + ", ".join(f"{name} {share:.0%}" for name, share in first))
    return [*lines, f"use     kedro run --pipelines={recipe} --params tuned={tuned['member']}"]


def _loss(value: float) -> str:
    return fraction(value, 4)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
