"""The settings of a desk, from its environment."""

from __future__ import annotations

import os

DATABASE_URL = os.environ.get("DATABASE_URL", "")
REDIS_HOST = os.environ.get("REDIS_HOST", "")
REDIS_PORT = int(os.environ.get("REDIS_PORT", "6379"))
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "4000")) / 1000
"""How long to wait for an answer of PostgreSQL or Redis."""
HEAL_S = int(os.environ.get("HEAL_MS", "20000")) / 1000
KEEP_MS = int(os.environ.get("KEEP_MS", "10000"))
"""How long the copy of a ticket is kept."""

HEAL = os.environ.get("HEAL", "watched")
"""How the line is healed: "watched", swapped unless it changed meanwhile; "when-down", added to while Redis does not answer."""
FALLBACK = os.environ.get("FALLBACK", "rows")
"""What answers while Redis is away: the "rows", or "none"."""
FILL = os.environ.get("FILL", "watched")
"""Whether a copy is filled in only if nothing changed since the row was read: "watched", or "anyway"."""
NEXT = os.environ.get("NEXT", "rows")
"""What says who is next: the "rows", or the "line" in Redis."""
