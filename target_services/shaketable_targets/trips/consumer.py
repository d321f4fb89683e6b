"""Handling events: each once, in order, some attempts, and what cannot be handled is filed as a letter with an alert."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shaketable_targets.trips import database, outbox
from shaketable_targets.trips.database import Connection
from shaketable_targets.trips.settings import ATTEMPTS, FAILING, INBOX, KAFKA, PATIENCE_S, RETRY_S, SESSION_MS

log = logging.getLogger("consumer")
Event = dict[str, Any]
Handler = Callable[[Event], Awaitable[None]]


class Failed(Exception):
    """An event could not be handled, for a reason that is worth another attempt."""


async def take(connection: Connection, event: Event) -> bool:
    """Note in the inbox that the event is handled by this transaction; False if it was handled before."""
    if not INBOX:
        return True
    done = await connection.execute(
        "INSERT INTO inbox (event) VALUES ($1) ON CONFLICT DO NOTHING", event["id"]
    )
    return bool(done.endswith(" 1"))


async def is_taken(event: Event) -> bool:
    """Tell whether the event was handled."""
    async with database.transaction() as connection:
        return (await connection.fetchval("SELECT 1 FROM inbox WHERE event = $1", event["id"])) is not None


class Consumer:
    """Consumes `topics` as the group `service`; `handlers` are by kind of event, other kinds are of no concern."""

    def __init__(self, service: str, topics: Sequence[str], handlers: Mapping[str, Handler]) -> None:
        self._service = service
        self._topics = topics
        self._handlers = handlers

    async def run(self) -> None:
        """Consume until cancelled; start again when the broker gives trouble."""
        while True:
            consumer = AIOKafkaConsumer(
                *self._topics,
                bootstrap_servers=KAFKA,
                group_id=self._service,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=SESSION_MS,
                heartbeat_interval_ms=max(1, SESSION_MS // 4),
                request_timeout_ms=2 * SESSION_MS + round(PATIENCE_S * 1000),
                max_poll_interval_ms=3_600_000,
                retry_backoff_ms=20,
                fetch_max_wait_ms=100,
            )
            try:
                async with asyncio.timeout(3 * SESSION_MS / 1000 + PATIENCE_S):
                    await consumer.start()
                while True:
                    await self._one(consumer, await consumer.getone())
            except (
                Exception
            ) as error:  # uvloop's too, of a transport that was closed: a consumer never gives up
                log.warning("again: %r", error)
                await asyncio.sleep(RETRY_S)
            finally:
                await _left(consumer)

    async def redrive(self) -> dict[str, int]:
        """Try the open letters again; say how many there were and how many could be closed."""
        async with database.transaction() as connection:
            letters = await connection.fetch(
                "SELECT number, event FROM letters WHERE closed_at IS NULL ORDER BY number"
            )
        closed = 0
        for letter in letters:
            event = json.loads(letter["event"])
            if event.get("kind") not in self._handlers:
                continue  # what is no event stays
            try:
                await self._handlers[event["kind"]](event)
                async with database.transaction() as connection:
                    await connection.execute(
                        "UPDATE letters SET closed_at = now() WHERE number = $1", letter["number"]
                    )
                closed += 1
            except (Failed, *database.ERRORS) as error:
                log.warning("letter %s stays: %r", letter["number"], error)
        return {"letters": len(letters), "closed": closed}

    async def _one(self, consumer: Any, record: Any) -> None:
        try:
            event = json.loads(record.value)
            handler = self._handlers.get(event["kind"])
        except (ValueError, TypeError, KeyError) as error:  # nothing of ours wrote it
            await self._file(_unreadable(record), repr(error))
        else:
            if handler is not None:
                await self._handle(handler, event)
        place = TopicPartition(record.topic, record.partition)
        async with asyncio.timeout(2 * PATIENCE_S):  # aiokafka looks for a lost coordinator for ever
            await consumer.commit({place: record.offset + 1})

    async def _handle(self, handler: Handler, event: Event) -> None:
        cause = ""
        attempt = 0
        while attempt < ATTEMPTS:
            try:
                return await handler(event)
            except Failed as error:
                attempt += 1
                cause = str(error)
            except database.ERRORS as error:  # nothing can be filed without it either: wait for it
                cause = repr(error)
            log.warning("%s of trip %s: %s", event["kind"], event["trip"], cause)
            await asyncio.sleep(RETRY_S)
        if FAILING == "file":
            await self._file(event, cause)
        return None

    async def _file(self, event: Event, cause: str) -> None:
        while True:
            try:
                async with database.transaction() as connection:
                    filed = await connection.execute(
                        "INSERT INTO letters (event_id, event, cause) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        event["id"],
                        json.dumps(event),
                        cause,
                    )
                    if filed.endswith(" 1"):
                        await outbox.tell(
                            connection,
                            "alerts",
                            "LetterFiled",
                            event["trip"],
                            event["ref"],
                            letter=event["id"],
                            service=self._service,
                        )
                return
            except database.ERRORS as error:
                log.warning("a letter about trip %s: %r", event["trip"], error)
                await asyncio.sleep(RETRY_S)


def _unreadable(record: Any) -> Event:
    """Return what a letter says of a record that is no event: its bytes, under an id that its place always gives."""
    place = f"{record.topic}/{record.partition}/{record.offset}"
    content = (record.value or b"").hex()
    return {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, place)), "trip": 0, "ref": place, "content": content}


async def _left(consumer: Any) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await consumer.stop()
    except Exception as error:
        log.warning("did not leave the group in order: %r", error)
