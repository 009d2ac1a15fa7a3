import subprocess
import sys

import pytest

from tests.benchmarks.__main__ import NAMES, main


def run(project, *arguments):
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.system
def test_every_benchmark_runs_and_agrees_with_its_peer(project):
    done = run(project, "--quick")
    assert done.returncode == 0, done.stderr
    table = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(NAMES)
    assert {len(cells) for cells in table} == {6}


def test_a_subset_by_name(project):
    done = run(project, "--quick", "purged_folds")
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert [row.split()[1] for row in rows] == ["path", "---", "PurgedKFold,"]


@pytest.mark.parametrize("name", ["purged", "--fast"])
def test_unknown_names_are_refused(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks", name])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert name in capsys.readouterr().err.splitlines()[-1]
