"""What every test may ask for: the project, a place of its own, and a person's own bars."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real bars, named by TOPOQUANT_DATA."""
    folder = os.environ.get("TOPOQUANT_DATA")
    if not folder:
        pytest.skip("TOPOQUANT_DATA names no folder of real bars")
    return Path(folder)
