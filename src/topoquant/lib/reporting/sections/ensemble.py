"""Which prediction was chosen, and how the stack weighs its members."""

from topoquant.lib.reporting.figures.bar_chart import draw_bars
from topoquant.lib.reporting.figures.plot import NARROW, WIDE, figure, responsive
from topoquant.lib.reporting.formatting import Record, decimal, one_line
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section


def ensemble_section(choices: Record) -> Section:
    """Show the final prediction, its rivals' log-loss on val, and the weights of the stack.

    Parameters
    ----------
    choices : mapping
        final (name, reason, log_loss by prediction), naive (member, log_loss by member) and, where members
        were stacked, stack (intercept, weights by member).

    Returns
    -------
    Section
        Anchor ``ensemble``.
    """
    final, naive, stack = choices["final"], choices["naive"], choices.get("stack")
    lead = element("p", element("strong", final["name"]), f": {one_line(final['reason'])}", class_="lead")
    rivals = [["prediction", name, decimal(loss, 4)] for name, loss in final.get("log_loss", {}).items()]
    rivals += [["naive", name, decimal(loss, 4)] for name, loss in naive.get("log_loss", {}).items()]
    shown = element("div", table(["chosen among", "name", "log-loss, first half of val"], rivals, n_texts=2))
    weights = [_weights(stack)] if stack else []
    parts = [lead, element("div", *weights, shown, class_="pair")]
    parts.append(note(f"Naive is {naive['member']}. Test rows had no part in any choice."))
    return Section("ensemble", "Ensemble", join(parts))


def _weights(stack: Record) -> Html:
    """Draw the weights of the stack."""
    title = "Weights of the stack"
    drawing = responsive(
        lambda size: draw_bars(title, stack["weights"], "weight on the member's logit", size.width),
        WIDE,
        NARROW,
    )
    caption = f"Intercept {decimal(stack['intercept'], 3)} (logits). Fitted on out-of-fold rows."
    return figure(title, drawing, caption=caption)
