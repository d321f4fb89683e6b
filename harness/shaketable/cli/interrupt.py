"""Ctrl-C: the first asks to stop and keep what was found, and is obeyed within two seconds."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import ClassVar

from shaketable.worlds import interrupt_worlds

PATIENCE_S = 1.6
"""What has not ended by then is given up: writing the certificate takes the rest of the two seconds."""


class Interrupt:
    """Callable: whether somebody asked to stop. A second Ctrl-C, or a run that hangs, raises KeyboardInterrupt.

    So does the first for a run on a real world, which would take seconds to end.
    """

    hurry: ClassVar[bool] = False
    """Whether anybody ever asked: then nothing at the end of this process may take its time."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, object] = {}

    def __call__(self) -> bool:
        return self.asked

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():  # only there may handlers be set
            for number, handler in (
                (signal.SIGINT, self._ask),
                (signal.SIGTERM, self._ask),
                (signal.SIGALRM, self._give_up),
            ):
                self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace
        self.calm()
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before.clear()

    def calm(self) -> None:
        """What was running has ended: no need to give it up any more."""
        if self._before:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.asked:
            raise KeyboardInterrupt
        self.asked = Interrupt.hurry = True
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
        interrupt_worlds()

    def _give_up(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt
