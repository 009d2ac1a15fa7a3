"""Whether a label can be predicted from bars, and survives costs."""

import os

# Neither Kedro nor mlflow may report usage from a researcher's machine.
os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

__version__ = "0.1.0"
