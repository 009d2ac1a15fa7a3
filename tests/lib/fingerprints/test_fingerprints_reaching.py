"""An edit that changes what is made changes the fingerprint; one that only says something does not."""

from functools import partial, wraps

import pytest

from topoquant.lib.fingerprints import CodeReader, Source, roots_of

SOURCES = {
    "shop": "",
    "shop.nodes": """
import numpy as np
from shop.tools import scale, table as wanted

def make(x):
    "Make."
    return scale(x) + np.pi + wanted["a"]

def other(x):
    return x
""",
    "shop.tools": """
from typing import TYPE_CHECKING
from shop.deep import offset
if TYPE_CHECKING:
    from shop.unused import thing

table = {"a": 1}

def scale(x):
    # twice
    return 2 * x + offset(x)

def never(x):
    return 5
""",
    "shop.deep": """
from functools import singledispatch

@singledispatch
def offset(x):
    return 1

@offset.register
def _(x: float):
    return 2

class Late:
    def run(self):
        from shop.late import slow
        return slow()
""",
    "shop.late": "def slow():\n    return 1\n",
    "shop.unused": "thing = 1\n",
    "shop.models": """
MODELS = {"one": ("shop.one", 1), "two": ("shop.two", 2)}

def build(name):
    return MODELS[name]
""",
    "shop.one": "def fit():\n    return 1\n",
    "shop.two": "def fit():\n    return 2\n",
}


def reach(edits=None, root=("shop.nodes", "make"), given=(), silent=()):
    sources = SOURCES | (edits or {})
    read = {name: Source(text, name == "shop") for name, text in sources.items()}.get
    return CodeReader(read, silent=silent).reach([root], given)


def edited(module, old, new):
    assert old in SOURCES[module]
    return reach({module: SOURCES[module].replace(old, new)})


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("shop.nodes", "scale(x) +", "scale(x) -"),
        ("shop.tools", "2 * x", "3 * x"),
        ("shop.tools", '"a": 1', '"a": 2'),
        ("shop.deep", "return 1", "return 3"),
        ("shop.deep", "return 2", "return 3"),  # reached by registration alone
        ("shop.tools", "table =", "print(1)\ntable ="),  # runs when the module is imported
    ],
)
def test_an_edit_within_reach_changes_its_module_alone(module, old, new):
    before, after = reach().modules, edited(module, old, new).modules
    assert {name for name in before | after if before.get(name) != after.get(name)} == {module}


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("shop.nodes", '    "Make."\n', '    """Make it well.\n\n    At length.\n    """\n'),
        ("shop.nodes", '    "Make."\n', ""),
        ("shop.tools", "# twice", "# two times\n\n"),
        ("shop.tools", "2 * x + offset(x)", "(\n        2 * x\n        + offset(x)\n    )"),
        ("shop.tools", "return 5", "return 6"),
        ("shop.nodes", "def other(x):", "def other(x, y):"),
        ("shop.tools", "import thing", "import thing, more"),
    ],
)
def test_words_layout_and_what_is_out_of_reach_do_not(module, old, new):
    assert edited(module, old, new) == reach()


def test_what_is_reached_is_named():
    assert set(reach().modules) == {"shop.nodes", "shop.tools", "shop.deep"}
    assert reach().packages == ("numpy",)


def test_imports_inside_functions_and_whole_modules_are_followed():
    assert "shop.late" in reach(root=("shop.deep", "Late")).modules
    assert "shop.late" in reach(root=("shop.deep", None)).modules


def test_a_table_of_modules_is_followed_where_its_keys_lead():
    root = ("shop.models", "build")
    assert "shop.one" in reach(root=root, given={"one"}).modules
    assert "shop.two" not in reach(root=root, given={"one"}).modules
    assert {"shop.one", "shop.two"} <= set(reach(root=root).modules)


def test_silent_modules_do_not_count():
    assert "shop.deep" not in reach(silent=("shop.deep",)).modules


def test_relative_imports_lead_where_they_should():
    nodes = SOURCES["shop.nodes"].replace("from shop.tools", "from .tools")
    assert set(reach({"shop.nodes": nodes}).modules) == set(reach().modules)


def wrapped(function):
    @wraps(function)
    def inner(*args):
        return function(*args)

    return inner


def with_member(member, apply):
    def train(x):
        return apply(member, x)

    return train


def test_closures_partials_and_wrappers_are_opened():
    roots, held = roots_of(with_member("nbeats", reach))
    assert held == {"member": "nbeats"}
    assert {name for _, name in roots} == {"with_member", "reach"}
    assert roots_of(partial(reach, given=3))[1] == {"given": 3}
    assert {name for _, name in roots_of(wrapped(reach))[0]} >= {"reach"}


double = lambda x: 2 * x  # noqa: E731


def test_a_lambda_has_no_name_of_its_own_and_stands_for_its_module():
    assert roots_of(double)[0] == [(__name__, None)]
