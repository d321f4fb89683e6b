"""The relay of the till: publishes the events of the outbox in their order, and marks them as sent afterwards."""

from __future__ import annotations

import json
import logging
import time

import psycopg
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from shaketable_targets.loyalty.settings import DATABASE_URL, PATIENCE_S, POLL_S, RETRY_S, TOPIC, kafka
from shaketable_targets.threaded.database import Database

log = logging.getLogger("relay")
_BATCH = 10


def run() -> None:
    """Poll the outbox until the process ends."""
    database, producer = Database(DATABASE_URL, PATIENCE_S), _producer()
    while True:
        try:
            if not publish(database, producer):
                time.sleep(POLL_S)
        except (psycopg.Error, KafkaException, BufferError, TimeoutError) as error:
            log.warning("again: %s", error)
            producer.purge()
            producer.flush(0)
            time.sleep(RETRY_S)


def publish(database: Database, producer: Producer) -> int:
    """Publish the next batch and return its size. TimeoutError when the broker does not confirm all of it in time."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT number, event, body FROM outbox WHERE sent_at IS NULL ORDER BY number LIMIT %s", (_BATCH,)
        ).fetchall()
    if not rows:
        return 0
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    for _, event, body in rows:
        told = json.dumps({**body, "event": str(event)})
        producer.produce(TOPIC, key=body["receipt"], value=told, on_delivery=delivered)
    if producer.flush(PATIENCE_S * 1.5) or failed:
        raise TimeoutError(f"the broker confirmed only a part: {failed}")
    with database.transaction() as connection:
        connection.execute(
            "UPDATE outbox SET sent_at = now() WHERE number = ANY(%s)", ([row[0] for row in rows],)
        )
    return len(rows)


def _producer() -> Producer:
    patience_ms = max(10, round(PATIENCE_S * 1000))
    return Producer(
        kafka(
            {
                "acks": "all",
                "linger.ms": 0,
                "request.timeout.ms": patience_ms,
                "message.timeout.ms": patience_ms,
                "max.in.flight": 1,
            }
        )
    )
