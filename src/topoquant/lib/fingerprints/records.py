"""What made a stored thing, written so that two makings can be compared and their difference named."""

import hashlib
import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

ABSENT = "absent"
INPUT_CHANGED = "content of its input"
# Of an option's value in a line that a person reads.
LONGEST = 40


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What made a stored thing.

    Attributes
    ----------
    code : dict of str to str
        Module -> digest of what is reached of it.
    packages : dict of str to str
        Third-party package -> version.
    options : dict of str to object
        Dotted name -> value, as JSON holds it.
    inputs : dict of str to str
        Dataset -> digest of its content.
    files : dict of str to str
        Option that names a file or a folder -> digest of its content.
    """

    code: Mapping[str, str]
    packages: Mapping[str, str]
    options: Mapping[str, Any]
    inputs: Mapping[str, str]
    files: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Fingerprint":
        """Read what `to_dict` gave; KeyError or TypeError for anything else."""
        parts = {one.name: record[one.name] for one in fields(cls)}
        wrong = [name for name, part in parts.items() if not isinstance(part, dict)]
        if wrong:
            raise TypeError(f"{wrong[0]} is no mapping")
        return cls(**parts)


def flat_options(name: str, value: object, *, immaterial: Collection[str] = ()) -> dict[str, Any]:
    """Write options as dotted names and JSON values.

    Parameters
    ----------
    name : str
        Of the whole.
    value : object
        A mapping, a list, or a scalar.
    immaterial : collection of str
        Last words of names that are left out: they say where or how fast, not what.

    Returns
    -------
    dict of str to object
        2.0 is written as 2, for YAML and the command line do not agree on it; a set is sorted, and
        what is no JSON is written as its repr.

    Examples
    --------
    >>> flat_options("a", {"b": {"c": 2.0}, "n_jobs": 4}, immaterial={"n_jobs"})
    {'a.b.c': 2}
    """
    return dict(_leaves(name, value, frozenset(immaterial)))


def _leaves(name: str, value: object, immaterial: frozenset[str]) -> Iterator[tuple[str, Any]]:
    if name.rsplit(".", 1)[-1] in immaterial:
        return
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner, immaterial)
    else:
        yield name, _plain(value)


def _plain(value: object) -> Any:  # noqa: ANN401
    """Return a value as JSON holds it."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value if math.isfinite(value) else repr(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(map(_plain, value), key=repr)
    return value if value is None or isinstance(value, str | int) else repr(value)


def digest_of(value: object) -> str:
    """Name a value that JSON can hold.

    Parameters
    ----------
    value : object
        Mappings, lists and scalars.

    Returns
    -------
    str
        16 characters; the same for equal values, whatever the order of the keys.

    Examples
    --------
    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    text = json.dumps(_plain(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def what_changed(before: Fingerprint, now: Fingerprint) -> list[str]:
    """Name every difference between what made a thing and what would make it now.

    Parameters
    ----------
    before, now : Fingerprint
        The one stored, and the one of this moment.

    Returns
    -------
    list of str
        Options first, with both values; nothing where nothing changed.

    Examples
    --------
    >>> nothing = dict(code={}, packages={}, inputs={}, files={})
    >>> before, now = (Fingerprint(options={"horizon": n}, **nothing) for n in (4, 8))
    >>> what_changed(before, now), what_changed(before, before)
    (['horizon 4 -> 8'], [])
    """
    said = [
        f"{name} {_said(before.options, name)} -> {_said(now.options, name)}"
        for name in _different(before.options, now.options)
    ]
    said += [f"code of {name}" for name in _different(before.code, now.code)]
    said += [
        f"{name} {before.packages.get(name, ABSENT)} -> {now.packages.get(name, ABSENT)}"
        for name in _different(before.packages, now.packages)
    ]
    said += [f"content of the file that {name} names" for name in _different(before.files, now.files)]
    said += [f"{INPUT_CHANGED} {name}" for name in _different(before.inputs, now.inputs)]
    return said


def _different(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the names whose values differ; json tells True from 1, which == does not."""
    texts = [
        {name: json.dumps(value, sort_keys=True) for name, value in one.items()} for one in (before, now)
    ]
    return [name for name in {**now, **before} if texts[0].get(name) != texts[1].get(name)]


def _said(options: Mapping[str, Any], name: str) -> str:
    text = json.dumps(options[name]) if name in options else ABSENT
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
