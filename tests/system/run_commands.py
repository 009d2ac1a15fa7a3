"""Run several `kedro` commands in one process, each with its own output and exit status.

Called as `python run_commands.py commands.json results.json` from a project's root: starting Python and
importing the project costs more than most commands do.
"""

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import BinaryIO


def run_command(words: list[str], changes: dict[str, str]) -> int:
    """Run one command as the shell would and return its exit status."""
    from kedro.framework.cli.cli import KedroCLI

    os.environ.update(changes)
    try:
        KedroCLI(Path.cwd()).main(words, prog_name="kedro")
    except SystemExit as end:
        return int(end.code or 0)
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        for name in changes:
            del os.environ[name]
    return 0


def captured(words: list[str], changes: dict[str, str]) -> dict[str, object]:
    """Run one command with both streams in files, as file descriptors: logging keeps old ones."""
    streams = (sys.stdout, sys.stderr)
    kept = [os.dup(stream.fileno()) for stream in streams]
    files: list[BinaryIO] = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
    for stream, file in zip(streams, files, strict=True):
        stream.flush()
        os.dup2(file.fileno(), stream.fileno())
    try:
        status = run_command(words, changes)
    finally:
        for stream, old in zip(streams, kept, strict=True):
            stream.flush()
            os.dup2(old, stream.fileno())
            os.close(old)
    texts = []
    for file in files:
        file.seek(0)
        texts.append(file.read().decode())
        file.close()
    return {"status": status, "stdout": texts[0], "stderr": texts[1]}


def main() -> None:
    """Run every command of the first file and write what came of them to the second."""
    commands = json.loads(Path(sys.argv[1]).read_text())
    results = {name: captured(one["words"], one.get("environment", {})) for name, one in commands.items()}
    Path(sys.argv[2]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
