"""Columns beside moving means, taken by name."""

import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.indicators import ResidualOptions, moving_mean_residuals

TABLE = pd.DataFrame({"symbol": "SYN", "time": [1, 2], "rsi": 50.0, "z_30": [0.5, -0.5], "z_100": [1.0, 2.0]})


def test_columns_come_in_the_order_asked_for():
    taken = moving_mean_residuals(TABLE, ResidualOptions(columns=("z_100", "z_30")))
    assert taken.columns.tolist() == ["symbol", "time", "z_100", "z_30"]
    assert taken["z_30"].tolist() == [0.5, -0.5]


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"z_7: choose the set"):
        moving_mean_residuals(TABLE, ResidualOptions(columns=("z_30", "z_7")))
    with pytest.raises(ValueError, match="columns"):
        ResidualOptions(columns=())
