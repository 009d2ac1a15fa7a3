"""The line a person watches while long work runs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from topoquant.lib.progress import Progress


class LineWriter:
    """A log file gets a line every ten seconds where a terminal's line is redrawn."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write the text of one redraw as a line; blanks that only erase are left out."""
        if text.strip():
            self._stream.write(text.strip("\r\n") + "\n")

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()


def show(name: str) -> Progress:
    """Return a progress listener that draws `name`, a rate and the time left once work takes two seconds."""

    @contextmanager
    def listen(total: int, unit: str, done: int = 0) -> Iterator[Callable[[int], None]]:
        from tqdm import tqdm  # noqa: PLC0415 (only where something is drawn)

        if done:
            sys.stderr.write(f"  {name}: {done:,} of {total:,} {unit} found, made by an earlier run\n")
        terminal = sys.stderr.isatty()
        with tqdm(
            total=total,
            initial=done,  # left out of the rate
            unit=f" {unit}",
            desc=f"  {name}",
            delay=2,
            mininterval=0.5 if terminal else 10.0,
            leave=False,
            dynamic_ncols=True,
            file=sys.stderr if terminal else LineWriter(sys.stderr),
        ) as bar:
            yield bar.update

    return listen
