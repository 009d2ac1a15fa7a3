"""`python -m topoquant.pipelines.features_tabular.page > docs/indicators.md`: the table of every column."""

import sys
from pathlib import Path

import yaml

from topoquant.lib.indicators import SETS, IndicatorOptions, indicators_page

RECIPE = Path(__file__).parents[4] / "conf/base/parameters/recipes/trigger.yml"


def write_page() -> str:
    """Write the page of all sets, with the periods of the recipe `trigger`."""
    recipe = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))["trigger"]
    options = IndicatorOptions(**(recipe["features_tabular"] | {"sets": SETS}))
    return indicators_page(options, references=("COIN",), macro=("SERIES",))


if __name__ == "__main__":
    sys.stdout.write(write_page())
