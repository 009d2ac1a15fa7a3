"""Whether models can be exported here; apart from the export, which imports torch."""

from importlib.util import find_spec

from topoquant.lib.errors import bad_input

EXPORTERS = ("onnx", "onnxscript")


def check_onnx_packages(names: tuple[str, ...] = EXPORTERS) -> None:
    """Refuse to begin where packages are missing.

    Parameters
    ----------
    names : tuple of str, optional
        Packages that are needed; absent, those of an export.

    Raises
    ------
    InputError
        Naming what is missing and how to get it.

    Examples
    --------
    >>> check_onnx_packages(("json",))
    >>> check_onnx_packages(("json", "a_package_of_nobody"))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: packages for ONNX must be installed, got no
    a_package_of_nobody: pip install 'topoquant[onnx]'
    """
    if missing := [name for name in names if find_spec(name) is None]:
        raise bad_input(
            "packages for ONNX", "installed", f"no {', '.join(missing)}", "pip install 'topoquant[onnx]'"
        )
