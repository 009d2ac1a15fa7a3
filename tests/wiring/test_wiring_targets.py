"""The options of a recipe's target are made by the class of its kind, in every node that takes them."""

from dataclasses import replace

import pytest
from kedro.validation.type_extractor import TypeExtractor

from topoquant.lib.errors import InputError
from topoquant.lib.labeling import TARGETS
from topoquant.pipeline_registry import RECIPES, create_recipe
from topoquant.typed_nodes import typed

TRIGGER = RECIPES["trigger"]


@pytest.mark.parametrize("kind", TARGETS)
def test_every_node_types_the_label_by_the_kind_of_the_recipe(kind, caplog):
    pipeline = create_recipe("study", replace(TRIGGER, target=kind))
    takers = [node for node in pipeline.nodes if "params:study.label" in node.inputs]
    assert len(takers) > 10
    for node in takers:
        found = TypeExtractor({})._extract_types_from_node(node)
        assert found["study.label"] is TARGETS[kind], node.name
    # A union is passed on as a plain dictionary, with this warning.
    assert "Union type hint" not in caplog.text


def test_recipes_of_two_kinds_do_not_share_functions():
    move, trigger = (create_recipe("study", replace(TRIGGER, target=kind)) for kind in ("move", "trigger"))
    extracted = [TypeExtractor({"study": one}).extract_types_from_pipelines() for one in (move, trigger)]
    assert [one["study.label"] for one in extracted] == [TARGETS["move"], TARGETS["trigger"]]


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match=r"target must be one of trigger, direction, .+ got barrier"):
        create_recipe("study", replace(TRIGGER, target="barrier"))


def test_a_typed_function_does_what_it_did():
    def make(step: int):
        def add(number: int, label: object, *, more: int = 1) -> int:
            """Add."""
            return number + step + more

        return add

    function = make(10)
    copy = typed(function, label=str)
    assert (copy(1, None), copy(1, None, more=5)) == (12, 16)
    assert (copy.__name__, copy.__doc__) == ("add", "Add.")
    assert copy.__annotations__["label"] is str
    assert function.__annotations__["label"] is object
    with pytest.raises(TypeError, match="add has no annotated argument lable"):
        typed(function, lable=str)
