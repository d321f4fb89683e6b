"""The settings of the desk, from its environment."""

from __future__ import annotations

import os

SERVER = os.environ.get("POSTGRES", "")
"""Host and port of the one PostgreSQL."""
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "3000")) / 1000
"""How long to wait for an answer of PostgreSQL."""
POLL_S = int(os.environ.get("POLL_MS", "2000")) / 1000

DECISION = os.environ.get("DECISION", "first")
"""When the decision is written: "first", before any database is told, or "last"."""
LEFT_PREPARED = os.environ.get("LEFT_PREPARED", "decided")
"""What becomes of what is found prepared: as it was "decided", "commit" in any case, or "leave" it."""
