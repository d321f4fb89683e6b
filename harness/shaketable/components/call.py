"""One call through the component, and how its protected function ends."""

from __future__ import annotations

import asyncio
from typing import Literal

from shaketable.components.adapter import COUNTED, EXCLUDED, Cancelled
from shaketable.components.worker import Worker

Ending = Literal["ok", "fail", "excluded", "cancelled"]


class Call:
    """A call from its start to its completion; `inside` while it waits in the protected function."""

    __slots__ = (
        "blocked_at",
        "cancelled",
        "done",
        "ending",
        "entries",
        "error",
        "gate",
        "inside",
        "invoked",
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
        self.invoked = -1  # index of its `invoke` event
        self.entries = 0  # times the protected function was entered
        self.inside = False
        self.done = False
        self.cancelled = False
        self.blocked_at = -1  # `entries` when it was last recorded as blocked
        self.ending: Ending = "ok"
        self.error: BaseException | None = None  # that the function raised
        self.parked: Worker | None = None  # sync: the worker that waits in the function
        self.gate: asyncio.Future[None] | None = None  # asyncio: the future that the function awaits
        self.task: asyncio.Task[None] | None = None

    def complete(self) -> None:
        """Mark it completed and drop its error, whose traceback leads back to this call: a reference circle."""
        self.done = True
        self.error = None

    def end_function(self) -> str:
        """Return or raise as `ending` says, and keep the error to compare with what the component's caller sees."""
        match self.ending:
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
