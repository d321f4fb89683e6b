"""A subscription to topics: it handles one record after the other, with retries and dead letters, and commits afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shaketable.ports import TRANSIENT, CommitRejected, Consumer, Json, Ports, Record
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters, Handle
from shaketable_targets.order_system.events import UNKNOWN
from shaketable_targets.order_system.failures import HOPELESS, RETRIED


class Subscription:
    """At-least-once consumption: the offset moves only after the event is handled or among the dead letters."""

    __slots__ = ("_broker", "_clock", "_config", "_group", "_handle", "_letters", "_topics")

    def __init__(
        self,
        ports: Ports,
        config: Config,
        group: str,
        topics: Sequence[str],
        handle: Handle,
        letters: DeadLetters,
    ) -> None:
        self._broker = ports.broker
        self._clock = ports.clock
        self._config = config
        self._group = group
        self._topics = topics
        self._handle = handle
        self._letters = letters

    async def run(self) -> None:
        """Read until cancelled; then the member leaves its group, so that others take over at once."""
        consumer = self._broker.consumer(self._group, self._topics)
        try:
            while True:
                await self._step(consumer)
        except asyncio.CancelledError:
            await consumer.close()
            raise

    async def _step(self, consumer: Consumer) -> None:
        try:
            record = await consumer.get()
        except TRANSIENT:
            await self._clock.sleep(self._config.retry_backoff_ms)
            return
        await self._process(record)
        try:
            await consumer.commit(record)
        except (*TRANSIENT, CommitRejected):
            return  # it will be delivered once more, and the inbox recognises it

    async def _process(self, record: Record) -> None:
        """Return once the record is handled or a dead letter; nothing is ever skipped."""
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._handle(record.value)
                return
            except RETRIED as error:
                cause = f"{type(error).__name__} after {attempt} attempts"
                hopeless = attempt >= self._config.attempts_max
            except HOPELESS as error:
                cause = f"{type(error).__name__}: {error}"
                hopeless = True
            if hopeless and await self._keep(record, cause):
                return
            await self._clock.sleep(self._config.backoff_ms(attempt))

    async def _keep(self, record: Record, cause: str) -> bool:
        """Keep the record as a dead letter; False if even that is impossible now, so that it must be retried."""
        try:
            await self._letters.keep(_addressed(record), record.topic, cause)
        except TRANSIENT:
            return False
        return True


def _addressed(record: Record) -> Json:
    """Return the event, with missing fields filled in from the record's place on its topic."""
    given = record.value if isinstance(record.value, dict) else {"value": record.value}
    place = f"{record.topic}/{record.partition}/{record.offset}"
    event = dict(given)
    for field, instead in (("event_id", place), ("type", UNKNOWN), ("order", record.key)):
        if not isinstance(event.get(field), str):
            event[field] = instead
    return event
