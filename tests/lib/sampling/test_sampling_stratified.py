import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from topoquant.lib.errors import InputError
from topoquant.lib.sampling import overlapping_pairs, stratified_temporal_split
from topoquant.lib.sampling.stratified import MAX_LEFT_OUT, MAX_RATE_DIFFERENCE

HOUR = pd.Timedelta("1h")


def hours(values) -> pd.DatetimeIndex:
    return pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.asarray(values), unit="h")


@pytest.mark.parametrize("n_blocks", [1, 3, 8])
@pytest.mark.parametrize("seed", range(5))
def test_a_base_rate_that_falls_to_a_seventh_comes_within_a_point(n_blocks, seed):
    n, n_train = 4_000, 3_400
    rate = np.where(np.arange(n) < n_train, 0.123, 0.0176)
    y = np.random.default_rng(seed).random(n) < rate
    assert y[:n_train].mean() - y[n_train:].mean() > 0.08
    splitter = stratified_temporal_split(val=0.15, n_blocks=n_blocks, embargo=4 * HOUR)
    t0 = hours(range(n))
    cut = splitter.cut(y, t0=t0, t1=t0 + 4 * HOUR)
    assert abs(cut.train_rate - cut.val_rate) <= 0.001
    assert cut.train_rate == pytest.approx(y[cut.train].mean())
    assert cut.val_rate == pytest.approx(y[cut.val].mean())
    assert len(cut.val) == 600
    # A block purges 4 rows before it and 4 after, and the embargo takes 4 more; none at an end of the rows.
    assert len(cut.purged) <= 8 * n_blocks
    assert len(cut.embargoed) <= 4 * n_blocks
    assert 0 < cut.left_out <= 12 * n_blocks / n


