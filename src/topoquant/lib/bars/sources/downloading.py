"""One file over HTTP: bounded, resumed, never half written under its final name."""

import hashlib
import io
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

from topoquant.lib.bars.sources.options import SourceOptions
from topoquant.lib.bars.sources.retrying import (
    Sleep,
    TemporaryError,
    retry_after,
    unavailable,
    with_retries,
)

CHUNK_BYTES = 1 << 16
PASSING_STATUSES = (408, 418, 429)
MEANINGS = {
    403: " (refused, often by a proxy or firewall)",
    407: " (the proxy wants a login)",
    418: " (banned for asking too often)",
    429: " (asked too often)",
    451: " (not served to this country)",
}


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What every request needs: the session, the options, and how to wait."""

    session: requests.Session
    options: SourceOptions
    sleep: Sleep


def get_bytes(url: str, connection: Connection) -> bytes | None:
    """Get a small document whole.

    Parameters
    ----------
    url : str
        Its address.
    connection : Connection
        Session, options, sleep.

    Returns
    -------
    bytes or None
        The body; None when the server says that it does not exist (404).

    Raises
    ------
    InputError
        When the server does not give it in `n_retries + 1` attempts, or refuses.
    """

    def attempt() -> bytes | None:
        buffer = io.BytesIO()
        with _opened(url, {}, connection) as response:
            if response.status_code == 404:
                return None
            _copy_body(response, buffer.write, connection.options)
        return buffer.getvalue()

    return with_retries(attempt, url, options=connection.options, sleep=connection.sleep)


def download(url: str, part: Path, connection: Connection) -> bool:
    """Download `url` into `part`, going on from the bytes that are already there.

    The part file stays when an attempt fails, so that the next one, also of a later run, asks for the
    rest only (`Range`). Whether the whole is right is for the caller's checksum to say.

    Parameters
    ----------
    url : str
        Address of the file.
    part : Path
        Where its bytes go; flushed to disk on return.
    connection : Connection
        Session, options, sleep.

    Returns
    -------
    bool
        False when the server says that the file does not exist (404); nothing is written then.

    Raises
    ------
    InputError
        When the server does not give it in `n_retries + 1` attempts, or refuses.
    """
    return with_retries(
        lambda: _download_once(url, part, connection), url, options=connection.options, sleep=connection.sleep
    )


def sha256_of(path: Path) -> str:
    """Hash a file.

    Parameters
    ----------
    path : Path
        An existing file.

    Returns
    -------
    str
        Its SHA-256 in lower-case hexadecimal.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish(part: Path, path: Path) -> None:
    """Give a complete file its final name in one step that survives a power cut.

    Parameters
    ----------
    part : Path
        The complete file, in the folder of `path`, flushed to disk.
    path : Path
        Its final name; an older file of that name is replaced.
    """
    part.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_whole(path: Path, body: bytes) -> None:
    """Write a small file in one step.

    Parameters
    ----------
    path : Path
        Its final name.
    body : bytes
        Its content.
    """
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(body)
        _flush(file)
    publish(part, path)


def _download_once(url: str, part: Path, connection: Connection) -> bool:
    """Make one attempt, appending to the part file when the server goes on from its end."""
    n_have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={n_have}-"} if n_have else {}
    with _opened(url, headers, connection) as response:
        if response.status_code == 404:
            return False
        first, total = _content_range(response)
        if response.status_code == 416 and total == n_have:
            return True
        if response.status_code == 416 or (response.status_code == 206 and first != n_have):
            part.unlink(missing_ok=True)
            raise TemporaryError(f"a range that does not follow the {n_have} bytes already here", wait=0.0)
        with part.open("ab" if response.status_code == 206 else "wb") as file:
            # Flushed also when the body breaks off: these bytes are where the next attempt starts.
            try:
                _copy_body(response, file.write, connection.options)
            finally:
                _flush(file)
    return True


@contextmanager
def _opened(url: str, headers: dict[str, str], connection: Connection) -> Iterator[requests.Response]:
    """Open a response whose status is 200, 206, 404 or 416; everything else raises."""
    timeout = connection.options.timeout_seconds
    # Bytes are counted against content-length and hashed, so they must come as they are stored.
    headers = {"Accept-Encoding": "identity", **headers}
    try:
        response = connection.session.get(url, headers=headers, stream=True, timeout=timeout)
    except requests.Timeout as error:
        raise TemporaryError(f"no answer within {timeout:g} s") from error
    except requests.ConnectionError as error:
        cause = getattr(error.args[0], "reason", error.args[0]) if error.args else error
        raise TemporaryError(f"no connection ({cause})") from error
    except requests.RequestException as error:
        raise unavailable(url, str(error)) from error
    with response:
        _check_status(response, url)
        yield response


def _check_status(response: requests.Response, url: str) -> None:
    """Sort the statuses into usable ones, ones that may pass, and refusals."""
    status = response.status_code
    if status in (200, 206, 404, 416):
        return
    reason = f"HTTP {status}{MEANINGS.get(status, '')}"
    if status in PASSING_STATUSES or status >= 500:
        raise TemporaryError(reason, retry_after(response.headers))
    raise unavailable(url, reason)


def _copy_body(response: requests.Response, write: Callable[[bytes], object], options: SourceOptions) -> None:
    """Copy a body as it arrives and refuse one that is late or shorter than announced."""
    n_announced = response.headers.get("Content-Length")
    deadline = time.monotonic() + options.file_timeout_seconds
    n_copied = 0
    try:
        # read1 returns whatever has arrived, so that a dripping server cannot outlive the deadline.
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
            write(chunk)
            n_copied += len(chunk)
            if time.monotonic() > deadline:
                late = f"file_timeout_seconds={options.file_timeout_seconds:g}"
                raise TemporaryError(f"only {n_copied} bytes within {late}")
    except urllib3.exceptions.TimeoutError as error:
        silence = f"timeout_seconds={options.timeout_seconds:g}"
        raise TemporaryError(f"{n_copied} bytes and then silence for {silence}") from error
    except urllib3.exceptions.HTTPError as error:
        raise TemporaryError(f"a body that broke off after {n_copied} of {n_announced} bytes") from error
    if n_announced is not None and n_copied != int(n_announced):
        raise TemporaryError(f"a body of {n_copied} bytes where {n_announced} were announced")


def _content_range(response: requests.Response) -> tuple[int | None, int | None]:
    """Read first byte and total size from `Content-Range`; None where it does not say."""
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if match is None:
        return None, None
    first, total = match.groups()
    return (None if first is None else int(first)), (None if total == "*" else int(total))


def _flush(file: io.BufferedIOBase | io.BufferedWriter) -> None:
    """Force written bytes to the disk."""
    file.flush()
    os.fsync(file.fileno())
