"""Which states the market was in, how long they last, and what follows them."""

from collections.abc import Sequence

from topoquant.lib.reporting.figures.plot import Size, figure, responsive
from topoquant.lib.reporting.figures.regime_chart import STYLES, draw_regimes
from topoquant.lib.reporting.formatting import Record, count, decimal, fraction, signed
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

WIDE, NARROW = Size(560, 300), Size(340, 300)
SETS = ("train", "val", "test")
FILTERED = """A regime is the most probable state of a hidden Markov model, filtered forward: it is known at
the decision and never revised. Fitted on train rows, once per fold; shown is the fit on all of them."""
AHEAD = """Volatility and mean of the log-return of the bar after the decision, before costs. Durations in
bars; by the model: what its probability of staying implies."""
AGREEMENT = """Alike: the share of all bars whose regime the fit of a fold names like the fit on all train
rows. Where it is low, a regime is one thing in one fold and another in the next."""
RULES = "By rules: the first that holds, in the order of its options; ranging is what is left."


def regimes_section(summary: Sequence[Record]) -> Section:
    """Show price coloured by regime, occupancy, durations, transitions, and how alike the fits are.

    Parameters
    ----------
    summary : sequence of mapping
        Of `summarise_regimes`, a record per symbol.

    Returns
    -------
    Section
        Anchor ``regimes``.
    """
    parts = [note(FILTERED)]
    for record in summary:
        if len(summary) > 1:
            parts.append(element("h3", record["symbol"]))
        parts += _symbol(record)
    return Section("regimes", "Regimes", join(parts))


def _symbol(record: Record) -> list[Html]:
    """Show the regimes of one symbol."""
    lasting = next(one for one in record["fits"] if one["fold"] < 0)["expected_duration"]
    tables = [
        _states("Regimes", record["regimes"], lasting),
        _transition("Next bar by regime", record["regimes"], record["transition"]),
        _states("By rules", record["rules"], None),
        _transition("Next bar by rule", record["rules"], record["rule_transition"]),
    ]
    return [
        element("div", *_figures(record), class_="pair"),
        element("div", *(element("div", one) for one in tables), class_="pair"),
        note(f"{AHEAD} {RULES}"),
        _fits(record),
    ]


def _figures(record: Record) -> list[Html]:
    """Draw the whole time in stretches, and its end bar by bar."""
    keys = [(style, name) for name, style in STYLES.items()]
    n_whole, n_recent = len(record["whole"]["time"]), len(record["recent"]["time"])
    named = {
        "whole": (
            f"{record['symbol']} by regime",
            f"{count(record['n_rows'])} bars in {count(n_whole)} stretches, each in the colour of the regime "
            "most of its bars are in. Below: the share of its bars in each.",
        ),
        "recent": (
            f"The last {count(n_recent)} bars",
            "Bar by bar. Below: the filtered probability of each regime.",
        ),
    }
    return [
        figure(title, _drawing(title, record[part]), keys=keys, caption=caption)
        for part, (title, caption) in named.items()
        if record[part]["time"]
    ]


def _drawing(title: str, drawn: Record) -> Html:
    """Draw for wide and for narrow screens."""
    return responsive(lambda size: draw_regimes(title, drawn, size), WIDE, NARROW)


def _states(title: str, states: Sequence[Record], lasting: Record | None) -> Html:
    """Write occupancy, durations, and what the market did next."""
    rows = []
    for one in states:
        by_model = [] if lasting is None else [decimal(lasting[one["name"]], 1)]
        rows.append(
            [
                one["name"].replace("_", " "),
                *(fraction(one["by_set"][name]) for name in SETS),
                decimal(one["mean_duration"], 1),
                *by_model,
                fraction(one["next_volatility"], 5),
                signed(one["next_return"], 6),
            ]
        )
    model = [] if lasting is None else ["by model"]
    headers = ["state", *SETS, "lasts", *model, "volatility", "mean"]
    return join([element("h3", title), table(headers, rows)])


def _transition(title: str, states: Sequence[Record], transition: Sequence[Sequence[float | None]]) -> Html:
    """Write what follows each state."""
    names = [one["name"].replace("_", " ") for one in states]
    rows = [[name, *(fraction(p) for p in shares)] for name, shares in zip(names, transition, strict=True)]
    return join([element("h3", title), table(["from", *names], rows)])


def _fits(record: Record) -> Html:
    """Write each fit, its means and how alike it names the bars, folded away."""
    names = list(record["fits"][0]["means"])
    rows = [
        [
            "all train rows" if one["fold"] < 0 else f"without fold {one['fold']}",
            count(one["n_rows"]),
            count(one["n_iterations"]),
            "yes" if one["converged"] else "no",
            fraction(record["agreement"].get(str(one["fold"]), 1.0)),
            *(decimal(one["means"][name], 2) for name in names),
        ]
        for one in record["fits"]
    ]
    shown = table(["fit", "rows", "EM steps", "converged", "alike", *names], rows)
    folded = element("details", element("summary", "Fits, and how alike they are"), shown)
    return join([folded, note(AGREEMENT)])
