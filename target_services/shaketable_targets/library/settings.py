"""The settings of the desk and its tellers, from their environment."""

from __future__ import annotations

import os

DATABASE_URL = os.environ.get("DATABASE_URL", "")
KAFKA = os.environ.get("KAFKA", "")
TOPIC = "lent"
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "4000")) / 1000
"""How long to wait for an answer of PostgreSQL or Kafka."""
RETRY_S = int(os.environ.get("RETRY_MS", "500")) / 1000
POLL_S = int(os.environ.get("POLL_MS", "2000")) / 1000
