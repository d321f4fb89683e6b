"""The loop of asyncio calls whose orders are decided: at every await it is, which of the tasks that are ready goes on."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from types import FrameType
from typing import Any

from shaketable.components.calls.call import Call
from shaketable.components.scheduling.call_order import CallOrder
from shaketable.components.scheduling.line_touches import OUTSIDE, LineTouch, touch_of
from shaketable.components.scheduling.standing import Standing
from shaketable.components.scheduling.switch_points import is_of_subject
from shaketable.sim.loop import SimLoop
from shaketable.sim.owner import OWNER, Handle

CALL: contextvars.ContextVar[Call | None] = contextvars.ContextVar("shaketable_call", default=None)
"""The call that runs, for fault points and orders: also in the tasks that the component starts for it."""
_THE_COMPONENT = ("component",)
"""What a task touches up to its next await is not known before, so any two are taken to be at the same object."""


class TaskLoop(SimLoop):
    """A `SimLoop` that asks `order` before each part of a task, from one await to the next; without an order, it is one.

    What is no part of a task, such as the callbacks of futures, runs first, in the order in which it was asked for: a task that
    is late is one whose wake-up came later.
    """

    def __init__(self) -> None:
        super().__init__()
        self.order: CallOrder | None = None
        self._standings: dict[int, Standing] = {}
        self._names: dict[asyncio.Task[Any], str] = {}
        self._named: dict[str, int] = {}

    def has_ready(self, call: Call) -> bool:
        """Tell whether a task of `call` may go on."""
        return any(handle._context.get(CALL) is call for handle in self._ready)

    def close(self) -> None:
        """See `SimLoop.close`."""
        super().close()
        self._standings.clear()
        self._names.clear()

    def _drain(self) -> None:
        order = self.order
        if order is None:
            self._standings.clear()
            super()._drain()
            return
        while self._ready:
            other = next((i for i, handle in enumerate(self._ready) if not _is_of_task(handle)), None)
            if other is not None:
                self._take(other)
                continue
            standings = [self._standing(order, handle) for handle in self._ready]
            chosen = order.choose(standings)
            if chosen is None:
                return
            place = next(i for i, one in enumerate(standings) if one is chosen)
            task: asyncio.Task[Any] = self._ready[place]._callback.__self__  # type: ignore[attr-defined]
            self._take(place)
            if not task.done():
                order.leave_midway(chosen.address[0], _where(task)[1])

    def _standing(self, order: CallOrder, handle: Handle) -> Standing:
        """Return where the task stands of which `handle` is the next part."""
        known = self._standings.get(id(handle))
        if known is not None:
            return known
        task, context = handle._callback.__self__, handle._context  # type: ignore[attr-defined]
        name = self._names.get(task)
        if name is None:
            call = context.get(CALL)
            name = self._names[task] = self._new_name("task" if call is None else call.process)
        begun, touch = _where(task)
        standing = order.stand(name, "AWAIT" if begun else "BEGIN", LineTouch(touch.place, _THE_COMPONENT))
        self._standings[id(handle)] = standing
        return standing

    def _new_name(self, of: str) -> str:
        """Return `call-1` for the task of call 1, `call-1.2` for the next that it starts, `task-1` beside the calls."""
        count = self._named[of] = self._named.get(of, 0) + 1
        if of == "task":
            return f"task-{count}"
        return of if count == 1 else f"{of}.{count}"

    def _take(self, place: int) -> None:
        """Run what is ready at this place of the queue."""
        handle = self._ready[place]
        del self._ready[place]
        self._standings.pop(id(handle), None)
        if handle._cancelled:
            return
        context = handle._context
        owner = context.get(OWNER)
        if owner is not None and not owner.alive:
            self._dropped.append(handle)
            return
        context.run(handle._callback, *handle._args)


def _is_of_task(handle: Handle) -> bool:
    """Tell whether `handle` is the next part of a task that can run."""
    if handle._cancelled or not isinstance(getattr(handle._callback, "__self__", None), asyncio.Task):
        return False
    owner = handle._context.get(OWNER)
    return owner is None or owner.alive


def _where(task: asyncio.Task[Any]) -> tuple[bool, LineTouch]:
    """Return whether a task has begun, and the innermost line of the subject at which it waits."""
    at: Any = task.get_coro()
    if inspect.iscoroutine(at) and inspect.getcoroutinestate(at) == inspect.CORO_CREATED:
        return False, OUTSIDE
    found = OUTSIDE
    while at is not None:
        frame: FrameType | None = getattr(at, "cr_frame", None) or getattr(at, "gi_frame", None)
        if frame is None:
            break
        if is_of_subject(frame.f_code):
            found = touch_of(frame)
        at = getattr(at, "cr_await", None) or getattr(at, "gi_yieldfrom", None)
    return True, found
