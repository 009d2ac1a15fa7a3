"""The decorator that makes a class a set of options: keyword-only, frozen, strict."""

from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def options(cls: type[T]) -> type[T]:
    """Make `cls` a frozen, keyword-only pydantic dataclass that refuses unknown keys.

    Parameters
    ----------
    cls : type
        A class of annotated fields. Fields carry no defaults unless "absent" has a meaning
        of its own: numbers a person may want to change live in YAML, once.

    Returns
    -------
    type
        The dataclass.

    Raises
    ------
    pydantic.ValidationError
        On construction, for an unknown key, a missing key or a value of the wrong type.

    Examples
    --------
    >>> @options
    ... class WindowOptions:
    ...     window: int
    >>> WindowOptions(window=96)
    WindowOptions(window=96)
    """
    made: Any = dataclass(cls, frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
    return made
