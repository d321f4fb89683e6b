"""A part that is no part of the system: it asks every so often whether a row could be locked at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shaketable.ports import LockNotAvailable, Ports, Request, Response, Service
from shaketable.subject import Part, Subject, System
from shaketable_targets.order_system.background import Background

EVERY_MS = 10
NOTHING = Response(404, None)


class RowProbe:
    """Tells `blocked` the time whenever a row of `stock` is locked by others."""

    def __init__(self, ports: Ports, item: str, blocked: Callable[[int], None]) -> None:
        self._ports = ports
        self._item = item
        self._blocked = blocked
        self._background = Background()

    async def start(self) -> None:
        self._background.run(self._watch(), "probe")

    async def stop(self) -> None:
        await self._background.stop()

    async def handle(self, request: Request) -> Response:
        return NOTHING

    async def _watch(self) -> None:
        while True:
            await self._ports.clock.sleep(EVERY_MS)
            try:
                async with self._ports.database.transaction() as tx:
                    await tx.select("stock", ("item", "=", self._item), lock="nowait")
            except LockNotAvailable:
                self._blocked(self._ports.clock.monotonic_ms())


def probed(subject: Subject, item: str, blocked: Callable[[int], None]) -> Subject:
    """Return a subject with a probe of an item in its database `inventory`. TypeError for a component."""
    if not isinstance(subject.target, System):
        raise TypeError(f"{subject.name} is no system of services")

    def made(ports: Ports) -> Service:
        return RowProbe(ports, item, blocked)

    parts = (*subject.target.parts, Part("probe", made, "inventory"))
    polls = subject.target.polls | {("SELECT", "stock")}
    return replace(subject, target=replace(subject.target, parts=parts, polls=polls))
