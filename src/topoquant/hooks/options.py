"""Options as plain mappings and as dotted names, the way `--params` and mlflow want them."""

from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from typing import Any


def plain(tree: Any) -> Any:  # noqa: ANN401
    """Turn typed options back into mappings; a run of one stage has both kinds."""
    if is_dataclass(tree) and not isinstance(tree, type):
        return asdict(tree)
    return {key: plain(value) for key, value in tree.items()} if isinstance(tree, dict) else tree


def flatten(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted names and values of the leaves."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
