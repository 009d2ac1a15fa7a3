"""Every check, and what it found."""

from collections.abc import Mapping, Sequence

from topoquant.lib.reporting.formatting import Record, decimal, one_line
from topoquant.lib.reporting.markup import Html, element, join, note
from topoquant.lib.reporting.sections.section import Section

ORDER = ("leak", "warning", "ok")
SIGNS = {"ok": "✓", "warning": "!", "leak": "✕"}


def checks_section(checks: Sequence[Record]) -> Section:
    """Show all findings, the worst first.

    Parameters
    ----------
    checks : sequence of mapping
        name, status (ok, warning, leak), finding, numbers, section.

    Returns
    -------
    Section
        Anchor ``checks``.
    """
    text = "A leak is found by exact checks only and decides the verdict; a warning asks to be looked at."
    if not checks:
        return Section("checks", "Checks", note("No check was run: nothing on this page has been audited."))
    return Section("checks", "Checks", join([findings(checks), note(text)]))


def findings(checks: Sequence[Record]) -> Html:
    """List what checks found, the worst first.

    Parameters
    ----------
    checks : sequence of mapping
        name, status, finding, numbers.

    Returns
    -------
    Html
        A list.

    Examples
    --------
    >>> findings([{"name": "drift", "status": "warning", "finding": "base rate moved"}]).count("<li")
    1
    """
    ordered = sorted(checks, key=lambda check: ORDER.index(check["status"]))
    return element("ul", *(_finding(check) for check in ordered), class_="findings")


def status_sign(status: str) -> Html:
    """Draw the sign of a status: a shape and a word as well as a colour.

    Parameters
    ----------
    status : str
        ok, warning or leak.

    Returns
    -------
    Html
        The sign.

    Examples
    --------
    >>> status_sign("ok")
    '<span class="sign ok" aria-label="ok">✓</span>'
    """
    return element("span", SIGNS[status], class_=f"sign {status}", aria_label=status)


def _finding(check: Record) -> Html:
    """Write one finding with its numbers."""
    numbers = ", ".join(f"{name} {_number(value)}" for name, value in check.get("numbers", {}).items())
    body = [
        element("strong", check["name"].replace("_", " ")),
        " ",
        element("span", one_line(check["finding"])),
    ]
    if numbers:
        body.append(element("small", numbers))
    return element("li", status_sign(check["status"]), element("div", *body))


def _number(value: object) -> str:
    """Write a number of a finding with four digits, several by name, anything else as it is."""
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{name} {_number(one)}" for name, one in value.items()) + ")"
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, float):
        return one_line(value)
    return decimal(value, 4) if abs(value) >= 0.001 or value == 0 else f"{value:.2g}"
