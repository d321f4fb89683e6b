"""The settings of a worker, from its environment."""

from __future__ import annotations

import os

DATABASE_URL = os.environ.get("DATABASE_URL", "")
REDIS_HOST = os.environ.get("REDIS_HOST", "")
REDIS_PORT = int(os.environ.get("REDIS_PORT", "6379"))
SUPPLIER_URL = os.environ.get("SUPPLIER_URL", "")
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "4000")) / 1000
"""How long to wait for an answer of PostgreSQL or Redis."""
SUPPLIER_PATIENCE_S = int(os.environ.get("SUPPLIER_PATIENCE_MS", "60000")) / 1000
POLL_S = int(os.environ.get("POLL_MS", "1000")) / 1000
LEASE_MS = int(os.environ.get("LEASE_MS", "10000"))
"""lockAtMostFor."""

LOCK = os.environ.get("LOCK", "table")
"""Where the lock is: "table", a row of PostgreSQL, or "redis", a key."""
FENCING = os.environ.get("FENCING", "checked")
"""Whether a row is written only by a token that is not smaller than its own: "checked", or "none"."""
TOKENS = os.environ.get("TOKENS", "counted")
"""Where tokens come from: "counted" by the lock for ever, or "reset" when it is given back."""
