"""The worker: credits each purchase's points to its member. It serves no HTTP; run it with `python worker.py`."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaException, Message

from shaketable_targets.loyalty.settings import (
    DATABASE_URL,
    MARKED,
    PATIENCE_S,
    RETRY_S,
    SESSION_MS,
    TOPIC,
    kafka,
)
from shaketable_targets.threaded.database import Database
from shaketable_targets.threaded.patience import Connection

log = logging.getLogger("worker")
_COMMIT_ATTEMPTS = 3


def main() -> None:
    """Consume until the process ends."""
    logging.basicConfig(level=logging.INFO)
    database = Database(DATABASE_URL, PATIENCE_S)
    consumer = Consumer(
        kafka(
            {
                "group.id": "points",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "session.timeout.ms": SESSION_MS,
                "heartbeat.interval.ms": max(1, SESSION_MS // 4),
                "fetch.wait.max.ms": 100,
            }
        )
    )
    consumer.subscribe([TOPIC])
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            log.warning("poll: %s", message.error())
            continue
        _until_handled(database, message)
        _commit(consumer, message)


def _until_handled(database: Database, message: Message) -> None:
    event = json.loads(message.value() or b"{}")
    while True:
        try:
            handle(database, event)
            return
        except psycopg.Error as error:
            log.warning("%s: %s", event["event"], error)
            time.sleep(RETRY_S)


def handle(database: Database, event: dict[str, Any]) -> None:
    """Credit the points of one purchase, unless they are credited already."""
    if MARKED == "together":
        with database.transaction() as connection:
            if _mark(connection, event):
                _credit(connection, event)
    elif MARKED == "after":
        with database.transaction() as connection:
            if _is_marked(connection, event):
                return
            _credit(connection, event)
        with database.transaction() as connection:
            _mark(connection, event)
    elif MARKED == "before":
        with database.transaction() as connection:
            if not _mark(connection, event):
                return
        with database.transaction() as connection:
            _credit(connection, event)
    else:
        with database.transaction() as connection:
            _credit(connection, event)


def _is_marked(connection: Connection, event: dict[str, Any]) -> bool:
    return (
        connection.execute("SELECT 1 FROM processed WHERE event = %s", (event["event"],)).fetchone()
        is not None
    )


def _mark(connection: Connection, event: dict[str, Any]) -> bool:
    """Mark the event as processed; False if it was."""
    marked = connection.execute(
        "INSERT INTO processed (event) VALUES (%s) ON CONFLICT DO NOTHING", (event["event"],)
    )
    return marked.rowcount == 1


def _credit(connection: Connection, event: dict[str, Any]) -> None:
    points = event["cents"] // 100
    connection.execute(
        "INSERT INTO credits (receipt, member, points) VALUES (%s, %s, %s)",
        (event["receipt"], event["member"], points),
    )
    connection.execute(
        "INSERT INTO members AS m (member, points) VALUES (%s, %s) "
        "ON CONFLICT (member) DO UPDATE SET points = m.points + excluded.points",
        (event["member"], points),
    )


def _commit(consumer: Consumer, message: Message) -> None:
    for _ in range(_COMMIT_ATTEMPTS):
        try:
            consumer.commit(message=message, asynchronous=False)
            return
        except KafkaException as error:  # another member may have it now, and will find the mark
            log.warning("commit of offset %s: %s", message.offset(), error)
            time.sleep(RETRY_S)


if __name__ == "__main__":
    main()
