"""The one way this project refuses bad input."""


class InputError(ValueError):
    """Bad input by a user: its message is all they need to see."""


def bad_input(name: str, allowed: object, got: object, remedy: str) -> InputError:
    """Build the one-sentence refusal: what, what is allowed, what came, what to do.

    Parameters
    ----------
    name : str
        The thing that is wrong, as the user wrote it (an option, a column, a file).
    allowed : object
        What would have been accepted.
    got : object
        What was given.
    remedy : str
        What to do about it, in the imperative.

    Returns
    -------
    InputError
        To be raised by the caller, so that the raising line is theirs.

    Examples
    --------
    >>> raise bad_input("horizon", "in [1, 1200)", 5000, "shorten it or load more bars")
    Traceback (most recent call last):
    ...
    topoquant.lib.errors.InputError: horizon must be in [1, 1200), got 5000: shorten it or load more bars
    """
    return InputError(f"{name} must be {allowed}, got {got}: {remedy}")
