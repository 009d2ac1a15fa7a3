"""Feature families as the catalog stores them, and what members are given of them."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.models import MODELS
from topoquant.lib.training import Family, FitOptions, MemberFeatures, SelectionOptions, gather_features

# How each feature family is stored: part of a `Family` -> dataset.
FAMILIES: dict[str, dict[str, str]] = {
    "tabular": {"values": "features_tabular"},
    "blind": {"values": "features_blind"},
    "residual": {"values": "features_residual"},
    "tda": {
        "values": "features_tda",
        "index": "features_tda_index",
        "columns": "features_tda_columns",
    },
    "complexity": {"values": "features_complexity"},
    "gaf": {"values": "features_gaf", "index": "features_gaf_index"},
}
# One family, or several to be joined.
Families = str | tuple[str, ...]
# Role -> family -> part of the family -> dataset.
Roles = Mapping[str, Mapping[str, Mapping[str, str]]]


def stored_roles(member: str, *, sequence: Families, static: Families, window: Families) -> Roles:
    """Return how the families that feed a member are stored."""
    named = {"sequence": sequence, "static": static, "window": window}
    return {role: _stored(families, member) for role, families in named.items()}


def datasets_of(roles: Roles) -> list[str]:
    """Return the datasets that a member reads, each once."""
    return sorted(
        {name for families in roles.values() for parts in families.values() for name in parts.values()}
    )


def member_options(
    model: str, *, selection: bool, member: str | None = None
) -> tuple[dict[str, str], dict[str, type]]:
    """Return where the options of a member are, and their classes, both by argument of its node.

    `member` is named where the node does not lie in the namespace of the member.
    """
    types: dict[str, type] = {"options": MODELS[model].options}
    if MODELS[model].is_torch:
        types["fit"] = FitOptions
    if selection:
        types["selection"] = SelectionOptions
    place = "" if member is None else f"{member}."
    return {name: f"params:{place}{name}" for name in types}, types


def gather(roles: Roles, datasets: Mapping[str, Any], window: int) -> MemberFeatures:
    """Join the families of every role."""
    families = {
        role: {
            name: Family(**{part: datasets[dataset] for part, dataset in parts.items()})
            for name, parts in named.items()
        }
        for role, named in roles.items()
    }
    return gather_features(families, window=window)


def family_tables(
    roles: Roles, datasets: Mapping[str, Any], as_columns: Callable[[Any, pd.DataFrame], pd.DataFrame]
) -> dict[str, dict[str, pd.DataFrame]]:
    """Return every family as a keyed table of its own, by role.

    `as_columns` makes a table out of the windows of images and the keys of their rows.
    """
    return {
        role: {
            name: as_columns(datasets[parts["values"]], datasets[parts["index"]])
            if role == "window"
            else Family(**{part: datasets[dataset] for part, dataset in parts.items()}).table()
            for name, parts in named.items()
        }
        for role, named in roles.items()
    }


def _stored(families: Families, member: str) -> dict[str, dict[str, str]]:
    """Return how the named families are stored."""
    names = (families,) if isinstance(families, str) else families
    if unknown := [name for name in names if name not in FAMILIES]:
        raise bad_input(f"families of {member}", f"of {', '.join(FAMILIES)}", unknown, "correct RECIPES")
    return {name: FAMILIES[name] for name in names}
