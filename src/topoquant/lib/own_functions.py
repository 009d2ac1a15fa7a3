"""Functions a user brings: named in the configuration, loaded and their options checked here."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Self, get_type_hints

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator

from topoquant.lib.errors import InputError, bad_input
from topoquant.lib.options import options

OwnFunction = Callable[[pd.DataFrame], Any]
SIGNATURE = "a function (bars) or (bars, options)"
# How pydantic words what is wrong, and how this project does.
_REASONS = {"Field required": "given"}


@options
class OwnFunctionOptions:
    """A function of the user's own and its options.

    Attributes
    ----------
    function : str
        `package.module:name`, importable from the root of the project.
    options : dict
        Checked against the annotation of the function's `options` argument. Absent means a
        function without options.

    Examples
    --------
    >>> OwnFunctionOptions(function="pandas:isna").options
    {}
    """

    function: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def check_function(self) -> Self:
        """Load the function and check its options, so that a misspelt one stops the run at its start."""
        bind_own_function(self.function, self.options)
        return self


def load_own_function(path: str) -> Callable[..., Any]:
    """Import a function by its name.

    Parameters
    ----------
    path : str
        `package.module:name`.

    Returns
    -------
    callable

    Raises
    ------
    InputError
        If the module cannot be imported, has no such name, or it cannot be called with bars.

    Examples
    --------
    >>> load_own_function("math:sqrt")(4.0)
    2.0
    >>> load_own_function("math.sqrt")
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: function must be written as package.module:name, got math.sqrt: name the
    module, a colon and the function
    """
    module_name, colon, name = path.partition(":")
    if not (colon and name.isidentifier() and all(map(str.isidentifier, module_name.split(".")))):
        raise bad_input(
            "function", "written as package.module:name", path, "name the module, a colon and the function"
        )
    try:
        module = importlib.import_module(module_name)
    except (ImportError, SyntaxError) as error:
        raise bad_input(
            "function", "package.module:name of a module that can be imported", f"{path} ({error})",
            f"put {module_name.split('.')[0]} next to pyproject.toml, or correct it",
        ) from error  # fmt: skip
    function = getattr(module, name, None)
    if not callable(function):
        raise bad_input(
            "function", f"one that {module_name} defines", name, f"define it in {module.__name__}"
        )
    return function


def bind_own_function(path: str, given: Mapping[str, Any]) -> OwnFunction:
    """Load a function and give it its options, checked against their annotation.

    Parameters
    ----------
    path : str
        `package.module:name` of a function of bars, or of bars and `options`. The annotation
        of `options` is a class of options: one made by `@options`, a pydantic model or a dataclass.
    given : mapping
        Options as they are written in YAML. Keys that the class does not know are refused.

    Returns
    -------
    callable
        Of bars alone.

    Raises
    ------
    InputError
        If the function cannot be loaded, does not take (bars) or (bars, options), or its
        options do not fit; the message names function, option, what is allowed and what came.

    Examples
    --------
    >>> bind_own_function("math:sqrt", {})(9.0)
    3.0
    >>> bind_own_function("math:sqrt", {"digits": 2})
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: options of math:sqrt must be absent, got digits: the function has no
    argument named options
    """
    function = load_own_function(path)
    if not _takes_options(function, path):
        if given:
            raise bad_input(
                f"options of {path}", "absent", ", ".join(map(str, given)),
                "the function has no argument named options",
            )  # fmt: skip
        return function
    checked = _checked_options(_options_class(function, path), path, given)
    return lambda bars: function(bars, options=checked)


def rows_of_bars(given: pd.Series, times: pd.DatetimeIndex, function: str) -> NDArray[np.int64]:
    """Return the bar of every row that a function gave; refuse times that belong to none or come twice.

    Parameters
    ----------
    given : Series of datetime (UTC), shape (n_rows,)
        Column `time` of what the function returned.
    times : DatetimeIndex (UTC), shape (n_bars,)
        Decision times of the bars.
    function : str
        Its name, for the refusal.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Positions in `times`.

    Raises
    ------
    InputError
        For a time without a zone, one that is no decision time, or one that comes twice.

    Examples
    --------
    >>> times = pd.date_range("2024-01-01", periods=3, freq="h", tz="UTC")
    >>> rows_of_bars(pd.Series(times[[2, 0]]), times, "my_features:place").tolist()
    [2, 0]
    """
    source = f"time of what {function} returns"
    if not isinstance(given.dtype, pd.DatetimeTZDtype):
        raise bad_input(source, "a UTC time", given.dtype, "use decision_time(bars, interval)")
    own = pd.DatetimeIndex(given)
    position = times.get_indexer(own)
    if (position < 0).any():
        raise bad_input(
            source, "the decision time of a bar, its open_time + interval", own[position < 0][0],
            "use decision_time(bars, interval)",
        )  # fmt: skip
    if own.has_duplicates:
        raise bad_input(source, "there once", f"{own[own.duplicated()][0]} twice", "drop the duplicates")
    return np.asarray(position, dtype=np.int64)


def _takes_options(function: Callable[..., Any], path: str) -> bool:
    """Say whether there is an argument named options; refuse what cannot be called with bars."""
    arguments = list(inspect.signature(function).parameters.values())
    required = [one.name for one in arguments[1:] if one.default is one.empty and one.kind < one.VAR_KEYWORD]
    unknown = [name for name in required if name != "options"]
    if not arguments or arguments[0].kind is inspect.Parameter.KEYWORD_ONLY or unknown:
        names = ", ".join(one.name for one in arguments)
        raise bad_input(f"function {path}", SIGNATURE, f"arguments ({names})", "gather the rest in options")
    return any(one.name == "options" for one in arguments[1:])


def _options_class(function: Callable[..., Any], path: str) -> Any:  # noqa: ANN401
    """Return the annotation of the options argument; without one nothing could be checked."""
    annotation = get_type_hints(function).get("options")
    if isinstance(annotation, type) and (is_dataclass(annotation) or issubclass(annotation, BaseModel)):
        return annotation
    raise bad_input(
        f"options of {path}", "annotated with a class of options (@options, pydantic or dataclass)",
        getattr(annotation, "__name__", annotation), "annotate the argument",
    )  # fmt: skip


def _checked_options(schema: Any, path: str, given: Mapping[str, Any]) -> object:  # noqa: ANN401
    """Make the options, or name the first that does not fit."""
    known = [one.name for one in fields(schema)] if is_dataclass(schema) else [*schema.model_fields]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise bad_input(
            f"options of {path}", f"out of {', '.join(known) or 'none'}", unknown[0], "correct the name"
        )
    try:
        return TypeAdapter(schema).validate_python(dict(given))
    except ValidationError as error:
        raise _refusal(path, error) from None


def _refusal(path: str, error: ValidationError) -> InputError:
    """Say the first problem of pydantic in this project's words."""
    first = error.errors()[0]
    field = ".".join(["options", *map(str, first["loc"])])
    reason = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return bad_input(
        f"{field} of {path}", _REASONS.get(reason, reason), repr(first["input"]), "correct it in the recipe"
    )
