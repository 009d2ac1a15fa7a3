"""Triple barriers and uniqueness beside libraries that live in an environment of their own, .venv-peers."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from tests.benchmarks.clock import speed
from tests.benchmarks.measuring import Row, SkippedError, in_turns, some_bars
from topoquant.lib.bars import PRICE_COLUMNS
from topoquant.lib.labeling.barriers import label_triple_barrier
from topoquant.lib.labeling.barriers_kernel import BOTH, first_touch
from topoquant.lib.labeling.uniqueness import average_uniqueness
from topoquant.lib.labeling.widths import average_true_range_width

PROJECT = Path(__file__).parents[2]
INTERPRETER = PROJECT / ".venv-peers" / "bin" / "python"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"), "1")
HORIZON, N_WIDTHS, PERIOD = 60, 1.5, 14


def triple_barrier(*, quick: bool) -> Row:
    bars = _bars(2_000 if quick else 1_000_000)
    width = _width(bars)
    with peer_process("triple_barrier", _with_barriers(bars, width), {"horizon": HORIZON}) as peer:
        both = _same_labels(_labelled(bars, width), peer.answer)
        return in_turns(
            "label_triple_barrier", "bars",
            ours=lambda: speed(lambda: _labelled(bars, width), len(bars)), peer=peer.speed,
            compared=f"{peer.name} triple_barrier_labels, frame to frame; {both}", repeats=_repeats(quick),
        )  # fmt: skip


def triple_barrier_kernel(*, quick: bool) -> Row:
    bars = _bars(2_000 if quick else 1_000_000)
    width = _width(bars)
    prices = [bars[name].to_numpy() for name in PRICE_COLUMNS]
    rows, side = np.flatnonzero(width[:-HORIZON] > 0), np.ones(len(bars))

    def touch():
        return first_touch(*prices, rows, width, side, N_WIDTHS, N_WIDTHS, HORIZON)

    with peer_process("triple_barrier_kernel", _with_barriers(bars, width), {"horizon": HORIZON}) as peer:
        np.testing.assert_array_equal(touch()[0] - rows, peer.answer["n_held"][rows])
        both = _same_labels(_labelled(bars, width), peer.answer)
        return in_turns(
            "first_touch", "bars", ours=lambda: speed(touch, len(rows)), peer=peer.speed,
            compared=f"{peer.name} _apply_triple_barrier_nb, arrays to arrays; {both}",
            repeats=_repeats(quick),
        )  # fmt: skip


def triple_barrier_events(*, quick: bool) -> Row:
    bars = _bars(2_000 if quick else 1_000_000)
    width = _width(bars)
    events = np.arange(PERIOD, len(bars) - HORIZON, len(bars) // (50 if quick else 2_000))
    stored = {"horizon": HORIZON, "events": events}
    with peer_process("get_events", _with_barriers(bars, width), stored) as peer:
        closes = bars.assign(high=bars["close"], low=bars["close"])
        n_held = _n_held(_labelled(closes, width), len(bars))
        np.testing.assert_array_equal(n_held[events], peer.answer["n_held"])
        return in_turns(
            "label_triple_barrier", "events",
            ours=lambda: speed(lambda: _labelled(bars, width), len(bars)), peer=peer.speed,
            compared=f"{peer.name} get_events, closes alone, {len(events):,} events; same exits on closes",
            repeats=_repeats(quick),
        )  # fmt: skip


def uniqueness_ml4t(*, quick: bool) -> Row:
    return _uniqueness(
        "uniqueness_ml4t", "calculate_label_uniqueness", n_peer=500 if quick else 100_000, quick=quick
    )


def uniqueness_mlfinpy(*, quick: bool) -> Row:
    name = "get_av_uniqueness_from_triple_barrier"
    return _uniqueness("uniqueness_mlfinpy", name, n_peer=500 if quick else 2_000, quick=quick)


class _Peer:
    """A peer in its own interpreter: what it answered, and its speed as often as one asks."""

    def __init__(self, process: subprocess.Popen[str], folder: Path):
        self._process = process
        self.name = process.stdout.readline().strip()
        if not self.name:
            raise RuntimeError(process.stderr.read())
        self.answer = dict(np.load(folder / "answer.npz"))

    def speed(self) -> float:
        print(file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())


@contextmanager
def peer_process(name: str, bars: pd.DataFrame | None, arrays: dict[str, object]) -> Iterator[_Peer]:
    """Start a peer on the same input, in one thread."""
    if not INTERPRETER.exists():
        raise SkippedError("skipped: no .venv-peers; `make bench` makes it from tests/benchmarks/peers.txt")
    with TemporaryDirectory() as folder:
        if bars is not None:
            bars.to_parquet(Path(folder) / "bars.parquet")
        np.savez(Path(folder) / "input.npz", **arrays)
        with subprocess.Popen(
            [INTERPRETER, Path(__file__).with_name("peers.py"), name, folder], cwd=PROJECT, text=True,
            env=os.environ | ONE_THREAD,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            yield _Peer(process, Path(folder))
            process.stdin.close()


@cache
def _bars(n_bars: int) -> pd.DataFrame:
    """The bars at hand, one minute each, repeated from where they end, every open at the close before.

    Peers enter at the close of the event's bar: so our entry has the same price.
    """
    some = some_bars(100_000)
    n_copies = -(-n_bars // len(some))
    growth = some["close"].iloc[-1] / some["close"].iloc[0]
    scale = np.repeat(growth ** np.arange(n_copies), len(some))[:n_bars]
    prices = {name: np.resize(some[name].to_numpy(), n_bars) * scale for name in PRICE_COLUMNS}
    opens = np.append(prices["open"][0], prices["close"][:-1])
    return pd.DataFrame({
        "symbol": "SYN",
        "open_time": pd.date_range("2020-01-01", periods=n_bars, freq="min", tz="UTC", unit="ns"),
        "open": opens,
        "high": np.maximum(prices["high"], opens),
        "low": np.minimum(prices["low"], opens),
        "close": prices["close"],
    })  # fmt: skip


def _width(bars: pd.DataFrame) -> np.ndarray:
    return average_true_range_width(bars, period=PERIOD)


def _labelled(bars: pd.DataFrame, width: np.ndarray) -> pd.DataFrame:
    return label_triple_barrier(bars, width=width, upper=N_WIDTHS, lower=N_WIDTHS, horizon=HORIZON)


def _with_barriers(bars: pd.DataFrame, width: np.ndarray) -> pd.DataFrame:
    """What a peer reads: no symbol, and distances as columns, too wide to touch in the warm-up."""
    distance = np.nan_to_num(N_WIDTHS * width, nan=1e9)
    return bars.drop(columns="symbol").assign(upper=distance, lower=distance)


def _same_labels(ours: pd.DataFrame, theirs: dict[str, np.ndarray]) -> str:
    """Check that labels and exits agree wherever no bar touches both barriers; say how often one does."""
    at = slice(PERIOD, PERIOD + len(ours))
    n_held, is_both = _n_held(ours, len(theirs["label"])), (ours["touched"].cat.codes == BOTH).to_numpy()
    np.testing.assert_array_equal(n_held[at], theirs["n_held"][at])
    label = np.where(is_both, 1, ours["label"])
    np.testing.assert_array_equal(label, theirs["label"][at])
    return f"it takes the profit where a bar touches both ({is_both.mean():.2%})"


def _n_held(rows: pd.DataFrame, n_bars: int) -> np.ndarray:
    """Bars from the decision to the exit, by bar; 0 where a bar has no row."""
    held = np.zeros(n_bars, int)
    held[PERIOD : PERIOD + len(rows)] = (rows["t1"] - rows["time"]) // pd.Timedelta("1min")
    return held


def _uniqueness(name: str, function: str, *, n_peer: int, quick: bool) -> Row:
    n = n_peer if quick else 1_000_000
    start = np.arange(n)
    end = start + np.random.default_rng(0).integers(0, HORIZON, n)
    with peer_process(name, None, {"start": start[:n_peer], "end": end[:n_peer]}) as peer:
        ours = average_uniqueness(start[:n_peer], end[:n_peer])
        np.testing.assert_allclose(ours, peer.answer["uniqueness"], rtol=1e-11)
        return in_turns(
            "average_uniqueness", "labels", ours=lambda: speed(lambda: average_uniqueness(start, end), n),
            peer=peer.speed, compared=f"{peer.name} {function}, {n_peer:,} labels", repeats=_repeats(quick),
        )  # fmt: skip


def _repeats(quick: bool) -> int:
    return 1 if quick else 5
