"""What a person may choose about regimes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topoquant.lib.options import options

Period = Annotated[int, Field(ge=2)]
HalfLife = Annotated[float, Field(gt=0)]
Rule = Literal["volatile", "trending", "mean_reverting"]


@options
class HMMOptions:
    """How a Gaussian hidden Markov model is fitted.

    Attributes
    ----------
    n_states : int
        Hidden states.
    covariance : {"diag", "full"}
        Whether the inputs of a state are taken for independent of each other.
    n_starts : int
        Starts of the EM algorithm, each from a seed of its own.
    n_short : int
        EM steps of every start; the best of them goes on.
    n_iterations : int
        Most EM steps of the one that goes on.
    tolerance : float
        The fit has converged when a step gains less log-likelihood per row than this.
    """

    n_states: Annotated[int, Field(ge=2)]
    covariance: Literal["diag", "full"]
    n_starts: Annotated[int, Field(ge=1)]
    n_short: Annotated[int, Field(ge=1)]
    n_iterations: Annotated[int, Field(ge=1)]
    tolerance: Annotated[float, Field(gt=0)]


@options
class RegimeInputOptions:
    """What the hidden Markov model looks at.

    Attributes
    ----------
    efficiency : tuple of int
        Bars of each efficiency ratio: the net move over the length of the path (Kaufman 1995).
    log_volatility : tuple of float
        Half-lives, in bars, of each log volatility.
    log_return : tuple of int
        Bars of each log-return. It has a sign, which tells rising from falling.
    """

    efficiency: tuple[Period, ...]
    log_volatility: tuple[HalfLife, ...]
    log_return: tuple[Annotated[int, Field(ge=1)], ...]

    @model_validator(mode="after")
    def check_any(self) -> Self:
        """Refuse a model that looks at nothing, or twice at the same."""
        asked = (self.efficiency, self.log_volatility, self.log_return)
        if not any(asked) or any(len(set(one)) < len(one) for one in asked):
            raise ValueError("name at least one input, and none of them twice")
        return self


@options
class RuleOptions:
    """Thresholds of the rules that name a regime without a fit.

    Attributes
    ----------
    order : tuple of {"volatile", "trending", "mean_reverting"}
        Which rule is asked first; the first that holds gives the name, and "ranging" is what is left.
    period : int
        Bars of momentum, noise, autocorrelation, variances and bands.
    fast_period : int
        Bars of the volatility that is compared with that of `period`.
    variance_horizon : int
        Bars of the longer returns of the variance ratio.
    volatility_ratio : float
        Volatile: volatility of `fast_period` over that of `period` at least this.
    momentum_to_noise : float
        Trending: the net move of `period` bars, in standard deviations of such a move by chance, at
        least this.
    trend_variance_ratio : float
        Trending: variance ratio at least this.
    autocorrelation : float
        Mean reverting: correlation of neighbouring returns at most this.
    reversion_variance_ratio : float
        Mean reverting: variance ratio at most this.
    band_width : float
        Mean reverting: the close no further from its mean than so many standard deviations; a close
        beyond the bands has broken out.
    """

    order: tuple[Rule, ...]
    period: Annotated[int, Field(ge=10)]
    fast_period: Annotated[int, Field(ge=2)]
    variance_horizon: Annotated[int, Field(ge=2)]
    volatility_ratio: Annotated[float, Field(gt=0)]
    momentum_to_noise: Annotated[float, Field(gt=0)]
    trend_variance_ratio: Annotated[float, Field(ge=0)]
    autocorrelation: Annotated[float, Field(ge=-1, le=1)]
    reversion_variance_ratio: Annotated[float, Field(ge=0)]
    band_width: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def check_periods(self) -> Self:
        """Refuse rules asked twice, and windows that do not fit into each other."""
        if len(set(self.order)) < len(self.order):
            raise ValueError("order must name every rule at most once: remove what is repeated")
        if self.fast_period >= self.period or self.variance_horizon >= self.period:
            raise ValueError("fast_period and variance_horizon must be below period: lengthen period")
        return self


@options
class RegimeOptions:
    """What the stage of regimes computes.

    Attributes
    ----------
    inputs : RegimeInputOptions
        Of the hidden Markov model.
    hmm : HMMOptions
        Its fit; three states, since the regimes have three names.
    rules : RuleOptions
        Of the regimes that need no fit.
    min_agreement : float
        The audit warns where the fit of a fold names a smaller share of the bars like the fit on all
        train rows.
    """

    inputs: RegimeInputOptions
    hmm: HMMOptions
    rules: RuleOptions
    min_agreement: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def check_states(self) -> Self:
        """Refuse a number of states for which there are no names."""
        if self.hmm.n_states != 3:
            raise ValueError(
                f"hmm.n_states must be 3 (range, trend, panic), got {self.hmm.n_states}: "
                "use topoquant.lib.regimes.fit_hmm for another number"
            )
        return self
