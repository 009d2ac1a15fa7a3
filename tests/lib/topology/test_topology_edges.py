"""The table of pairs grows without losing any."""

import numpy as np

from topoquant.lib.topology import embed_takens, rips_persistence, sliding_rips_persistence
from topoquant.lib.topology.edges_kernel import CODE, is_full, longer, new_work, pair_code, row_of


def test_a_pair_has_one_code():
    assert pair_code(3, 5, 4) == pair_code(5, 3, 4) == 3 << 4 | 1


def test_every_pair_keeps_its_row_while_the_table_grows():
    work = new_work(9, 1)
    n_at_first = len(work.edges)
    codes = np.random.default_rng(0).choice(2**30, 5000, replace=False)
    rows = []
    for code in codes:
        work = longer(work) if is_full(work.edges, work.sums, 0) else work
        rows.append(row_of(work.edges, work.slots, int(code)))
    assert len(work.edges) > n_at_first
    assert sorted(rows) == list(range(1, 5001))
    np.testing.assert_array_equal(work.edges[rows, CODE], codes)
    assert [row_of(work.edges, work.slots, int(code)) for code in codes] == rows


def test_loops_within_loops_need_more_room_than_the_table_begins_with():
    # A torus in eight coordinates: many pairs are sums of many births.
    angle = 2 * np.pi * np.random.default_rng(1).random((400, 2))
    points = np.column_stack([np.cos(angle), np.sin(angle)])
    h1 = rips_persistence(points)[1]
    lengths = np.sort(h1[:, 1] - h1[:, 0])
    assert lengths[-2] > 2 * lengths[-3]


def test_a_long_series_fills_the_table_many_times():
    series = np.random.default_rng(2).normal(size=1500)
    diagrams = sliding_rips_persistence(series, window=40, dimension=3, delay=1)
    for k in range(0, len(diagrams), 60):
        alone = rips_persistence(embed_takens(series[k : k + 40], dimension=3, delay=1))
        for ours, theirs in zip(diagrams[k], alone, strict=True):
            assert sorted(ours.tolist()) == sorted(theirs.tolist())
