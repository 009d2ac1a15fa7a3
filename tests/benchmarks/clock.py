"""One reading of the process clock; imported by the peers' interpreter too, so it imports nothing of ours."""

import time
from collections.abc import Callable

# Below this a reading of the process clock is mostly the clock.
SHORTEST_READING = 0.02


def speed(function: Callable[[], object], n_items: int) -> float:
    """Items per second of CPU time of this process, over as many calls as a fair reading needs."""
    n_calls, began = 0, time.process_time()
    while (spent := time.process_time() - began) < SHORTEST_READING:
        function()
        n_calls += 1
    return n_calls * n_items / spent
