"""Asking again, a bounded number of times, and the refusal when it does not help."""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

from topoquant.lib.bars.sources.options import SourceOptions
from topoquant.lib.errors import InputError, bad_input

T = TypeVar("T")
Sleep = Callable[[float], object]

ALTERNATIVES = (
    "try again later or from another network, or run with source=files and path=<your own bars>, "
    "or with source=synthetic"
)


class TemporaryError(Exception):
    """One attempt failed in a way that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


def unavailable(url: str, reason: str) -> InputError:
    """Build the refusal for a server that does not give the data, naming what else can be done.

    Parameters
    ----------
    url : str
        What was asked for.
    reason : str
        What came instead.

    Returns
    -------
    InputError
        To be raised by the caller.

    Examples
    --------
    >>> str(unavailable("https://archive.example/a.zip", "HTTP 451"))[:64]
    'https://archive.example/a.zip must be available, got HTTP 451: t'
    """
    return bad_input(url, "available", reason, ALTERNATIVES)


def with_retries(attempt: Callable[[], T], url: str, *, options: SourceOptions, sleep: Sleep) -> T:
    """Call `attempt` until it succeeds, at most `n_retries + 1` times.

    Parameters
    ----------
    attempt : callable
        Returns the result or raises `TemporaryError`; anything else passes through.
    url : str
        What is asked for; only for the message.
    options : SourceOptions
        `n_retries`, `backoff_seconds`, `max_wait_seconds`.
    sleep : callable
        Waits for a number of seconds.

    Returns
    -------
    object
        What `attempt` returned.

    Raises
    ------
    InputError
        After the last attempt, or at once when the server asks for a wait above `max_wait_seconds`.

    Examples
    --------
    >>> options = SourceOptions(base_url="https://archive.example", listing_url=None, rest_url=None,
    ...     timeout_seconds=20, file_timeout_seconds=600, n_retries=2, backoff_seconds=1,
    ...     max_wait_seconds=120, publication_days=3, page_size=1000)
    >>> answers, waits = iter([False, False, True]), []
    >>> def attempt():
    ...     if not next(answers):
    ...         raise TemporaryError("HTTP 500")
    ...     return "bars"
    >>> with_retries(attempt, "https://archive.example", options=options, sleep=waits.append), waits
    ('bars', [1.0, 2.0])
    """
    reason = ""
    for n_failed in range(options.n_retries + 1):
        try:
            return attempt()
        except TemporaryError as failure:
            reason, asked = failure.reason, failure.wait
        if asked is not None and asked > options.max_wait_seconds:
            limit = f"max_wait_seconds={options.max_wait_seconds:g}"
            raise unavailable(url, f"{reason} with a wait of {asked:g} s, above {limit}")
        if n_failed < options.n_retries:
            backoff = min(options.backoff_seconds * 2.0**n_failed, options.max_wait_seconds)
            sleep(backoff if asked is None else asked)
    raise unavailable(url, f"{reason} in {options.n_retries + 1} attempts")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the `Retry-After` header: seconds, or an HTTP date as seconds from now.

    Parameters
    ----------
    headers : mapping
        The response's headers.

    Returns
    -------
    float or None
        Seconds to wait, at least 0; None when the header is absent or unreadable.

    Examples
    --------
    >>> retry_after({"Retry-After": "7"}), retry_after({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"})
    (7.0, 0.0)
    >>> retry_after({}) is None and retry_after({"Retry-After": "soon"}) is None
    True
    """
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None
