"""A target that needs a bar after its t1 is found, one that does not is left alone."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import contiguous_ahead, map_symbols, row_keys
from topoquant.lib.errors import InputError
from topoquant.lib.labeling import label_direction, label_trigger, label_triple_barrier
from topoquant.lib.validity import check_target_invariance, spread_cuts

STEP = pd.Timedelta("1h")
HORIZON = 4


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    rng = np.random.default_rng(3)

    def of(symbol: str, hours: np.ndarray) -> pd.DataFrame:
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, len(hours))))
        open_ = np.append(100.0, close[:-1])
        return pd.DataFrame({
            "symbol": symbol, "open_time": pd.Timestamp("2024-01-01", tz="UTC") + hours * STEP,
            "open": open_, "high": np.maximum(open_, close) * 1.002, "low": np.minimum(open_, close) * 0.998,
            "close": close, "volume": rng.uniform(1, 2, len(hours)),
        })  # fmt: skip

    hours = np.arange(400)
    bars = pd.concat([of("A", hours), of("B", hours[hours % 97 != 0])], ignore_index=True)
    return bars.astype({"open_time": "datetime64[ns, UTC]"})


def check(function: Callable, bars: pd.DataFrame):
    whole = partial(map_symbols, function)
    return check_target_invariance(whole, bars, spread_cuts(bars, 6), horizon=HORIZON, seed=0)


def own(
    bars: pd.DataFrame, label: pd.Series, *, n_ahead: int = HORIZON, known: object = True
) -> pd.DataFrame:
    """Rows of a label that says it is known `n_ahead` bars later."""
    keys = row_keys(bars, "1h")
    rows = keys.assign(t1=keys["time"] + n_ahead * STEP, label=label.astype(float).to_numpy())
    return rows[(contiguous_ahead(bars, "1h") >= HORIZON) & known]


def moves(bars: pd.DataFrame, n_ahead: int = HORIZON) -> pd.Series:
    return bars["close"].shift(-n_ahead) / bars["open"].shift(-1) - 1


HONEST = {
    "trigger": lambda bars: label_trigger(bars, threshold=0.01, horizon=HORIZON, side="up"),
    "direction": lambda bars: label_direction(bars, horizon=HORIZON),
    "barrier": lambda bars: label_triple_barrier(
        bars, width=np.full(len(bars), 0.01), upper=1, lower=1, horizon=HORIZON, side=1
    ),
    "past": lambda bars: own(bars, moves(bars) > moves(bars).rolling(50).median().shift(HORIZON)),
}
LEAKS = {
    # One bar too far, dropped where it is not there.
    "one bar": lambda bars: own(
        bars, moves(bars, HORIZON + 1) > 0, known=moves(bars, HORIZON + 1).notna().to_numpy()
    ),
    # One bar too far, 0 where it is not there.
    "one bar, filled": lambda bars: own(bars, moves(bars, HORIZON + 1) > 0),
    # The quantile of the whole file.
    "whole file": lambda bars: own(bars, moves(bars) > moves(bars).quantile(0.7)),
    # A label that says it is known before it is.
    "early t1": lambda bars: own(bars, moves(bars) > 0, n_ahead=2),
    # Whether there is a row at all depends on what comes later.
    "chosen rows": lambda bars: own(
        bars, moves(bars) > 0, known=(bars["high"].shift(-2 * HORIZON) > bars["high"]).to_numpy()
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_a_target_known_at_its_t1_passes(bars, name):
    found = check(HONEST[name], bars)
    assert found.status == "ok", found.finding
    assert found.numbers["n_compared"] > 1000


@pytest.mark.parametrize("name", LEAKS)
def test_a_target_that_looks_further_is_a_leak(bars, name):
    found = check(LEAKS[name], bars)
    assert found.status == "leak"
    assert "label" in found.numbers["columns"]
    assert found.section == "label"
    assert "change with bars after t1: " in found.finding


def test_bars_without_a_name_are_checked_too(bars):
    unnamed = bars[bars["symbol"] == "A"].drop(columns="symbol")
    assert check(HONEST["barrier"], unnamed).status == "ok"
    assert check(LEAKS["early t1"], unnamed).status == "leak"


def test_nothing_to_compare_is_a_warning(bars):
    found = check_target_invariance(
        lambda some: own(some, moves(some) > 0).iloc[:0], bars[:50], [20], horizon=HORIZON, seed=0
    )
    assert found.status == "warning"


def test_a_cut_outside_the_bars_is_refused(bars):
    with pytest.raises(InputError, match=r"cuts must be in \[0, 400\), got 400"):
        check_target_invariance(HONEST["trigger"], bars, [400], horizon=HORIZON, seed=0)
