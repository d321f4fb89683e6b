"""One call of a component's method, and how its protected function ends."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from shaketable.components.interface.interface import Ending, Method
from shaketable.components.scheduling.switch_points import LineTurns
from shaketable.components.scheduling.worker import Worker
from shaketable.history import Json

NO_ARGUMENTS: dict[str, Json] = {}


class Call:
    """A call from its start to its completion; `inside` while it waits in the protected function."""

    __slots__ = (
        "arguments",
        "at_point",
        "blocked_at",
        "cancelled",
        "done",
        "ending",
        "entries",
        "error",
        "gate",
        "inside",
        "invoked",
        "lines",
        "method",
        "number",
        "overlaps",
        "parked",
        "process",
        "result",
        "stands",
        "stop_at",
        "stopped",
        "task",
        "thrown",
        "turns",
        "worker",
    )

    def __init__(self, number: int, method: Method, arguments: dict[str, Json], ending: Ending) -> None:
        self.number = number
        self.method = method
        self.arguments = arguments
        self.process = f"call-{number}"
        self.result = f"result-{number}"
        self.invoked = -1  # index of its `invoke` event
        self.entries = 0  # times the protected function was entered
        self.inside = False
        self.done = False
        self.cancelled = False
        self.blocked_at = -1  # `entries` when it was last recorded as blocked
        self.ending = ending
        self.error: BaseException | None = None  # that the function raised
        self.at_point = False  # it waits at a fault point, as a fault has it
        self.thrown: tuple[str, BaseException] | None = None  # the last point that raised, and what
        self.parked: Worker | None = None  # sync: the worker that waits in the function
        self.worker: Worker | None = None  # sync: the worker that carries the call
        self.stop_at = (
            0  # sync, on threads: the line of the subject's own code before which it stops; 0: none
        )
        self.stopped: Worker | None = None  # the worker that is stopped there
        self.stands = False  # it could go on, and another call or step was to happen first
        self.overlaps = False  # its current step happens in one turn with those of other calls
        self.lines = (
            False  # sync, on threads: in such a turn it gives way before each line of the subject's code
        )
        self.turns: LineTurns | None = None  # traces its lines since its function ended
        self.gate: asyncio.Future[None] | None = None  # asyncio: the future that the function awaits
        self.task: asyncio.Task[None] | None = None

    def complete(self) -> None:
        """Mark it completed and drop its errors, whose tracebacks lead back to this call: a reference circle."""
        self.done = True
        self.error = self.thrown = self.task = None

    def end_function(self) -> Json:
        """Return or raise as `ending` says, and keep the error to compare with what the component's caller sees."""
        ending = self.ending
        if ending.error is None:
            self.error = None
            return ending.result if ending.is_empty else self.result
        self.error = ending.error(ending.message.format(self.process))
        raise self.error


def throw(call: Call | None, point: str, error: Exception) -> NoReturn:
    """Raise `error` at a fault point, and let the call know that it came from there."""
    if call is not None:
        call.thrown = (point, error)
    raise error
