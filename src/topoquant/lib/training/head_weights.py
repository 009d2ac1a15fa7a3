"""How much each head counts in the loss."""

import math
import re
from collections.abc import Mapping, Sequence

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head

LOG_RETURN = re.compile(r"logret_(\d+)")


def weigh_heads(heads: Sequence[Head], given: Mapping[str, float]) -> dict[str, float]:
    """Return the weight of every head.

    Parameters
    ----------
    heads : sequence of Head
        What is predicted.
    given : mapping of str to float
        Positive weights by name.

    Returns
    -------
    dict of str to float
        As given; of a head `logret_<h>` that is not, 1 / sqrt(h): returns over h bars vary h times as
        much, and far horizons hold fewer independent rows.

    Raises
    ------
    InputError
        If a name is no head, or another head has no weight.

    Examples
    --------
    >>> weigh_heads([Head(name="label", kind="binary"), Head(name="logret_4", kind="value")], {"label": 3.0})
    {'label': 3.0, 'logret_4': 0.5}
    """
    weights = {}
    for head in heads:
        horizon = LOG_RETURN.fullmatch(head.name)
        if head.name in given:
            weights[head.name] = given[head.name]
        elif horizon is not None:
            weights[head.name] = 1 / math.sqrt(int(horizon[1]))
    names = [head.name for head in heads]
    if set(weights) != set(names) or not set(given) <= set(names):
        raise bad_input(
            "head_weights", f"one for each of {sorted(names)}", dict(given), "name every head once"
        )
    return weights
