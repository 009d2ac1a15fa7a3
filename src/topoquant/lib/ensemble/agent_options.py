"""Options of agents: members that are heard in some regimes only."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topoquant.lib.errors import bad_input
from topoquant.lib.options import options

Spoken = Literal["range", "trend", "panic", "default"]


@options
class AgentOptions:
    """Which agent speaks when, and which one says how loud.

    Attributes
    ----------
    speaks : dict of {"range", "trend", "panic", "default"} to tuple of str
        Agents heard in each regime; "default" where a row has none. An empty tuple: nobody is.
    sizer : str or None
        Agent that predicts the size of the move (`max_pct`): it sizes and gates the others. None: all
        speak at size 1.
    quiet : float
        Share of a fit's own rows, those of the smallest predicted moves, at which nobody is heard.
    largest : float
        Largest size. A move as large as the median of the fit's own rows has size 1.

    Examples
    --------
    >>> table = {"range": ("reversion",), "trend": ("trend",), "panic": (), "default": ("trend",)}
    >>> AgentOptions(speaks=table, sizer=None, quiet=0.0, largest=2.0).speakers
    ('reversion', 'trend')
    """

    speaks: dict[Spoken, tuple[str, ...]]
    sizer: str | None
    quiet: Annotated[float, Field(ge=0, lt=1)]
    largest: Annotated[float, Field(ge=1)]

    @model_validator(mode="after")
    def check_table(self) -> Self:
        """Refuse a regime that is not in the table, and a table in which nobody ever speaks."""
        missing = sorted({"range", "trend", "panic", "default"} - set(self.speaks))
        if missing or not self.speakers:
            raise bad_input(
                "speaks", "a row for range, trend, panic and default, with an agent in one of them",
                f"no {', '.join(missing)}" if missing else "no agent", "write [] where nobody is heard",
            )  # fmt: skip
        return self

    @property
    def speakers(self) -> tuple[str, ...]:
        """Agents that are heard in some regime, in the order of the table."""
        return tuple(dict.fromkeys(name for names in self.speaks.values() for name in names))
