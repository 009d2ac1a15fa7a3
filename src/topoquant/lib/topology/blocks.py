"""Windows of a long series in blocks that can be computed anywhere, and found again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topoquant.lib.errors import bad_input
from topoquant.lib.executors import Executor
from topoquant.lib.progress import Progress
from topoquant.lib.topology.store import BlockStore, block_name, code_version

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Block:
    """A stretch of the series and where in it the block's windows begin."""

    series: NDArray[np.float64]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.starts)


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


def rows_of_blocks(
    function: Callable[[Any], Rows],
    blocks: list[Block],
    *,
    n_columns: int,
    options: str,
    store: BlockStore,
    map: Executor,  # noqa: A002  (it is one)
    progress: Progress,
) -> Rows:
    """Compute the rows of blocks, one below the other; those that the store has are taken from it.

    Parameters
    ----------
    function : callable
        Block -> rows, shape (len(block), n_columns).
    blocks : list of Block
        n windows in all.
    n_columns : int
        Columns of the rows.
    options : str
        Name of what `function` computes, of `options_name`.
    store : BlockStore
        Asked for every block first, given every block as soon as it is computed, and pruned to these
        blocks at the end.
    map : Executor
        Who computes.
    progress : Progress
        Told about windows; those found in the store are done from the start.

    Returns
    -------
    ndarray of float32, shape (n, n_columns)
        In the order of the blocks.

    Raises
    ------
    InputError
        Where a process or machine that computes has other code than this one.
    """
    names = [block_name(options, block) for block in blocks]
    bounds = np.cumsum([0, *(len(block) for block in blocks)])
    values = np.empty((bounds[-1], n_columns), np.float32)
    places = [values[begin:end] for begin, end in pairwise(bounds)]
    missing = [
        k for k, (name, place) in enumerate(zip(names, places, strict=True)) if not _found(store, name, place)
    ]
    n_missing = sum(len(blocks[k]) for k in missing)
    with progress(len(values), "windows", done=len(values) - n_missing) as advance:
        checked = partial(_checked, function, code_version())
        computed = map(checked, [blocks[k] for k in missing])
        for k, rows in zip(missing, computed, strict=True):
            places[k][:] = rows
            store.write(names[k], places[k])
            advance(len(rows))
    store.prune(names)
    return values


def _found(store: BlockStore, name: str, place: Rows) -> bool:
    """Fill the place from the store, if it can."""
    rows = store.read(name, (place.shape[0], place.shape[1]))
    if rows is not None:
        place[:] = rows
    return rows is not None


def _checked(function: Callable[[Any], Rows], code: str, block: Block) -> Rows:
    """Compute a block, where the code is that of the process that asked for it."""
    if code_version() != code:
        raise bad_input(
            "topoquant on a worker", f"of code version {code}", code_version(),
            "install the same versions of topoquant, numpy and numba on every machine of the cluster",
        )  # fmt: skip
    return function(block)
