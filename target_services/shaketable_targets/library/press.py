"""What both tellers publish with: one piece of news, and the broker's word for it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from shaketable_targets.library.settings import KAFKA, PATIENCE_S, POLL_S, RETRY_S, TOPIC

log = logging.getLogger("teller")


class News(NamedTuple):
    """One volume that was lent."""

    number: int
    event: str
    loan: str
    body: dict[str, Any]


class Press:
    """Publishes news one after the other."""

    def __init__(self) -> None:
        patience_ms = max(10, round(PATIENCE_S * 1000))
        retry_ms = max(1, round(RETRY_S * 1000))
        self._producer = Producer(
            {
                "bootstrap.servers": KAFKA,
                "acks": "all",
                "linger.ms": 0,
                "max.in.flight": 1,
                "message.timeout.ms": patience_ms,
                "request.timeout.ms": patience_ms,
                "socket.timeout.ms": patience_ms,
                "retry.backoff.ms": retry_ms,
                "reconnect.backoff.ms": min(50, retry_ms),
                "reconnect.backoff.max.ms": retry_ms,
                "log_level": 3,
            }
        )

    def publish(self, news: News) -> None:
        """Publish it. TimeoutError when the broker does not confirm it in time."""
        failed: list[KafkaError] = []

        def delivered(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                failed.append(error)

        told = json.dumps({**news.body, "event": news.event})
        self._producer.produce(TOPIC, key=news.loan, value=told, on_delivery=delivered)
        if self._producer.flush(PATIENCE_S * 1.5) or failed:
            self._producer.purge()
            self._producer.flush(0)
            raise TimeoutError(f"the broker has not confirmed {news.event}: {failed}")


def repeat(work: Callable[[], bool], wait: Callable[[float], None] = time.sleep) -> None:
    """Do `work` again and again: at once while it says that there is more, else after a while; soon when it fails."""
    while True:
        try:
            if not work():
                wait(POLL_S)
        except (psycopg.Error, KafkaException, BufferError, TimeoutError) as error:
            log.warning("again: %s", error)
            time.sleep(RETRY_S)
