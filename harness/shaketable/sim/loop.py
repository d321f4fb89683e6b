"""A virtual-time asyncio loop: a ready queue and a heap of timers, no selector, no thread, no wall clock.

Every callback runs in a context that may name its owner, a process of the simulated world. A process that
lost power is never resumed: its callbacks are kept aside, uncancelled, so no `finally` runs. A paused
process keeps them in a backlog. Equal instants run in the order in which they were asked for.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from heapq import heappop, heappush
from typing import Any, TypeVar

from shaketable.errors import Deadlock, ForbiddenCall
from shaketable.sim.owner import OWNER, Handle, Owner

T = TypeVar("T")

_forget_waiter: Callable[..., object] = getattr(asyncio, "future_discard_from_awaited_by", lambda *_: None)


class SimLoop(asyncio.AbstractEventLoop):
    """Virtual time starts at 0 and moves only in `advance`; `virtual_ms` is a whole number of milliseconds."""

    def __init__(self) -> None:
        self.virtual_ms = 0
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[int, int, Handle | asyncio.Future[None]]] = []
        self._sequence = 0
        self._until_ms = 0
        self._tasks: list[asyncio.Task[Any]] = []
        self._dropped: list[Handle] = []
        self._failures: list[dict[str, Any]] = []
        self._closed = False
        self._entered = 0
        self._outside: asyncio.AbstractEventLoop | None = None

    # -- what the harness drives ---------------------------------------------------------------------

    def __enter__(self) -> None:
        """Make this the running loop of the thread until `__exit__`. Entering nests.

        A caller that runs the loop often enters it once: each change of the running loop asks the system for the
        process's id.
        """
        if not self._entered:
            self._outside = events._get_running_loop()
            events._set_running_loop(self)
        self._entered += 1

    def __exit__(self, *_error: object) -> None:
        self._entered -= 1
        if not self._entered:
            events._set_running_loop(self._outside)
            self._outside = None

    def run_ready(self) -> None:
        """Run everything that is due at this instant."""
        if not self._ready:
            return
        with self:
            self._drain()
        if self._failures:
            self._raise_failure()

    def advance(self, delay_ms: int) -> None:
        """Let `delay_ms` pass, firing timers in order of time, then of asking."""
        self.advance_to(self.virtual_ms + delay_ms)

    def advance_to(self, until_ms: int) -> None:
        """Let time pass up to and including the instant `until_ms`."""
        timers = self._timers
        self._until_ms = until_ms
        with self:
            self._drain()
            while timers and timers[0][0] <= until_ms:
                self._fire_next_instant()
                self._drain()
        if until_ms > self.virtual_ms:
            self.virtual_ms = until_ms
        if self._failures:
            self._raise_failure()

    def next_timer_ms(self) -> int | None:
        """Return when the earliest timer fires, None without one; a cancelled one counts until its time."""
        return self._timers[0][0] if self._timers else None

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` is done, time passing as needed; Deadlock when nothing can ever finish it."""
        task = asyncio.ensure_future(future, loop=self)
        timers = self._timers
        with self:
            self._drain()
            while not task.done():
                if not timers:
                    raise Deadlock(self._describe_deadlock())
                self._fire_next_instant()
                self._drain()
        if self._failures:
            self._raise_failure()
        return task.result()

    def pass_alone(self, delay_ms: int) -> bool:
        """Let time pass without giving up control; False, without effect, if another callback would run meanwhile.

        For the running callback this is `sleep`, only cheaper: what happens, and when, is the same.
        """
        then_ms = self.virtual_ms + delay_ms
        timers = self._timers
        if self._ready or then_ms > self._until_ms or (timers and timers[0][0] <= then_ms):
            return False
        self.virtual_ms = then_ms
        return True

    def sleep(self, delay_ms: int) -> asyncio.Future[None]:
        """Return a future that is done `delay_ms` from now; the cheapest way to wait."""
        future: asyncio.Future[None] = asyncio.Future(loop=self)
        self._sequence += 1
        heappush(self._timers, (self.virtual_ms + delay_ms, self._sequence, future))
        return future

    def call_after(self, delay_ms: int, callback: Callable[..., object], *args: Any) -> Handle:
        """Schedule a callback in whole milliseconds and in an empty context: no process owns it."""
        self._sequence += 1
        when_ms = self.virtual_ms + delay_ms
        handle = Handle(callback, args, UNOWNED, when_ms / 1000)
        heappush(self._timers, (when_ms, self._sequence, handle))
        return handle

    def resume(self, owner: Owner) -> None:
        """End the pause of an owner: its callbacks become ready again, in their order."""
        owner.paused = False
        self._ready.extend(owner.backlog)
        owner.backlog = []

    def close(self) -> None:
        """Dispose of what is left. Clean-up code of abandoned coroutines runs here, against inert ports."""
        if self._closed:
            return
        self._closed = True
        self._ready.clear()
        self._timers.clear()
        for task in self._tasks:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                _dispose(task.get_coro())
                waits_for = task._fut_waiter  # type: ignore[attr-defined]
                if isinstance(waits_for, asyncio.Future) and not isinstance(waits_for, asyncio.Task):
                    waits_for.cancel()  # it and the task refer to each other, since Python 3.14 twice
                    _forget_waiter(waits_for, task)
        self._tasks.clear()
        self._ready.clear()
        self._dropped.clear()

    # -- the inside ------------------------------------------------------------------------------------

    def _drain(self) -> None:
        ready = self._ready
        while ready:
            handle = ready.popleft()
            if handle._cancelled:
                continue
            context = handle._context
            owner = context.get(OWNER)
            if owner is not None and (owner.paused or not owner.alive):
                (owner.backlog if owner.alive else self._dropped).append(handle)
                continue
            context.run(handle._callback, *handle._args)

    def _fire_next_instant(self) -> None:
        timers = self._timers
        self.virtual_ms = virtual_ms = timers[0][0]
        ready = self._ready
        while timers and timers[0][0] == virtual_ms:
            due = heappop(timers)[2]
            if due.__class__ is Handle:
                ready.append(due)
            elif not due.done():  # type: ignore[union-attr]
                due.set_result(None)  # type: ignore[union-attr]

    def _describe_deadlock(self) -> str:
        waiting = [t for t in self._tasks if not t.done()]
        names = ", ".join(f"{t.get_name()} ({getattr(t.get_coro(), '__qualname__', '?')})" for t in waiting)
        return (
            f"{len(waiting)} tasks wait for each other at {self.virtual_ms} ms and no timer is left: {names}"
        )

    def _raise_failure(self) -> None:
        failures, self._failures = self._failures, []
        error = failures[0].get("exception")
        if isinstance(error, BaseException):
            raise error

    # -- what asyncio asks of a loop --------------------------------------------------------------------

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, contextvars.copy_context() if context is None else context)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Handle:
        return self._at(self.virtual_ms + _whole_ms(delay), callback, args, context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> Handle:
        return self._at(max(self.virtual_ms, _whole_ms(when)), callback, args, context)

    def _at(
        self,
        when_ms: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> Handle:
        handle = Handle(
            callback, args, contextvars.copy_context() if context is None else context, when_ms / 1000
        )
        self._sequence += 1
        heappush(self._timers, (when_ms, self._sequence, handle))
        return handle

    def time(self) -> float:
        return self.virtual_ms / 1000

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        task: asyncio.Task[T] = asyncio.Task(coro, loop=self, name=name or "task", context=context)
        self._tasks.append(task)
        if len(self._tasks) > 4096:
            self._tasks = [t for t in self._tasks if not t.done()]
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return events._get_running_loop() is self

    def is_closed(self) -> bool:
        return self._closed

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep an error of the harness for the end of the step; drop the errors of lost tasks."""
        if isinstance(context.get("exception"), ForbiddenCall):
            self._failures.append(context)

    def run_in_executor(self, *_args: object) -> Any:
        raise ForbiddenCall("run_in_executor starts a thread; in the simulated world use a task")

    async def create_connection(self, *_args: object, **_kwargs: object) -> Any:
        raise ForbiddenCall("create_connection opens a socket; in the simulated world use the http port")

    async def create_server(self, *_args: object, **_kwargs: object) -> Any:
        raise ForbiddenCall("create_server opens a socket; a simulated service is called through `handle`")

    async def getaddrinfo(self, *_args: object, **_kwargs: object) -> Any:
        raise ForbiddenCall("getaddrinfo asks a resolver; in the simulated world services have names")

    async def subprocess_exec(self, *_args: object, **_kwargs: object) -> Any:
        raise ForbiddenCall("subprocess_exec starts a process; the simulated world is one process")


UNOWNED = contextvars.Context()


def _whole_ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _dispose(coroutine: Any) -> None:
    # Its ports are inert by now, so whatever its clean-up raises or awaits has no effect.
    try:
        coroutine.close()
    except (Exception, GeneratorExit):
        return
