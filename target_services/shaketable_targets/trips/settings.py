"""The settings of all three services, from their environment."""

from __future__ import annotations

import os

HTTP_HOST = os.environ.get("HTTP_HOST", "127.0.0.1")
HTTP_PORT = int(os.environ.get("HTTP_PORT", "8000"))
DATABASE_URL = os.environ.get("DATABASE_URL", "")
KAFKA = os.environ.get("KAFKA", "")
BANK_URL = os.environ.get("BANK_URL", "")
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "4000")) / 1000
"""How long to wait for an answer of PostgreSQL, Kafka or the bank."""
RETRY_S = int(os.environ.get("RETRY_MS", "500")) / 1000
POLL_S = int(os.environ.get("POLL_MS", "2000")) / 1000
SESSION_MS = int(os.environ.get("SESSION_MS", "10000"))
ATTEMPTS = int(os.environ.get("ATTEMPTS", "3"))
"""So often an event is tried before it is filed as a letter."""

BANK_KEYS = os.environ.get("BANK_KEYS", "yes") == "yes"
"""Whether a charge carries a key by which the bank knows a repetition."""
INBOX = os.environ.get("INBOX", "yes") == "yes"
"""Whether a service notes which events it has handled."""
BANK_TIMEOUT = os.environ.get("BANK_TIMEOUT", "retry")
"""What a bank that does not answer means: "retry", or "declined"."""
RELEASE = os.environ.get("RELEASE", "state")
"""How a seat is given back: by its "state", by a "delete" of its row, or "never"."""
FAILING = os.environ.get("FAILING", "file")
"""What becomes of an event that cannot be handled: "file" it as a letter, or "drop" it."""
