"""Ends code of the subject that runs in this thread for far too long, and names the line it was at.

    watchdog = Watchdog(20.0, "a run of it did not end")
    watchdog.start()
    ...                          # an endless loop in here ends with Overdue
    watchdog.end()               # raises SubjectError if that was so, whatever became of the Overdue

A timer of the process sends a signal. It is SIGALRM where nothing else waits for that, and then also what blocks is
ended; else SIGVTALRM, by a timer that counts computing only and has a quarter of the time, so that it comes first on a busy
machine too. Where both are taken, or in another thread than the main one, nothing is watched. Both signals are given back
as they were found.
"""

from __future__ import annotations

# The functions of `signal` convert to and from enumerations, which takes longer than all else here.
import _signal  # type: ignore[import-not-found]
import os
import sys
from _thread import get_ident
from collections.abc import Callable
from os import _exit
from pathlib import Path
from signal import ITIMER_REAL, ITIMER_VIRTUAL, SIG_DFL, SIGALRM, SIGVTALRM, setitimer
from threading import main_thread
from types import FrameType, TracebackType

from shaketable.components.scheduling.switch_points import is_of_subject
from shaketable.errors import SubjectError

RUN_S = 20.0
"""The real seconds that a run of a component may take: it takes milliseconds."""
_AGAIN_S = 0.5
_SWALLOWED_MAX = 4
"""An Overdue may be swallowed so often; after that the process ends."""
_UNPLACED_MAX = 20
"""The harness is found at work for the subject so often, and not the subject itself, before the blame needs no line."""
_EXIT_USAGE = 2
_TIMERS = ((int(SIGALRM), ITIMER_REAL, 1.0, ""), (int(SIGVTALRM), ITIMER_VIRTUAL, 0.25, " of computing"))
_DRIVING = str(Path(__file__).parents[1] / "driving")
_MAIN = main_thread().ident
_DEFAULT = int(SIG_DFL)

_install: Callable[[int, object], object] = _signal.signal
_installed: Callable[[int], object] = _signal.getsignal


class Overdue(BaseException):
    """Raised in code that goes on for too long. Not an `Exception`, so that few swallow it."""


def _write(line: str) -> None:
    os.write(2, f"shaketable: {line}\n".encode(errors="backslashreplace"))


_tell: list[Callable[[str], None]] = [_write]


def tell_by(tell: Callable[[str], None]) -> None:
    """Let `tell` say, in one line, why this process ends: where its output is captured stderr would be lost."""
    _tell[:] = [tell]


class Watchdog:
    """Watches from `start` to `end`; `failed` says what did not happen if the time is over. As a context it does both.

    Only code that is called from files whose path starts with `callers` is ended. `noticed` is called with the error of
    `end` when the time is over, before Overdue is raised.
    """

    __slots__ = (
        "_alarms",
        "_callers",
        "_error",
        "_failed",
        "_limit_s",
        "_noticed",
        "_number",
        "_spent",
        "_timer",
    )

    def __init__(
        self,
        limit_s: float,
        failed: str,
        noticed: Callable[[SubjectError], None] | None = None,
        callers: str = _DRIVING,
    ) -> None:
        self._limit_s = limit_s
        self._failed = failed
        self._noticed = noticed
        self._callers = callers
        self._alarms = 0
        self._error: SubjectError | None = None
        self._number = 0

    def start(self) -> None:
        """Begin to watch."""
        if get_ident() != _MAIN:
            return
        for number, timer, share, kind in _TIMERS:
            if _installed(number) == _DEFAULT:
                _install(number, self._alarm)
                left_s, every_s = setitimer(timer, self._limit_s * share, _AGAIN_S)
                if left_s:  # a timer of the user's, which is to end the process
                    setitimer(timer, left_s, every_s)
                    _install(number, _DEFAULT)
                    continue
                self._number, self._timer, self._spent = number, timer, (share, kind)
                return

    def end(self) -> None:
        """Watch no more. Raises SubjectError if the time was over."""
        if self._number:
            setitimer(self._timer, 0.0)
            _install(self._number, _DEFAULT)
            self._number = 0
        self._noticed = None  # its owner's, which keeps this: a circle
        if self._error is not None:
            raise self._error from None

    def __enter__(self) -> Watchdog:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self.end()

    def _alarm(self, _number: int, frame: FrameType | None) -> None:
        if _is_debugged():
            return
        place, at_work = place_of(frame, self._callers)
        if not at_work:  # between two calls of the subject, where nothing is to be ended
            return
        self._alarms += 1
        if not place and self._alarms < _UNPLACED_MAX:
            return
        if self._error is None:
            where = f", at {place}" if place else ""
            share, kind = self._spent
            self._error = SubjectError(
                f"{self._failed} within {self._limit_s * share:g} s{kind}{where}: it loops for ever, or waits for something"
            )
            self._alarms = 0
            if self._noticed is not None:
                self._noticed(self._error)
        elif self._alarms > _SWALLOWED_MAX:
            _tell[0](str(self._error))
            _exit(_EXIT_USAGE)
        raise Overdue(str(self._error))


def place_of(frame: FrameType | None, callers: str = _DRIVING) -> tuple[str, bool]:
    """Return the line of the subject that is being run, "" if none, and whether it or the harness is at work in a call."""
    place = ""
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(callers):
            return place, True
        if not place and is_of_subject(code):
            place = f"{code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return "", False


def position_of(ident: int) -> str:
    """Return where the thread with this number is: the line of the subject, else the innermost one."""
    frame = sys._current_frames().get(ident)
    place, _ = place_of(frame)
    if place:
        return place
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"


def _is_debugged() -> bool:
    """Tell whether a debugger is at work: it waits for the user, however long that takes."""
    trace = sys.gettrace()
    if trace is not None and not type(trace).__module__.startswith("coverage"):
        return True
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None
