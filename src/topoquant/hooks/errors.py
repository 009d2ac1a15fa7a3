"""Every failure ends in one line that says what to do, and a non-zero exit status."""

import traceback

import click
from kedro.framework.hooks import hook_impl

from topoquant.lib.errors import InputError


def root_cause(error: BaseException) -> BaseException:
    """Return the exception that started the chain; Kedro wraps what datasets and nodes raise."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def one_line(error: BaseException) -> str:
    """Say an error in one line: a refusal is its own message, anything else names its type and place."""
    cause = root_cause(error)
    if isinstance(cause, InputError | click.ClickException):
        return " ".join(str(cause).split())
    ours = [f for f in traceback.extract_tb(cause.__traceback__) if "/topoquant/" in f.filename]
    place = f" at {ours[-1].filename}:{ours[-1].lineno} in {ours[-1].name}" if ours else ""
    return f"{type(cause).__name__}{place}: {' '.join(str(cause).split())[:600]}"


def refuse(error: BaseException) -> click.ClickException:
    """Return the one line to raise; what is no refusal shows a few frames of its traceback first."""
    cause = root_cause(error)
    if not isinstance(cause, InputError | click.ClickException):
        frames = traceback.format_exception(type(cause), cause, cause.__traceback__)
        click.echo("".join(frames[:1] + frames[-4:]), err=True)
    return click.ClickException(one_line(error))


class ErrorHooks:
    """Turns an exception inside a run into one line; a few frames stay with a failure of our own."""

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Raise the one line; click prints it last and exits with status 1."""
        raise refuse(error) from None
