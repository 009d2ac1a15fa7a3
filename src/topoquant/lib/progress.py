"""How long work tells the outside how far it is, without knowing who listens."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Called with a total and a unit, gives a context whose value advances the count."""

    def __call__(self, total: int, unit: str, done: int = 0) -> AbstractContextManager[Callable[[int], None]]:
        """Open a count of `total` things called `unit` ("windows", "epochs"), `done` of them found done."""
        ...


@contextmanager
def silent(
    total: int,  # noqa: ARG001  (it tells nobody)
    unit: str,  # noqa: ARG001
    done: int = 0,  # noqa: ARG001
) -> Iterator[Callable[[int], None]]:
    """Report nothing: the default listener.

    Parameters
    ----------
    total : int
        Number of things to do.
    unit : str
        What a thing is called.
    done : int
        How many an earlier run left done.

    Yields
    ------
    callable
        `advance(n)`: `n` more things are done.

    Examples
    --------
    >>> with silent(3, "windows") as advance:
    ...     advance(3)
    """
    yield lambda n: None  # noqa: ARG005
