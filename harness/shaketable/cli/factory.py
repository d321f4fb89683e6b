"""A user's factory, called so that whatever it does costs one line: it may raise, exit, or never return."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from shaketable.components.scheduling.watchdog import Watchdog
from shaketable.entry_point import NoSuchFunction, load_function
from shaketable.errors import UsageError
from shaketable.history import Json

LIMIT_S = 30.0
"""For importing the module and calling the factory, which only builds: a run has less (`RUN_S`)."""


class _Exited(BaseException):
    """The factory called os._exit."""


def made_by(spec: str) -> Json:
    """Import `package.module:factory` and return what it returns. Raises UsageError that says why it cannot be used."""
    try:
        with Watchdog(LIMIT_S, f"{spec} did not return", callers=__file__), _no_exit():
            return load_function(spec)()
    except (UsageError, KeyboardInterrupt):
        raise
    except NoSuchFunction as error:
        raise UsageError(f"{spec}: {error}") from None
    except (SystemExit, _Exited) as error:
        raise UsageError(f"{spec} called sys.exit({_code(error)}) instead of returning a subject") from None
    except BaseException as error:  # a user's module: an error in it is one line and no traceback
        raise UsageError(f"{spec} cannot be used: {type(error).__name__}: {error}") from error


def _code(error: BaseException) -> str:
    code = error.args[0] if error.args else None
    return "" if code is None else repr(code)


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
