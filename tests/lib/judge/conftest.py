"""A small market, its rows, and predictions of them as somebody else would have made them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import decision_time, synthetic_bars
from topoquant.lib.judge import TableOptions
from topoquant.lib.labeling import DirectionOptions, fit_target, label_rows
from topoquant.lib.sampling import SplitOptions, assign_rows

SPLIT = SplitOptions(train=0.7, val=0.15, n_folds=3, embargo=None)
LABEL = DirectionOptions(horizon=4)


@pytest.fixture
def read_as():
    """Return a function: options -> those options, the rest as a run has them by default."""

    def make(**given) -> TableOptions:
        plain = dict.fromkeys(("key", "column", "scale", "time_zone")) | {"split": "bars", "n_blocks": 3}
        return TableOptions(**(plain | given))

    return make


@pytest.fixture(scope="session")
def study() -> SimpleNamespace:
    """Bars, splits and targets of 3,000 quarter hours."""
    bars = synthetic_bars("regime", n_bars=3000, seed=2, interval="15m").bars
    splits = assign_rows(bars, "15m", horizon=4, options=SPLIT)
    train = splits.loc[splits["set"] == "train", "time"]
    target = fit_target(bars, train, interval="15m", options=LABEL)
    development, test = (
        label_rows(bars, splits, target, LABEL, interval="15m", sets=sets)
        for sets in (("train", "val"), ("test",))
    )
    return SimpleNamespace(bars=bars, splits=splits, development=development, test=test)


@pytest.fixture
def notebook(study) -> pd.DataFrame:
    """An average of the returns known at `time`, for every bar."""
    move = np.log(study.bars["close"] / study.bars["open"]).ewm(halflife=6).mean()
    return pd.DataFrame({"time": decision_time(study.bars, "15m"), "score": move})
