"""The code a function can reach, by name and by digest."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial
from sys import stdlib_module_names
from types import FunctionType
from typing import Any

from topoquant.lib.fingerprints.modules import Module, Part, ReadSource, Target, parse_module


@dataclass(frozen=True)
class Code:
    """What a function can reach.

    Attributes
    ----------
    modules : dict of str to str
        Module -> digest of those of its definitions that are reached.
    packages : tuple of str
        Top-level names of third-party packages in use, sorted.
    """

    modules: dict[str, str]
    packages: tuple[str, ...]


class CodeReader:
    r"""Follows names through modules; every module is read once.

    Parameters
    ----------
    read : callable
        Name of a module -> Source, or None where the code is somebody else's.
    silent : collection of str
        Modules that cannot change what is made, such as those that word errors or draw progress.

    Examples
    --------
    >>> from topoquant.lib.fingerprints.modules import Source
    >>> def reached(three):
    ...     sources = {"a": "from b import two\ndef one(): return two()",
    ...                "b": f"def two(): return {three}\ndef unused(): return 4"}
    ...     read = lambda name: Source(sources[name]) if name in sources else None
    ...     return CodeReader(read).reach([("a", "one")]).modules
    >>> sorted(reached("3"))
    ['a', 'b']
    >>> reached("3") == reached("3  # three"), reached("3") == reached("33")
    (True, False)
    """

    def __init__(self, read: ReadSource, *, silent: Collection[str] = ()) -> None:
        self._read = read
        self._silent = frozenset(silent)
        self._modules: dict[str, Module | None] = {}

    def reach(self, roots: Iterable[Target], given: Collection[str] = ()) -> Code:
        """Follow names from roots.

        A string that names a module is followed as an import would be. Where such strings are the
        entries of a table, only those entries count whose key is among the strings in reach or
        `given`; all of them where none is.

        Parameters
        ----------
        roots : iterable of (str, str or None)
            Module and name; None stands for the whole module.
        given : collection of str
            Strings that come from elsewhere: options, and what wrapped functions hold.

        Returns
        -------
        Code
            Empty for roots whose code is not followed.
        """
        search = _Search(list(roots), set(given))
        while search.todo or self._choose_from_tables(search):
            module, name = search.todo.pop()
            if (module, name) not in search.seen:
                search.seen.add((module, name))
                self._visit(module, name, search)
        digests: dict[str, set[str]] = defaultdict(set)
        for part in search.parts:
            digests[part.module].add(part.digest)
        return Code(
            modules={name: _digest(sorted(digests[name])) for name in sorted(digests)},
            packages=tuple(sorted(search.packages)),
        )

    def _visit(self, module: str, name: str | None, search: "_Search") -> None:
        """Take one name of one module in."""
        if module in self._silent:
            return
        parsed = self.parsed(module)
        if parsed is None:
            search.packages |= {module.split(".", maxsplit=1)[0]} - stdlib_module_names
            return
        parents = module.split(".")[:-1]
        search.todo += [(".".join(parents[: n + 1]), "") for n in range(len(parents))]
        parts = list(parsed.always)
        if name is None:
            parts += [part for some in parsed.parts.values() for part in some]
            search.todo += parsed.imported.values()
        elif name in parsed.parts:
            parts += parsed.parts[name]
        elif name in parsed.imported:
            search.todo.append(parsed.imported[name])
        elif name:
            search.todo.append(self._whole(module, name))
        for part in parts:
            self._take(part, parsed, search)

    def _take(self, part: Part, parsed: Module, search: "_Search") -> None:
        """Take a statement in, and note what it mentions."""
        if part in search.parts:
            return
        search.parts[part] = None
        known = part.names & (parsed.parts.keys() | parsed.imported.keys())
        search.todo += [(part.module, name) for name in known]
        search.todo += part.imports
        tables = {one: keys for one, keys in part.keyed.items() if self.parsed(one) is not None}
        search.todo += [(one, None) for one, keys in tables.items() if not keys]
        chosen = {one: keys for one, keys in tables.items() if keys}
        if chosen:
            search.tables.append(chosen)
        else:
            search.given |= part.strings

    def _choose_from_tables(self, search: "_Search") -> bool:
        """Follow the entries of tables that are asked for; say whether there is anything new."""
        for table in search.tables:
            wanted = [one for one, keys in table.items() if keys & search.given] or list(table)
            search.todo += [(one, None) for one in wanted if (one, None) not in search.seen]
        return bool(search.todo)

    def _whole(self, module: str, name: str) -> Target:
        """Return the submodule of that name; else the whole module, which finds the name in its own way."""
        inner = f"{module}.{name}"
        return (inner if self.parsed(inner) is not None else module, None)

    def parsed(self, name: str) -> Module | None:
        """Return a module taken apart; None where its code is not followed."""
        if name not in self._modules:
            source = self._read(name)
            self._modules[name] = None if source is None else parse_module(name, source)
        return self._modules[name]


@dataclass
class _Search:
    """What is still to do, and what was found."""

    todo: list[Target]
    given: set[str]
    seen: set[Target] = field(default_factory=set)
    parts: dict[Part, None] = field(default_factory=dict)
    tables: list[dict[str, frozenset[str]]] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)


def roots_of(function: Callable[..., Any]) -> tuple[list[Target], dict[str, Any]]:
    """Say where the code of a function stands, and which values it was made with.

    Parameters
    ----------
    function : callable
        A function, or one that another function made: a closure, a partial, a wrapped one.

    Returns
    -------
    roots : list of (str, str or None)
        Module and top-level name of the function, of functions and classes it holds, and of the
        classes in its annotations, which may have been put there after it was written.
    held : dict of str to object
        Values it was made with, by name.

    Examples
    --------
    >>> def scale(factor):
    ...     def apply(x):
    ...         return factor * x
    ...     return apply
    >>> roots, held = roots_of(scale(3))
    >>> [name for _, name in roots], held
    (['scale'], {'factor': 3})
    """
    roots: list[Target] = []
    held: dict[str, Any] = {}
    _unwrap(function, roots, held)
    return roots, held


def _unwrap(function: Any, roots: list[Target], held: dict[str, Any]) -> None:  # noqa: ANN401
    """Collect roots and values of one callable."""
    if isinstance(function, partial):
        named = {str(k): value for k, value in enumerate(function.args)} | function.keywords
        _unwrap(function.func, roots, held)
    elif isinstance(function, FunctionType):
        roots.append(_place(function))
        annotations = function.__annotations__.values()
        roots += [_place(annotation) for annotation in annotations if isinstance(annotation, type)]
        if wrapped := getattr(function, "__wrapped__", None):
            _unwrap(wrapped, roots, held)
        cells = function.__closure__ or ()
        named = {
            name: cell.cell_contents for name, cell in zip(function.__code__.co_freevars, cells, strict=True)
        }
    else:
        roots.append(_place(function if isinstance(function, type) else type(function)))
        named = {}
    for name, value in named.items():
        if isinstance(value, FunctionType | partial | type):
            _unwrap(value, roots, held)
        else:
            held[name] = value


def _place(thing: Any) -> Target:  # noqa: ANN401
    """Return module and top-level name; a lambda has none of its own."""
    name = thing.__qualname__.split(".")[0]
    return thing.__module__, None if name == "<lambda>" else name


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
