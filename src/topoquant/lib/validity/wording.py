"""How a finding writes its numbers."""

import math


def short(value: float | None, digits: int = 2) -> str:
    """Write a number without its leading zero.

    Parameters
    ----------
    value : float or None
        None and NaN become "-".
    digits : int
        Digits after the point.

    Returns
    -------
    str
        The number.

    Examples
    --------
    >>> short(0.123), short(-0.5), short(3.81, 1), short(None)
    ('.12', '-.50', '3.8', '-')
    """
    if value is None or math.isnan(value):
        return "-"
    text = f"{abs(value):.{digits}f}"
    sign = "-" if value < 0 and float(text) else ""
    return sign + text.removeprefix("0")


def listed(names: list[str], at_most: int = 5) -> str:
    """Name the first few and count the rest.

    Parameters
    ----------
    names : list of str
        At least one.
    at_most : int
        How many to name.

    Returns
    -------
    str
        Separated by commas.

    Examples
    --------
    >>> listed(["a", "b", "c"], at_most=2)
    'a, b and 1 more'
    """
    rest = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {rest} more" if rest > 0 else "")
