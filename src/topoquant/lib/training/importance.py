"""Which columns a fitted booster or line leans on, read from its files."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.models.summaries import SUMMARIES

COLUMNS = ["feature", "importance"]


def feature_importance(files: Mapping[str, bytes]) -> pd.DataFrame:
    r"""Share out what a model learnt among its columns.

    Parameters
    ----------
    files : mapping of str to bytes
        Of `model_files`: of a booster with its trees, or of a line with its coefficients.

    Returns
    -------
    pandas.DataFrame
        feature (`<channel>_<summary>` or the name of a static column) and importance, descending, which sums
        to 1: of a booster the loss its splits saved on its own train rows, of a line the size of its slope
        per standard deviation of the column. It is the first head's. No rows for a network, for a model
        without columns, and for one that never split.

    Raises
    ------
    InputError
        When options.json is missing.

    Examples
    --------
    >>> options = {"heads": [{"name": "label"}], "channel_names": ["rsi"], "static_names": []}
    >>> tree = b"split_feature=0 1\nsplit_gain=3 1\n"
    >>> files = {"options.json": json.dumps(options).encode(), "booster_label.txt": tree}
    >>> feature_importance(files).head(2).values.tolist()
    [['rsi_last', 0.75], ['rsi_mean', 0.25]]
    """
    if "options.json" not in files:
        raise bad_input(
            "files of a model", "with options.json", sorted(files), "pass all files it was saved as"
        )
    options = json.loads(files["options.json"])
    names = _column_names(options)
    head = options["heads"][0]["name"]
    total = np.zeros(len(names))
    for column, size in _sizes(files, head):
        total[column] += size
    if not total.sum():
        return pd.DataFrame({"feature": pd.Series(dtype=str), "importance": pd.Series(dtype=float)})
    table = pd.DataFrame({"feature": names, "importance": total / total.sum()})
    return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _column_names(options: Mapping[str, Any]) -> list[str]:
    """Name the columns a model on rows sees, in their order."""
    summaries = [f"{channel}_{one}" for channel in options["channel_names"] for one in SUMMARIES]
    return [*summaries, *options["static_names"]]


def _sizes(files: Mapping[str, bytes], head: str) -> Iterator[tuple[int, float]]:
    """Yield the column and the size of every split, or of every slope."""
    if text := files.get(f"booster_{head}.txt"):
        yield from _lightgbm_splits(text.decode())
    elif text := files.get(f"booster_{head}.json"):
        yield from _xgboost_splits(json.loads(text))
    elif text := files.get("coefficients.json"):
        # A base rate is a number there, a line a mapping.
        line = json.loads(text).get(head)
        slopes = line["slopes"] if isinstance(line, dict) else []
        yield from ((column, abs(slope)) for column, slope in enumerate(slopes))


def _lightgbm_splits(text: str) -> Iterator[tuple[int, float]]:
    """Yield the splits of LightGBM's native text: two lines per tree, in one order."""
    columns: list[str] = []
    for line in text.splitlines():
        name, _, values = line.partition("=")
        if name == "split_feature":
            columns = values.split()
        elif name == "split_gain":
            yield from zip(map(int, columns), map(float, values.split()), strict=True)


def _xgboost_splits(document: Mapping[str, Any]) -> Iterator[tuple[int, float]]:
    """Yield the splits of XGBoost's JSON; a leaf has no left child."""
    for tree in document["learner"]["gradient_booster"]["model"]["trees"]:
        nodes = zip(tree["split_indices"], tree["loss_changes"], tree["left_children"], strict=True)
        yield from ((int(column), float(gain)) for column, gain, left in nodes if left != -1)
