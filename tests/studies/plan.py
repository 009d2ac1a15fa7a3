"""What `make studies` runs: read from plan.yml, turned into commands and bars to read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
PLAN = HERE / "plan.yml"
NOISE = "noise"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One recipe on one market: its commands share a folder of data."""

    study: str
    name: str
    recipe: str
    env: str
    bars: str | None
    switches: dict[str, Any]
    then: tuple[str, ...]
    about: str

    def place(self, store: Path) -> Path:
        """Folder of its data."""
        return store / self.study / self.name

    def commands(self, store: Path) -> list[list[str]]:
        """Words after `kedro run`, first of the recipe, then of what is about it."""
        switches = dict(self.switches) | {"data_root": self.place(store)}
        if self.bars is not None:
            switches |= {"source": "files", "path": bars_folder(store, self.bars)}
        given = ",".join(f"{key}={_word(value)}" for key, value in switches.items())
        return [
            [f"--env={self.env}", f"--pipelines={one}", "--params", given]
            for one in (self.recipe, *self.then)
        ]


def _word(value: object) -> str:
    """Write a value as `--params` reads it."""
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if "," in text:
        raise ValueError(f"a value of plan.yml must have no comma, got {text!r}: --params is split at commas")
    return text


def read_plan(path: Path = PLAN) -> tuple[dict[str, dict[str, str]], list[Run]]:
    """Return the folders of bars, {name: {file in it: file below TOPOQUANT_DATA}}, and the runs in order."""
    plan = yaml.safe_load(path.read_text())
    runs = [
        Run(
            study=study,
            name=name,
            recipe=entry.get("recipe", study),
            env=entry.get("env", "studies"),
            bars=entry.get("bars"),
            switches=entry.get("switches", {}),
            then=tuple(entry.get("then", ())),
            about=entry["about"],
        )
        for study, entries in plan["studies"].items()
        for name, entry in entries.items()
    ]
    unknown = sorted({run.bars for run in runs if run.bars} - set(plan["bars"]))
    if unknown:
        raise ValueError(
            f"bars must be one of {', '.join(plan['bars'])}, got {', '.join(unknown)}: correct {path}"
        )
    return plan["bars"], runs


def bars_folder(store: Path, name: str) -> Path:
    """Folder from which a run reads its bars."""
    return store / "bars" / name


def link_bars(store: Path, name: str, files: dict[str, str], data: Path) -> None:
    """Show a run its own bars alone: links into the folder that a person named."""
    folder = bars_folder(store, name)
    folder.mkdir(parents=True, exist_ok=True)
    for shown, file in files.items():
        source = (data / file).resolve()
        if not source.exists():
            raise SystemExit(
                f"TOPOQUANT_DATA must hold {file}, got {data} without it: the plan is tests/studies/plan.yml"
            )
        link = folder / shown
        if not link.is_symlink() or link.resolve() != source:
            link.unlink(missing_ok=True)
            link.symlink_to(source)
