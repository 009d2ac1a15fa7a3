"""The report: one HTML file that needs nothing but itself."""

from collections.abc import Sequence

from topoquant.lib.errors import bad_input
from topoquant.lib.reporting.formatting import Record
from topoquant.lib.reporting.front import CHECKS, FrontPage, check_anchor, front_html
from topoquant.lib.reporting.markup import Html, element, join, safe
from topoquant.lib.reporting.script import SCRIPT
from topoquant.lib.reporting.sections.checks import checks_section, findings
from topoquant.lib.reporting.sections.section import Section
from topoquant.lib.reporting.stylesheet import STYLESHEET


def build_page(front: FrontPage, sections: Sequence[Section]) -> str:
    """Build the report: the first screen, then the sections in the order given.

    Parameters
    ----------
    front : FrontPage
        The first screen.
    sections : sequence of Section
        What follows. A section ``checks`` is added at the end where none is given.

    Returns
    -------
    str
        A whole HTML document. It refers to nothing outside itself, follows the reader's choice of light or
        dark, and is readable at 390 pixels. Under the head of each section stand its own checks.

    Raises
    ------
    InputError
        When two sections share an anchor.
    """
    anchors = [section.anchor for section in sections]
    twice = sorted({anchor for anchor in anchors if anchors.count(anchor) > 1})
    if twice:
        raise bad_input(
            "anchors of sections", "distinct", f"{twice} twice", "give each section an anchor of its own"
        )
    checks = front.facts.checks
    shown = list(sections) if CHECKS in anchors else [*sections, checks_section(checks)]
    anchors = [section.anchor for section in shown]
    links = element("nav", *(element("a", section.title, href=f"#{section.anchor}") for section in shown))
    body = [front_html(front, anchors), links, *(_section(section, checks, anchors) for section in shown)]
    verdict = front.facts.verdict["word"]
    title = f"{front.facts.run['recipe']}: {verdict} · topoquant"
    return _document(title, join(body))


def _section(section: Section, checks: Sequence[Record], anchors: Sequence[str]) -> Html:
    """Write one section, its own checks under its head."""
    own = [check for check in checks if check_anchor(check, anchors) == section.anchor]
    listed = findings(own) if own and section.anchor != CHECKS else Html("")
    return element("section", element("h2", section.title), listed, section.html, id=section.anchor)


def _document(title: str, body: Html) -> str:
    """Put head and body together."""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{safe(title)}</title><style>{STYLESHEET}</style></head>\n"
        f"<body><main>{body}</main><script>{SCRIPT}</script></body></html>\n"
    )
