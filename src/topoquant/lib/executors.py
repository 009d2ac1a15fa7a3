"""Who runs many independent pieces of work: this process, several of this machine, or a Dask cluster.

Every executor is used as the built-in `map` and gives the results in the order of the items.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from topoquant.lib.errors import bad_input

if TYPE_CHECKING:
    from distributed import Client

Executor = Callable[..., Iterable[Any]]

# Starting processes that compile and import costs about this much.
START_SECONDS = 8.0
# Pieces a cluster is given ahead of what it is working on, per thread.
AHEAD = 3
CONNECT_SECONDS = 10.0


def choose_map(n_jobs: int, dask_address: str | None = None) -> Executor:
    """Return the executor a run asks for.

    Parameters
    ----------
    n_jobs : int
        Processes of this machine.
    dask_address : str, optional
        Address of a Dask scheduler, which then does the work in place of this machine.

    Returns
    -------
    callable
        As the built-in `map`; results come in order, as they are ready.

    Examples
    --------
    >>> list(choose_map(1)(abs, [-1, 2]))
    [1, 2]
    """
    if dask_address is not None:
        return dask_map(dask_address)
    return joblib_map(n_jobs)


def joblib_map(n_jobs: int, *, start_seconds: float = START_SECONDS) -> Executor:
    """Return a `map` over up to `n_jobs` processes, which are started only where that pays.

    Parameters
    ----------
    n_jobs : int
        Processes.
    start_seconds : float
        What starting them costs. The first two items are computed here; processes take the rest if
        that would last longer than twice this at the pace of the quicker of the two.

    Returns
    -------
    callable
        As the built-in `map`; results come in order, as they are ready.

    Examples
    --------
    >>> list(joblib_map(2)(abs, [-1, 2, -3]))
    [1, 2, 3]
    """

    def run(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        waiting = deque(items)
        paces: list[float] = []
        while waiting:
            if n_jobs > 1 and len(paces) == 2 and min(paces) * len(waiting) > 2 * start_seconds:
                yield from _in_processes(n_jobs, function, waiting)
                return
            began = time.perf_counter()
            result = function(waiting.popleft())
            paces.append(time.perf_counter() - began)
            yield result

    return run


def dask_map(address: str) -> Executor:
    """Return a `map` over the workers of a Dask cluster.

    Parameters
    ----------
    address : str
        Of the scheduler: `tcp://host:8786`.

    Returns
    -------
    callable
        As the built-in `map`; results come in order, as they are ready. What a lost worker was doing
        is done again by the others.

    Raises
    ------
    InputError
        When the executor is used: without the extra `topoquant[dask]`, where no scheduler answers,
        and where it has no workers.

    Examples
    --------
    >>> run = dask_map("tcp://10.0.0.5:8786")
    """

    def run(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        with connect(address) as client:
            yield from _on_cluster(client, function, iter(items))

    return run


@contextmanager
def connect(address: str, *, timeout: float = CONNECT_SECONDS) -> Iterator["Client"]:
    """Open a connection to a Dask cluster that can work.

    Parameters
    ----------
    address : str
        Of the scheduler.
    timeout : float
        Seconds to wait for the scheduler, and then for its first worker.

    Yields
    ------
    distributed.Client

    Raises
    ------
    InputError
        Without the extra `topoquant[dask]`, where no scheduler answers, or without workers.
    """
    try:
        from distributed import Client  # noqa: PLC0415 (an extra; takes a second)
    except ModuleNotFoundError:
        raise bad_input(
            "dask_address", "null where Dask is not installed", address,
            "pip install 'topoquant[dask]', or leave it out",
        ) from None  # fmt: skip
    try:
        _refuse_malformed(address)
        client = Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError):
        raise bad_input(
            "dask_address", "tcp://host:port of a Dask scheduler that answers", address,
            "start one with `dask scheduler`, or leave it out",
        ) from None  # fmt: skip
    with client:
        try:
            client.wait_for_workers(1, timeout=timeout)
        except TimeoutError:
            raise bad_input(
                "dask_address", "a scheduler with at least one worker", f"{address} without any",
                f"start some with `dask worker {address}`",
            ) from None  # fmt: skip
        yield client


def _refuse_malformed(address: str) -> None:
    """Raise ValueError unless the address has a host and a port."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if not parts.hostname or not parts.port:
        raise ValueError(address)


def _on_cluster(client: "Client", function: Callable[[Any], Any], items: Iterator[Any]) -> Iterator[Any]:
    """Keep every thread of the cluster supplied, and no more results in its memory than that."""
    waiting: deque[Any] = deque()
    while True:
        ahead = AHEAD * max(1, sum(client.nthreads().values()))
        pieces = islice(items, max(0, ahead - len(waiting)))
        waiting.extend(client.submit(function, piece, pure=False) for piece in pieces)
        if not waiting:
            return
        yield waiting.popleft().result()


def _in_processes(n_jobs: int, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    from joblib import Parallel, delayed  # noqa: PLC0415 (only where processes are started)

    work = (delayed(function)(item) for item in items)
    yield from Parallel(n_jobs=n_jobs, return_as="generator")(work)
