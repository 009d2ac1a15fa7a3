"""The notebooks show what a run stored, and are committed without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.system
FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook_runs_on_what_a_run_stored(smoke, path):
    """The kernel starts in the copy of the project, where nothing else has to be."""
    notebook = nbformat.read(path, as_version=4)
    variables = {**os.environ, "TOPOQUANT_DATA_ROOT": str(smoke.data_root), "PYTHONDONTWRITEBYTECODE": "1"}
    where = {"metadata": {"path": str(smoke.project)}}
    NotebookClient(notebook, timeout=600, resources=where).execute(env=variables)
    last = notebook.cells[-1]
    assert last.outputs
