"""How much is asked of the other members before more than the tabular model is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.ensemble.averaging import weighted_mean
from topoquant.lib.ensemble.options import GateOptions
from topoquant.lib.errors import bad_input
from topoquant.lib.proportions import effective_counts, wilson_interval

Use = Literal["tabular", "hybrid", "ensemble", "void"]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What the gate says.

    Attributes
    ----------
    use : {"tabular", "hybrid", "ensemble", "void"}
        "void" where it has nothing to decide: then every candidate may be chosen, as with "ensemble".
    name : str or None
        The one candidate that may be used; None where any may.
    reason : str
        A sentence with numbers.
    accuracy, low, commonest : float or None
        Share of rows the gated members call right, the lower end of its interval, and the share of the
        commoner class.
    gated : tuple of str
        Members whose mean is judged.
    """

    use: Use
    name: str | None
    reason: str
    accuracy: float | None
    low: float | None
    commonest: float | None
    gated: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Give the fields, ready for JSON."""
        return {**vars(self), "gated": list(self.gated)}


def decide_gate(
    logits: Mapping[str, NDArray[np.float64]], label: ArrayLike, uniqueness: ArrayLike,
    options: GateOptions, *, members: Sequence[str], time: pd.Series,
) -> Gate:  # fmt: skip
    """Decide by the accuracy of the mean of all members but the tabular and the hybrid one.

    Accuracy is the share of rows on whose side of .5 the probability lies, rows weighted by uniqueness; its
    interval rests on `effective_counts`. The lower end must reach a threshold. Where
    always naming the commoner class would reach `low` already, accuracy says nothing and the gate is void.

    Parameters
    ----------
    logits : mapping of name to ndarray, shape (n,)
        Of members, and of `mean`, on the first half of val.
    label : array-like, shape (n,)
        0 or 1.
    uniqueness : array-like, shape (n,)
        Weights, in (0, 1].
    options : GateOptions
        Names and thresholds.
    members : sequence of str
        Those of the recipe.
    time : Series, shape (n,)
        Of each row.

    Returns
    -------
    Gate
        For the hybrid where the recipe has none: the mean of all members.

    Raises
    ------
    InputError
        If there are no rows.

    References
    ----------
    Wilson (1927); thresholds of a study of Gramian images beside a tabular model.

    Examples
    --------
    >>> right = np.where(np.arange(100) % 2, 1.0, -1.0)
    >>> options = GateOptions(tabular=("lightgbm",), hybrid=(), low=0.6, high=0.7, level=0.95)
    >>> logits = {"cnn": right, "lightgbm": right, "mean": right}
    >>> time = pd.Series(pd.date_range("2024-01-01", periods=100, freq="h", tz="UTC"))
    >>> gate = decide_gate(logits, right > 0, np.ones(100), options, members=["cnn", "lightgbm"], time=time)
    >>> gate.use, round(gate.low, 3)
    ('ensemble', 0.963)
    """
    tabular = next((name for name in options.tabular if name in members), None)
    hybrid = next((name for name in options.hybrid if name in members), "mean")
    gated = tuple(name for name in members if name not in {tabular, hybrid})
    if tabular is None:
        return _void(f"no member of {', '.join(options.tabular)} is there", gated)
    if not gated:
        return _void(f"there is nothing to weigh against {tabular}", gated)
    labels, weights = np.asarray(label, np.float64), np.asarray(uniqueness, np.float64)
    if not len(labels):
        raise bad_input("rows of the gate", "at least 1", 0, "load more bars")
    rate = float(np.average(labels, weights=weights))
    commonest = max(rate, 1 - rate)
    if commonest >= options.low:
        text = f"always naming the commoner class is right in {commonest:.3f} of the rows"
        return _void(f"{text}, so accuracy says nothing here", gated, commonest)
    said = weighted_mean(np.column_stack([logits[name] for name in gated])) > 0
    n_right, n_effective = effective_counts(said == (labels == 1), weights, time)
    accuracy = n_right / n_effective
    low, _ = wilson_interval(n_right, n_effective, level=options.level)
    use: Use = "tabular" if low < options.low else "hybrid" if low < options.high else "ensemble"
    name = {"tabular": tabular, "hybrid": hybrid}.get(use)
    bound = f"{_above(low, options)} ({accuracy:.3f} of {len(labels):,} rows, effective {n_effective:,.1f})"
    reason = f"{_then(use, name)}: the lower end of the accuracy of {', '.join(gated)} is {low:.3f}, {bound}"
    return Gate(
        use=use, name=name, reason=reason, accuracy=accuracy, low=low, commonest=commonest, gated=gated
    )


def _above(low: float, options: GateOptions) -> str:
    """Say which threshold was missed, or that none was."""
    missed = [limit for limit in (options.low, options.high) if low < limit]
    return f"below {missed[0]:g}" if missed else f"at or above {options.high:g}"


def _then(use: Use, name: str | None) -> str:
    """Say what follows."""
    return (
        f"{name} alone" if use == "tabular" else f"the hybrid, {name}" if use == "hybrid" else "the ensemble"
    )


def _void(why: str, gated: tuple[str, ...], commonest: float | None = None) -> Gate:
    """Decide nothing."""
    return Gate(
        use="void",
        name=None,
        reason=f"no gate: {why}",
        accuracy=None,
        low=None,
        commonest=commonest,
        gated=gated,
    )
