"""A small LightGBM on members' logits, and on regimes by option."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from topoquant.lib.ensemble.options import BoostedStackOptions, EnsembleOptions
from topoquant.lib.ensemble.stack_inputs import has_regimes, stack_columns, stack_matrix
from topoquant.lib.ensemble.stacking import fit_rows
from topoquant.lib.errors import bad_input

SEED = 0  # every row and column is used in every tree: nothing is drawn


@dataclass(frozen=True)
class BoostedStack:
    """A booster in its native text, its inputs as in `stack_columns`, and each one's share of the gain."""

    text: str
    importance: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """Give the fields, ready for JSON."""
        return asdict(self)


def fit_boosted_stack(
    joined: pd.DataFrame, label: ArrayLike, uniqueness: ArrayLike, options: EnsembleOptions,
    *, members: Sequence[str],
) -> BoostedStack:  # fmt: skip
    """Fit the booster; same rows, same bytes.

    Trees start from the log-odds of the weighted rate, and with too few rows for a split there is nothing
    but that.

    Parameters
    ----------
    joined, label, uniqueness, members
        As in `fit_stack`.
    options : EnsembleOptions
        `boosted`, `regimes`.

    Returns
    -------
    BoostedStack
        Importances sum to 1, or are all 0 for a booster without a split.

    Raises
    ------
    InputError
        As `fit_stack`; if the options have no `boosted`.

    References
    ----------
    Ke et al. (2017), "LightGBM"; Wolpert (1992), Stacked generalization.

    Examples
    --------
    >>> logit = np.tile([-1.0, 1.0], 50)
    >>> joined = pd.DataFrame({"set": "train", "p_label.a": 0.5, "logit_label.a": logit})
    >>> boosted = BoostedStackOptions(n_trees=5, max_depth=3, n_leaves=8, learning_rate=0.1,
    ...                               min_rows_per_leaf=10, l1=1.0, n_threads=1)
    >>> options = EnsembleOptions(candidates=("boosted_stack",), ridge=0.1, min_rarer=1, boosted=boosted)
    >>> fit_boosted_stack(joined, logit > 0, np.ones(100), options, members=["a"]).importance
    {'a': 1.0}
    """
    # Imported here so that reading the options of an ensemble stays fast.
    import lightgbm  # noqa: PLC0415

    if options.boosted is None:
        raise bad_input("ensemble.boosted", "given", None, "give the options of the booster")
    labels, weights = fit_rows(joined, label, uniqueness)
    columns = stack_columns(members, regimes=options.regimes and has_regimes(joined), products=False)
    parameters = _parameters(options.boosted)
    data = lightgbm.Dataset(
        stack_matrix(joined, columns), labels, weight=weights, feature_name=_names(columns), params=parameters
    )
    booster = lightgbm.train(parameters, data, num_boost_round=options.boosted.n_trees)
    gain = booster.feature_importance("gain")
    shares = (gain / gain.sum() if gain.sum() > 0 else gain).tolist()
    return BoostedStack(booster.model_to_string(), dict(zip(columns, map(float, shares), strict=True)))


def apply_boosted_stack(stack: BoostedStack, joined: pd.DataFrame) -> NDArray[np.float64]:
    """Give the booster's logits.

    Parameters
    ----------
    stack : BoostedStack
        Of `fit_boosted_stack`.
    joined : DataFrame, shape (n, ...)
        Of `join_predictions`, with all inputs of the stack.

    Returns
    -------
    ndarray of float64, shape (n,)
        Logits, not probabilities.

    Raises
    ------
    InputError
        If a member or a regime is not among those joined.

    Examples
    --------
    >>> logit = np.tile([-1.0, 1.0], 50)
    >>> joined = pd.DataFrame({"set": "train", "p_label.a": 0.5, "logit_label.a": logit})
    >>> boosted = BoostedStackOptions(n_trees=5, max_depth=3, n_leaves=8, learning_rate=0.1,
    ...                               min_rows_per_leaf=10, l1=1.0, n_threads=1)
    >>> options = EnsembleOptions(candidates=("boosted_stack",), ridge=0.1, min_rarer=1, boosted=boosted)
    >>> stack = fit_boosted_stack(joined, logit > 0, np.ones(100), options, members=["a"])
    >>> (apply_boosted_stack(stack, joined.head(2)) > 0).tolist()
    [False, True]
    """
    import lightgbm  # noqa: PLC0415

    booster = lightgbm.Booster(model_str=stack.text)
    inputs = stack_matrix(joined, list(stack.importance))
    return np.asarray(booster.predict(inputs, raw_score=True, num_threads=1), np.float64)


def _names(columns: Sequence[str]) -> list[str]:
    """Give the inputs numbers for names: a booster's text allows no names with blanks or brackets."""
    return [f"input_{i}" for i in range(len(columns))]


def _parameters(options: BoostedStackOptions) -> dict[str, Any]:
    """Return the options in LightGBM's words; row-wise histograms keep sums in one order."""
    return {
        "objective": "binary",
        "learning_rate": options.learning_rate,
        "num_leaves": options.n_leaves,
        "max_depth": options.max_depth,
        "min_data_in_leaf": options.min_rows_per_leaf,
        "lambda_l1": options.l1,
        "num_threads": options.n_threads,
        "seed": SEED,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        "verbosity": -1,
    }
