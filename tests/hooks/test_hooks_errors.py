"""The last line of a failing run."""

import click
import pytest
from kedro.io import DatasetError

from topoquant.hooks.errors import one_line, refuse
from topoquant.hooks.parameters import _first_problem
from topoquant.lib.errors import bad_input


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_refusal_is_its_own_message_however_it_was_wrapped():
    refusal = bad_input("horizon", "in [1, 10)", 12, "shorten\n it")
    wrapped = raised(DatasetError("failed while saving"), refusal)
    assert one_line(wrapped) == "horizon must be in [1, 10), got 12: shorten it"


def test_a_failure_of_our_own_names_its_type(capsys):
    answer = refuse(raised(KeyError("close")))
    assert isinstance(answer, click.ClickException)
    assert answer.message.startswith("KeyError")
    shown = capsys.readouterr().err.splitlines()
    assert shown[0].startswith("Traceback")
    assert len(shown) <= 12


def test_a_refusal_shows_no_traceback(capsys):
    refuse(raised(bad_input("kind", "noise", "x", "choose")))
    assert capsys.readouterr().err == ""


PROBLEM = """Parameter validation failed:
- Parameter 'trigger.label': Failed to instantiate TriggerOptions for parameter 'trigger.label': 1 error
{field}
  {reason} [type={kind}, input_value={got}, input_type=str]
    For further information visit https://errors.pydantic.dev/"""


@pytest.mark.parametrize(
    ("field", "reason", "got", "said"),
    [
        (
            "horizon",
            "Input should be a valid integer, unable to parse",
            "'abc'",
            "a valid integer, got 'abc'",
        ),
        ("rate", "Field required", "{'side': 'up'}", "given, got {'side': 'up'}"),
        ("side", "Unexpected keyword argument", "3", "a known option, got 3"),
    ],
)
def test_a_bad_option_is_said_in_one_sentence(field, reason, got, said):
    line = _first_problem(PROBLEM.format(field=field, reason=reason, got=got, kind="x"))
    assert line.startswith(f"trigger.label.{field} must be {said}: correct it")


def test_a_problem_in_other_words_keeps_them():
    assert "not Optional" in _first_problem("Parameter 'seed': value is None but type is not Optional")
