"""How a number is written, once, for the terminal and the page alike."""

import math
from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]

MISSING = "-"


def is_missing(value: float | None) -> bool:
    """Tell whether there is no number to show.

    Parameters
    ----------
    value : float or None
        NaN counts as missing; infinity does not.

    Returns
    -------
    bool
        True for None and NaN.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(0.0)
    (True, True, False)
    """
    return value is None or math.isnan(value)


def fraction(value: float | None, digits: int = 3) -> str:
    """Write a fraction without its leading zero.

    Parameters
    ----------
    value : float or None
        Any number; one that rounds to zero loses its sign.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        The number, or ``-`` for None and NaN.

    Examples
    --------
    >>> fraction(0.5119), fraction(-0.02, 2), fraction(1.0, 2), fraction(None)
    ('.512', '-.02', '1.00', '-')
    """
    if value is None or math.isnan(value):
        return MISSING
    rounded = round(value, digits) + 0.0
    text = f"{abs(rounded):.{digits}f}"
    return ("-" if rounded < 0 else "") + text.removeprefix("0")


def signed(value: float | None, digits: int = 3) -> str:
    """Write a fraction with its sign always shown.

    Parameters
    ----------
    value : float or None
        Any number.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        The number, or ``-`` for None and NaN.

    Examples
    --------
    >>> signed(0.016), signed(-0.016), signed(-0.0001)
    ('+.016', '-.016', '+.000')
    """
    text = fraction(value, digits)
    return text if text.startswith(MISSING) else f"+{text}"


def decimal(value: float | None, digits: int = 1) -> str:
    """Write a number that is no fraction, leading zero kept.

    Parameters
    ----------
    value : float or None
        Any number.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        The number, or ``-`` for None and NaN.

    Examples
    --------
    >>> decimal(0.08), decimal(-2.64), decimal(None)
    ('0.1', '-2.6', '-')
    """
    if value is None or math.isnan(value):
        return MISSING
    return f"{round(value, digits) + 0.0:.{digits}f}"


def count(n: float | None) -> str:
    """Write a count with thousands separated.

    Parameters
    ----------
    n : float or None
        A count; rounded to a whole number.

    Returns
    -------
    str
        The count, ``inf``, or ``-`` for None and NaN.

    Examples
    --------
    >>> count(20000), count(None)
    ('20,000', '-')
    """
    if n is None or math.isnan(n):
        return MISSING
    return str(n) if math.isinf(n) else f"{round(n):,}"


def counted(n: int, status: str) -> str:
    """Write how many checks have a status.

    Parameters
    ----------
    n : int
        How many.
    status : str
        ok, warning or leak.

    Returns
    -------
    str
        In the plural where there are several, but for ok.

    Examples
    --------
    >>> counted(1, "warning"), counted(2, "warning"), counted(2, "ok")
    ('1 warning', '2 warnings', '2 ok')
    """
    return f"{count(n)} {status}{'' if n == 1 or status == 'ok' else 's'}"


def interval(low: float | None, high: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """Write an interval of fractions in brackets.

    Parameters
    ----------
    low, high : float or None
        The ends.
    digits : int
        Digits after the point.
    sign : bool
        Whether signs are always shown.

    Returns
    -------
    str
        ``[low high]``, or nothing when an end is missing.

    Examples
    --------
    >>> interval(0.48, 0.541), interval(0.009, 0.023, 3, sign=True), interval(None, 0.5)
    ('[.48 .54]', '[+.009 +.023]', '')
    """
    if is_missing(low) or is_missing(high):
        return ""
    write = signed if sign else fraction
    return f"[{write(low, digits)} {write(high, digits)}]"


def duration(seconds: float | None) -> str:
    """Write a duration in the unit a person would say.

    Parameters
    ----------
    seconds : float or None
        Seconds, not negative.

    Returns
    -------
    str
        Whole seconds below 1000, else minutes; ``-`` for None and NaN.

    Examples
    --------
    >>> duration(44.2), duration(0.2), duration(5400)
    ('44 s', '1 s', '90 min')
    """
    if seconds is None or math.isnan(seconds):
        return MISSING
    return f"{max(1, round(seconds))} s" if seconds < 1000 else f"{round(seconds / 60)} min"


def day(instant: object) -> str:
    """Write the UTC day of an instant given as a timestamp or as ISO text.

    Parameters
    ----------
    instant : object
        A timestamp, or ISO text.

    Returns
    -------
    str
        ``YYYY-MM-DD``.

    Examples
    --------
    >>> day("2024-07-27T07:45:00+00:00")
    '2024-07-27'
    """
    return str(instant)[:10]


def one_line(text: object) -> str:
    r"""Put a text on one line, so that it can never start a line of its own.

    Parameters
    ----------
    text : object
        Anything.

    Returns
    -------
    str
        The text with every run of white space as one blank.

    Examples
    --------
    >>> one_line("drift\nverdict: edge")
    'drift verdict: edge'
    """
    return " ".join(str(text).split())
