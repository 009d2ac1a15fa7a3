"""Node functions whose options classes follow from the structure of a recipe."""

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from types import FunctionType
from typing import Any, cast

Function = Callable[..., Any]


def typed(function: Function, **options: type) -> Function:
    """Return a copy of a node function whose named arguments are annotated with these classes.

    Kedro makes options out of `params:` by the annotations of the node's function alone, and hands over
    plain dictionaries where it finds a union or a wrapped function. So every recipe has functions of its own.
    """
    source = cast(FunctionType, function)
    unknown = set(options) - set(source.__annotations__)
    if unknown:
        raise TypeError(f"{source.__name__} has no annotated argument {', '.join(sorted(unknown))}")
    copy = FunctionType(
        source.__code__, source.__globals__, source.__name__, source.__defaults__, source.__closure__
    )
    copy.__kwdefaults__ = source.__kwdefaults__
    copy.__doc__, copy.__module__, copy.__qualname__ = source.__doc__, source.__module__, source.__qualname__
    copy.__annotations__ = source.__annotations__ | options
    return copy


def taking(function: Function, names: Iterable[str]) -> Function:
    """Let a node function that has optional arguments show exactly those that its node feeds, in order.

    Kedro finds the type of an input by its place in the signature: one optional argument left out would
    give all that follow the type of their neighbour.
    """
    shown = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    cast(Any, function).__signature__ = Signature(shown)
    return function
