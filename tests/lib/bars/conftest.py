import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def make_bars():
    """Build bars that open `interval` apart, from closes."""

    def make(closes, interval="15min", symbol="AAA", start="2024-01-01"):
        close = np.asarray(closes, dtype=float)
        opens = np.append(close[:1], close[:-1])
        return pd.DataFrame(
            {
                "symbol": symbol,
                "open_time": pd.date_range(start, periods=len(close), freq=interval, tz="UTC").as_unit("ns"),
                "open": opens,
                "high": np.maximum(opens, close) + 1,
                "low": np.minimum(opens, close) - 0.5,
                "close": close,
                "volume": np.arange(1.0, len(close) + 1),
            }
        )

    return make
