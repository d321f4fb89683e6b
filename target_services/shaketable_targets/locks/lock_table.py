"""The table of locks in a database one round trip away: each statement is atomic, and either message of it may be lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shaketable_targets.locks.settings import Clock, Points

T = TypeVar("T")


@dataclass
class Row:
    """The row of one lock. `token` counts how often it was taken, and never goes back."""

    owner: str = ""
    locked_at_ms: int = 0
    lock_until_ms: int = 0
    token: int = 0


class LockTable:
    """One row; statements are functions of the row and of the database's time."""

    def __init__(self, points: Points, clock: Clock) -> None:
        self._points = points
        self._clock = clock
        self.row: Row = points.durable("locks", Row)

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def execute(self, statement: Callable[[Row, int], T]) -> T:
        """Send one statement and return its answer. ConnectionError and TimeoutError leave open whether it was executed."""
        self._points.reach("locks.request")
        answer = statement(self.row, self.now_ms())
        self._points.reach("locks.reply")
        return answer
