"""Who a callback belongs to: what lets a process lose power without a `finally` running."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any


class Owner:
    """Who a callback belongs to: one incarnation of a process."""

    __slots__ = ("alive", "backlog", "paused")

    def __init__(self) -> None:
        self.alive = True
        self.paused = False
        self.backlog: list[Handle] = []


OWNER: contextvars.ContextVar[Owner | None] = contextvars.ContextVar("shaketable_owner", default=None)


class Handle:
    """A scheduled callback; as `asyncio.Handle`, but cheap."""

    __slots__ = ("_args", "_callback", "_cancelled", "_context", "_when")

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context,
        when: float,
    ) -> None:
        self._callback = callback
        self._args = args
        self._context = context
        self._cancelled = False
        self._when = when

    def cancel(self) -> None:
        self._cancelled = True

    def cancelled(self) -> bool:
        return self._cancelled

    def when(self) -> float:
        return self._when
