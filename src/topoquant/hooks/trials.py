"""What a run tries: every prediction it scores, by the options of all that it is made of."""

import re
from typing import Any

from kedro.pipeline import Pipeline

from topoquant.datasets.fingerprint import content_of
from topoquant.hooks.files import named_files
from topoquant.hooks.makers import Makers
from topoquant.lib.fingerprints import digest_of

# Where bars come from is no choice: which market they are is told by the bars themselves.
WHERE_FROM = re.compile(r"source|path|bars|binance\..*")


def tried(makers: Makers, recipe: str) -> dict[str, str]:
    """Return the predictions that a recipe scores, each with the fingerprint of all its options.

    Those of all its views, where it has several horizons: each is one more try on the same market.
    Tables that others brought are one prediction each, the same one under any name and in any company.
    """
    scored = [
        node
        for name, node in makers.by_output.items()
        if name.startswith(f"{recipe}.") and name.endswith(".model_scores")
    ]
    found: dict[str, str] = {}
    for name in sorted({name for node in scored for name in node.inputs}):
        last = name.rsplit(".", 1)[-1]
        if last.startswith("predictions_"):
            found[name] = _fingerprint(makers, name)
        elif last == "judged":
            options, tables = _options_of_line(makers, name)
            found |= {
                f"{name} ({table})": digest_of({**options, "table": content})
                for table, content in tables.items()
            }
    return found


def walked(makers: Makers, recipe: str, pipeline: Pipeline) -> dict[str, str]:
    """Return the walks forward of a recipe that a pipeline makes, each with its fingerprint."""
    made = (name for name in pipeline.all_outputs() if name.startswith(f"{recipe}.walk_predictions_"))
    return {name: _fingerprint(makers, name) for name in sorted(made)}


def _fingerprint(makers: Makers, prediction: str) -> str:
    """Return the fingerprint of a prediction.

    By its name too: one node views all members of a horizon, and each view is a prediction.
    """
    return digest_of({**_options_of_line(makers, prediction)[0], "prediction": prediction})


def _options_of_line(makers: Makers, dataset: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the options of everything a dataset is made of, and the content of files others brought.

    What is stored and made by none of the nodes, as the options that a search found, counts among the
    options by its content.
    """
    found: dict[str, Any] = {}
    brought: dict[str, str] = {}
    todo, seen = [dataset], set()
    while todo:
        name = todo.pop()
        node = makers.by_output.get(name)
        if node is None:
            found |= _stored_content(makers, name)
        elif node.name not in seen:
            seen.add(node.name)
            todo += node.inputs
            options = makers.options(node)
            found |= {name: value for name, value in options.items() if not WHERE_FROM.fullmatch(name)}
            if "ingest" not in node.tags:
                files = named_files(options).items()
                brought |= {name: content_of(path).digest for name, path in files if path.exists()}
    return found, brought


def _stored_content(makers: Makers, dataset: str) -> dict[str, str]:
    """Return the content of a stored dataset that no node makes; nothing of what is stored nowhere."""
    path = makers.path(dataset)
    return {} if path is None or not path.exists() else {dataset: makers.content(path).digest}
