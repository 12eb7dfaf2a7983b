"""What a person at the console is told when something fails: one line and an exit code, never a traceback."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

import click

from daytrader.utils.errors import ConfigurationError, DayTraderError, InvalidInputError

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

FAILED: Final = 1
INVALID_INPUT: Final = 2
_AGAIN_SECONDS: Final = 0.05


def explain(error: Exception) -> int:
    """
    Say on stderr what went wrong, and return the exit code: 2 for what a person has typed or set, 1 for the rest.

    What nobody expected is named too; its trace is logged at level DEBUG.
    """
    if isinstance(error, DayTraderError):
        return _say(str(error), INVALID_INPUT if isinstance(error, InvalidInputError | ConfigurationError) else FAILED)
    if isinstance(error, OSError):
        _let_go_of_output()
        return _say(_of_file(error))
    if isinstance(error, MemoryError):
        return _say("there is not enough memory for this")
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        return _say(_of_database(error))
    import structlog

    structlog.get_logger(__name__).debug("unexpected failure", exc_info=error)
    return _say(f"{type(error).__name__}: {error}. This is a defect; DAYTRADER_LOG_LEVEL=DEBUG shows where it is")


def keep_interrupts() -> None:
    """Have Ctrl-C end a command also where Python drops it: within a finalizer, whose errors it only prints."""

    def hook(unraisable: UnraisableHookArgs) -> None:
        if unraisable.exc_type is KeyboardInterrupt:
            threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            sys.__unraisablehook__(unraisable)

    sys.unraisablehook = hook


def is_broken_pipe(error: Exception) -> bool:
    """Return whether only the reader of our output has gone, as `head` does: no failure of ours."""
    return isinstance(error, OSError) and error.errno == errno.EPIPE


def _say(message: str, code: int = FAILED) -> int:
    click.echo(f"Error: {message}", err=True)
    return code


def _of_file(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{os.fsdecode(error.filename)}: {reason}" if isinstance(error.filename, str | bytes) else reason


def _of_database(error: Exception) -> str:
    """Name the database without its password, and say what its driver says in one line."""
    from sqlalchemy import Engine
    from sqlalchemy.exc import DBAPIError

    from daytrader.services.session_manager import session_factory

    assert isinstance(error, DBAPIError)
    bound = session_factory.kw.get("bind")
    name = f" {bound.url.render_as_string(hide_password=True)}" if isinstance(bound, Engine) else ""
    reason = " ".join(str(error.orig).split())
    return f"the database{name} cannot be used: {reason}"


def _let_go_of_output() -> None:
    """Give up output that cannot be written, which Python would try again, and trace, while it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
