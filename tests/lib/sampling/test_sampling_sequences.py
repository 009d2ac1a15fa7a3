"""A window of a sample never crosses a gap or a symbol; raw windows find their rows by the key."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import assemble_samples, gather_windows
from topoquant.lib.sampling.arrays import samples_from_arrays

START = pd.Timestamp("2024-01-01", tz="UTC")
HOUR = pd.Timedelta("1h")


def keys_at(**hours: list[int]) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"symbol": name, "time": (START + pd.to_timedelta(at, unit="h")).as_unit("ns")})
        for name, at in hours.items()
    ]
    return pd.concat(frames, ignore_index=True)


def splits_at(keys: pd.DataFrame) -> pd.DataFrame:
    return keys.assign(t1=keys["time"] + HOUR, set="test", fold=-1, kept=True)


hours = st.sets(st.integers(0, 24), min_size=6).map(sorted)


@settings(deadline=None, max_examples=40)
@given(first=hours, second=hours, window=st.integers(1, 4), seed=st.integers(0, 99))
def test_windows_are_runs_of_consecutive_bars_of_one_symbol(first, second, window, seed):
    keys = keys_at(A=first, B=second)
    # A bar says who and when it is.
    sequence = keys.assign(
        who=(keys["symbol"] == "B").astype(float), hour=(keys["time"] - START) / HOUR
    ).sample(frac=1, random_state=seed)
    expected = {
        (symbol, hour)
        for symbol, at in (("A", first), ("B", second))
        for hour in at
        if all(hour - back in at for back in range(window))
    }
    if not expected:
        with pytest.raises(InputError, match="full window"):
            assemble_samples(splits_at(keys), None, sequence=sequence, window=window, interval="1h")
        return
    samples, dropped = assemble_samples(
        splits_at(keys), None, sequence=sequence, window=window, interval="1h"
    )
    windows = gather_windows(samples.sequence, samples.end, window)
    got = samples.rows.assign(hour=((samples.rows["time"] - START) / HOUR).astype(int))
    assert set(zip(got["symbol"], got["hour"], strict=True)) == expected
    assert dropped["warm_up"] + dropped["gap"] == len(keys) - len(expected)
    for seen, symbol, hour in zip(windows, got["symbol"], got["hour"], strict=True):
        assert (seen[:, 0] == (symbol == "B")).all()
        assert seen[:, 1].tolist() == list(range(hour - window + 1, hour + 1))


def test_raw_windows_are_matched_by_key_and_never_copied():
    keys = keys_at(A=[0, 1, 2, 3], B=[1, 2])
    stored = keys.iloc[[5, 0, 3, 1, 2]].reset_index(drop=True)
    values = np.arange(10, dtype=np.float32).reshape(5, 2)
    values[3, 1] = np.inf
    samples, dropped = assemble_samples(splits_at(keys), None, raw=(values, stored), interval="1h")
    # B at 1 has none and A at 1 is not finite.
    assert dropped == {"no_t1": 0, "warm_up": 2, "gap": 0}
    assert samples.raw_windows is values
    assert samples.n_raw == 2
    assert values[samples.raw_rows].tolist() == [[2, 3], [8, 9], [4, 5], [0, 1]]
    assert samples.take(np.array([3, 1])).raw_rows.tolist() == [0, 4]


def test_raw_windows_of_another_shape_than_their_keys_are_refused():
    keys = keys_at(A=[0, 1, 2])
    for values in (np.zeros((2, 4), np.float32), np.zeros((3, 4, 1), np.float32)):
        with pytest.raises(InputError, match="raw windows"):
            assemble_samples(splits_at(keys), None, raw=(values, keys), interval="1h")
    time = np.array(["2024-01-01", "2024-01-02"], "datetime64[ns]")
    with pytest.raises(InputError, match="raw_rows"):
        samples_from_arrays(time=time, t1=time, targets={"label": [0, 1]}, raw_windows=np.zeros((3, 4)))
