"""How long averages that never forget take to forget where they began."""

# Periods after which the weight of the start is below 2 %: (1 - 2 / (n + 1)) ** (2 n) for an average
# that TA-Lib starts from the mean of its first n bars, and (1 - 1 / n) ** (5 n) for one of Wilder's.
SPAN_PERIODS = 3
WILDER_PERIODS = 6


def span_warm_up(span: int) -> int:
    """Rows until an exponential average of this span no longer depends on where it began.

    Parameters
    ----------
    span : int
        Weight of the newest value is 2 / (span + 1).

    Returns
    -------
    int

    Examples
    --------
    >>> span_warm_up(20)
    60
    """
    return SPAN_PERIODS * span


def wilder_warm_up(period: int) -> int:
    """Rows until an average of Wilder's no longer depends on where it began.

    Parameters
    ----------
    period : int
        Weight of the newest value is 1 / period.

    Returns
    -------
    int

    Examples
    --------
    >>> wilder_warm_up(14)
    84
    """
    return WILDER_PERIODS * period
