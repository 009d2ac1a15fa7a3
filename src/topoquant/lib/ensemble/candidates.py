"""Every prediction that may be chosen, for every row."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from topoquant.lib.ensemble.adaptation import adapt_weights
from topoquant.lib.ensemble.averaging import DEFAULT, member_weights, regime_weights, weighted_mean
from topoquant.lib.ensemble.fallback import FITTED
from topoquant.lib.ensemble.joining import member_values
from topoquant.lib.ensemble.options import EnsembleOptions
from topoquant.lib.ensemble.out_of_fold import Fits, fit_positions, rarer_than, stack
from topoquant.lib.ensemble.stack_inputs import RULE, has_regimes

# Names a member cannot have.
RESERVED = {"mean", "regime_mean", "adaptive", "outcomes", "regimes", *FITTED}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Joined rows with what is known of their targets (NaN where nothing is)."""

    joined: pd.DataFrame
    label: NDArray[np.float64]
    uniqueness: NDArray[np.float64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Rows whose label is known."""
        return ~np.isnan(self.label)


@dataclass(kw_only=True)
class Candidates:
    """What may be chosen.

    Attributes
    ----------
    logits : dict of str to ndarray, shape (n,)
        By name, the simplest first.
    weights : dict of str to ndarray, shape (n, n_members)
        Of every row, for those that are means.
    stacks : dict of str to mapping of int to fit
        By name and the fold left out.
    notes : list of str
        Why something that was asked for is not there.
    """

    logits: dict[str, NDArray[np.float64]]
    weights: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    stacks: dict[str, Fits] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def make_candidates(
    rows: Labelled, options: EnsembleOptions, *, members: Sequence[str], embargo: pd.Timedelta,
    resolved: pd.DataFrame | None = None,
) -> Candidates:  # fmt: skip
    """Make members, means and stacks, the simplest first.

    Parameters
    ----------
    rows : Labelled
        Of all sets, with regimes where the recipe has them.
    options : EnsembleOptions
        Which, and how.
    members : sequence of str
        Those to combine.
    embargo : Timedelta
        As in the members' folds.
    resolved : DataFrame, optional
        Of `resolved_losses`; without it there is no `adaptive`.

    Returns
    -------
    Candidates
        One member is its own mean: then there is no mean of any kind.

    Raises
    ------
    InputError
        As the functions that make the parts.
    """
    table = member_values(rows.joined, members, "logit_label")
    made = Candidates(logits=dict(zip(members, table.T, strict=True)))
    if len(members) > 1:
        _add_means(made, rows.joined, table, options, members, resolved)
    _add_stacks(made, rows, options, members, embargo)
    return made


def _add_means(
    made: Candidates, joined: pd.DataFrame, table: NDArray[np.float64], options: EnsembleOptions,
    members: Sequence[str], resolved: pd.DataFrame | None,
) -> None:  # fmt: skip
    """Add the mean, and those whose weights follow the regime or recent losses."""
    share = np.array(list(member_weights(members, options.weights, DEFAULT).values()))
    made.weights["mean"] = np.tile(share, (len(joined), 1))
    if "regime_mean" in options.candidates:
        weights = regime_weights(joined[RULE], members, options.weights) if has_regimes(joined) else None
        if weights is None:
            made.notes.append("no regime_mean: the recipe has no regimes")
        elif np.allclose(weights[(joined["set"] != "test").to_numpy()], share):
            made.notes.append("no regime_mean: by the table of weights it would be the mean")
        else:
            made.weights["regime_mean"] = weights
    if "adaptive" in options.candidates:
        if resolved is None or options.adaptation is None:
            made.notes.append("no adaptive: no outcomes were given")
        else:
            made.weights["adaptive"] = adapt_weights(
                joined, resolved, options.adaptation, members=members, prior=share
            )
    made.logits |= {name: weighted_mean(table, weights) for name, weights in made.weights.items()}


def _add_stacks(
    made: Candidates, rows: Labelled, options: EnsembleOptions, members: Sequence[str], embargo: pd.Timedelta
) -> None:
    """Add the stacks; none, with a note, where a fit would have too few rows of a class."""
    wanted = [name for name in FITTED if name in options.candidates]
    if not wanted:
        return
    positions = fit_positions(rows.joined, rows.label, embargo=embargo)
    too_few = rarer_than(positions, rows.label, rows.uniqueness, options.min_rarer)
    if too_few:
        made.notes.append(
            f"no {' and no '.join(wanted)}: a fit would have {too_few} effective rows of the rarer class, "
            f"min_rarer is {options.min_rarer:g}"
        )
        return
    if options.regimes and not has_regimes(rows.joined):
        made.notes.append("stacks see no regimes: the recipe has none")
    for name in wanted:
        stacked = stack(
            rows.joined, rows.label, rows.uniqueness, options,
            members=members, embargo=embargo, boosted=name == "boosted_stack",
        )  # fmt: skip
        made.logits[name], made.stacks[name] = stacked.logits, stacked.fits
