"""Options of the ensemble."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topoquant.lib.errors import bad_input
from topoquant.lib.options import options

Candidate = Literal["stack", "boosted_stack", "mean", "regime_mean", "adaptive", "best_single"]
# Columns of the table of weights: `default`, and what the rules of the regimes stage call a market state.
WeightColumn = Literal["default", "trending", "mean_reverting", "volatile", "ranging"]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1)]


@options
class BoostedStackOptions:
    """A small LightGBM on what members say; it has no rows of its own to stop early on.

    Attributes
    ----------
    n_trees, max_depth, n_leaves : int
        Its size.
    learning_rate : float
        Of every tree.
    min_rows_per_leaf : int
        Fewest rows in a leaf.
    l1 : float
        Penalty on the values of leaves.
    n_threads : int
        The result does not depend on it.

    Examples
    --------
    >>> BoostedStackOptions(n_trees=100, max_depth=3, n_leaves=8, learning_rate=0.03,
    ...                     min_rows_per_leaf=40, l1=1.0, n_threads=1).n_leaves
    8
    """

    n_trees: Annotated[int, Field(ge=1)]
    max_depth: Annotated[int, Field(ge=1)]
    n_leaves: Annotated[int, Field(ge=2)]
    learning_rate: Share
    min_rows_per_leaf: Annotated[int, Field(ge=1)]
    l1: Annotated[float, Field(ge=0)]
    n_threads: Annotated[int, Field(ge=1)]


@options
class AdaptationOptions:
    """How recent losses move the weights of members.

    Attributes
    ----------
    window : int
        Newest resolved predictions that count, per symbol.
    half_life : float
        Resolved predictions after which a loss counts half.
    rate : float
        Weight is prior times exp(-rate * discounted sum of losses in nats). 1 is Bayes' rule for targets
        that do not overlap; those of h bars repeat themselves about h times, which 1 / h undoes.

    Examples
    --------
    >>> AdaptationOptions(window=50, half_life=20, rate=0.25).window
    50
    """

    window: Annotated[int, Field(ge=1)]
    half_life: Annotated[float, Field(gt=0)]
    rate: Annotated[float, Field(gt=0)]


@options
class GateOptions:
    """Below `low` the tabular model alone, below `high` the hybrid, above the ensemble.

    Attributes
    ----------
    tabular, hybrid : tuple of str
        Names of members; the first that the recipe has is used. The other members are what is gated.
    low, high : float
        Accuracies that the lower end of the interval must reach.
    level : float
        Coverage of the interval.

    Examples
    --------
    >>> GateOptions(tabular=("xgboost",), hybrid=(), low=0.6, high=0.7, level=0.95).high
    0.7
    """

    tabular: Annotated[tuple[str, ...], Field(min_length=1)]
    hybrid: tuple[str, ...]
    low: Share
    high: Share
    level: Share

    @model_validator(mode="after")
    def check_order(self) -> Self:
        """Refuse thresholds that leave the hybrid no room."""
        if not self.low < self.high:
            raise bad_input("high", f"above low {self.low:g}", self.high, "swap them or move one")
        return self


@options
class EnsembleOptions:
    """How members are combined; which members is the recipe's structure, not a number.

    Attributes
    ----------
    candidates : tuple of str
        What is compared on the first half of val: `best_single`, `mean` (by the default weights),
        `regime_mean` (by the weights of the row's regime), `adaptive`, `stack`, `boosted_stack`.
    ridge : float
        Penalty of the stack: added to its mean log-loss is ridge / 2 times the sum of its squared
        weights (not the intercept), whatever the number of rows.
    min_rarer : float
        Summed uniqueness of the rarer class that each fit of a stack must have; with less, no stack
        is a candidate.
    regimes : bool
        Whether stacks see the probabilities of regimes, in recipes that have them; absent: no.
    boosted : BoostedStackOptions, optional
        Of `boosted_stack`; absent: there is none.
    weights : mapping of member to mapping of regime to float
        Shares of members, `default` and any of the rule-based regimes; absent: all alike.
    adaptation : AdaptationOptions, optional
        Of `adaptive`; absent: there is none.
    gate : GateOptions, optional
        Absent: the candidate with the lowest log-loss is used whatever its accuracy.

    Examples
    --------
    >>> options = EnsembleOptions(candidates=("stack", "mean"), ridge=0.001, min_rarer=10)
    >>> options.candidates, options.weights
    (('stack', 'mean'), {})
    """

    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1)]
    ridge: Annotated[float, Field(gt=0)]
    min_rarer: Annotated[float, Field(ge=1)]
    regimes: bool = False
    boosted: BoostedStackOptions | None = None
    weights: dict[str, dict[WeightColumn, Weight]] = Field(default_factory=dict)
    adaptation: AdaptationOptions | None = None
    gate: GateOptions | None = None

    @model_validator(mode="after")
    def check_parts(self) -> Self:
        """Refuse a candidate without its options, and a member of the table without a default weight."""
        needed = {"boosted_stack": ("boosted", self.boosted), "adaptive": ("adaptation", self.adaptation)}
        for candidate, (name, part) in needed.items():
            if candidate in self.candidates and part is None:
                raise bad_input(
                    f"ensemble.{name}", f"given for the candidate {candidate}", "nothing",
                    f"give its options, or leave {candidate} out of the candidates",
                )  # fmt: skip
        for member, row in self.weights.items():
            if "default" not in row:
                raise bad_input(
                    f"weights of {member}", "with a default", ", ".join(row) or "none",
                    "say what it weighs where no regime is known",
                )  # fmt: skip
        return self
