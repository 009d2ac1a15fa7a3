"""Every executor gives the results in order; processes are started only where they pay."""

import os
import sys
import threading
import time

import pytest

from topoquant.lib.errors import InputError
from topoquant.lib.executors import choose_map, connect, dask_map, joblib_map

LOOPBACK = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}


def where(item):
    time.sleep(0.02)
    return item, os.getpid()


def test_results_come_in_order_and_one_by_one():
    seen = []
    results = joblib_map(1)(lambda item: seen.append(item) or -item, range(4))
    assert next(iter(results)) == 0
    assert seen == [0]
    assert [0, *results] == [0, -1, -2, -3]
    assert list(joblib_map(2)(abs, [])) == []


def test_short_work_stays_in_this_process():
    for n_items in (2, 30):
        pairs = list(joblib_map(2)(where, range(n_items)))
        assert [item for item, _ in pairs] == list(range(n_items))
        assert {process for _, process in pairs} == {os.getpid()}


def test_long_work_goes_to_other_processes_after_two_items():
    pairs = list(joblib_map(2, start_seconds=0.01)(where, range(12)))
    assert [item for item, _ in pairs] == list(range(12))
    assert [process == os.getpid() for _, process in pairs] == [True] * 2 + [False] * 10
    alone = list(joblib_map(1, start_seconds=0.0)(where, range(5)))
    assert {process for _, process in alone} == {os.getpid()}


def test_a_slow_first_item_alone_starts_no_processes():
    """It may have compiled what the others only use."""

    def compiled_once(item):
        time.sleep(0.3 if item == 0 else 0.0)
        return threading.get_ident()

    assert set(joblib_map(2, start_seconds=0.5)(compiled_once, range(9))) == {threading.get_ident()}


def test_an_address_is_preferred_to_processes():
    with pytest.raises(InputError, match="nowhere"):
        list(choose_map(2, "nowhere")(abs, [1]))


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"got tcp://127.0.0.1:9: pip install 'topoquant\[dask\]'"):
        list(dask_map("tcp://127.0.0.1:9")(abs, [1]))


@pytest.mark.parametrize("address", ["nowhere", "", "tcp://host:port", "tcp://127.0.0.1:1"])
def test_an_address_where_nobody_answers_is_refused(address):
    pytest.importorskip("distributed")
    expected = "dask_address must be tcp://host:port of a Dask scheduler that answers"
    with pytest.raises(InputError, match=expected), connect(address, timeout=0.2):
        pass


def test_a_scheduler_without_workers_is_refused():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=0, **LOOPBACK) as cluster,
        pytest.raises(InputError, match=r"at least one worker, got tcp://127.0.0.1:.* without any"),
        connect(cluster.scheduler_address, timeout=0.2),
    ):
        pass


def test_a_cluster_is_never_sent_more_than_it_can_soon_work_on():
    """A cluster of threads in this process, so that what was taken of the items can be counted."""
    distributed = pytest.importorskip("distributed")
    taken = []

    def items():
        for item in range(40):
            taken.append(item)
            yield item

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", **LOOPBACK
    ) as cluster:
        results = dask_map(cluster.scheduler_address)(abs, items())
        assert next(iter(results)) == 0
        assert len(taken) < 10
        assert list(results) == list(range(1, 40))
