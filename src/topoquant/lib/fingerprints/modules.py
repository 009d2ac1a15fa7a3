"""A module taken apart into the statements that define its names; comments and docstrings do not count."""

import ast
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

# What an import binds: a module, and a name in it; None stands for the module itself.
Target = tuple[str, str | None]
# In what ast.dump writes: searching its text is several times as fast as walking the tree.
NAME = re.compile(r"\bName\(id='(\w+)'")
STRING = re.compile(r"\bConstant\(value='([^'\\]*)'")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.\w+)+")


@dataclass(frozen=True)
class Source:
    """Text of a module, and whether it is the `__init__` of a package."""

    text: str | bytes
    is_package: bool = False


# Name of a module -> its source; None for a module whose code is not followed.
ReadSource = Callable[[str], Source | None]


@dataclass(frozen=True, eq=False)
class Part:
    """One statement of a module."""

    statement: ast.stmt
    module: str
    is_package: bool

    @cached_property
    def text(self) -> str:
        """What the statement says; layout, comments and docstrings are not part of it."""
        return ast.dump(self.statement)

    @cached_property
    def digest(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode(errors="surrogatepass")).hexdigest()

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that is read or written, local ones too: too many never make a change unseen."""
        return frozenset(NAME.findall(self.text))

    @cached_property
    def strings(self) -> frozenset[str]:
        """Every string constant without quotes and escapes: others name nothing."""
        return frozenset(STRING.findall(self.text))

    @cached_property
    def imports(self) -> tuple[Target, ...]:
        """What is imported inside the statement."""
        if "Import" not in self.text:
            return ()
        found = (_bindings(one, self.module, self.is_package) for one in ast.walk(self.statement))
        return tuple(target for bound in found for target in bound.values())

    @cached_property
    def keyed(self) -> dict[str, frozenset[str]]:
        """Strings that may name modules, each with the keys of the tables in which it stands."""
        keys: dict[str, set[str]] = {one: set() for one in self.strings if DOTTED.fullmatch(one)}
        if keys:
            for table in (one for one in ast.walk(self.statement) if isinstance(one, ast.Dict)):
                for key, value in zip(table.keys, table.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        for one in keys.keys() & set(STRING.findall(ast.dump(value))):
                            keys[one].add(key.value)
        return {one: frozenset(found) for one, found in keys.items()}


@dataclass(frozen=True)
class Module:
    """A module by the names it defines.

    Attributes
    ----------
    parts : dict
        Name -> the statements that define it or add to it.
    imported : dict
        Name -> what a top-level import binds it to; imports for type checkers too.
    always : list of Part
        Statements that do something when the module is imported, whatever is asked of it.
    """

    parts: dict[str, list[Part]] = field(default_factory=dict)
    imported: dict[str, Target] = field(default_factory=dict)
    always: list[Part] = field(default_factory=list)


def parse_module(name: str, source: Source) -> Module:
    r"""Take a module apart.

    Parameters
    ----------
    name : str
        Its dotted name.
    source : Source
        Its text.

    Returns
    -------
    Module
        A decorated function also counts as a part of every name of this module that its decorators
        mention: `@convert.register` adds to `convert`.

    Raises
    ------
    SyntaxError
        If the text is no Python.

    Examples
    --------
    >>> one = parse_module("one", Source("import numpy as np\nA = 1\ndef f():\n    return A"))
    >>> sorted(one.parts), one.imported
    (['A', 'f'], {'np': ('numpy', None)})
    >>> other = parse_module("one", Source("A = 1  # why\ndef f():\n    'Says.'\n    return A"))
    >>> one.parts["f"][0].digest == other.parts["f"][0].digest
    True
    """
    tree = ast.parse(source.text)
    module = Module()
    for statement in tree.body:
        _drop_docstrings(statement)
        _place(statement, Part(statement, name, source.is_package), module)
    _add_to_decorators(module)
    return module


def _place(statement: ast.stmt, part: Part, module: Module) -> None:
    """Put a statement where it belongs."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        module.imported.update(_bindings(statement, part.module, part.is_package))
        if any(one.name == "*" or ("." in one.name and not one.asname) for one in statement.names):
            module.always.append(part)  # binds more than one name, or a part of what its name leads to
    elif _is_for_type_checkers(statement):
        for one in ast.walk(statement):
            for bound, target in _bindings(one, part.module, part.is_package).items():
                module.imported.setdefault(bound, target)
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        module.parts.setdefault(statement.name, []).append(part)
    elif names := _assigned(statement):
        for name in names:
            module.parts.setdefault(name, []).append(part)
    elif not isinstance(statement, ast.Pass) and not _is_constant(statement):
        _place_compound(statement, part, module)


def _place_compound(statement: ast.stmt, part: Part, module: Module) -> None:
    """Put a statement where it belongs that does something itself, and may define names inside."""
    module.always.append(part)
    for one in ast.walk(statement):
        module.imported.update(_bindings(one, part.module, part.is_package))
        for name in _defined(one):
            module.parts.setdefault(name, []).append(part)


def _add_to_decorators(module: Module) -> None:
    """Let decorated definitions count for the local names in their decorators."""
    for name, parts in list(module.parts.items()):
        for part in parts:
            for decorator in getattr(part.statement, "decorator_list", ()):
                for one in ast.walk(decorator):
                    if isinstance(one, ast.Name) and one.id != name and one.id in module.parts:
                        module.parts[one.id].append(part)


def _bindings(node: ast.AST, module: str, is_package: bool) -> dict[str, Target]:
    """Return what an import statement binds; nothing for other statements."""
    if isinstance(node, ast.Import):
        return {one.asname or one.name: (one.name, None) for one in node.names}
    if not isinstance(node, ast.ImportFrom) or node.module == "__future__":
        return {}
    source = node.module or ""
    if node.level:
        parents = module.split(".")
        kept = parents[: len(parents) - node.level + is_package]
        source = ".".join([*kept, *([node.module] if node.module else [])])
    return {(one.asname or one.name): (source, None if one.name == "*" else one.name) for one in node.names}


def _assigned(statement: ast.stmt) -> list[str]:
    """Return the names a top-level assignment binds; none if it also writes anywhere else."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    else:
        return []
    inner = [one for target in targets for one in ast.walk(target)]
    if any(isinstance(one, ast.Attribute | ast.Subscript) for one in inner):
        return []
    return [one.id for one in inner if isinstance(one, ast.Name)]


def _defined(node: ast.AST) -> list[str]:
    """Return the names that a statement inside another one defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    return _assigned(node) if isinstance(node, ast.stmt) else []


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_for_type_checkers(statement: ast.stmt) -> bool:
    test = statement.test if isinstance(statement, ast.If) and not statement.orelse else None
    return getattr(test, "id", getattr(test, "attr", None)) == "TYPE_CHECKING"


def _drop_docstrings(statement: ast.stmt) -> None:
    """Take constants that stand alone, docstrings among them, out of every body."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner = getattr(statement, block, None)
        if isinstance(inner, list):
            inner[:] = [one for one in inner if not (isinstance(one, ast.stmt) and _is_constant(one))]
            for one in inner:
                _drop_docstrings(one)
