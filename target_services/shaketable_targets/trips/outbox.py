"""Events are rows of the outbox, written with the change that they tell of; a relay publishes them."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from typing import Any

from aiokafka import AIOKafkaProducer

from shaketable_targets.trips import database
from shaketable_targets.trips.database import Connection
from shaketable_targets.trips.settings import KAFKA, PATIENCE_S, POLL_S, RETRY_S

log = logging.getLogger("outbox")
_BATCH = 20


async def tell(connection: Connection, topic: str, kind: str, trip: int, ref: str, **more: Any) -> None:
    """Write an event about a trip into the outbox. `ref` is its message key: a trip's events stay in order."""
    event = {"id": str(uuid.uuid4()), "kind": kind, "trip": trip, "ref": ref, **more}
    await connection.execute(
        "INSERT INTO outbox (topic, key, event) VALUES ($1, $2, $3)", topic, ref, json.dumps(event)
    )


async def relay() -> None:
    """Publish events in the order in which they were written, until cancelled."""
    producer: Any = None
    try:
        while True:
            try:
                if producer is None:
                    producer = await _started()
                if not await _publish(producer):
                    await asyncio.sleep(POLL_S)
            except Exception as error:  # uvloop's too, of a transport that was closed: a relay never gives up
                log.warning("again: %r", error)
                await _stopped(producer)
                producer = None
                await asyncio.sleep(RETRY_S)
    finally:
        await _stopped(producer)


async def _publish(producer: Any) -> int:
    async with database.transaction() as connection:
        rows = await connection.fetch(
            "SELECT number, topic, key, event FROM outbox WHERE state = 'new' ORDER BY number LIMIT $1",
            _BATCH,
        )
    for row in rows:
        async with asyncio.timeout(PATIENCE_S):
            await producer.send_and_wait(row["topic"], row["event"].encode(), row["key"].encode())
        async with database.transaction() as connection:
            await connection.execute("UPDATE outbox SET state = 'sent' WHERE number = $1", row["number"])
    return len(rows)


async def _started() -> Any:
    producer = AIOKafkaProducer(
        bootstrap_servers=KAFKA,
        acks="all",
        request_timeout_ms=round(PATIENCE_S * 1000),
        retry_backoff_ms=max(1, round(RETRY_S * 1000)),
    )
    try:
        async with asyncio.timeout(2 * PATIENCE_S):
            await producer.start()
    except BaseException:
        await _stopped(producer)
        raise
    return producer


async def _stopped(producer: Any) -> None:
    if producer is None:
        return
    try:
        async with asyncio.timeout(PATIENCE_S):
            await producer.stop()
    except Exception as error:
        log.warning("the producer did not stop in order: %r", error)
