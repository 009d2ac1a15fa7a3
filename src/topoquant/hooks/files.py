"""Files that options name, and what is known of those that are stored."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from topoquant.datasets.fingerprint import Content, content_of, read_record

NAMES_A_FILE = re.compile(r"path|bars|.*\.market\.(references|macro)\.[^.]+")


def named_files(options: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files that options name; several may be joined by +."""
    found: dict[str, Path] = {}
    for name, value in options.items():
        if value and NAMES_A_FILE.fullmatch(name):
            whole = Path(str(value))
            parts = [whole] if whole.exists() else [Path(one) for one in str(value).split("+")]
            found |= {name if len(parts) == 1 else f"{name} ({one.name})": one for one in parts}
    return found


def is_left_out(path: Path) -> bool:
    """Say whether nothing was what was saved, as where an export was not asked for."""
    known = known_content(path)
    return known is not None and known.digest == content_of(path).digest


def known_content(path: Path) -> Content | None:
    """Return the content that the record beside a path vouches for."""
    try:
        found = read_record(path)
    except ValueError:
        return None
    return None if found is None else found[1]
