"""The first screen of the report: the answer, and what it rests on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from topoquant.lib.reporting.facts import (
    SummaryFacts,
    market_text,
    reason_text,
    tradeable_text,
    verdict_text,
)
from topoquant.lib.reporting.formatting import Record, count, counted, day
from topoquant.lib.reporting.markup import Html, element, join, note
from topoquant.lib.reporting.sections.backtest import equity_chart
from topoquant.lib.reporting.sections.checks import ORDER, status_sign
from topoquant.lib.reporting.sections.models import model_chart
from topoquant.lib.reporting.summary_models import SHOWN_ROLES
from topoquant.lib.reporting.words import costs_sentence, meaning, predicted_sentence, what_would_change

CHART_HEIGHT = 204
CHECKS = "checks"
LONG_WORD = 10


@dataclass(frozen=True, kw_only=True)
class FrontPage:
    """What the first screen shows.

    Attributes
    ----------
    facts : SummaryFacts
        The same facts as the summary's.
    run_id : str
        What the run is called.
    revision : str
        The revision of the code, short.
    repeat_command : str
        The exact command that repeats the run.
    equity : pandas.DataFrame or None
        Columns time, net, hold (values of 1 invested) and, optionally, random_low, random_high: test rows.
    """

    facts: SummaryFacts
    run_id: str
    revision: str
    repeat_command: str
    equity: pd.DataFrame | None


def front_html(front: FrontPage, anchors: Collection[str]) -> Html:
    """Write the first screen.

    Parameters
    ----------
    front : FrontPage
        What it shows.
    anchors : collection of str
        Anchors of the page's sections; a check of any other section jumps to ``checks``.

    Returns
    -------
    Html
        A header.
    """
    facts = front.facts
    charts = element(
        "div", model_chart(_main_rows(facts), facts.ceiling, CHART_HEIGHT), _equity(front), class_="pair"
    )
    return element(
        "header", _masthead(front), _answer(facts), _chips(facts.checks, anchors), charts, _last_row(front)
    )


def _main_rows(facts: SummaryFacts) -> list[Record]:
    """Choose the rows of the first screen: baselines that are not naive are left to their section."""
    return [row for row in facts.model_scores if row["role"] in SHOWN_ROLES]


def check_anchor(check: Record, anchors: Collection[str]) -> str:
    """Find the section a check jumps to.

    Parameters
    ----------
    check : mapping
        section: an anchor, underscores allowed for hyphens.
    anchors : collection of str
        Anchors there are.

    Returns
    -------
    str
        Its own section, or ``checks`` when the page has none of that name.

    Examples
    --------
    >>> check_anchor({"section": "operating_point"}, {"operating-point", "checks"})
    'operating-point'
    >>> check_anchor({"section": "lineage"}, {"data", "checks"})
    'checks'
    """
    wanted = str(check.get("section", CHECKS)).replace("_", "-")
    return wanted if wanted in anchors else CHECKS


def _masthead(front: FrontPage) -> Html:
    """Write recipe, market, dates, run and revision."""
    facts = front.facts
    first = min(day(record["first"]) for record in facts.quality)
    last = max(day(record["last"]) for record in facts.quality)
    n_bars = count(sum(record["n_bars"] for record in facts.quality))
    title = element("h1", element("small", "topoquant"), facts.run["recipe"])
    parts = [market_text(facts.run), f"{first} to {last} UTC", f"{n_bars} bars", f"env {facts.run['env']}"]
    kept, every = facts.splits["train_kept"], facts.splits["train_all"]
    if kept < every:
        parts.append(f"trained on {count(kept)} of {count(every)} train rows (n_rows)")
    run = element("span", f"{front.run_id} · {front.revision}", class_="run")
    return element("div", title, *(element("span", part) for part in parts), run, class_="masthead")


def _answer(facts: SummaryFacts) -> Html:
    """Write verdict and tradeable large, and what they mean in words."""
    verdict = _said("verdict", facts.verdict["word"], verdict_text(facts.verdict))
    trade = _said("tradeable", facts.verdict["tradeable"], tradeable_text(facts.verdict))
    words = [
        element("p", element("strong", meaning(facts)), " ", predicted_sentence(facts)),
        element("p", costs_sentence(facts)),
    ]
    return element("div", verdict, trade, element("div", *words, class_="words"), class_="answer")


def _said(question: str, word: str, text: str) -> Html:
    """Write one word large, its question above and its reason below."""
    long = " long" if len(word) > LONG_WORD else ""
    big = element("div", word, class_=f"big {word}{long}")
    return element("div", question, big, element("small", reason_text(text, word)))


def _chips(checks: Sequence[Record], anchors: Collection[str]) -> Html:
    """Write one chip per section that was checked, the worst status in front, and one for all."""
    totals = {status: sum(check["status"] == status for check in checks) for status in ORDER}
    said = ", ".join(
        counted(totals[status], status) for status in reversed(ORDER) if totals[status] or status == "ok"
    )
    chips = [element("li", element("a", f"{len(checks)} checks: {said}", href=f"#{CHECKS}", class_="all"))]
    groups: dict[str, list[Record]] = {}
    for check in checks:
        groups.setdefault(str(check.get("section", CHECKS)), []).append(check)
    ranked = sorted(groups.items(), key=lambda item: min(ORDER.index(check["status"]) for check in item[1]))
    for name, group in ranked:
        worst = min((check["status"] for check in group), key=ORDER.index)
        n_worst = sum(check["status"] == worst for check in group)
        body = [status_sign(worst), name.replace("_", " "), element("em", counted(n_worst, worst))]
        chips.append(
            element("li", element("a", *body, href=f"#{check_anchor(group[0], anchors)}", class_=worst))
        )
    return element("ul", *chips, class_="chips", aria_label="checks")


def _equity(front: FrontPage) -> Html:
    """Draw net equity, or say that there is none."""
    if front.equity is None or front.equity.empty:
        return element(
            "figure", element("h3", "Net equity on test rows"), note("The final prediction was not traded.")
        )
    return equity_chart(front.equity, CHART_HEIGHT)


def _last_row(front: FrontPage) -> Html:
    """Write what would change the verdict, and how to repeat the run."""
    changes = element("ul", *(element("li", text) for text in what_would_change(front.facts)))
    button = element("button", "copy", type="button", hidden="")
    command = element("div", element("code", front.repeat_command), button, class_="command")
    under = element("small", f"at revision {front.revision}")
    left = element("div", element("h2", "What would change this verdict"), changes)
    right = element("div", element("h2", "Repeat this run"), join([command, under]))
    return element("div", left, right, class_="pair last")
