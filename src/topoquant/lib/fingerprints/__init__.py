"""What made a stored thing: the code that could be reached, options, inputs; and what changed since."""

from topoquant.lib.fingerprints.modules import Module, Part, ReadSource, Source, parse_module
from topoquant.lib.fingerprints.reaching import Code, CodeReader, roots_of
from topoquant.lib.fingerprints.records import (
    INPUT_CHANGED,
    Fingerprint,
    digest_of,
    flat_options,
    what_changed,
)

__all__ = [
    "INPUT_CHANGED",
    "Code",
    "CodeReader",
    "Fingerprint",
    "Module",
    "Part",
    "ReadSource",
    "Source",
    "digest_of",
    "flat_options",
    "parse_module",
    "roots_of",
    "what_changed",
]
