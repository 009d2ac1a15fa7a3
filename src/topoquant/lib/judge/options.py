"""How a table of somebody else's predictions is read."""

from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options

Scale = Literal["probability", "logit", "score"]


@options
class TableOptions:
    """What a table cannot say by itself.

    Attributes
    ----------
    key : {"time", "open_time"} or None
        Whether its stamps are decision times (the end of the newest bar a row knows) or that bar's
        start. None asks the name of the column, which is then one of the two; any other is refused.
    column : str, int or None
        The column that is judged; None recognises it by its name.
    scale : {"probability", "logit", "score"} or None
        What it holds: the probability of label 1, its log-odds, or any number that is higher where
        label 1 is likelier, which is then calibrated on val. None follows from the name.
    time_zone : str or None
        Zone of stamps that carry none; None refuses those.
    split : {"bars", "table"}
        Val and test are cut at fractions of the bars, as for the members of a recipe, or within the
        span of the table, for one that holds nothing before its test period.
    n_blocks : int
        Blocks of time over which a calibrator is chosen.

    Examples
    --------
    >>> TableOptions(key=None, column=None, scale=None, time_zone=None, split="bars", n_blocks=5).split
    'bars'
    """

    key: Literal["time", "open_time"] | None
    column: str | int | None
    scale: Scale | None
    time_zone: str | None
    split: Literal["bars", "table"]
    n_blocks: Annotated[int, Field(ge=2)]


@options
class CompareOptions:
    """Which recorded runs are put side by side.

    Attributes
    ----------
    n_runs : int
        The newest that reached a verdict, 1 to 100: every two of them are compared.
    recipe, symbols : str or None
        Only runs of this recipe, of these symbols as they were given; None: of all.

    Examples
    --------
    >>> CompareOptions(n_runs=12, recipe=None, symbols=None).n_runs
    12
    """

    n_runs: Annotated[int, Field(ge=1, le=100)]
    recipe: str | None
    symbols: str | None
