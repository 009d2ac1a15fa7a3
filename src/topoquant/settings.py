"""Kedro settings: which hooks run and how configuration is merged."""

import sys
from pathlib import Path

from topoquant.configuration import ConfigLoader
from topoquant.hooks import HOOKS  # noqa: F401 (Kedro reads it)
from topoquant.session import Session

# Ours takes kedro-mlflow's place: it logs typed options flattened. kedro-viz's would write .viz/ on each run.
# Telemetry is off in topoquant/__init__.py.
DISABLE_HOOKS_FOR_PLUGINS = (
    "kedro-mlflow",
    "kedro_mlflow",
    "kedro-telemetry",
    "kedro_telemetry",
    "kedro-viz",
    "kedro_viz",
)


CHECKOUT = Path(__file__).parents[2]
ROOT = CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()
# A label or a feature of one's own is a module beside pyproject.toml. Last on the path: it hides nothing.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))


def _in_project(path: str) -> str:
    """Return `path` as it is when absolute, else below the project, wherever the command was typed."""
    return str(ROOT / path)


def _reciprocal(number: object) -> float:
    """Return 1 / `number`, of a number that may yet be refused where it belongs: of such a one 1."""
    valid = isinstance(number, int | float) and number > 0
    return 1 / number if valid else 1.0


SESSION_CLASS = Session
CONFIG_LOADER_CLASS = ConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft", "globals": "soft"},
    "custom_resolvers": {"in_project": _in_project, "reciprocal": _reciprocal},
}
