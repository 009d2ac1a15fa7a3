"""Which head predicts which target of a member, and targets that none does."""

from typing import cast

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.models import Head
from topoquant.lib.models.options import HeadKind
from topoquant.lib.training.head_weights import LOG_RETURN

# How a target is predicted, but for log-returns: everything else about a head follows from this.
HEAD_KINDS = {"label": "binary", "max_pct": "fraction"}


def find_heads(targets: pd.DataFrame) -> list[Head]:
    """Return a head for every target, or refuse targets that no head predicts.

    Parameters
    ----------
    targets : DataFrame
        Of samples: a column per target, NaN where a row has none.

    Returns
    -------
    list of Head
        `label` binary, `max_pct` a fraction, `logret_<h>` values.

    Raises
    ------
    InputError
        If there is none, another column, or a label other than 0 and 1.

    Examples
    --------
    >>> [head.kind for head in find_heads(pd.DataFrame({"logret_1": [0.1], "logret_4": [0.2]}))]
    ['value', 'value']
    """
    heads = []
    for name in map(str, targets.columns):
        kind = "value" if LOG_RETURN.fullmatch(name) else HEAD_KINDS.get(name)
        if kind is None:
            raise bad_input(
                "targets of a member",
                "label, max_pct or logret_<h>",
                name,
                "name the target as its kind does",
            )
        heads.append(Head(name=name, kind=cast(HeadKind, kind)))
    if not heads:
        raise bad_input("targets of a member", "at least one", "none", "choose a kind of target")
    if "label" in targets:
        check_label(targets[["label"]])
    return heads


def check_label(targets: pd.DataFrame) -> None:
    """Refuse targets without a label of 0 and 1, which some judgements need.

    Parameters
    ----------
    targets : DataFrame
        Columns of targets, NaN where a row has none; others of a table of targets are not looked at.

    Raises
    ------
    InputError
        If there is a log-return, no label, or a label other than 0 and 1.

    Examples
    --------
    >>> check_label(pd.DataFrame({"label": [0.0, 1.0], "max_pct": 0.01}))
    >>> check_label(pd.DataFrame({"label": [0.0, -1.0]}))
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: targets of a member must be label (0 or 1) and perhaps max_pct, got
    label -1: choose a target of 0 and 1, or a recipe without members
    """
    found = [str(name) for name in targets.columns if LOG_RETURN.fullmatch(str(name))]
    if "label" in targets:
        found += [f"label {one:g}" for one in sorted(set(targets["label"].dropna()) - {0.0, 1.0})]
    if found or "label" not in targets:
        raise bad_input(
            "targets of a member", "label (0 or 1) and perhaps max_pct", ", ".join(found) or "no label",
            "choose a target of 0 and 1, or a recipe without members",
        )  # fmt: skip
