"""Every column of every family is in one part, and variants are what is left when parts are not."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.ablation import FamilyColumns, Part, PartOptions, define_parts, list_variants
from topoquant.lib.errors import InputError

NAMES = ("open_return", "close_return", "volume_ratio", "rsi")
SETS = {"price": ["open_return", "close_return"], "volume": ["volume_ratio"], "taker": ["delta"]}
FAMILIES = {
    "tabular": FamilyColumns("sequence", NAMES, NAMES),
    "tda": FamilyColumns("static", ("h1", "hour"), ("h1", "tda_hour")),
    "blind": FamilyColumns("static", ("range", "hour"), ("range", "blind_hour")),
}


def define(**asked):
    options = {name: PartOptions(**one) for name, one in asked.items()}
    return define_parts(options, FAMILIES, SETS, reference="blind")


def test_parts_are_sets_patterns_and_whole_families_and_what_is_left_over_is_a_part():
    parts = define(
        prices={"family": "tabular", "sets": ["price"]},
        activity={"family": "tabular", "sets": ["taker"], "columns": ["volume_*"]},
        shape={"family": "tda"},
    )
    assert [(part.name, part.channels, part.static) for part in parts] == [
        ("prices", ("open_return", "close_return"), ()),
        ("activity", ("volume_ratio",), ()),  # these bars have no takers
        ("shape", (), ("h1", "tda_hour")),  # as the samples call it
        ("other tabular", ("rsi",), ()),
    ]


def test_a_family_that_no_part_names_is_one_but_the_reference_is_none_unless_it_is_asked_for():
    assert [part.name for part in define(all={"family": "tabular"})] == ["all", "tda"]
    assert [part.name for part in define(volatility={"family": "blind"})] == ["volatility", "tabular", "tda"]
    some = define(volatility={"family": "blind", "columns": ["range"]}, rest={"family": "tabular"})
    assert [part.static for part in some] == [("range",), (), ("h1", "tda_hour")]


@given(st.lists(st.sampled_from(NAMES), unique=True))
def test_no_column_is_lost_or_counted_twice(taken):
    asked = {f"part {name}": {"family": "tabular", "columns": [name]} for name in taken}
    parts = define(**asked)
    columns = [name for part in parts for name in (*part.channels, *part.static)]
    assert sorted(columns) == sorted([*NAMES, "h1", "tda_hour"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"a": {"family": "gaf"}}, r"ablation\.parts\.a\.family must be one of tabular, tda, blind, got gaf"),
        ({"a": {"family": "tabular", "sets": ["prices"]}}, "sets must be of price, volume, taker, got"),
        ({"a": {"family": "tabular", "sets": ["taker"]}}, "a must be of one or more columns of tabular"),
        ({"a": {"family": "tabular", "columns": ["h1"]}}, "a must be of one or more columns of tabular"),
        (
            {"a": {"family": "tabular", "sets": ["price"]}, "b": {"family": "tabular"}},
            "b must be without columns of a, got open_return: give every column to one part",
        ),
    ],
)  # fmt: skip
def test_parts_that_cannot_be_told_apart_are_refused(asked, said):
    with pytest.raises(InputError, match=said):
        define(**asked)


def part(name):
    return Part(name=name, family=name, channels=(), static=(name,))


def test_variants_leave_out_and_add_every_part():
    parts = [part(name) for name in "abc"]
    variants = list_variants(parts, part("blind"))
    shown = {one.name: "".join(one.static) for one in variants if one.kind not in ("reference", "beside")}
    assert shown == {
        "all": "abc", "a alone": "a", "b alone": "b", "c alone": "c",
        "without a": "bc", "without b": "ac", "without c": "ab", "a": "a", "+ b": "ab", "+ c": "abc",
    }  # fmt: skip
    chain = [one for one in variants if one.kind == "added"]
    assert all(set(two.parts) - set(one.parts) == {part(two.part)} for one, two in pairwise(chain))
    assert next(one for one in variants if one.kind == "reference").static == ("blind",)
    beside = {one.part: one.static for one in variants if one.kind == "beside"}
    assert beside == {**{name: ("blind", name) for name in "abc"}, None: ("blind", "a", "b", "c")}


def test_the_reference_may_be_a_part_but_is_put_beside_nothing():
    variants = list_variants([part("a"), part("blind")], part("blind"))
    beside = {one.part: one.static for one in variants if one.kind == "beside"}
    assert beside == {"a": ("blind", "a"), None: ("blind", "a")}
    assert next(one for one in variants if one.kind == "all").n_columns == 2


def test_one_part_leaves_nothing_to_compare():
    with pytest.raises(InputError, match=r"parts must be two or more, got .*'a'.*: split the family"):
        list_variants([part("a")], part("blind"))
    with pytest.raises(InputError, match=r"names of ablation.parts must be none of all, .* got .*all"):
        list_variants([part("all"), part("b")], part("blind"))
