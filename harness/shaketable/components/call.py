"""One call on its way through the component, and how its protected function leaves."""

from __future__ import annotations

import asyncio
from typing import Literal

from shaketable.components.adapter import COUNTED, EXCLUDED, Cancelled
from shaketable.components.worker import Worker

Leaving = Literal["ok", "fail", "excluded", "cancelled"]


class Flight:
    """A call from its start to its completion. `inside` while it waits in the protected function."""

    __slots__ = (
        "blocked_at",
        "cancelled",
        "done",
        "entries",
        "error",
        "gate",
        "inside",
        "invoked",
        "leaving",
        "number",
        "parked",
        "process",
        "result",
        "task",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.process = f"call-{number}"
        self.result = f"result-{number}"
        self.invoked = -1
        self.entries = 0
        self.inside = False
        self.done = False
        self.cancelled = False
        self.blocked_at = -1  # how often the function had been entered when it was last said to be blocked
        self.leaving: Leaving = "ok"
        self.error: BaseException | None = None
        self.parked: Worker | None = None  # sync: the thread that waits in the function
        self.gate: asyncio.Future[None] | None = None  # asyncio: what the function awaits
        self.task: asyncio.Task[None] | None = None

    def end(self) -> None:
        """It is completed. Its error knows the frames it came through, and they know the flight: let go of it."""
        self.done = True
        self.error = None

    def leave(self) -> str:
        """Return or raise what `leaving` says, and remember it: it is what the caller should see."""
        match self.leaving:
            case "ok":
                self.error = None
                return self.result
            case "fail":
                self.error = COUNTED(f"{self.process} failed")
            case "excluded":
                self.error = EXCLUDED(f"{self.process} was refused by the business")
            case "cancelled":
                self.error = Cancelled(self.process)
        raise self.error
