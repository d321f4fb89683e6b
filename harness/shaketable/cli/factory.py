"""A user's factory, called so that whatever it does costs one line: it may raise, exit, or never return."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from shaketable.entry_point import NoSuchFunction, load_function
from shaketable.errors import UsageError
from shaketable.history import Json

LIMIT_S = 30.0
"""For importing the module and calling the factory. A run has a minute (`shaketable.explore.pool`)."""


class _NeverReturned(BaseException):
    """The factory took too long. Not an `Exception`, so that code of the factory does not swallow it."""


class _Exited(BaseException):
    """The factory called os._exit."""


def made_by(spec: str) -> Json:
    """Import `package.module:factory` and return what it returns. Raises UsageError that says why it cannot be used."""
    try:
        with _watchdog(), _no_exit():
            return load_function(spec)()
    except (UsageError, KeyboardInterrupt):
        raise
    except NoSuchFunction as error:
        raise UsageError(f"{spec}: {error}") from None
    except _NeverReturned:
        raise UsageError(
            f"{spec} did not return within {LIMIT_S:g} s: it loops for ever, or waits for something; a factory only builds"
        ) from None
    except (SystemExit, _Exited) as error:
        raise UsageError(f"{spec} called sys.exit({_code(error)}) instead of returning a subject") from None
    except BaseException as error:  # a user's module: an error in it is one line and no traceback
        raise UsageError(f"{spec} cannot be used: {type(error).__name__}: {error}") from error


def _code(error: BaseException) -> str:
    code = error.args[0] if error.args else None
    return "" if code is None else repr(code)


@contextmanager
def _watchdog() -> Iterator[None]:
    """Raise _NeverReturned in here after the limit, where no one else waits for that signal: in a worker its parent watches."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise _NeverReturned

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


@contextmanager
def _no_exit() -> Iterator[None]:
    """Refuse os._exit in here, which would end the command with a status of the factory's choice and no word."""
    end = os._exit

    def refuse(status: int) -> None:
        raise _Exited(status)

    os._exit = refuse  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = end