def test_blocks_by_hand():
    # Val is 4 of 16 times: 2..5 are the first four with one positive, as four of the rows left have.
    y = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    splitter = stratified_temporal_split(val=0.25, n_blocks=1, embargo=0 * HOUR)
    t0 = hours(range(16))
    cut = splitter.cut(y, t0=t0, t1=t0)
    assert cut.val.tolist() == [2, 3, 4, 5]
    assert cut.train.tolist() == [0, 1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    assert (cut.train_rate, cut.val_rate, cut.left_out) == (0.25, 0.25, 0)
    assert [part.tolist() for part in next(splitter.split(y, y, t0=t0, t1=t0))] == [
        cut.train.tolist(), cut.val.tolist(),
    ]  # fmt: skip


@given(
    seed=st.integers(0, 2**32 - 1), n_times=st.integers(60, 160), n_blocks=st.integers(1, 3),
    val=st.sampled_from([0.2, 0.4]), embargo=st.integers(0, 1),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_each_row_is_where_an_oracle_puts_it(seed, n_times, n_blocks, val, embargo):
    rng = np.random.default_rng(seed)
    t0 = rng.permutation(np.repeat(np.cumsum(rng.integers(1, 4, n_times)), rng.integers(1, 4, n_times)))
    t1 = t0 + rng.integers(0, 2, len(t0))
    y = rng.random(len(t0)) < 0.3
    splitter = stratified_temporal_split(val=val, n_blocks=n_blocks, embargo=embargo * HOUR)
    distinct = np.unique(t0)
    try:
        cut = splitter.cut(y, t0=hours(t0), t1=hours(t1))
    except InputError:
        reject()
    assert abs(y[cut.train].mean() - y[cut.val].mean()) <= MAX_RATE_DIFFERENCE
    assert (len(cut.purged) + len(cut.embargoed)) / len(t0) <= MAX_LEFT_OUT
    in_val = np.isin(distinct, t0[cut.val])
    assert in_val.sum() == round(val * n_times)
    assert set(t0[cut.val]).isdisjoint(np.delete(t0, cut.val))
    edges = np.flatnonzero(np.diff(np.append(np.append(0, in_val), 0)))
    runs = [set(distinct[a:b]) for a, b in edges.reshape(-1, 2)]
    assert len(runs) <= n_blocks + 1
    where = {name: [] for name in ("train", "val", "purged", "embargoed")}
    for row in range(len(t0)):
        reached = {"train"}
        for run in runs:
            last = max(t1[i] for i in range(len(t0)) if t0[i] in run)
            if t0[row] in run:
                reached.add("val")
            elif t1[row] >= min(run) and t0[row] <= last:
                reached.add("purged")
            elif last < t0[row] <= last + embargo:
                reached.add("embargoed")
        where[next(name for name in ("val", "purged", "embargoed", "train") if name in reached)].append(row)
    for name, rows in where.items():
        assert getattr(cut, name).tolist() == rows
    assert overlapping_pairs(t0[cut.train], t1[cut.train], t0[cut.val], t1[cut.val]) == 0


@given(seed=st.integers(0, 2**32 - 1), horizon=st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_what_is_taken_is_the_best_of_all_shifts(seed, horizon):
    n, n_val = 100, 20
    y = np.random.default_rng(seed).random(n) < 0.4
    t0 = np.arange(n)
    differences = []
    for shift in range(n):
        val = np.isin(np.arange(n), (shift + np.arange(n_val)) % n)
        near = [np.abs(row - t0[val]).min() <= horizon for row in range(n)]
        differences.append(abs(y[~np.array(near)].mean() - y[val].mean()))
    splitter = stratified_temporal_split(val=0.2, n_blocks=1, embargo=0 * HOUR)
    best = min(differences)
    if best > MAX_RATE_DIFFERENCE:
        with pytest.raises(InputError, match=f"got {best:.4f} at best"):
            splitter.cut(y, t0=hours(t0), t1=hours(t0 + horizon))
    else:
        cut = splitter.cut(y, t0=hours(t0), t1=hours(t0 + horizon))
        assert abs(cut.train_rate - cut.val_rate) == pytest.approx(best)


def test_what_cannot_be_cut_is_refused_with_the_numbers():
    t0, y = hours(range(40)), np.arange(40) % 2

    def cut(y=y, t1=t0, **changes):
        options = {"val": 0.25, "n_blocks": 1, "embargo": 0 * HOUR} | changes
        return stratified_temporal_split(**options).cut(y, t0=t0, t1=t1)

    with pytest.raises(InputError, match=r"val must be in \(0, 1\), got 1.0"):
        cut(val=1.0)
    with pytest.raises(InputError, match="n_blocks must be at least 1, got 0"):
        cut(n_blocks=0)
    with pytest.raises(InputError, match=r"in \[11, 29\] for n_blocks 11 of 40 distinct times, got 10"):
        cut(n_blocks=11)
    with pytest.raises(InputError, match="y must be the label of each row, got None"):
        cut(y=None)
    with pytest.raises(InputError, match="y must be 0 or 1 in every row, got 2 other values"):
        cut(y=[*y[:38], -1, np.nan])
    with pytest.raises(InputError, match=r"at most 0.1, got 0.\d+ \(purged \d+, embargoed \d+ of 40"):
        cut(t1=t0 + 5 * HOUR)
    with pytest.raises(InputError, match=r"at most 0.01, got 0.0\d+ at best \(train 0.\d+ of 30 rows, val"):
        cut(y=np.arange(40) == 7)
    with pytest.raises(InputError, match="t0 of the rows must be 39 long, as X is"):
        next(stratified_temporal_split(val=0.2, n_blocks=1, embargo=HOUR).split(y[1:], y, t0=t0, t1=t0))


def test_blocks_that_would_purge_too_much_give_way_to_others():
    # Early rows know their target after 28 hours: a block there fits the rate but purges up to 56 of 200.
    t0 = np.arange(200)
    t1 = t0 + np.where(t0 < 100, 28, 0)
    cut = stratified_temporal_split(val=0.1, n_blocks=1, embargo=0 * HOUR).cut(
        t0 % 4 == 0, t0=hours(t0), t1=hours(t1)
    )
    assert cut.val.min() > 100
    assert len(cut.purged) <= 20
