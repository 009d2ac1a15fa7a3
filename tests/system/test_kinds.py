"""Recipes of every kind of target go the whole way; what a user brings themselves is audited like ours."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.system
WORDS = {"too_little_data", "flat_model", "no_edge", "edge"}
BLOCK = re.compile(
    r"^```(?:python|yaml)\n# (?P<where>\S+?\.(?:py|yml))\b.*?\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL
)
# Kinds of this project: the target of a recipe and its `label`.
LABELS: dict[str, tuple[str, dict[str, Any]]] = {
    "up_or_down": ("direction", {"horizon": 4}),
    "far": (
        "move",
        {"horizon": 4, "threshold": 0.003, "side": "both", "volume_window": 20, "min_volume_ratio": 0.5},
    ),
    "barrier": (
        "triple_barrier",
        {"horizon": 8, "upper": 1.5, "lower": 1.5, "side": "up", "width": "atr", "period": 14},
    ),
}  # fmt: skip
LOG_RETURNS = {"horizons": [1, 4], "reference": "open"}
LEAKS = """
import pandas as pd

from topoquant.lib.bars import decision_time, infer_interval, interval_timedelta


def one_bar_too_far(bars):
    interval = infer_interval(bars)
    time = decision_time(bars, interval)
    label = (bars["close"].shift(-5) > bars["open"].shift(-1)).astype(float)
    return pd.DataFrame({"time": time, "t1": time + 4 * interval_timedelta(interval), "label": label})


def centred(bars):
    mean = bars["close"].rolling(3, center=True, min_periods=1).mean()
    return pd.DataFrame({"time": decision_time(bars, infer_interval(bars)), "mean": mean / bars["close"]})
