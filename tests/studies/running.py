"""One run of the plan: its commands, what they took, and a record that tells a later call that it is done."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.studies.plan import PROJECT, Run

READ = ("src/topoquant", "conf/base", "conf/local", "conf/studies")
PINS = "constraints.txt"
# The line that a run prints when a node has ended.
NODE = re.compile(r"^  (?P<name>\S+) +(?P<seconds>[\d.]+) s +(?P<gigabytes>[\d.]+) GB$", re.MULTILINE)
RECORD = "run.json"


def code_fingerprint() -> str:
    """Fingerprint of the package, its configuration and the versions it stands on."""
    digest = hashlib.sha256((PROJECT / PINS).read_bytes())
    for folder in READ:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in (".py", ".yml"):
                digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def read_record(run: Run, store: Path) -> dict[str, Any] | None:
    """What a finished run left, or None."""
    path = run.place(store) / RECORD
    return json.loads(path.read_text()) if path.exists() else None


def is_done(run: Run, store: Path, code: str) -> bool:
    """Say whether a run of these words, by this code, ended well."""
    record = read_record(run, store)
    return record is not None and record["code"] == code and record["words"] == run.commands(store)


def carry_out(run: Run, store: Path, code: str) -> dict[str, Any]:
    """Run the commands one after the other; write the record last."""
    place, revision = run.place(store), _revision()
    # What an earlier run left would be found and not made again: its time would not be the one measured.
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    took = [_command(words, place / f"{words[1].partition('=')[2]}.log") for words in run.commands(store)]
    record = {
        "about": run.about,
        "words": run.commands(store),
        "code": code,
        "revision": revision,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "commands": took,
    }
    unfinished = place / f"{RECORD}.part"
    unfinished.write_text(json.dumps(record, indent=1))
    unfinished.replace(place / RECORD)
    return record


def _command(words: list[str], log: Path) -> dict[str, Any]:
    """Run one command on one thread per library; return what it took, or stop with its last line."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1", "TERM": "dumb", "COLUMNS": "200"}
    command = [sys.executable, "-m", "kedro", "run", *words]
    began = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
        peak = _watched(process.pid)
        _, ended, usage = os.wait4(process.pid, 0)
        status = process.returncode = os.waitstatus_to_exitcode(ended)
    if status:
        last = log.read_text().strip().splitlines()[-1:]
        raise RuntimeError(
            f"kedro run {' '.join(words)} must end with 0, got {status}; {log}: {' '.join(last)}"
        )
    nodes = {
        found["name"]: {"seconds": float(found["seconds"]), "gigabytes": float(found["gigabytes"])}
        for found in NODE.finditer(log.read_text())
    }
    return {
        "pipeline": words[1].partition("=")[2],
        "seconds": time.monotonic() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": max(peak(), usage.ru_maxrss * 1024),
        "nodes": nodes,
    }


def _watched(pid: int) -> Callable[[], int]:
    """Sample the memory of a process and its children until it ends; return what tells the most seen."""
    process, seen = psutil.Process(pid), [0]

    def sample() -> None:
        while process.is_running():
            with contextlib.suppress(psutil.NoSuchProcess):  # a child that has just ended, or the process
                family = [process, *process.children(recursive=True)]
                seen[0] = max(seen[0], sum(one.memory_info().rss for one in family))
            time.sleep(0.5)

    threading.Thread(target=sample, daemon=True).start()
    return lambda: seen[0]


def _revision() -> str:
    """Revision of the code, marked when files were changed since."""
    words = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no git"
