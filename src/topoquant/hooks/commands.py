"""Commands as a person would type them."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from topoquant.hooks.options import flatten

# How YAML, which reads what is typed, writes these.
WORDS = {None: "null", True: "true", False: "false"}


def command_of(
    run_params: Mapping[str, Any],
    *,
    pipelines: Sequence[str] = (),
    to_outputs: Sequence[str] = (),
    switches: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
) -> str:
    """Return the command of a run, with other pipelines, outputs or switches where they are given.

    Switches named in `without` are left out, and so is `only_stale`: it is about one moment.
    """
    names = list(pipelines) or pipelines_of(run_params)
    words = ["kedro run"]
    if names != ["__default__"]:
        words.append(f"--pipelines={','.join(names)}")
    if to_outputs:
        words.append(f"--to-outputs={','.join(to_outputs)}")
    if run_params.get("env") not in (None, "local"):
        words.append(f"--env={run_params['env']}")
    typed = run_params.get("runtime_params") or run_params.get("extra_params") or {}
    left_out = {"only_stale", *without}
    given = {key: value for key, value in flatten(typed) if key not in left_out} | dict(switches or {})
    if given:
        values = ",".join(f"{key}={_typed(value)}" for key, value in given.items())
        words.append(f"--params {shlex.quote(values)}")
    return " ".join(words)


def pipelines_of(run_params: Mapping[str, Any]) -> list[str]:
    """Return the names of the pipelines of a run."""
    return list(run_params.get("pipeline_names") or [run_params.get("pipeline_name") or "__default__"])


def _typed(value: object) -> str:
    return WORDS[value] if value is None or isinstance(value, bool) else str(value)
