"""Mistakes in publishing one event: its content, its key, its confirmation."""

from __future__ import annotations

from shaketable.ports import ConnectionLost, Ports, Row, Timeout
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.failures import TurnedAway
from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.relay import Publisher


class HopefulPublisher(Publisher):
    """Treats a lost acknowledgement as an acknowledgement."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        try:
            await super().publish(row)
        except (Timeout, ConnectionLost):
            return


class TimeoutIsConfirmation(LockedRelay):
    """Counts a record that was not acknowledged as published: the broker will have got it."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, HopefulPublisher(ports, config))


class ResignedPublisher(Publisher):
    """Knows that an error which is not retriable is not to be retried, and leaves it at that."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        try:
            await super().publish(row)
        except TurnedAway:
            return


class SkipsRefused(LockedRelay):
    """Counts a record that the broker refuses as too large as done with: its row is marked sent, and no letter says otherwise."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, ResignedPublisher(ports, config))


class FireAndForgetPublisher(Publisher):
    """Gives the record to the client library and counts it as published."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        self._broker.send_later(str(row["topic"]), str(row["aggregate"]), self.readable(row))


class FireAndForget(LockedRelay):
    """Never waits for the broker."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, FireAndForgetPublisher(ports, config))


class RestampingPublisher(Publisher):
    """Gives the event its id when it is sent: a repetition looks like another event."""

    __slots__ = ("_new_id",)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._new_id = ports.new_id

    async def publish(self, row: Row) -> None:
        event = self.readable(row) | {"event_id": self._new_id()}
        await self._broker.send(str(row["topic"]), str(row["aggregate"]), event)


class FreshEventId(LockedRelay):
    """One id per message instead of one per event."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, RestampingPublisher(ports, config))


class ScatteringPublisher(Publisher):
    """Uses the event's id as the record's key."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        await self._broker.send(str(row["topic"]), str(row["event_id"]), self.readable(row))


class KeyByEvent(LockedRelay):
    """Spreads events over the partitions evenly: the events of one order are read in any order."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, ScatteringPublisher(ports, config))


class ThinPublisher(Publisher):
    """Rebuilds the event from the row's columns."""

    __slots__ = ()

    async def publish(self, row: Row) -> None:
        self.readable(row)
        event = {"event_id": row["event_id"], "type": row["type"], "order": row["aggregate"]}
        await self._broker.send(str(row["topic"]), str(row["aggregate"]), event)


class ForgetsPayload(LockedRelay):
    """Publishes what the columns say and loses what only the payload says: item, quantity, amount."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, ThinPublisher(ports, config))
