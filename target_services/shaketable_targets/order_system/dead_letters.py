"""Dead letters: an event that cannot be handled now is kept with its cause, announced, and can be redriven."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from shaketable.ports import Json, Ports, Row, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.events import ALERTS, DEAD_LETTERS
from shaketable_targets.order_system.failures import HOPELESS, RETRIED
from shaketable_targets.order_system.outbox import Outbox

Handle = Callable[[Json], Awaitable[None]]


class Redriven(NamedTuple):
    """The number of letters that a redrive completed, and of those that stay."""

    done: int
    left: int


class DeadLetters:
    """The letters of one service, in its own database."""

    __slots__ = ("_clock", "_config", "_database", "_outbox", "_service")

    def __init__(self, ports: Ports, config: Config, outbox: Outbox, service: str) -> None:
        self._clock = ports.clock
        self._database = ports.database
        self._config = config
        self._outbox = outbox
        self._service = service

    async def keep(self, event: Json, source: str, cause: str) -> None:
        """Keep the event as a letter and announce it on both topics, in one transaction; a repetition has no effect."""
        async with self._database.transaction() as tx:
            await self.file(tx, event, source, cause)

    async def file(self, tx: Transaction, event: Json, source: str, cause: str) -> None:
        """Do the same if and only if `tx` commits."""
        kept = await tx.insert(
            "dead_letters",
            {
                "event_id": event["event_id"],
                "topic": source,
                "aggregate": event["order"],
                "payload": json.dumps(event),
                "cause": cause,
                "status": "OPEN",
                "buried_ms": self._clock.now_ms(),
            },
            on_conflict="ignore",
        )
        if kept is not None:
            await self.announce(tx, event, source, cause)

    async def announce(self, tx: Transaction, event: Json, source: str, cause: str) -> None:
        """Publish the letter on `dead-letters` and its alert on `alerts`, if and only if `tx` commits."""
        event_id, order = event["event_id"], event["order"]
        about = {"order": order, "cause": cause, "service": self._service}
        letter = {"type": event["type"], "event": event, "source": source, **about}
        alert = {"type": "DeadLettered", "event_id": event_id, **about}
        await self._outbox.put(tx, DEAD_LETTERS, letter, f"{event_id}/letter")
        await self._outbox.put(tx, ALERTS, alert, f"{event_id}/alert")

    async def redrive(self, handle: Handle) -> Redriven:
        """Handle every open letter once more.

        `handle` is the service's ordinary handler: its inbox makes the effect happen exactly once, also when two redrives
        overlap, a redrive crashes half-way, or the broker has delivered the event again in the meantime.
        """
        done = left = 0
        for letter in await self._open_letters():
            try:
                await handle(json.loads(letter[1]))
            except (*RETRIED, *HOPELESS):
                left += 1
            else:
                await self._close(letter[0])
                done += 1
        return Redriven(done, left)

    async def _open_letters(self) -> list[tuple[str, str]]:
        """Read every open letter, a batch at a time: hopeless ones must not keep later ones from being taken up."""
        size = self._config.batch_size
        found: list[Row] = []
        last = ""
        while True:
            async with self._database.transaction() as tx:
                rows = await tx.select(
                    "dead_letters",
                    ("status", "=", "OPEN"),
                    ("event_id", ">", last),
                    order_by=("event_id",),
                    limit=size,
                )
            found += rows
            if len(rows) < size:
                break
            last = str(rows[-1]["event_id"])
        found.sort(key=lambda row: (row["buried_ms"], row["event_id"]))
        return [(str(row["event_id"]), str(row["payload"])) for row in found]

    async def _close(self, event_id: str) -> None:
        async with self._database.transaction() as tx:
            await tx.update("dead_letters", {"status": "REDRIVEN"}, ("event_id", "=", event_id))
