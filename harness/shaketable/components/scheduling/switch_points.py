"""Switch points: a sync call on a thread of its own is stopped between two lines of the subject's own modules.

Locks and the protected function are not the only places where another thread may get its turn. A call that is started
with `stop_at: n` stops before the n-th line of the subject's own code that it runs, and goes on when it is told to.
Only such a call is traced, and only until it stops, so the others cost nothing. Calls whose steps happen in one turn may
take turns at every line (`LineTurns`).
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType

Trace = Callable[[FrameType, str, object], object]

_HARNESS = str(Path(__file__).parents[2])
_STANDARD = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})
_INSTALLED = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
_TOOLS = tuple(
    str(Path(folder, name)) + os.sep
    for folder in _INSTALLED
    for name in ("hypothesis", "_pytest", "pytest", "pluggy", "coverage")
)
"""What runs tests is called back in any thread, as Hypothesis is by the garbage collector: it is no subject."""


class SwitchPoint:
    """Calls `stop` before the n-th line of the subject's own code that the calling thread runs from `start` on."""

    __slots__ = ("_before", "_left", "_stop")

    def __init__(self, n: int, stop: Callable[[str], None]) -> None:
        self._left = n
        self._stop = stop
        self._before: object = None

    def start(self) -> None:
        """Begin to count the lines of this thread."""
        self._before = sys.gettrace()
        sys.settrace(self._called)  # type: ignore[arg-type]  # it returns what traces the lines

    def end(self) -> None:
        """Count no more; what traced the thread before does so again."""
        sys.settrace(self._before)  # type: ignore[arg-type]  # what gettrace returned
        self._before = None

    def _called(self, frame: FrameType, _event: str, _argument: object) -> Trace | None:
        return self._line if is_of_subject(frame.f_code) else None

    def _line(self, frame: FrameType, event: str, _argument: object) -> Trace | None:
        if event == "line":
            self._left -= 1
            if not self._left:
                self.end()
                frame.f_trace = None
                self._stop(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
                return None
        return self._line if self._left > 0 else None


class LineTurns:
    """Calls `give_way`, with the frame, before each line of the subject's own code that the thread runs from `start` to `end`."""

    __slots__ = ("_before", "_give_way")

    def __init__(self, give_way: Callable[[FrameType], None]) -> None:
        self._give_way = give_way
        self._before: object = None

    def start(self) -> None:
        """Begin, in the functions too that the thread is in already."""
        self._before = sys.gettrace()
        sys.settrace(self._called)  # type: ignore[arg-type]  # it returns what traces the lines
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if is_of_subject(frame.f_code):
                frame.f_trace = self._line
            frame = frame.f_back

    def end(self) -> None:
        """Give way no more; what traced the thread before does so again."""
        sys.settrace(self._before)  # type: ignore[arg-type]  # what gettrace returned
        self._before = None

    def _called(self, frame: FrameType, _event: str, _argument: object) -> Trace | None:
        return self._line if is_of_subject(frame.f_code) else None

    def _line(self, frame: FrameType, event: str, _argument: object) -> Trace:
        if event == "line":
            self._give_way(frame)
        return self._line


@lru_cache(maxsize=4_096)
def is_of_subject(code: CodeType) -> bool:
    """Tell whether code belongs to the subject: to neither the harness nor Python's own library.

    What pip installed counts, for a library can be the subject; the parts of Python that stand below the standard
    library's folder do not.
    """
    file = code.co_filename
    if file.startswith(("<", _HARNESS, *_TOOLS)):
        return False
    return file.startswith(_INSTALLED) or not file.startswith(_STANDARD)
