"""Which column of a foreign table is what; nothing is guessed that could be two things."""

from collections.abc import Sequence
from dataclasses import dataclass

from topoquant.lib.errors import bad_input
from topoquant.lib.judge.options import Scale, TableOptions

STAMPS = ("datetime", "date", "timestamp", "unix", "ts")
SYMBOLS = ("symbol", "instrument", "pair", "ticker")
# By name alone: a score that happens to lie in [0, 1] is no probability yet.
SCALES: dict[str, Scale] = {
    "logit_label": "logit", "p_label": "probability", "logit": "logit", "probability": "probability",
    "proba": "probability", "score": "score", "prediction": "score", "pred": "score", "y_pred": "score",
}  # fmt: skip
CARRIED = ("set", "fold", "t1", "target_id", "label")
PRICES = {"open", "high", "low", "close"}


@dataclass(frozen=True)
class Columns:
    """What was found in a table.

    Attributes
    ----------
    stamp : str
        Column of the stamps.
    is_open : bool
        Whether they are the start of the newest bar known, not its end.
    symbol : str or None
        Column of the symbols.
    value : str
        Column that is judged.
    scale : {"probability", "logit", "score"}
        What it holds.
    carried : tuple of str
        Columns that say more about a row: `set`, `fold`, `t1`, `target_id`, `label`.
    """

    stamp: str
    is_open: bool
    symbol: str | None
    value: str
    scale: Scale
    carried: tuple[str, ...]


def find_columns(found: Sequence[str], options: TableOptions, *, source: str) -> Columns:
    """Say which column is what.

    Parameters
    ----------
    found : sequence of str
        Names of the columns, in lower case.
    options : TableOptions
        `key`, `column` and `scale`.
    source : str
        Name of the table, for refusals.

    Returns
    -------
    Columns
        One for every meaning.

    Raises
    ------
    InputError
        For a column that is missing, that could be two things, or whose stamps may be the start or the
        end of a bar.

    Examples
    --------
    >>> options = TableOptions(key="open_time", column=None, scale=None, time_zone=None, split="bars",
    ...                        n_blocks=5)
    >>> find_columns(["datetime", "instrument", "score"], options, source="pred.parquet")
    Columns(stamp='datetime', is_open=True, symbol='instrument', value='score', scale='score', carried=())
    """
    value, scale = _value_column(found, options, source)
    stamp, is_open = _stamp_column(found, options, source)
    symbols = [name for name in SYMBOLS if name in found]
    if len(symbols) > 1:
        raise bad_input(f"symbol of {source}", "one column", ", ".join(symbols), "drop all but one of them")
    carried = tuple(name for name in CARRIED if name in found and name != value)
    return Columns(stamp, is_open, symbols[0] if symbols else None, value, scale, carried)


def _value_column(found: Sequence[str], options: TableOptions, source: str) -> tuple[str, Scale]:
    """Find what is judged."""
    listed = ", ".join(found)
    if options.column is not None:
        name = str(options.column).lower()
        if name not in found:
            raise bad_input("table.column", f"one of {listed}, as {source} has", name, "correct the name")
        scale = options.scale or SCALES.get(name)
        if scale is None:
            raise bad_input(
                "table.scale", f"probability, logit or score for column {name}", None,
                "say what the column holds",
            )  # fmt: skip
        return name, scale
    known = [name for name in SCALES if name in found]
    # Our own tables carry one prediction twice.
    known = [name for name in known if not (name == "p_label" and "logit_label" in known)]
    if len(known) != 1:
        remedy = "name it with table.column, and what it holds with table.scale"
        if not known and set(found) >= PRICES:
            remedy = "these are bars: path names the predictions, bars=... the bars"
        raise bad_input(
            f"column that is judged in {source}", f"one of {', '.join(SCALES)}",
            ", ".join(known) or f"columns {listed}", remedy,
        )  # fmt: skip
    return known[0], options.scale or SCALES[known[0]]


def _stamp_column(found: Sequence[str], options: TableOptions, source: str) -> tuple[str, bool]:
    """Find the stamps, and say whether they are the start of a bar."""
    others = [name for name in STAMPS if name in found]
    if options.key == "time" and "time" not in found and "open_time" in found and not others:
        raise bad_input(
            "table.key", f"open_time, as the stamps of {source} are called", "time", "leave table.key out"
        )
    if "time" in found and options.key != "open_time":
        return "time", False
    if "open_time" in found and options.key != "time":
        return "open_time", True
    candidates = [*others, *(["time"] if "time" in found else [])]
    if len(candidates) != 1:
        raise bad_input(
            f"stamps of {source}", f"in one column: time, open_time, {', '.join(STAMPS)}",
            ", ".join(candidates) or f"columns {', '.join(found)}", "rename one to time or open_time",
        )  # fmt: skip
    if options.key is None:
        raise bad_input(
            "table.key",
            f"time (column {candidates[0]} of {source} is when the newest bar known ended) or open_time "
            "(when it began)",
            None,
            "say which; one bar the wrong way is a leak",
        )
    return candidates[0], options.key == "open_time"
