"""Options by dotted names: read, replaced, and refused before a search begins."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from topoquant.lib.errors import bad_input
from topoquant.lib.training import FitOptions, SelectionOptions
from topoquant.lib.tuning.options import ChoiceOptions, Domain, Space


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The options of one member: of its model, of the loop that fits it, of the choice of its columns."""

    options: Any
    fit: FitOptions | None = None
    selection: SelectionOptions | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give what there is as plain mappings."""
        return {name: asdict(part) for name in PARTS if (part := getattr(self, name)) is not None}


PARTS = ("options", "fit", "selection")


def replace_options(setup: Setup, values: Mapping[str, Any]) -> Setup:
    """Return the options of a member with some of them replaced.

    Parameters
    ----------
    setup : Setup
        As they are.
    values : mapping of str to object
        Dotted name -> value.

    Returns
    -------
    Setup
        Of the same classes.

    Raises
    ------
    InputError
        For a name that is no option of the member, or a value that its class refuses.

    Examples
    --------
    >>> from topoquant.lib.models import LogisticOptions
    >>> setup = Setup(options=LogisticOptions(l2=1.0, n_iterations=100))
    >>> replace_options(setup, {"options.l2": 10.0}).options
    LogisticOptions(l2=10.0, n_iterations=100)
    """
    parts = setup.to_dict()
    for name, value in values.items():
        *path, last = name.split(".")
        here: Any = parts
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
        if not path or not isinstance(here, dict) or last not in here:
            known = [f"{part}.{one}" for part, held in parts.items() for one in held]
            raise bad_input("a tuned option", f"one of {', '.join(known)}", name, "correct the space")
        here[last] = value
    return Setup(**{name: _typed(getattr(setup, name), tree, values) for name, tree in parts.items()})


def _typed(like: object, tree: dict[str, Any], values: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Make options of the class of `like`."""
    try:
        return TypeAdapter(type(like)).validate_python(tree)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise bad_input(
            f"a tuned option ({place})", first["msg"].removeprefix("Input should be "), first["input"],
            f"correct the space or the trial {dict(values)}",
        ) from None  # fmt: skip


def check_space(member: str, setup: Setup, space: Space, first: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a search that would fail in its middle.

    Parameters
    ----------
    member : str
        Its name, for the message.
    setup : Setup
        The member's options.
    space : dict of str to RangeOptions or ChoiceOptions
        What is searched.
    first : sequence of mapping
        Trials to begin with.

    Raises
    ------
    InputError
        Without a space; for an option that is not there, an end or a choice that its class refuses, and a
        trial that names what is not searched or lies outside of its range.

    Examples
    --------
    >>> from topoquant.lib.models import LogisticOptions
    >>> from topoquant.lib.tuning.options import RangeOptions
    >>> setup = Setup(options=LogisticOptions(l2=1.0, n_iterations=100))
    >>> check_space("logistic", setup, {"options.l3": RangeOptions(low=0.1, high=10.0)}, ())
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: a tuned option must be one of options.l2, options.n_iterations, got
    options.l3: correct the space
    """
    if not space:
        raise bad_input(
            f"space of {member}", "of one option or more", "none", f"add tuning.spaces.{member} to the recipe"
        )
    for name, domain in space.items():
        for value in domain.ends():
            replace_options(setup, {name: value})
    for trial in first:
        for name, value in trial.items():
            if name not in space or not _holds(space[name], value):
                raise bad_input(
                    f"first trials of {member}", f"of options within their space ({', '.join(space)})",
                    f"{name} {value}", "correct the trial or widen the space",
                )  # fmt: skip


def current_values(setup: Setup, space: Space) -> dict[str, Any] | None:
    """Return what the options of a space are now; None where one lies outside of it.

    Parameters
    ----------
    setup : Setup
        The member's options.
    space : dict of str to RangeOptions or ChoiceOptions
        What is searched.

    Returns
    -------
    dict of str to object, or None

    Examples
    --------
    >>> from topoquant.lib.models import LogisticOptions
    >>> from topoquant.lib.tuning.options import RangeOptions
    >>> setup = Setup(options=LogisticOptions(l2=1.0, n_iterations=100))
    >>> current_values(setup, {"options.l2": RangeOptions(low=0.1, high=10.0)})
    {'options.l2': 1.0}
    >>> current_values(setup, {"options.l2": RangeOptions(low=2.0, high=10.0)}) is None
    True
    """
    found = {}
    for name, domain in space.items():
        part, *path = name.split(".")
        here: Any = getattr(setup, part)
        for step in path:
            here = here[step] if isinstance(here, Mapping) else getattr(here, step)
        value = asdict(here) if is_dataclass(here) and not isinstance(here, type) else here
        if not _holds(domain, value):
            return None
        found[name] = value
    return found


def encode(value: object) -> str | int | float | bool | None:
    """Write a value as a database of trials holds it: lists and mappings as JSON.

    Parameters
    ----------
    value : object
        Of an option.

    Returns
    -------
    str, int, float, bool or None

    Examples
    --------
    >>> encode((1, 2)), encode(0.5)
    ('[1, 2]', 0.5)
    """
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value)


def decode(domain: Domain, value: object) -> Any:  # noqa: ANN401
    """Return the value that `encode` wrote.

    Parameters
    ----------
    domain : RangeOptions or ChoiceOptions
        What the option may be.
    value : object
        As the database holds it.

    Returns
    -------
    object

    Examples
    --------
    >>> from topoquant.lib.tuning.options import ChoiceOptions
    >>> decode(ChoiceOptions(choices=([1, 2], [3])), "[1, 2]")
    [1, 2]
    """
    if not isinstance(domain, ChoiceOptions):
        return value
    return next(one for one in domain.choices if encode(one) == value)


def _holds(domain: Domain, value: Any) -> bool:  # noqa: ANN401
    """Say whether a value may be drawn."""
    if isinstance(domain, ChoiceOptions):
        return any(encode(one) == encode(value) for one in domain.choices)
    return isinstance(value, int | float) and not isinstance(value, bool) and domain.is_drawn(value)
