"""The contract of an adapter, and of the factory that builds one. Adapters never import this.

The protected function raises plain built-in exceptions, so that an adapter can configure a library without
knowing the harness: `ConnectionError` is a failure that counts, `ValueError` a business error that does not.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, TypeVar

from shaketable.components.clock import Clock
from shaketable.components.interface.fault_points import FaultPoints

TimeWay = Literal["injected", "time-machine", "substituted", "none"]
"""The way in which virtual time reaches a component.

- injected: only through the `Clock` its factory is given.
- time-machine: it reads the wall clock (`time.time`, `datetime.now`), which time-machine moves.
- substituted: the same, and `time.monotonic` and `time.perf_counter` are replaced by name in every module that
  imported them, because time-machine leaves the monotonic clocks alone.
- none: it lives in real time; waiting has no effect on it.
"""
TIME_WAYS: tuple[TimeWay, ...] = ("injected", "time-machine", "substituted", "none")

Carrier = Literal["threads", "greenlets"]
"""The kind of stack on which each sync call runs.

- threads: real ones. A call that blocks where the harness cannot see it is found by a deadline, and every thread
  has its own `threading.local` and identity.
- greenlets: several times faster, for a component that uses neither, and no locks but those it makes in the run.
"""

COUNTED: type[Exception] = ConnectionError
EXCLUDED: type[Exception] = ValueError


class Cancelled(BaseException):
    """Raised inside the protected function of a sync call that is cancelled, as KeyboardInterrupt would be."""


class ListenerFailed(Exception):
    """Raised by a raising listener."""


class SyncAdapter(Protocol):
    """A component whose calls run side by side, on threads or what looks like them.

    An optional attribute `rejections: tuple[type[BaseException], ...]` names the exceptions that mean "refused,
    the function never ran". Without it every exception raised before the function was entered is a refusal.
    """

    def call(self, fn: Callable[[], object]) -> object:
        """Run `fn` through the component and return its result, or raise."""
        ...


class AsyncAdapter(Protocol):
    """A component whose calls are asyncio tasks; otherwise as `SyncAdapter`."""

    def call(self, fn: Callable[[], Awaitable[object]]) -> Awaitable[object]:
        """Run `fn` through the component and return its result, or raise."""
        ...


AnyAdapter = SyncAdapter | AsyncAdapter
A_co = TypeVar("A_co", covariant=True)


class Make(Protocol[A_co]):
    """A factory that builds the component anew for each run."""

    def __call__(self, clock: Clock, /) -> A_co: ...


class MakeWithPoints(Protocol[A_co]):
    """A factory of a component with fault points: it has a parameter `points` (see `SyncPoints` and `AsyncPoints`)."""

    def __call__(self, clock: Clock, /, *, points: FaultPoints) -> A_co: ...


def takes_clock(make: Callable[..., object]) -> bool:
    """Tell whether a factory can be called as `make(clock)`, with `points` too if it has such a parameter."""
    try:
        signature = inspect.signature(make)
    except (TypeError, ValueError):  # something built in
        return True
    try:
        signature.bind(None, **({"points": None} if "points" in signature.parameters else {}))
    except TypeError:
        return False
    return True


def has_points(make: Callable[..., object]) -> bool:
    """Tell whether a factory has a parameter `points`."""
    try:
        return "points" in inspect.signature(make).parameters
    except (TypeError, ValueError):  # something built in
        return False
