"""Makes a component, a subject that is one object, out of the factory of its adapter."""

from __future__ import annotations

from shaketable.components.driving.async_driver import AsyncDriver
from shaketable.components.driving.incarnation import Setup
from shaketable.components.driving.sync_driver import SyncDriver
from shaketable.components.interface.adapter import (
    TIME_WAYS,
    Carrier,
    Make,
    MakeWithPoints,
    TimeWay,
    has_points,
    takes_clock,
)
from shaketable.components.interface.interface import CALLS, Interface
from shaketable.components.interface.interface_words import InterfaceWords
from shaketable.errors import UsageError
from shaketable.schedule import Step
from shaketable.subject import Component, ComponentContext, ComponentRun


def component(
    make: Make[object] | MakeWithPoints[object],
    *,
    sync: bool,
    time: TimeWay = "substituted",
    recovery: tuple[Step, ...] = (),
    carrier: Carrier = "threads",
    interface: Interface | None = None,
) -> Component:
    """Return what a `Subject` takes as its `target`, driven call by call in virtual time.

    `make(clock)` builds the adapter anew for each run: an object with the methods of `interface`, a method `call(fn)`
    where none is given; coroutine functions unless `sync`. If it has a parameter `points`, it is given the fault points
    of the run too. `time` is the way in which virtual time reaches it (see `TimeWay`). `recovery` are the steps of the
    liveness phase, applied when every call in flight has ended: what a patient caller does. `carrier` is for sync ones
    (see `Carrier`). Raises UsageError if `time` is no known way
    or `make` takes no clock.
    """
    if time not in TIME_WAYS:
        raise UsageError(f"time must be one of {', '.join(TIME_WAYS)}, got {time!r}")
    if not takes_clock(make):
        raise UsageError(
            f"{getattr(make, '__name__', make)} cannot be called with the clock alone, as make(clock): give it one parameter for "
            "it, also where it is not used; one for the fault points has to be named points"
        )
    driven = CALLS if interface is None else interface
    setup = Setup(make, driven, time, recovery, carrier if sync else "greenlets", has_points(make))
    driver = SyncDriver if sync else AsyncDriver

    def open_run(context: ComponentContext) -> ComponentRun:
        return driver(context, setup)

    return Component(
        open=open_run, words=InterfaceWords(driven), has_switch_points=sync and carrier == "threads"
    )
