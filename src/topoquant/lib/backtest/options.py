"""Options of a backtest."""

from dataclasses import asdict
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topoquant.lib.errors import bad_input
from topoquant.lib.options import options

Sizing = Literal["fixed", "volatility", "probability"]
Positive = Annotated[float, Field(gt=0)]
Bars = Annotated[int, Field(ge=1)]


@options
class CostOptions:
    """What a person chooses about trading; what is held and how long follows from the target.

    Attributes
    ----------
    fee, slippage : float
        Fractions of the traded value, each paid at entry and again at exit. Slippage is a cost
        beside the quoted price, so that entry and exit prices stay those of the bars.
    size : float
        Fraction of the equity at entry that a signal of 1 stands for; above 1 is leverage.
    stop, take_profit : float or None
        Distances from the entry price at which a position is closed early; None for never. Fractions of
        the price, or with `atr_period` average true ranges.
    n_random : int or None
        Draws of random entries the result is compared with; None for no comparison.
    trailing : float or None
        Distance of a stop from the best price since the entry, as `stop`; None for none.
    atr_period : int or None
        Bars of Wilder's average true range that distances are counted in; None for fractions.
    funding : float or None
        Fraction of the value at entry that longs pay and shorts receive at the open of every bar but the
        first that a position is held, bars that are missing included; None for none.
    sizing : {"fixed", "volatility", "probability"}
        What a signal is multiplied by: nothing, `target_volatility` over the volatility expected, or how
        far the probability is from chance (see `position_sizes`).
    target_volatility, volatility_half_life : float, int or None
        Per year, and in bars; both for "volatility" alone.
    max_exposure : float or None
        Most that may be held at once over the equity: entries are cut to what is left. None for no limit.
    n_positions : int
        Entries that may be open at once in one symbol.
    min_trades : int or None
        Fewer trades than this say nothing: win rate, profit factor and expectancy are then not given, and
        the status is "too_little_data". None for no minimum.
    """

    fee: Annotated[float, Field(ge=0, lt=0.5)]
    slippage: Annotated[float, Field(ge=0, lt=0.5)]
    size: Positive = 1.0
    stop: Positive | None = None
    take_profit: Positive | None = None
    n_random: Annotated[int, Field(ge=2)] | None = None
    trailing: Positive | None = None
    atr_period: Annotated[int, Field(ge=2)] | None = None
    funding: Annotated[float, Field(gt=-0.1, lt=0.1)] | None = None
    sizing: Sizing = "fixed"
    target_volatility: Positive | None = None
    volatility_half_life: Bars | None = None
    max_exposure: Positive | None = None
    n_positions: Bars = 1
    min_trades: Bars | None = None

    @property
    def cost(self) -> float:
        """Fee and slippage of one fill, as a fraction of the traded value."""
        return self.fee + self.slippage

    @model_validator(mode="after")
    def check_distances(self) -> Self:
        """Refuse a stop at or below a price of 0."""
        for name in ("stop", "trailing"):
            distance = getattr(self, name)
            if self.atr_period is None and distance is not None and distance >= 1:
                raise bad_input(
                    name,
                    "a fraction below 1",
                    distance,
                    "write .05 for 5 %, or set atr_period to count ranges",
                )
        return self

    @model_validator(mode="after")
    def check_volatility(self) -> Self:
        """Refuse a target without its sizing, and the sizing without its target."""
        given = (self.target_volatility is not None, self.volatility_half_life is not None)
        wanted = self.sizing == "volatility"
        if given != (wanted, wanted):
            raise bad_input(
                "target_volatility and volatility_half_life", "given with sizing volatility, and only then",
                f"{self.target_volatility} and {self.volatility_half_life} with {self.sizing}",
                "set sizing, or both to null",
            )  # fmt: skip
        return self


@options
class BacktestOptions(CostOptions):
    """What a fill costs and how a position is held.

    Attributes
    ----------
    fee, slippage, size, stop, take_profit, n_random, ...
        As in `CostOptions`.
    holding : int or None
        Bars from the fill to the scheduled exit, at the open. None: until a close at which the signal is
        another; the exit is at the open after it.
    side : {"long", "short", "both"}
        Signals of another side are ignored.

    Examples
    --------
    >>> BacktestOptions(fee=0.0005, slippage=0.0002, holding=4, side="long", stop=2.0, atr_period=14).cost
    0.0007
    """

    holding: Bars | None = None
    side: Literal["long", "short", "both"] = "both"


SIDES: dict[str, Literal["long", "short", "both"]] = {
    "direction": "both",
    "up": "long",
    "down": "short",
    "both": "both",
}


def trading_options(costs: CostOptions, *, holding: int, side: str) -> BacktestOptions:
    """Trade a target as it is asked: long for moves up, short for moves down, for its horizon.

    Parameters
    ----------
    costs : CostOptions
        What a person chose.
    holding : int
        Horizon of the target.
    side : {"direction", "up", "down", "both"}
        Side of the target.

    Returns
    -------
    BacktestOptions
        For `simulate`.

    Examples
    --------
    >>> costs = CostOptions(fee=0.0005, slippage=0.0002, n_random=2)
    >>> trading_options(costs, holding=4, side="down").side
    'short'
    """
    return BacktestOptions(**asdict(costs), holding=holding, side=SIDES[side])
