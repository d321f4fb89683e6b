"""Ctrl-C: the first asks to stop and keep what was found, and takes effect within two seconds. And runs that never end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import ClassVar

from shaketable.errors import UsageError
from shaketable.explore.budget import HANG_REAL_S, HANG_S
from shaketable.report.printable import printable
from shaketable.world import World
from shaketable.world_choice import interrupt_worlds

_GRACE_S = 1.8
"""A run that has not ended by then is abandoned: writing the certificate takes the rest of the two seconds."""
_AGAIN_S = 5.0
"""A watched run that swallowed the interruption by which it was to end gets another."""
_SWALLOWED_MAX = 3
"""A run that swallows more of them takes the process with it."""
_EXIT_USAGE = 2
HANGS = "its code loops for ever without awaiting, or blocks"


def hang_s(world: World) -> float:
    """Return the time after which a run on `world` counts as one that never ends."""
    return HANG_REAL_S if world.traits.has_servers else HANG_S


class Interrupt:
    """A context that handles SIGINT and SIGTERM; calling it, before each run, tells whether a stop was requested.

    The first signal only requests a stop, except for a run on a real world, which would take seconds to end and gets a
    KeyboardInterrupt. A second signal raises KeyboardInterrupt, and so does a run that goes on for too long.
    """

    skip_cleanup: ClassVar[bool] = False
    """True once a stop was requested in this process: its exit must not wait for slow cleanup."""

    def __init__(self) -> None:
        self.requested = False
        self._grace_s = _GRACE_S
        self._limit_s = 0.0  # for a run that is watched
        self._watched = ""
        self._alarms = 0
        self._hangs = False
        self._previous: dict[int, object] = {}

    def __call__(self) -> bool:
        if self._limit_s and not self.requested:
            self._alarm(self._limit_s, _AGAIN_S)
        return self.requested

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():  # only there may handlers be set
            for number, handler in (
                (signal.SIGINT, self._request),
                (signal.SIGTERM, self._request),
                (signal.SIGALRM, self._abandon_run),
            ):
                self._previous[number] = signal.signal(number, handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self.cancel_deadline()
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._previous.clear()

    def cancel_deadline(self) -> None:
        """Cancel the deadline of a requested stop, because the runs have ended."""
        self._alarm(0)

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Give the runs in here so long to end once a stop is requested: their maker sees to it by itself."""
        before, self._grace_s = self._grace_s, seconds
        try:
            yield
        finally:
            self._grace_s = before

    @contextmanager
    def watching(self, subject: str, limit_s: float) -> Iterator[None]:
        """End a run in here that goes on for `limit_s` after it was asked whether to stop. Raises UsageError then.

        If code of the subject does not let go of the run in any case, the command ends there and then with the same words.
        """
        self._limit_s, self._watched = limit_s, subject
        self()
        try:
            yield
        except KeyboardInterrupt:
            if not self._hangs:
                raise
        finally:
            if not self.requested:
                self.cancel_deadline()
            reason, self._limit_s = self._reason(), 0.0
        if self._hangs:  # also if what it interrupted took it for a Ctrl-C
            raise UsageError(reason)

    def _reason(self) -> str:
        return f"{self._watched}: no run of it ended within {self._limit_s:g} s: {HANGS}"

    def _alarm(self, seconds: float, again_s: float = 0.0) -> None:
        if self._previous:
            signal.setitimer(signal.ITIMER_REAL, seconds, again_s)

    def _request(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.requested:
            raise KeyboardInterrupt
        self.requested = Interrupt.skip_cleanup = True
        self._alarm(self._grace_s)
        interrupt_worlds()

    def _abandon_run(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._hangs = not self.requested
        self._alarms += 1
        if self._alarms > _SWALLOWED_MAX:
            os.write(2, f"shaketable: {printable(self._reason())}\n".encode())
            os._exit(_EXIT_USAGE)
        raise KeyboardInterrupt
