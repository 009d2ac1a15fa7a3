"""Windows of a long series in blocks that can be computed anywhere."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

Executor = Callable[..., Iterable[Any]]


@dataclass(frozen=True)
class Block:
    """A stretch of the series and where in it the block's windows begin."""

    series: NDArray[np.float64]
    starts: NDArray[np.int64]


def split_blocks(
    series: NDArray[np.float64], starts: NDArray[np.int64], *, window: int, size: int
) -> list[Block]:
    """Cut into blocks of at most `size` successive windows, each with its own piece of the series."""
    blocks = []
    for first in range(0, len(starts), size):
        chosen = starts[first : first + size]
        begin, end = chosen[0], chosen[-1] + window
        blocks.append(Block(series=series[begin:end], starts=chosen - begin))
    return blocks


def joblib_map(n_jobs: int) -> Executor:
    """Return a `map` over `n_jobs` processes that gives results in order, as they are ready."""

    def run(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        results: Iterator[Any] = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(function)(item) for item in items
        )
        return results

    return run
