"""The settings of the till and the worker, from their environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

DATABASE_URL = os.environ.get("DATABASE_URL", "")
KAFKA = os.environ.get("KAFKA", "")
TOPIC = os.environ.get("TOPIC", "purchases")
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "4000")) / 1000
"""How long to wait for an answer of PostgreSQL or Kafka."""
RETRY_S = int(os.environ.get("RETRY_MS", "500")) / 1000
POLL_S = int(os.environ.get("POLL_MS", "2000")) / 1000
SESSION_MS = int(os.environ.get("SESSION_MS", "10000"))

KEY_STORED = os.environ.get("KEY_STORED", "together")
"""When the till stores a request's key: "together" with the purchase, or "after" it."""
MARKED = os.environ.get("MARKED", "together")
"""When the worker marks an event as processed: "together" with the points, "after" them, "before" them, or "never"."""


def kafka(more: Mapping[str, str | int | bool]) -> dict[str, str | int | bool]:
    """Return the settings that all clients of Kafka share, with `more`."""
    patience_ms, retry_ms = max(10, round(PATIENCE_S * 1000)), max(1, round(RETRY_S * 1000))
    return {
        "bootstrap.servers": KAFKA,
        "socket.timeout.ms": patience_ms,
        "retry.backoff.ms": retry_ms,
        "reconnect.backoff.ms": min(50, retry_ms),
        "reconnect.backoff.max.ms": retry_ms,
        "log_level": 3,
        **more,
    }