"""
RECIPE = """
RECIPES["{name}"] = Recipe(
    target="{target}",
    members={{"lightgbm": Member(model="lightgbm", sequence="tabular", static="tda")}},
    baselines={{
        "majority": Member(model="majority"),
        "volatility_logistic": Member(model="logistic", static="blind"),
        "logistic": Member(model="logistic", sequence="tabular"),
    }},
    blind=("majority", "volatility_logistic"),
)
"""
ONLY_LABELS = """
RECIPES["labels"] = Recipe(
    target="log_return", members={}, baselines={}, blind=(), stages=("ingest", "split", "label")
)
"""


def blocks(project: Path) -> list[tuple[str, str]]:
    """Blocks of the page that say which file they belong to: its name and what stands in it."""
    found = BLOCK.findall((project / "docs/extend.md").read_text())
    return [(where, body) for where, body in found if where.startswith(("my_", "src/", "conf/"))]


def numbers_of(
    trigger: dict[str, Any], label: dict[str, Any], functions: list[dict[str, Any]]
) -> dict[str, Any]:
    """The numbers of the default recipe at a size of seconds, with another label and functions."""
    numbers = deepcopy(trigger)
    numbers["label"] = label
    numbers["market"]["n_bars"] = 2500
    numbers["features_tabular"]["functions"] = functions
    numbers["features_tda"] |= {"windows": [48], "n_bins": 10, "n_layers": 2, "n_jobs": 1}
    numbers["power"] |= {"n_surrogates": 1, "n_injections": 1, "strengths": [0.3], "n_jobs": 1}
    numbers["backtest"]["n_random"] = 20
    for member in ("lightgbm", "volatility_lightgbm"):
        numbers[member] = {"options": trigger["lightgbm"]["options"] | {"n_trees": 20}}
    return numbers


def add_recipes(copy: Path, page: list[tuple[str, str]]) -> list[str]:
    """Do in a copy of the project what the page says, and add a recipe of every other kind."""
    named = dict(page)
    for module in ("my_features.py", "my_labels.py"):
        (copy / module).write_text(named[module])
    (copy / "my_leaks.py").write_text(LEAKS)
    recipes = copy / "conf/base/parameters/recipes"
    trigger = yaml.safe_load((recipes / "trigger.yml").read_text())["trigger"]
    own_features = yaml.safe_load(named["conf/base/parameters/recipes/trigger.yml"])["features_tabular"][
        "functions"
    ]
    own_label = yaml.safe_load(named["conf/base/parameters/recipes/breakout.yml"])["label"]
    leak = {"function": "my_leaks:one_bar_too_far", "horizon": 4, "side": "up"}
    every: dict[str, tuple[str, dict[str, Any], list[dict[str, Any]]]] = {
        **{name: (*known, []) for name, known in LABELS.items()},
        "returns": ("log_return", LOG_RETURNS, []),
        "labels": ("log_return", LOG_RETURNS, []),
        "breakout": ("own", own_label, own_features),
        "leaking": ("own", leak, [{"function": "my_leaks:centred"}]),
    }
    for name, (_, label, functions) in every.items():
        (recipes / f"{name}.yml").write_text(yaml.safe_dump({name: numbers_of(trigger, label, functions)}))
    added = "".join(
        RECIPE.format(name=name, target=target)
        for name, (target, _, _) in every.items()
        if name not in ("breakout", "labels")
    )
    registry = copy / "src/topoquant/pipeline_registry.py"
    text = registry.read_text()
    registry.write_text(
        text.replace(
            "\nDEFAULT_RECIPE",
            f"\n{named['src/topoquant/pipeline_registry.py']}{added}{ONLY_LABELS}\nDEFAULT_RECIPE",
        )
    )
    return list(every)


@pytest.fixture(scope="module")
def answers(project, once, copied_project, run_commands: Callable) -> dict[str, Any]:
    """What every recipe printed and stored, run in one process in a copy of the project."""

    def make(folder: Path) -> dict[str, Any]:
        copy = copied_project(folder / "project")
        # The registry is the one file of the code that the page asks to change.
        package = copy / "src/topoquant"
        package.unlink()
        package.mkdir()
        for path in (project / "src/topoquant").iterdir():
            if path.name == "pipeline_registry.py":
                (package / path.name).write_text(path.read_text())
            elif path.name != "__pycache__":
                (package / path.name).symlink_to(path)
        names = add_recipes(copy, blocks(project))
        root = f"data_root={folder / 'data'},n_rows=300"
        commands = {name: ["run", f"--pipelines={name}", "--params", root] for name in names}
        for name, switch in (
            ("option", "breakout.label.options.window=soon"),
            ("unknown option", "breakout.label.options.windw=3"),
            ("function", "breakout.label.function=my_labels:brekout"),
            ("side", "breakout.label.side=sideways"),
        ):
            commands[name] = ["run", "--pipelines=breakout", "--params", f"{root},{switch}"]
        results = run_commands(commands, folder / "commands", copy)
        for path in (folder / "data/08_reporting").glob("*/*/*/verdict.json"):
            results[path.parents[2].name]["verdict"] = json.loads(path.read_text())
        for name in ("target", "label_summary"):
            for path in (folder / "data/03_primary").glob(f"*/*/*/{name}.json"):
                results[path.parents[2].name][name] = json.loads(path.read_text())
        return results

    return once("kinds", make)


@pytest.mark.parametrize("name", [*LABELS, "breakout"])
def test_every_kind_reaches_a_verdict(answers, name):
    answer = answers[name]
    assert answer["status"] == 0, answer["stderr"][-2000:]
    assert answer["stdout"].strip().splitlines()[-1].startswith("verdict: ")
    assert answer["verdict"]["word"] in WORDS, answer["verdict"]
    assert answer["target"]["kind"] == LABELS.get(name, ("own",))[0]
    assert answer["target"]["text"] in answer["stdout"]


def test_what_a_user_brings_is_audited(answers):
    answer = answers["leaking"]
    assert answer["status"] == 1
    assert answer["stderr"].strip().splitlines()[-1].startswith("Error: verdict must be anything but leak")
    assert answer["verdict"]["word"] == "leak"
    reasons = " ".join(answer["verdict"]["reasons"])
    assert "change with bars after t1: label" in reasons
    assert "centred_mean" in reasons


def test_predictions_that_cannot_be_judged_are_refused_in_one_line(answers):
    answer = answers["returns"]
    assert answer["status"] == 1
    last = answer["stderr"].strip().splitlines()[-1]
    assert last.startswith("Error: predictions of lightgbm must be of a label (0 or 1), got value_logret_1")


def test_a_recipe_may_end_with_the_report_on_its_labels(answers):
    answer = answers["labels"]
    assert answer["status"] == 0, answer["stderr"][-2000:]
    assert answer["target"]["side"] == "direction"
    assert set(answer["label_summary"]["rate"]) == {"train", "val", "test"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("option", "breakout.label: options.window of my_labels:breakout must be a valid integer"),
        ("unknown option", "breakout.label.options.windw must be one of the declared parameters"),
        ("function", "breakout.label: function must be one that my_labels defines, got brekout"),
        ("side", "breakout.label.side must be 'direction', 'up', 'down' or 'both', got 'sideways'"),
    ],
)
def test_what_is_misspelt_stops_the_run_at_its_start(answers, name, said):
    answer = answers[name]
    assert answer["status"] == 1
    last = answer["stderr"].strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert said in last
    assert "ingest_bars" not in answer["stdout"] + answer["stderr"]
