"""Every mistake a person can make ends in one line that says what was allowed, what came, and what to do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.system
HAS_GPU = Path("/dev/nvidia0").exists()


def walk(n_bars: int = 2000, freq: str = "15min") -> pd.DataFrame:
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.002, n_bars)))
    open_ = np.concatenate([[100], close[:-1]])
    return pd.DataFrame(
        {
            "open_time": pd.date_range("2024-01-01", periods=n_bars, freq=freq, tz="UTC"),
            "open": open_,
            "high": np.maximum(open_, close) * 1.001,
            "low": np.minimum(open_, close) * 0.999,
            "close": close,
            "volume": rng.uniform(1, 2, n_bars),
        }
    )


def with_value(bars: pd.DataFrame, column: str, value: float) -> pd.DataFrame:
    return bars.assign(**{column: bars[column].where(bars.index != 5, value)})


BARS = walk()
TWICE = pd.concat(
    [BARS[:50], with_value(BARS, "close", 100.0)[5:6].assign(open_time=BARS["open_time"][49]), BARS[50:]]
)
# File to its rows (or its text) and what the last line must say.
FILES: dict[str, tuple[pd.DataFrame | str, tuple[str, ...]]] = {
    "pointer.parquet": (
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n",
        ("LFS", "git lfs pull"),
    ),
    "empty.csv": ("", ("empty.csv must be", "got an empty file")),
    "hours.csv": (walk(freq="1h"), ("interval must be", "1h", "15m")),
    "symbols.csv": (
        pd.concat([BARS.assign(symbol="AUSDT"), BARS.assign(symbol="ETHUSDT")]),
        ("symbol must be one of AUSDT, ETHUSDT", "got BTCUSDT"),
    ),
    "column.csv": (BARS.drop(columns="close"), ("close is missing",)),
    "conflict.csv": (TWICE, ("bars must be one per time", "2024-01-01 12:15")),
    "backwards.csv": (BARS.sample(frac=1.0, random_state=0), ("sort",)),
    "nan.csv": (with_value(BARS, "close", np.nan), ("prices must be finite and positive", "close nan")),
    "negative.csv": (with_value(BARS, "close", -1.0), ("prices must be finite and positive", "close -1")),
    "crossed.csv": (with_value(BARS, "high", 1.0), ("prices must be within [low, high]", "high 1")),
    "short.csv": (BARS[:250], ("windows must be in [1, 245)", "got 336")),
}
# What is typed after `kedro run`, and what the last line must say.
WORDS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "recipe": (["--pipelines=nope"], ("--pipelines must be", "got nope", "did you mean")),
    "member": (["--pipelines=train_nope"], ("got train_nope", "train_nbeats")),
    "old option": (["--pipeline=nope"], ("got nope",)),
    "environment": (["--env=nope"], ("--env must be one of cuda, local", "got nope")),
    "tag": (["--tags=nope"], ("no nodes", "kedro registry describe")),
    "node": (["--nodes=nope"], ("nope", "kedro registry describe")),
    "namespace": (["--namespaces=nope"], ("nope", "kedro registry describe")),
    "runner": (["--runner=ParallelRunner"], ("SequentialRunner, ThreadRunner", "got ParallelRunner")),
    "nothing stored": (["--pipelines=report"], ("stored already", "kedro run --pipelines=trigger")),
    "unknown word": (["--nope"], ("--nope",)),
}
SWITCHES: dict[str, tuple[str, tuple[str, ...]]] = {
    "switch": ("recpie=x", ("recpie", "must be one of the declared parameters", "did you mean")),
    "option": ("trigger.label.horizn=3", ("trigger.label.horizn", "did you mean trigger.label.horizon")),
    "value": ("trigger.label.horizon=abc", ("trigger.label.horizon must be a valid integer", "got 'abc'")),
    "range": ("trigger.label.horizon=-1", ("must be greater than or equal to 1", "got -1")),
    "kind": ("kind=nope", ("kind must be one of", "got 'nope'")),
    "source": ("source=nope", ("source must be one of synthetic, files, binance", "got nope")),
    "no path": ("source=files", ("path must be", "add path=")),
    "path alone": ("path=bars.csv", ("path must be left out", "add source=files")),
    "missing file": (
        "source=files,symbol=BTCUSDT,path=nothing.parquet",
        ("path must be an existing file", "got nothing.parquet"),
    ),
    "no symbol": ("source=files,path=bars.csv", ("symbol must be named", "add symbol=")),
    "window": ("trigger.window=100000", ("trigger.window must be in [1, ", "got 100000")),
    "start": ("start=soon", ("start must be a date", "got 'soon'")),
    "no start": ("source=binance,symbol=BTCUSDT", ("start must be given",)),
}
EXPECTED = {
    **{name: said for name, (_, said) in FILES.items()},
    **{name: said for name, (_, said) in WORDS.items()},
    **{name: said for name, (_, said) in SWITCHES.items()},
}


@pytest.fixture(scope="module")
def answers(project, once, run_commands: Callable) -> dict:
    """Every command in one process; the way out is the same as from a shell."""

    def make(folder: Path) -> dict:
        folder.mkdir(parents=True)
        root = folder / "data"
        commands = {}
        for name, (content, _) in FILES.items():
            path = folder / name
            path.write_text(content if isinstance(content, str) else content.to_csv(index=False))
            params = f"data_root={root},source=files,symbol=BTCUSDT,path={path}"
            commands[name] = ["run", "--pipelines=ingest", "--params", params]
        for name, (words, _) in WORDS.items():
            commands[name] = ["run", *words, "--params", f"data_root={root}"]
        for name, (switch, _) in SWITCHES.items():
            commands[name] = ["run", "--params", f"data_root={root},{switch}"]
        commands["no gpu"] = ["run", "--env=cuda", "--params", f"data_root={root}"]
        results = run_commands(commands, folder / "commands", project)
        results["written"] = sorted(
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.is_file() and path.name != "mlflow.db"
        )
        return results

    return once("bad_input", make)


def refused_in_one_line(answer: dict, said: tuple[str, ...]) -> None:
    assert answer["status"] not in (0, None)
    lines = (answer["stdout"] + answer["stderr"]).strip().splitlines()
    assert lines[-1].startswith("Error: ")
    for word in said:
        assert word in lines[-1]
    assert "verdict: " not in answer["stdout"]
    shown = answer["stderr"].split("Traceback")[-1].splitlines() if "Traceback" in answer["stderr"] else []
    assert len(shown) <= 12


@pytest.mark.parametrize("name", EXPECTED)
def test_a_mistake_ends_in_one_line(answers, name):
    refused_in_one_line(answers[name], EXPECTED[name])


@pytest.mark.skipif(HAS_GPU, reason="this machine has a GPU")
def test_cuda_without_a_gpu_names_local(answers):
    refused_in_one_line(answers["no gpu"], ("--env=cuda", "--env=local"))


def test_nothing_is_written_for_what_is_refused(answers):
    assert answers["written"] == []
