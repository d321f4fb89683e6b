"""Makes a component, a subject that is one object, out of the factory of its adapter."""

from __future__ import annotations

from typing import cast

from shaketable.components.adapter import (
    TIME_WAYS,
    AnyAdapter,
    AsyncAdapter,
    Carrier,
    Make,
    SyncAdapter,
    TimeWay,
)
from shaketable.components.async_driver import AsyncDriver
from shaketable.components.sync_driver import SyncDriver
from shaketable.errors import UsageError
from shaketable.schedule import Step
from shaketable.subject import Component, ComponentContext, ComponentRun


def component(
    make: Make[AnyAdapter],
    *,
    sync: bool,
    time: TimeWay = "substituted",
    recovery: tuple[Step, ...] = (),
    carrier: Carrier = "threads",
) -> Component:
    """Return what a `Subject` takes as its `target`, driven call by call in virtual time.

    `make(clock)` builds the adapter anew for each run: an object with a method `call(fn)`, a coroutine function
    unless `sync`. `time` is the way in which virtual time reaches it (see `TimeWay`). `recovery` are the steps of the
    liveness phase, applied when every call in flight has ended: what a patient caller does. `carrier` is for sync ones
    (see `Carrier`). Raises UsageError if `time` is no known way.
    """
    if time not in TIME_WAYS:
        raise UsageError(f"time must be one of {', '.join(TIME_WAYS)}, got {time!r}")

    def open_run(context: ComponentContext) -> ComponentRun:
        if sync:
            return SyncDriver(context, cast(Make[SyncAdapter], make), time, recovery, carrier)
        return AsyncDriver(context, cast(Make[AsyncAdapter], make), time, recovery)

    return Component(open=open_run)
