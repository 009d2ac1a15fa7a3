"""Every block of the README runs, unless the line above it says why not."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.system
README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(
    r"(?P<mark><!-- not run: (?P<reason>.+?) -->\s*\n)?^```(?P<kind>bash|python)\n(?P<body>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
BLOCKS = list(BLOCK.finditer(README.read_text()))


def bodies(kind: str) -> list[str]:
    return [block["body"] for block in BLOCKS if block["kind"] == kind and not block["mark"]]


COMMANDS = [
    line.strip() for body in bodies("bash") for line in body.splitlines() if line.strip() and line[0] != "#"
]
KEDRO = [line for line in COMMANDS if line.startswith("kedro run")]
MAKE = [line for line in COMMANDS if line.startswith("make ")]


def small_words(line: str, params: str) -> list[str]:
    """Words of a `kedro run` line with the sizes of a small run under the switches it has."""
    words = shlex.split(line, comments=True)[1:]
    if "--params" in words:
        at = words.index("--params")
        params = f"{params},{words[at + 1]}"
        del words[at : at + 2]
    return [*words, "--params", params]


@pytest.fixture(scope="module")
def answers(smoke, once, run_commands, small_params) -> dict:
    """Every `kedro run` line, small, one after the other on stored data."""

    def make(folder: Path) -> dict:
        shutil.copytree(smoke.data_root, folder / "data")
        commands = {line: small_words(line, small_params(folder / "data")) for line in KEDRO}
        return run_commands(commands, folder, smoke.project)

    return once("readme", make)


def test_every_unmarked_line_is_one_this_file_can_run():
    assert set(COMMANDS) == set(KEDRO) | set(MAKE)


def test_a_block_that_is_not_run_says_why():
    for block in BLOCKS:
        assert not block["mark"] or block["reason"].strip()


@pytest.mark.parametrize("line", KEDRO)
def test_a_run_of_the_readme_works(answers, line):
    assert answers[line]["status"] == 0, answers[line]["stderr"][-2000:]


@pytest.mark.parametrize("line", MAKE)
def test_a_make_target_of_the_readme_exists(project, line):
    words = shlex.split(line, comments=True)
    subprocess.run([words[0], "-n", *words[1:]], cwd=project, check=True, capture_output=True)


@pytest.mark.parametrize("body", bodies("python"), ids=lambda body: body.splitlines()[0])
def test_an_example_of_the_readme_runs(body):
    exec(compile(body, str(README), "exec"), {"__name__": "__main__"})
