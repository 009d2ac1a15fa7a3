"""Options of a backtest."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options


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
        Fractions of the entry price at which a position is closed early; None for never.
    n_random : int
        Draws of random entries the result is compared with.
    """

    fee: Annotated[float, Field(ge=0, lt=0.5)]
    slippage: Annotated[float, Field(ge=0, lt=0.5)]
    size: Annotated[float, Field(gt=0)]
    stop: Annotated[float, Field(gt=0, lt=1)] | None
    take_profit: Annotated[float, Field(gt=0)] | None
    n_random: Annotated[int, Field(ge=2)]

    @property
    def cost(self) -> float:
        """Fee and slippage of one fill, as a fraction of the traded value."""
        return self.fee + self.slippage


@options
class BacktestOptions(CostOptions):
    """What a fill costs and how a position is held.

    Attributes
    ----------
    fee, slippage, size, stop, take_profit, n_random
        As in `CostOptions`.
    holding : int
        Bars from the fill to the scheduled exit, at the open.
    side : {"long", "short", "both"}
        Signals of another side are ignored.

    Examples
    --------
    >>> BacktestOptions(fee=0.0005, slippage=0.0002, holding=4, side="long", size=1.0,
    ...                 stop=None, take_profit=None, n_random=1000).cost
    0.0007
    """

    holding: Annotated[int, Field(ge=1)]
    side: Literal["long", "short", "both"]


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
    >>> costs = CostOptions(fee=0.0005, slippage=0.0002, size=1.0, stop=None, take_profit=None, n_random=2)
    >>> trading_options(costs, holding=4, side="down").side
    'short'
    """
    return BacktestOptions(**asdict(costs), holding=holding, side=SIDES[side])
