"""Why the verdict is what it is: its reasons, and each number beside the limit it was held to."""

from topoquant.lib.reporting.formatting import Record, is_missing, one_line
from topoquant.lib.reporting.markup import element, facts, join, note
from topoquant.lib.reporting.sections.section import Section

RULE = """The first that applies of leak, too_little_data, flat_model, no_edge and edge. For a target with a
side an edge is a timing return whose one-sided 0.99 bound lies above 0; without a side, a gain over naive
whose bound does. Tradeable asks for a DSR of .95 net of costs."""


def verdict_section(verdict: Record) -> Section:
    """Show the reasons of the verdict, then the numbers it rests on.

    Parameters
    ----------
    verdict : mapping
        reasons (sequence of str) and numbers (name -> number, text or None), each optional.

    Returns
    -------
    Section
        Anchor ``verdict``.

    Examples
    --------
    >>> section = verdict_section({"reasons": ["DSR .74 < .95"], "numbers": {"dsr": 0.74}})
    >>> "DSR .74 &lt; .95" in section.html, "0.74" in section.html
    (True, True)
    """
    reasons = element("ul", *(element("li", one_line(text)) for text in verdict.get("reasons", ())))
    numbers = {name.replace("_", " "): _written(value) for name, value in verdict.get("numbers", {}).items()}
    return Section("verdict", "Why this verdict", join([reasons, facts(numbers), note(RULE)]))


def _written(value: str | float | None) -> str:
    """Write a number with three digits, however small: a mean return per bar is about 1e-5."""
    if isinstance(value, str):
        return value
    if value is None or is_missing(value):
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
