"""pyts without its compiler: on a few windows that takes seconds to start and saves none."""

from importlib import import_module

import pytest

COMPILED = ("image.gaf", "image.mtf", "approximation.paa", "preprocessing.discretizer")


@pytest.fixture(autouse=True, scope="session")
def interpreted_pyts():
    """Replace its compiled functions by the Python they were made of."""
    with pytest.MonkeyPatch.context() as patch:
        for name in COMPILED:
            module = import_module(f"pyts.{name}")
            for attribute, value in list(vars(module).items()):
                if hasattr(value, "py_func"):
                    patch.setattr(module, attribute, value.py_func)
        patch.setattr(import_module("pyts.preprocessing.discretizer"), "List", list)
        yield
