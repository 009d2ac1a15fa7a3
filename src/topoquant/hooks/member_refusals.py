"""Refuses what is asked of single members and cannot be: options nobody searched, walks over few rows."""

import re
from collections.abc import Mapping
from typing import Any

import click
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from topoquant.datasets.tuned import TunedDataset
from topoquant.hooks.commands import command_of

# The folder of a walk forward.
WALK = re.compile(r"\w+\.walk_\w+")


def refuse_untuned(inputs: set[str], catalog: CatalogProtocol, run_params: Mapping[str, Any]) -> None:
    """Raise where tuned options are asked for of members that nobody tuned, or that are not trained."""
    read = {name: catalog.get(name) for name in inputs if ".tuned_options_" in name}
    found = {name: one for name, one in sorted(read.items()) if isinstance(one, TunedDataset)}
    for name, one in found.items():
        if one.is_missing:
            command = command_of(
                run_params, pipelines=["tune"], without=["tuned"],
                switches={"member": f"{name.split('.')[0]}.{one.member}", "n_trials": 50},
            )  # fmt: skip
            raise click.ClickException(
                f"tuned options of {one.member} must be stored when tuned asks for them, got none: {command}"
            )
    asked = catalog.load("params:tuned") if "params:tuned" in catalog else False
    named = asked.split("+") if isinstance(asked, str) else []
    members = sorted({one.member for one in found.values()})
    if members and (unknown := [name for name in named if name not in members]):
        raise click.ClickException(
            f"tuned must be true, false or of {', '.join(members)}, "
            f"got {', '.join(unknown)}: correct the names"
        )


def refuse_ablation(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Raise for an ablation that is to read what a search found: all its variants have one set of options."""
    is_one = any(".ablation_fits_" in name for name in pipeline.inputs())
    if is_one and (tuned := catalog.load("params:tuned")):
        raise click.ClickException(
            f"tuned must be left out of an ablation, got {tuned}: a search found what suits all parts at once"
        )


def refuse_walk(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Raise for a walk on what a search found, or on features that only the thinned rows of a study have."""
    if not any(WALK.fullmatch(name) for name in pipeline.inputs()):
        return
    if tuned := catalog.load("params:tuned"):
        raise click.ClickException(
            f"tuned must be left out of a walk forward, got {tuned}: a search looks at rows that windows test"
        )
    n_rows = catalog.load("params:n_rows")
    read = {name for node in pipeline.nodes if "walk_forward" in node.tags for name in node.inputs}
    of_rows = sorted(name.removesuffix("_index") for name in read if name.endswith("_index"))
    if n_rows is not None and of_rows:
        raise click.ClickException(
            f"n_rows must be null for a walk that reads {', '.join(of_rows)}, got {n_rows}: they are made of "
            "the rows a study keeps, and windows test others: add n_rows=null"
        )
