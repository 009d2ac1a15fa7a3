"""Families are joined on the key; names stay unique; raw windows pass through as they are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.training import Family, gather_features, join_families

START = pd.Timestamp("2024-01-01", tz="UTC")


def table(hours: list[int], name: str = "x", symbol: str = "A") -> pd.DataFrame:
    time = START + pd.to_timedelta(hours, unit="h")
    return pd.DataFrame({"symbol": symbol, "time": time, name: np.array(hours, np.float32)})


def test_rows_that_every_family_has_stay_and_the_others_are_counted():
    tables = {"tda": table([1, 2, 3, 5], "a"), "complexity": table([5, 2, 9, 1], "b"), "blind": table([2, 5])}
    joined, unmatched = join_families(tables)
    assert joined["time"].tolist() == [START + pd.Timedelta(f"{hour}h") for hour in (2, 5)]
    assert joined[["a", "b", "x"]].to_numpy().tolist() == [[2, 2, 2], [5, 5, 5]]
    assert unmatched == {"tda": 2, "complexity": 2, "blind": 0}
    assert joined["a"].dtype == np.float32


@settings(deadline=None, max_examples=50)
@given(
    first=st.sets(st.integers(0, 12)),
    second=st.sets(st.integers(0, 12)),
    seed=st.integers(0, 9),
)
def test_joining_is_on_the_key_whatever_the_order(first, second, seed):
    left = table(sorted(first), "a").sample(frac=1, random_state=seed)
    right = table(sorted(second), "b").sample(frac=1, random_state=seed + 1)
    joined, unmatched = join_families({"l": left, "r": right})
    assert (joined["a"] == joined["b"]).all()
    assert set(joined["a"]) == first & second
    assert unmatched == {"l": len(first - second), "r": len(second - first)}


def test_symbols_are_kept_apart():
    both = pd.concat([table([1, 2]), table([1, 2], symbol="B")], ignore_index=True)
    joined, unmatched = join_families({"one": both, "two": table([2], "y", symbol="B")})
    assert joined[["symbol", "x"]].to_numpy().tolist() == [["B", 2.0]]
    assert unmatched == {"one": 3, "two": 0}


def test_a_name_of_several_families_gets_its_family_in_front():
    joined, _ = join_families({"tda": table([1]), "blind": table([1]).assign(hour=0.0)})
    assert joined.columns.tolist() == ["symbol", "time", "tda_x", "blind_x", "hour"]


def test_names_that_stay_equal_and_repeated_keys_are_refused():
    with pytest.raises(InputError, match="tda_x"):
        join_families({"tda": table([1]), "blind": table([1]), "third": table([1], "tda_x")})
    with pytest.raises(InputError, match=r"keys .* of blind"):
        join_families({"tda": table([1], "a"), "blind": table([1, 1])})


def test_one_family_is_handed_on_as_it_is():
    only = table([3, 1])
    features = gather_features({"sequence": {"tabular": Family(only)}}, window=2)
    assert features.sequence is not None
    assert features.sequence.equals(only)
    assert (features.window, features.static, features.raw, dict(features.unmatched)) == (2, None, None, {})


def test_roles_of_several_families_an_array_and_raw_windows():
    keys = table([1, 2, 3])[["symbol", "time"]]
    windows = np.zeros((3, 60), np.float32)
    features = gather_features(
        {
            "static": {
                "tda": Family(np.ones((3, 2), np.float32), keys, ["h0", "h1"]),
                "complexity": Family(table([2, 3], "entropy")),
            },
            "window": {"gaf": Family(windows, keys)},
        }
    )
    assert features.static.columns.tolist() == ["symbol", "time", "h0", "h1", "entropy"]
    assert features.unmatched == {"static": {"tda": 1, "complexity": 0}}
    assert features.raw[0] is windows
    assert features.raw[1] is keys


def test_roles_and_windows_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="roles of features"):
        gather_features({"images": {"gaf": Family(table([1]))}})
    with pytest.raises(InputError, match="families of a window"):
        gather_features({"window": {"tabular": Family(table([1]))}})
    raw = Family(np.zeros((1, 4), np.float32), table([1])[["symbol", "time"]])
    with pytest.raises(InputError, match="families of a window"):
        gather_features({"window": {"gaf": raw, "other": raw}})
