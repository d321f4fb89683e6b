"""The owner of a callback: through it a process loses power without a `finally` running."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

import msgspec


class Owner:
    """One incarnation of a process, to which callbacks belong."""

    __slots__ = ("alive", "backlog", "paused")

    def __init__(self) -> None:
        self.alive = True
        self.paused = False
        self.backlog: list[Handle] = []


OWNER: contextvars.ContextVar[Owner | None] = contextvars.ContextVar("shaketable_owner", default=None)


class Handle(msgspec.Struct, eq=False):
    """A scheduled callback; like `asyncio.Handle`, but cheap. `_when` is 0 for one that is ready at once."""

    _callback: Callable[..., object]
    _args: tuple[Any, ...]
    _context: contextvars.Context
    _when: float = 0.0
    _cancelled: bool = False

    def cancel(self) -> None:
        self._cancelled = True

    def cancelled(self) -> bool:
        return self._cancelled

    def when(self) -> float:
        return self._when
