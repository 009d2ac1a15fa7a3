"""A search and a walk are cut down to the member that was asked for."""

import click
import pytest
from kedro.framework.session import KedroSession


@pytest.fixture
def asked(registered, monkeypatch):
    """Return a function: what is typed -> what Kedro's own session is asked to run."""
    from topoquant.session import Session

    given = {}

    def noted(_self, _name, names, _tags, _runner, **selection):
        given.update(selection, pipeline_names=names)
        return {}

    monkeypatch.setattr(KedroSession, "run", noted)

    def run(*pipelines, member=None, **selection):
        session = Session.__new__(Session)
        session._store = {"runtime_params": {"member": member}}
        given.clear()
        session.run(pipeline_names=list(pipelines), **selection)
        return dict(given)

    return run


@pytest.mark.parametrize(
    ("pipeline", "member", "node"),
    [
        ("tune", "nbeats", "trigger.draw_tuning_nbeats"),
        ("tune", "lightgbm", "trigger.draw_tuning_lightgbm"),  # of the default recipe first
        ("tune", "horizons.lightgbm", "horizons.draw_tuning_lightgbm"),
        ("tune", "tcn", "horizons.draw_tuning_tcn"),
        ("walk_forward", "direction.lightgbm", "direction.draw_walk_lightgbm"),
        ("ablate", "lightgbm", "trigger.draw_ablation_lightgbm"),
        ("ablate", "barrier.lightgbm", "barrier.draw_ablation_lightgbm"),
    ],
)
def test_a_member_is_that_of_the_first_recipe_that_has_it_or_of_the_one_named(
    asked, registered, pipeline, member, node
):
    assert asked(pipeline, member=member)["to_nodes"] == [node]
    part = registered[pipeline].filter(to_nodes=[node])
    own = {one.name for one in part.nodes if pipeline in one.tags}
    assert node in own
    assert {name.split(".")[0] for name in own} == {node.split(".")[0]}
    assert all(name.endswith(f"_{member.split('.')[-1]}") for name in own)


@pytest.mark.parametrize(
    ("pipeline", "member", "said"),
    [
        ("tune", None, "member must be one of nbeats, .* got none: type --params member=nbeats"),
        ("tune", "nbeat", "got nbeat"),
        ("tune", "move.nbeats", "got move.nbeats"),
        ("tune", "majority", "got majority"),
        # Log-returns, and the size of a move, are no target of 0 and 1.
        ("walk_forward", "tcn", "got tcn"),
        ("walk_forward", "volatility", "got volatility"),
        # A network is too slow to be fitted without each part.
        ("ablate", "nbeats", "member must be one of lightgbm, or with its recipe: .* got nbeats"),
        ("ablate", "horizons.lightgbm", "got horizons.lightgbm"),
    ],
)
def test_another_name_is_refused_with_those_there_are(asked, pipeline, member, said):
    with pytest.raises(click.ClickException, match=said):
        asked(pipeline, member=member)


def test_an_ablation_that_names_no_member_is_that_of_the_default_recipe(asked):
    assert asked("ablate")["to_nodes"] == ["trigger.draw_ablation_lightgbm"]


def test_both_may_be_asked_for_together_but_nothing_beside_them(asked):
    both = asked("walk_forward", "tune", member="nbeats")["to_nodes"]
    assert both == ["trigger.draw_tuning_nbeats", "trigger.draw_walk_nbeats"]
    with pytest.raises(click.ClickException, match="tune alone, got trigger beside it: run them one after"):
        asked("tune", "trigger", member="nbeats")


def test_what_a_person_selects_is_left_as_it_is(asked):
    assert asked("tune", to_nodes=["trigger.tune_nbeats"])["to_nodes"] == ["trigger.tune_nbeats"]
    assert "to_nodes" not in asked("trigger")
