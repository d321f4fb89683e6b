"""Ctrl-C: the first asks to stop and keep what was found, and takes effect within three seconds."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import ClassVar

from shaketable.worlds import interrupt_worlds

_GRACE_S = 2.4
"""A run that has not ended by then is abandoned: writing the certificate takes the rest of the three seconds."""


class Interrupt:
    """A context that handles SIGINT and SIGTERM; calling it tells whether a stop was requested.

    The first signal only requests a stop, except for a run on a real world, which would take seconds to end and gets a
    KeyboardInterrupt. A second signal raises KeyboardInterrupt, and so does a run that goes on for too long.
    """

    skip_cleanup: ClassVar[bool] = False
    """True once a stop was requested in this process: its exit must not wait for slow cleanup."""

    def __init__(self) -> None:
        self.requested = False
        self._previous: dict[int, object] = {}

    def __call__(self) -> bool:
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
        if self._previous:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _request(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.requested:
            raise KeyboardInterrupt
        self.requested = Interrupt.skip_cleanup = True
        signal.setitimer(signal.ITIMER_REAL, _GRACE_S)
        interrupt_worlds()

    def _abandon_run(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt
