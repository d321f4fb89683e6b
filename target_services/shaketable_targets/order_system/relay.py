"""The relay: polls the outbox, publishes in order per aggregate, marks what the broker has confirmed."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from shaketable.ports import TRANSIENT, Json, Ports, RecordTooLarge, Row, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.events import ALERTS, DEAD_LETTERS
from shaketable_targets.order_system.failures import TurnedAway, Unpublishable

PENDING = ("status", "=", "PENDING")


class Publisher:
    """Sends a row and returns only once the broker has confirmed it."""

    __slots__ = ("_broker", "_bytes_max")

    def __init__(self, ports: Ports, config: Config) -> None:
        self._broker = ports.broker
        self._bytes_max = config.event_bytes_max

    async def publish(self, row: Row) -> None:
        """Publish one row. Raises Unpublishable if the broker can never take it, a transient error if it did not confirm."""
        event = self.readable(row)
        try:
            await self._broker.send(str(row["topic"]), str(row["aggregate"]), event)
        except RecordTooLarge as error:  # its limit is another one than ours
            raise TurnedAway(str(error)) from error

    def readable(self, row: Row) -> Json:
        """Return the row's event. Raises Unpublishable if it is too large for the broker."""
        payload = str(row["payload"])
        if len(payload) > self._bytes_max:
            raise Unpublishable(f"{len(payload)} bytes, the broker takes {self._bytes_max}")
        return json.loads(payload)


@dataclass(slots=True)
class Tick:
    """The result of one pass over a batch."""

    read: int
    confirmed: list[int] = field(default_factory=list)
    poison: list[tuple[Row, str]] = field(default_factory=list)


class Relay:
    """The loop, the publishing and the marking; a subclass's `tick` decides which rows this relay may publish.

    Any number of relays may run, also by mistake: a relay publishes a row only after every earlier row of its aggregate
    is confirmed to that relay or marked SENT, so first appearances keep their order whichever relay
    publishes (OB-6). Duplicates carry the same event id (OB-5).
    """

    def __init__(
        self, ports: Ports, config: Config, letters: DeadLetters, publisher: Publisher | None = None
    ) -> None:
        self._name = ports.name
        self._broker = ports.broker
        self._clock = ports.clock
        self._database = ports.database
        self._config = config
        self._letters = letters
        self._publisher = Publisher(ports, config) if publisher is None else publisher

    async def run(self) -> None:
        """Tick every `poll_interval_ms`; after a full batch again at once."""
        while True:
            await self._clock.sleep(self._config.poll_interval_ms)
            try:
                while await self.tick():
                    pass
            except TRANSIENT:
                continue  # rows without a mark are still PENDING, and the next tick reads them

    async def tick(self) -> bool:
        """Publish one batch; True if there may be more to do at once."""
        raise NotImplementedError

    async def _pending(self, tx: Transaction) -> list[Row]:
        return await tx.select("outbox", PENDING, order_by=("id",), limit=self._config.batch_size)

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        """Publish the rows whose ids are in `mine`, oldest first.

        A row that is not mine or cannot be published holds back the later ones of its aggregate, no others. The
        first failure to reach the broker ends the pass, as the next row would only wait for the same timeout.
        """
        tick = Tick(len(rows))
        held: dict[object, None] = {}
        for row in rows:
            aggregate = row["aggregate"]
            if aggregate in held or row["id"] not in mine:
                held[aggregate] = None
                continue
            try:
                await self._publisher.publish(row)
            except Unpublishable as error:
                held[aggregate] = None
                if not (isinstance(error, TurnedAway) and tells_of_failure(row)):
                    tick.poison.append((row, str(error)))
            except TRANSIENT:
                break
            else:
                tick.confirmed.append(int(row["id"] or 0))
        return tick

    async def _mark(self, tx: Transaction, tick: Tick) -> bool:
        """Write down what was confirmed; SENT and DEAD are final (OB-4). True if the next batch can follow."""
        if tick.confirmed:
            changes = {"status": "SENT", "owner": self._name}
            await tx.update("outbox", changes, ("id", "in", tick.confirmed), PENDING)
        for row, cause in tick.poison:
            await self._count_attempt(tx, row, cause)
        return tick.read == self._config.batch_size == len(tick.confirmed)

    async def _count_attempt(self, tx: Transaction, row: Row, cause: str) -> None:
        """Count a failed attempt; the last one makes the row DEAD, with a letter and an alert."""
        attempts = int(row["attempts"] or 0) + 1
        dead = attempts >= self._config.poison_attempts_max
        changes = {"attempts": attempts, "status": "DEAD" if dead else "PENDING"}
        changed = await tx.update("outbox", changes, ("id", "=", row["id"]), PENDING)
        if dead and changed:
            await self._letters.announce(tx, stub(row), "outbox", cause)


def tells_of_failure(row: Row) -> bool:
    """Tell whether a row is a letter or an alert: of one that the broker turns away no other could tell, so it is never given up."""
    return row["topic"] in (DEAD_LETTERS, ALERTS)


def stub(row: Row) -> Json:
    """Return the event without the payload that made it unpublishable."""
    return {"event_id": row["event_id"], "type": row["type"], "order": row["aggregate"]}
