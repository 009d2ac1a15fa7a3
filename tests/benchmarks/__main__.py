"""`python -m tests.benchmarks [--quick] [name ...]`: our hot paths beside their peers, with ratios."""

import argparse
import os
import platform
import warnings
from collections.abc import Callable
from importlib.metadata import version

import torch
from threadpoolctl import threadpool_limits

from tests.benchmarks import judging, rows, tables, topology, windows
from tests.benchmarks.measuring import Row, source_of_bars

BENCHMARKS: dict[str, Callable[..., Row]] = {
    "features_336": topology.features_336,
    "features_672": topology.features_672,
    "vectorise": topology.vectorise,
    "summaries": windows.summaries,
    "batches_copying": windows.batches_copying,
    "batches_tensor": windows.batches_tensor,
    "uniqueness": rows.uniqueness,
    "trigger_short": rows.trigger_short,
    "trigger_long": rows.trigger_long,
    "purged_folds": rows.purged_folds,
    "auc_interval": judging.auc_interval,
    "backtest": judging.backtest,
    "backtest_kernel": judging.backtest_kernel,
    "indicator_table": tables.indicator_table,
    "blind_table": tables.blind_table,
}
PEERS = ("giotto-tda", "scikit-learn", "numpy", "pandas", "torch")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHMARKS)}; all if none"
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run, not how fast")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"name must be one of {', '.join(BENCHMARKS)}, got {', '.join(unknown)}")
    torch.set_num_threads(1)
    _say(_heading())
    _say(_line("path", "ours /s", "peer /s", "ours/peer", "unit", "beside"))
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in arguments.names or BENCHMARKS:
            row = BENCHMARKS[name](quick=arguments.quick)
            print(
                _line(row.name, _short(row.ours), _short(row.peer), _ratio(row.ratio), row.unit, row.compared)
            )


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  (the table is what this is for)


def _heading() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PEERS)
    return (
        f"{source_of_bars()}; items per second of CPU time, one process, one thread, medians; "
        f"{platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}"
    )


def _line(path: str, ours: str, peer: str, ratio: str, unit: str, compared: str) -> str:
    return f"| {path:<32} | {ours:>8} | {peer:>8} | {ratio:>9} | {unit:<9} | {compared} |"


def _short(rate: float) -> str:
    """Three digits with a unit of its own: 1,234,567 is 1.23 M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rate >= size:
            return f"{rate / size:.3g} {letter}"
    return f"{rate:.3g}"


def _ratio(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


if __name__ == "__main__":
    main()
