"""What a section of the report is."""

import re
from dataclasses import dataclass

from topoquant.lib.errors import bad_input
from topoquant.lib.reporting.markup import Html


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes
    ----------
    anchor : str
        What links jump to: lower-case letters, digits and hyphens, a letter first.
    title : str
        Its head, as text.
    html : Html
        Its content, already HTML.

    Examples
    --------
    >>> Section("data", "Data", Html("<p>20,000 bars</p>")).anchor
    'data'
    """

    anchor: str
    title: str
    html: Html

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", self.anchor):
            remedy = "name the section by one plain word"
            raise bad_input("anchor", "lower-case letters, digits and hyphens", repr(self.anchor), remedy)
