"""A user's function is loaded by name; what its options may be is what it says itself."""

from collections.abc import Callable

import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.own_functions import OwnFunctionOptions, bind_own_function, load_own_function

MODULE = """
from __future__ import annotations

from dataclasses import dataclass

import pydantic

from topoquant.lib.options import options


@options
class Ours:
    window: int


@dataclass
class Plain:
    window: int
    share: float = 0.5


class Model(pydantic.BaseModel):
    window: int


def alone(bars):
    return len(bars)


def ours(bars, options: Ours):
    return options


def plain(bars, options: Plain):
    return options


def model(bars, *, options: Model):
    return options


def unannotated(bars, options):
    return options


def loose(bars, options: dict):
    return options


def three(bars, options: Ours, interval):
    return options


def none():
    return 0


constant = 1
"""
BARS = pd.DataFrame({"close": [1.0, 2.0]})


@pytest.fixture
def module(own_module: Callable[[str], str]) -> str:
    return own_module(MODULE)


@pytest.mark.parametrize("name", ["ours", "plain", "model"])
def test_options_become_what_the_annotation_says(module, name):
    made = bind_own_function(f"{module}:{name}", {"window": 5})(BARS)
    assert type(made).__name__.lower() == name
    assert made.window == 5


def test_a_function_of_bars_alone_needs_no_options(module):
    assert bind_own_function(f"{module}:alone", {})(BARS) == 2
    assert OwnFunctionOptions(function=f"{module}:alone").options == {}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("ours", {"window": "soon"}, r"options.window of .+:ours must be a valid integer, .+ got 'soon'"),
        ("ours", {}, r"options.window of .+:ours must be given, got"),
        ("ours", {"windw": 5}, r"options of .+:ours must be out of window, got windw"),
        ("plain", {"window": 5, "shar": 1}, r"options of .+:plain must be out of window, share, got shar"),
        ("plain", {"window": 5, "share": "x"}, r"options.share of .+:plain must be a valid number"),
        ("model", {"window": None}, r"options.window of .+:model must be a valid integer, got None"),
        ("alone", {"window": 5}, r"options of .+:alone must be absent, got window"),
        ("unannotated", {"window": 5}, r"must be annotated with a class of options .+, got None"),
        ("loose", {"window": 5}, r"must be annotated with a class of options .+, got dict"),
        ("three", {}, r"a function \(bars\) or \(bars, options\), got arguments \(bars, options, interval\)"),
        ("none", {}, r"a function \(bars\) or \(bars, options\), got arguments \(\)"),
        ("absent", {}, r"function must be one that .+ defines, got absent"),
        ("constant", {}, r"function must be one that .+ defines, got constant"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_what_does(module, name, given, said):
    with pytest.raises(InputError, match=said):
        bind_own_function(f"{module}:{name}", given)
    with pytest.raises(ValueError, match=said):
        OwnFunctionOptions(function=f"{module}:{name}", options=given)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("my_labels.breakout", "written as package.module:name"),
        (":breakout", "written as package.module:name"),
        ("my labels:breakout", "written as package.module:name"),
        ("my_labels_not_there:breakout", r"imported, got .+No module named .+: put my_labels_not_there next"),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere_says_where_to_put_it(path, said):
    with pytest.raises(InputError, match=said):
        load_own_function(path)


def test_a_module_that_does_not_parse_is_refused(own_module):
    with pytest.raises(InputError, match=r"can be imported, got .+invalid syntax"):
        load_own_function(f"{own_module('def broken(:')}:broken")
