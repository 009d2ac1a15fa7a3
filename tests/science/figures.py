"""One figure of the bar: what is measured, how often, and when it holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Result = dict[str, Any]
Unit = tuple[Any, ...]


@dataclass(frozen=True)
class Answer:
    """What was measured, in words, and whether the bar holds; None where there is none."""

    measured: str
    holds: bool | None


@dataclass(frozen=True)
class Figure:
    """A line of the table.

    Attributes
    ----------
    name : str
        What is measured.
    bar : str
        What it has to be.
    units : tuple of tuples
        Arguments of each measurement: each is made once and written down.
    measure : callable
        A function of a module (it runs in another process): arguments of a unit -> a JSON document.
    judge : callable
        From the documents, in the order of the units, to the answer.
    """

    name: str
    bar: str
    units: tuple[Unit, ...]
    measure: Callable[..., Result]
    judge: Callable[[list[Result]], Answer]
