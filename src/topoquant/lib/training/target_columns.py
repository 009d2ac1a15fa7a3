"""Which columns of targets a head is fitted to."""

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head


def target_columns(head: Head, targets: pd.DataFrame) -> list[str]:
    """Return the columns a head is fitted to.

    Parameters
    ----------
    head : Head
        One of several numbers per row, not classes, reads the columns `<name>_...` in their order:
        a forecast of steps has one column per step.
    targets : DataFrame
        Of samples.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If there are none.

    Examples
    --------
    >>> targets = pd.DataFrame({"label": [1.0], "path_1": [0.1], "path_2": [0.2]})
    >>> target_columns(Head(name="path", kind="value", n_outputs=2), targets)
    ['path_1', 'path_2']
    """
    if head.n_outputs is None or head.kind == "classes":
        found = [head.name] if head.name in targets else []
    else:
        found = [str(name) for name in targets if str(name).startswith(f"{head.name}_")]
    if not found:
        raise bad_input("head", f"one of {list(targets)}", head.name, "name a target")
    return found
