"""Fault points: named places inside a component at which a schedule can make something go wrong.

def __init__(self, clock, points):            # a factory with a parameter `points` is given them
    self._store = points.durable("store", dict)

def call(self, fn):
    self._points.reach("store.request")       # `await` it in an asyncio adapter
    self._store["calls"] = self._store.get("calls", 0) + 1
    self._points.reach("store.reply")
"""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Protocol, TypeVar, cast

from shaketable.errors import UsageError
from shaketable.faults.points import AnyPointFault, PointCancel, PointFail, point_fault_name
from shaketable.schedule import AtPoint

T = TypeVar("T")

LOST = "no answer came in time"
"""The message of the TimeoutError that a call gets whose message was lost."""


class Durable(Protocol):
    """What survives a crash of the component in the same run."""

    def durable(self, name: str, make: Callable[[], T], /) -> T:
        """Return what `make()` returned when this `name` was first asked for in this run.

        It is what stands outside the component: keep plain data in it, for a lock in it could be held by a call that
        a crash has dropped.
        """
        ...


class SyncPoints(Durable, Protocol):
    """The fault points of a sync component, and what survives its crash: `durable(name, make)` is made once in a run."""

    def reach(self, point: str, /) -> None:
        """Say that the call stands at `point`. Return, late or at once, or raise, as the schedule has it."""
        ...


class AsyncPoints(Durable, Protocol):
    """The fault points of an asyncio component, and what survives its crash: `durable(name, make)` is made once in a run."""

    def reach(self, point: str, /) -> Awaitable[None]:
        """Say that the call stands at `point`. Return, late or at once, or raise, as the schedule has it."""
        ...


class ArmedFault:
    """A fault that waits for its call. `index` is its event in the history, `left` the times still to come."""

    __slots__ = ("index", "left", "step")

    def __init__(self, step: AtPoint, index: int) -> None:
        self.step = step
        self.index = index
        self.left = step.n


class FaultPoints:
    """What an adapter is given: both `SyncPoints` and `AsyncPoints`, as `on_reach` is the one or the other.

    `reached` are the points that were reached, in order. Nothing is recorded or armed once `close` was called.
    """

    __slots__ = ("_armed", "_durable", "_on_reach", "reached")

    def __init__(self, on_reach: Callable[[str], Awaitable[None] | None]) -> None:
        self._on_reach = on_reach
        self._armed: list[ArmedFault] = []
        self._durable: dict[str, object] = {}
        self.reached: list[str] = []

    # -- called by the adapter -----------------------------------------------------------------------------

    def reach(self, point: str) -> Any:
        return self._on_reach(point)

    def durable(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._durable:
            self._durable[name] = make()
        return cast(T, self._durable[name])

    # -- called by the driver ------------------------------------------------------------------------------

    def arm(self, step: AtPoint, index: int) -> None:
        """Let the fault happen when its point is reached. Raises UsageError if its error is none that can be raised."""
        if isinstance(step.fault, PointFail):
            error_of(step.fault)
        self._armed.append(ArmedFault(step, index))

    def disarm(self) -> list[ArmedFault]:
        """Forget the faults that have not happened and return them."""
        armed, self._armed = self._armed, []
        return armed

    def landing(self, point: str, call: int | None) -> ArmedFault | None:
        """Note that `point` is reached, by `call` or beside the calls; return the fault that happens now, if any."""
        self.reached.append(point)
        due: ArmedFault | None = None
        for armed in self._armed:
            step = armed.step
            if step.point != point or (step.call is not None and step.call != call):
                continue
            if call is None and isinstance(step.fault, PointCancel):  # only a call can be cancelled
                continue
            if armed.left > 1:
                armed.left -= 1
            elif due is None:  # one at a time: another that is due waits for the next time
                due = armed
        if due is not None:
            self._armed.remove(due)
        return due

    def close(self) -> None:
        """Cut the circle of driver, points and adapter."""
        self._on_reach = _over
        self._armed.clear()
        self._durable.clear()


def error_of(fault: PointFail) -> Exception:
    """Return the error that `fault` raises. Raises UsageError if there is no such built-in exception."""
    found = getattr(builtins, fault.error, None)
    if isinstance(found, type) and issubclass(found, Exception):
        try:
            error: Exception = found(f"{fault.error} at a fault point")
        except TypeError:  # such as UnicodeDecodeError, which takes more than a message
            found = None
        else:
            return error
    raise UsageError(
        f"a fault point can raise a built-in exception that takes a message, such as ConnectionError, not {fault.error!r}"
    )


def landed_words(fault: AnyPointFault, point: str, call: int | None) -> str:
    """Say how a fault landed, for its receipt."""
    who = "what runs beside the calls" if call is None else f"call {call}"
    return f"{point_fault_name(fault)}: {who} was at {point}"


class _Over:
    """What a point that is reached after the run returns, to be awaited or not."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


_OVER = _Over()


def _over(_point: str) -> Awaitable[None]:
    return _OVER
