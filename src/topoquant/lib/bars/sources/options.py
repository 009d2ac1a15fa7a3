"""Options of the downloading source: addresses, patience, page size."""

from typing import Annotated

import pydantic

from topoquant.lib.options import options

WebAddress = Annotated[str, pydantic.Field(pattern=r"^https?://[^\s/]+(/[^\s]*[^\s/])?$")]
Seconds = Annotated[float, pydantic.Field(gt=0.0)]


@options
class SourceOptions:
    """Where the exchange publishes its bars and how patiently to ask for them.

    Attributes
    ----------
    base_url : str
        Root of the public archive, without a trailing slash.
    listing_url : str or None
        Root that answers `?prefix=` with a list of the archive's files. It is asked only to say what
        exists when a month is missing; None leaves that out of the message.
    rest_url : str or None
        Root of the REST interface (`.../api/v3`) for the days that have no archive file yet; None
        keeps ccxt's own.
    timeout_seconds : float
        Longest silence of a server, both before and between bytes.
    file_timeout_seconds : float
        Longest time one attempt at one file may take, however steadily its bytes drip in.
    n_retries : int
        Attempts after the first one.
    backoff_seconds : float
        Wait before the first retry; it doubles with every further one.
    max_wait_seconds : float
        Longest single wait. A server that asks for more stops the run.
    publication_days : int
        Days after which a day that is still not in the archive counts as missing, not as late.
    page_size : int
        Bars per REST request; the exchange answers at most 1000.

    Examples
    --------
    >>> SourceOptions(base_url="https://archive.example", listing_url=None, rest_url=None,
    ...     timeout_seconds=20, file_timeout_seconds=600, n_retries=4, backoff_seconds=1,
    ...     max_wait_seconds=120, publication_days=3, page_size=1000).n_retries
    4
    """

    base_url: WebAddress
    listing_url: WebAddress | None
    rest_url: WebAddress | None
    timeout_seconds: Seconds
    file_timeout_seconds: Seconds
    n_retries: Annotated[int, pydantic.Field(ge=0)]
    backoff_seconds: Annotated[float, pydantic.Field(ge=0.0)]
    max_wait_seconds: Seconds
    publication_days: Annotated[int, pydantic.Field(ge=1)]
    page_size: Annotated[int, pydantic.Field(ge=1, le=1000)]
