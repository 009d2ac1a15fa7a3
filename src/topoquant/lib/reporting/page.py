"""The report: one HTML file that needs nothing but itself."""

from collections.abc import Sequence
from dataclasses import replace

from topoquant.lib.errors import bad_input
from topoquant.lib.reporting.formatting import Record
from topoquant.lib.reporting.front import CHECKS, FrontPage, check_anchor, front_html
from topoquant.lib.reporting.markup import Html, element, join, safe
from topoquant.lib.reporting.script import SCRIPT
from topoquant.lib.reporting.sections.checks import checks_section, findings
from topoquant.lib.reporting.sections.section import Section
from topoquant.lib.reporting.stylesheet import STYLESHEET
from topoquant.lib.reporting.zoom import ZoomChart, plotly_html, with_zoom


def build_page(front: FrontPage, sections: Sequence[Section], zooms: tuple[ZoomChart, ...] = ()) -> str:
    """Build the report: the first screen, then the sections in the order given.

    Parameters
    ----------
    front : FrontPage
        The first screen.
    sections : sequence of Section
        What follows. A section ``checks`` is added at the end where none is given.

    zooms : tuple of ZoomChart
        Charts that unfold at the end of their sections. Without any the page holds no plotly.

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
    shown = [replace(one, html=with_zoom(one.html, one.anchor, zooms)) for one in shown]
    body = [front_html(front, anchors), links, *(_section(section, checks, anchors) for section in shown)]
    body += [plotly_html()] if zooms else []
    verdict = front.facts.verdict["word"]
    title = f"{front.facts.run['recipe']}: {verdict} · topoquant"
    return html_document(title, join(body))


def build_plain_page(title: str, header: Html, sections: Sequence[Section]) -> str:
    """Build a page of sections under a header of its own.

    Parameters
    ----------
    title : str
        Of the window.
    header : Html
        The first screen.
    sections : sequence of Section
        What follows, in the order given.

    Returns
    -------
    str
        A whole HTML document, like that of `build_page`.

    Examples
    --------
    >>> page = build_plain_page("t", Html("<header></header>"), [Section("data", "Data", Html("<p>1</p>"))])
    >>> page.count("<section"), page.startswith("<!doctype html>")
    (1, True)
    """
    links = element("nav", *(element("a", section.title, href=f"#{section.anchor}") for section in sections))
    shown = (element("section", element("h2", one.title), one.html, id=one.anchor) for one in sections)
    return html_document(title, join([header, links, *shown]))


def _section(section: Section, checks: Sequence[Record], anchors: Sequence[str]) -> Html:
    """Write one section, its own checks under its head."""
    own = [check for check in checks if check_anchor(check, anchors) == section.anchor]
    listed = findings(own) if own and section.anchor != CHECKS else Html("")
    return element("section", element("h2", section.title), listed, section.html, id=section.anchor)


def html_document(title: str, body: Html) -> str:
    """Put head and body together into a page that needs nothing but itself.

    Parameters
    ----------
    title : str
        Of the window.
    body : Html
        What is inside `main`.

    Returns
    -------
    str
        A whole HTML document with the style sheet and the script.

    Examples
    --------
    >>> html_document("runs", Html("<p>none</p>")).startswith("<!doctype html>")
    True
    """
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{safe(title)}</title><style>{STYLESHEET}</style></head>\n"
        f"<body><main>{body}</main><script>{SCRIPT}</script></body></html>\n"
    )
