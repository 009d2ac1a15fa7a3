"""`python -m tests.benchmarks [--quick] [name ...]`: our hot paths beside their peers, with ratios."""

import argparse
import os
import platform
import warnings
from importlib import import_module
from importlib.metadata import version

from threadpoolctl import threadpool_limits

from tests.benchmarks.measuring import Row, SkippedError, source_of_bars

# By module; one is imported when the first of its benchmarks runs.
BENCHMARKS = {
    "bars": ("read_zip", "validate"),
    "topology": (
        "features_336",
        "features_672",
        "features_1344",
        "returns_336",
        "returns_672",
        "returns_1344",
        "one_window_336",
        "one_window_672",
        "one_window_1344",
        "vectorise",
    ),
    "windows": ("summaries", "batches_copying", "batches_tensor"),
    "labels": (
        "triple_barrier",
        "triple_barrier_kernel",
        "triple_barrier_events",
        "uniqueness_ml4t",
        "uniqueness_mlfinpy",
    ),
    "rows": (
        "uniqueness",
        "trigger_short",
        "trigger_long",
        "purged_folds",
        "combinatorial_folds",
        "walk_forward_folds",
        "stratified_blocks",
    ),
    "judging": ("auc_interval",),
    "trading": ("backtest_loop", "backtest", "backtest_tables", "backtest_grid"),
    "imaging": (
        "gramian_15",
        "gramian_30",
        "gramian_60",
        "gramian_layer",
        "markov_field",
        "recurrence",
        "image_batches",
    ),
    "complexity": (
        "permutation",
        "sample",
        "spectral",
        "lempel_ziv",
        "lempel_ziv_bits",
        "higuchi",
        "detrended",
        "all_six",
    ),
    "models": ("dlinear_step", "nbeats_step", "transformer_step", "half_precision_step"),
    "forecasters": ("nbeats_neuralforecast", "nbeats_fit_neuralforecast"),
    "training": ("loop_dlinear", "loop_tcn", "loop_lstm", "loop_transformer", "loop_nbeats"),
    "tables": ("indicator_table", "blind_table"),
    "deciding": ("decide_nbeats", "decide_lstm", "decide_transformer", "decide_gaf_cnn", "decide_resnet18"),
    "regimes": ("filter_million", "filter_inputs"),
    "indicators": ("tabular", "fractional_55", "fractional_282", "fractional_1458"),
}
NAMES = [name for names in BENCHMARKS.values() for name in names]
PEERS = ("giotto-tda", "scikit-learn", "numpy", "pandas", "torch")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(NAMES)}; all if none")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run, not how fast")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"name must be one of {', '.join(NAMES)}, got {', '.join(unknown)}")
    _say(_heading())
    _say(_line("path", "ours /s", "peer /s", "ours/peer", "unit", "beside"))
    _say(_line(*("---",) * 6))
    for name in arguments.names or NAMES:
        try:
            row = _measure(name, quick=arguments.quick)
        except SkippedError as reason:
            _say(_line(name, *("-",) * 4, str(reason)))
            continue
        _say(_line(row.name, _short(row.ours), _short(row.peer), _ratio(row.ratio), row.unit, row.compared))


def _measure(name: str, *, quick: bool) -> Row:
    """Run one benchmark in one thread; what peers warn of is theirs."""
    module = next(module for module, names in BENCHMARKS.items() if name in names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function = getattr(import_module(f"tests.benchmarks.{module}"), name)
        with threadpool_limits(1):
            return function(quick=quick)


def _say(line: str) -> None:
    print(line, flush=True)


def _heading() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PEERS)
    return (
        f"{source_of_bars()}; items per second of CPU time, one thread, medians; "
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
