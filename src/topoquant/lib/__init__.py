"""Pure functions, one package per concept; nothing here imports kedro or mlflow."""
