"""Whether a label can be predicted from bars, and survives costs."""

import os

# Neither Kedro nor mlflow may report usage from a researcher's machine.
os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# Files of a store on this disk are there at once: a bar per file would only be noise.
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

__version__ = "0.1.0"
