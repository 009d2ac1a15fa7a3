"""`python peers.py NAME FOLDER`, by the peers' interpreter: one peer, timed whenever asked.

Reads FOLDER/bars.parquet and what else its input is, writes its answer to FOLDER/answer.npz, says what it
is and how many items it takes, and then answers every line on stdin with its speed. Imports nothing of ours
but the clock beside it, as a script does: vectorbt installs a package `tests` that would hide this one.
"""

import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from clock import speed


def triple_barrier(folder):
    """ml4t-engineer, frame in and frame out; columns `upper` and `lower` are the barriers' distances."""
    import polars as pl
    from ml4t.engineer.config import LabelingConfig
    from ml4t.engineer.labeling import triple_barrier_labels

    bars = pl.read_parquet(folder / "bars.parquet")
    horizon = int(np.load(folder / "input.npz")["horizon"])
    config = LabelingConfig.triple_barrier("upper", "lower", horizon, side=None)
    columns = {"price_col": "close", "high_col": "high", "low_col": "low", "timestamp_col": "open_time"}

    def label():
        return triple_barrier_labels(bars, config, **columns)

    rows = label()
    answer = {"label": rows["label"].to_numpy(), "n_held": rows["label_bars"].to_numpy()}
    return label, len(bars), answer, "ml4t-engineer"


def triple_barrier_kernel(folder):
    """The numba function inside, arrays in and arrays out."""
    from ml4t.engineer.labeling.numba_ops import _apply_triple_barrier_nb

    bars = pd.read_parquet(folder / "bars.parquet")
    horizon = int(np.load(folder / "input.npz")["horizon"])
    prices = [
        np.ascontiguousarray(bars[name].to_numpy()) for name in ("close", "high", "low", "upper", "lower")
    ]
    n = len(bars)
    events, horizons, sides, trailing = np.arange(n), np.full(n, horizon), np.zeros(n, np.int32), np.zeros(n)

    def label():
        return _apply_triple_barrier_nb(*prices[:3], events, *prices[3:], horizons, sides, trailing)

    labels, exits, *_ = label()
    return label, n, {"label": labels, "n_held": exits - events}, "ml4t-engineer"


def get_events(folder):
    """mlfinpy on closes alone, the same distance to both sides, at the positions `events`."""
    from mlfinpy.labeling.labeling import get_events as first_touches

    bars = pd.read_parquet(folder / "bars.parquet").set_index("open_time")
    stored = np.load(folder / "input.npz")
    at = bars.index[stored["events"]]
    ends = pd.Series(bars.index[stored["events"] + int(stored["horizon"])], index=at)

    def label():
        return first_touches(
            bars["close"], at, [1, 1], bars["upper"], 0.0, 1, vertical_barrier_times=ends, verbose=False
        )

    exits = bars.index.get_indexer(pd.DatetimeIndex(label()["t1"]))
    return label, len(at), {"n_held": exits - stored["events"]}, "mlfinpy"


def uniqueness_ml4t(folder):
    """ml4t-engineer's average uniqueness of the spans `start` .. `end`."""
    from ml4t.engineer.labeling.uniqueness import calculate_label_uniqueness

    stored = np.load(folder / "input.npz")
    start, end = stored["start"], stored["end"]

    def weigh():
        return calculate_label_uniqueness(start, end)

    return weigh, len(start), {"uniqueness": weigh()}, "ml4t-engineer"


def uniqueness_mlfinpy(folder):
    """mlfinpy's, which wants times."""
    from mlfinpy.sampling.concurrent import get_av_uniqueness_from_triple_barrier

    stored = np.load(folder / "input.npz")
    start, end = stored["start"], stored["end"]
    closes = pd.Series(1.0, index=pd.date_range("2024-01-01", periods=end.max() + 1, freq="min"))
    spans = pd.DataFrame({"t1": closes.index[end]}, index=closes.index[start])

    def weigh():
        return get_av_uniqueness_from_triple_barrier(spans, closes, 1, verbose=False)

    return weigh, len(start), {"uniqueness": weigh()["tW"].to_numpy()}, "mlfinpy"


def frac_diff_ffd(folder):
    """mlfinpy's fixed-width fractional difference, a row at a time."""
    from mlfinpy.util.frac_diff import frac_diff_ffd as difference

    stored = np.load(folder / "input.npz")
    x, d, threshold = pd.DataFrame({"x": stored["x"]}), float(stored["d"]), float(stored["threshold"])

    def compute():
        return difference(x, d, threshold)

    # Rows of the warm-up cost it nothing.
    answer = compute()["x"].to_numpy()
    return compute, int(np.isfinite(answer).sum()), {"difference": answer}, "mlfinpy"


# Enough that vectorbt never trades less than its smallest size, below which it stops without a word.
CASH = 1e12


def from_signals(folder):
    """vectorbt, arrays in; total return, Sharpe ratio, drawdown, win rate, profit factor, and the equity."""
    import vectorbt

    bars = pd.read_parquet(folder / "bars.parquet")
    stored = np.load(folder / "input.npz")
    entries, exits = stored["entries"], stored["exits"]
    columns = slice(None) if entries.ndim == 1 else (slice(None), None)
    prices = {name: bars[name].to_numpy()[columns] for name in ("open", "high", "low")}
    closes = bars["close"].to_numpy() if entries.ndim == 1 else bars["close"]
    stops = {name: stored[name] for name in ("sl_stop", "tp_stop") if name in stored}

    def trade():
        traded = vectorbt.Portfolio.from_signals(
            closes, entries=entries, exits=exits, price=prices["open"], size=float(stored["size"]),
            size_type="percent", fees=float(stored["fees"]), slippage=0.0, init_cash=CASH, freq="1min",
            **prices, **stops,
        )  # fmt: skip
        return traded, {
            "net_return": traded.total_return(), "sharpe": traded.sharpe_ratio(),
            "max_drawdown": traded.max_drawdown(), "win_rate": traded.trades.win_rate(),
            "profit_factor": traded.trades.profit_factor(),
        }  # fmt: skip

    traded, metrics = trade()
    # Its returns begin with the first bar, where nothing can have been earned; its year has 365 days.
    returns = traded.returns().iloc[1:].vbt.returns(freq="1min", year_freq="365.25 days")
    metrics |= {"sharpe": returns.sharpe_ratio(), "max_drawdown": -metrics["max_drawdown"]}
    answer = {name: np.asarray(value, float) for name, value in metrics.items()}
    if entries.ndim == 1:
        answer["equity"] = np.asarray(traded.value()) / CASH
    return lambda: trade()[1], entries.size, answer, "vectorbt"


PEERS = {
    function.__name__: function
    for function in (
        triple_barrier,
        triple_barrier_kernel,
        get_events,
        uniqueness_ml4t,
        uniqueness_mlfinpy,
        frac_diff_ffd,
        from_signals,
    )
}


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    warnings.simplefilter("ignore")
    function, n_items, answer, package = PEERS[name](folder)
    np.savez(folder / "answer.npz", **answer)
    print(f"{package} {version(package)}", flush=True)
    for _ in sys.stdin:
        print(speed(function, n_items), flush=True)


if __name__ == "__main__":
    main()
