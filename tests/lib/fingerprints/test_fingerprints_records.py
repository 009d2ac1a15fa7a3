"""Two makings are compared and their difference is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoquant.lib.fingerprints import Fingerprint, digest_of, flat_options, what_changed

ONE = {
    "code": {"lib.a": "1"},
    "packages": {"numpy": "1.26"},
    "options": {"label.horizon": 4},
    "inputs": {"bars": "x"},
    "files": {"path": "y"},
}
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
trees = st.dictionaries(st.text(min_size=1, max_size=3), leaves | st.lists(leaves, max_size=3), max_size=4)


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("options", {"label.horizon": 8}, "label.horizon 4 -> 8"),
        ("options", {}, "label.horizon 4 -> absent"),
        ("code", {"lib.a": "2"}, "code of lib.a"),
        ("packages", {"numpy": "2.0"}, "numpy 1.26 -> 2.0"),
        ("inputs", {"bars": "z"}, "content of its input bars"),
        ("files", {"path": "z"}, "content of the file that path names"),
    ],
)
def test_a_difference_is_named(part, value, said):
    assert what_changed(Fingerprint(**ONE), Fingerprint(**{**ONE, part: value})) == [said]


def test_true_is_not_one():
    before, after = (Fingerprint(**{**ONE, "options": {"a": value}}) for value in (True, 1))
    assert what_changed(before, after) == ["a true -> 1"]


@given(trees)
def test_options_survive_json(tree):
    flat = flat_options("all", tree)
    assert json.loads(json.dumps(flat)) == flat
    assert digest_of(tree) == digest_of(dict(reversed(tree.items())))


def test_sets_have_one_order():
    assert flat_options("a", {"b": {"z", "y"}}) == {"a.b": ["y", "z"]}


def test_a_record_of_another_shape_is_refused():
    assert Fingerprint.from_dict(ONE) == Fingerprint(**ONE)
    with pytest.raises(KeyError):
        Fingerprint.from_dict({})
    with pytest.raises(TypeError):
        Fingerprint.from_dict({**ONE, "code": 3})
