import numpy as np
import pandas as pd
import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.topology.series import bars_needed, take_series

BARS = pd.DataFrame({"open_time": range(4), "close": [1.0, 2.0, 0.0, 4.0], "volume": [0.0, 1.0, np.nan, 3.0]})
USED = np.array([True, True, False, False])


def test_a_return_needs_the_bar_before():
    assert bars_needed((5, 9), ("log_price", "volume")) == 9
    assert bars_needed((5, 9), ("returns",)) == 10


def test_series_by_hand():
    taken = take_series(BARS, ("volume", "returns", "log_price"), used=USED)
    np.testing.assert_allclose(taken[:2], [[0, 0, 0], np.log([2, 2, 2])])


@pytest.mark.parametrize(
    ("name", "message"),
    [("log_price", "close in a window must be finite and > 0, got 0.0 at open_time 2"),
     ("returns", "close in a window must be finite and > 0, got 0.0 at open_time 2"),
     ("volume", "volume in a window must be finite and >= 0, got nan at open_time 2")],
)  # fmt: skip
def test_the_first_bad_bar_is_named(name, message):
    with pytest.raises(InputError, match=message):
        take_series(BARS, (name,), used=np.ones(4, bool))


def test_bars_without_volume_are_refused():
    with pytest.raises(InputError, match=r"take volume out of features_tda\.series"):
        take_series(BARS.drop(columns="volume"), ("volume",), used=USED)
