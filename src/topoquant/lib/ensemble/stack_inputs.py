"""What a meta-learner sees of a row: logits of members, and the regime from the fit that left the row out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from topoquant.lib.errors import bad_input
from topoquant.lib.regimes import PROBABILITIES, regimes_of

RULE = "rule"


def with_regimes(rows: pd.DataFrame, regimes: pd.DataFrame | None) -> pd.DataFrame:
    """Give every row the regime of its own (symbol, time, fold).

    Parameters
    ----------
    rows : DataFrame, shape (n, ...)
        `symbol`, `time`, `fold`; those of val and test have the fold -1.
    regimes : DataFrame or None
        Of `regimes_of_bars`.

    Returns
    -------
    DataFrame, shape (n, ...)
        The rows in their order with these columns added: equal probabilities and no rule where nothing is
        known of a row. The rows as they are for None.

    Raises
    ------
    InputError
        If a key occurs twice, or no row at all has a regime.

    Examples
    --------
    >>> time = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    >>> rows = pd.DataFrame({"symbol": "SYN", "time": time, "fold": -1})
    >>> known = rows[:1].assign(p_range=0.2, p_trend=0.7, p_panic=0.1, regime="trend", rule="trending")
    >>> with_regimes(rows, known)[["p_trend", "rule"]].round(3).values.tolist()
    [[0.7, 'trending'], [0.333, None]]
    """
    if regimes is None:
        return rows
    found = regimes_of(rows, regimes)
    unknown = found[list(PROBABILITIES)].isna().any(axis=1)
    if unknown.all():
        raise bad_input(
            "rows with a regime of their own symbol, time and fold", "at least 1", f"0 of {len(rows)}",
            "make the regimes of these bars and splits again",
        )  # fmt: skip
    found.loc[unknown, list(PROBABILITIES)] = 1 / len(PROBABILITIES)
    rule = found[RULE].astype(object).where(~unknown, None)
    return rows.assign(**{name: found[name] for name in PROBABILITIES}, rule=rule)


def has_regimes(rows: pd.DataFrame) -> bool:
    """Return whether `with_regimes` had anything to add."""
    return RULE in rows


def stack_columns(members: Sequence[str], *, regimes: bool, products: bool) -> list[str]:
    """Name what a meta-learner sees.

    Parameters
    ----------
    members : sequence of str
        Their logits come first.
    regimes : bool
        Whether probabilities of regimes are among it.
    products : bool
        For a linear one: p_range is left out, being 1 less the others, and each logit comes once more times
        each probability, so that a member can weigh differently in a regime.

    Returns
    -------
    list of str
        Names of members, of probabilities, and `<member> x <probability>`.

    Examples
    --------
    >>> stack_columns(["a"], regimes=True, products=True)
    ['a', 'p_trend', 'p_panic', 'a x p_trend', 'a x p_panic']
    >>> stack_columns(["a", "b"], regimes=True, products=False)
    ['a', 'b', 'p_range', 'p_trend', 'p_panic']
    """
    if not regimes:
        return list(members)
    if not products:
        return [*members, *PROBABILITIES]
    free = PROBABILITIES[1:]
    return [*members, *free, *(f"{member} x {name}" for member in members for name in free)]


def stack_matrix(
    joined: pd.DataFrame, columns: Sequence[str]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Make what a meta-learner sees, by the names of `stack_columns`.

    Parameters
    ----------
    joined : DataFrame, shape (n, ...)
        Of `join_predictions`, with regimes where they are named.
    columns : sequence of str
        Of `stack_columns`.

    Returns
    -------
    ndarray of float64, shape (n, len(columns))

    Raises
    ------
    InputError
        If a member is not among those joined, or a probability is not there.

    Examples
    --------
    >>> joined = pd.DataFrame({"p_label.a": [0.5], "logit_label.a": [2.0], "p_trend": [0.25]})
    >>> stack_matrix(joined, ["a", "p_trend", "a x p_trend"]).tolist()
    [[2.0, 0.25, 0.5]]
    """
    return np.column_stack([_column(joined, name) for name in columns])


def _column(joined: pd.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Make one column by its name."""
    member, _, probability = name.partition(" x ")
    source = member if member in PROBABILITIES else f"logit_label.{member}"
    missing = [one for one in (source, probability) if one and one not in joined]
    if missing:
        known = [
            str(one).removeprefix("logit_label.") for one in joined if str(one).startswith("logit_label.")
        ]
        raise bad_input(
            "input of the stack", f"one of {', '.join(known)}, or a regime that was joined",
            ", ".join(one.removeprefix("logit_label.") for one in missing),
            "correct the name or join regimes",
        )  # fmt: skip
    values = joined[source].to_numpy(np.float64)
    return values * joined[probability].to_numpy(np.float64) if probability else values
