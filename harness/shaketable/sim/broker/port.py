"""The broker port of one incarnation of a process: sends, background sends, consumers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from shaketable.boundary import record_address
from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.ports import Errors, OffsetReset
from shaketable.sim.broker.broker import Broker
from shaketable.sim.broker.consumer import GroupConsumer
from shaketable.sim.channel import Channel


class BrokerPort:
    """A `shaketable.ports.Broker`. `sleep(delay_ms)` waits in the incarnation's own time."""

    __slots__ = ("_background", "_broker", "_channel", "_errors", "_sleep")

    def __init__(
        self, channel: Channel, broker: Broker, errors: Errors, sleep: Callable[[int], Awaitable[None]]
    ) -> None:
        self._channel = channel
        self._broker = broker
        self._errors = errors
        self._sleep = sleep
        self._background: dict[asyncio.Task[None], None] = {}

    async def send(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        """Append and wait for the acknowledgement.

        Raises the world's timeout, connection_lost or refused error; after the first two the record may be
        there, and a second `send` makes a second copy (facts.md, Kafka). HarnessError if there is no such topic.
        """
        self._broker.require(topic)
        append = partial(self._broker.append, self._channel.sender, topic, key, value, headers)
        await self._channel.cross("PRODUCE", record_address(topic, key), append)

    def send_later(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        """Send in a task of the caller's incarnation; how it ended is not reported."""
        if not self._channel.alive:
            return
        self._broker.require(topic)
        task = asyncio.get_running_loop().create_task(self._send_unreported(topic, key, value, headers))
        self._background[task] = None  # an unreferenced task may be collected before it has run
        task.add_done_callback(self._forget)

    def consumer(
        self, group: str, topics: Sequence[str], *, reset: OffsetReset = "earliest"
    ) -> GroupConsumer:
        """Make a consumer that joins `group` at its first `get`; HarnessError if there is no such topic."""
        for topic in topics:
            self._broker.require(topic)
        return GroupConsumer(
            self._channel, self._broker, self._errors, self._sleep, group, tuple(topics), reset
        )

    async def _send_unreported(
        self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None
    ) -> None:
        try:
            await self.send(topic, key, value, headers)
        except HarnessError:
            raise
        except Exception:  # the defect that this models: a failed background send goes unnoticed
            return

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._background.pop(task, None)
