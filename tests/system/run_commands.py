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

from kedro.framework.cli.cli import KedroCLI


def run_command(words: list[str]) -> int:
    """Run one command as the shell would and return its exit status."""
    try:
        KedroCLI(Path.cwd()).main(words, prog_name="kedro")
    except SystemExit as end:
        return int(end.code or 0)
    except Exception:  # noqa: BLE001 (what the interpreter itself does with it)
        traceback.print_exc()
        return 1
    return 0


def captured(words: list[str]) -> dict[str, object]:
    """Run one command with both streams in files, by descriptor: logging holds on to the old objects."""
    streams = (sys.stdout, sys.stderr)
    kept = [os.dup(stream.fileno()) for stream in streams]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        for stream, file in zip(streams, (out, err), strict=True):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
        try:
            status = run_command(words)
        finally:
            for stream, old in zip(streams, kept, strict=True):
                stream.flush()
                os.dup2(old, stream.fileno())
                os.close(old)
        out.seek(0)
        err.seek(0)
        return {"status": status, "stdout": out.read().decode(), "stderr": err.read().decode()}


def main() -> None:
    """Run every command of the first file and write what came of them to the second."""
    commands = json.loads(Path(sys.argv[1]).read_text())
    results = {name: captured(words) for name, words in commands.items()}
    Path(sys.argv[2]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
