"""The settings of the door and of a desk, from their environment."""

from __future__ import annotations

import os

HTTP_HOST = os.environ.get("HTTP_HOST", "127.0.0.1")
HTTP_PORT = int(os.environ.get("HTTP_PORT", "8000"))
DATABASE_URL = os.environ.get("DATABASE_URL", "")
DESK = os.environ.get("DESK", "")
"""The name of this desk."""
KEY = dict(zip(("kid", "x", "y"), os.environ.get("KEY", "").split(), strict=False))
"""The public key of the registry of readers, on P-256: its name and its coordinates."""
DESKS = tuple(os.environ.get("DESKS", "").split())
CELLAR = tuple(os.environ.get("CELLAR", "").split())
"""The base URLs behind the two routes."""
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "5000")) / 1000
LOOK_S = int(os.environ.get("LOOK_MS", "5000")) / 1000
"""From one look at a desk that was away to the next."""

CARDS = os.environ.get("CARDS", "checked")
"""How a card is looked at: it is "checked", or "read" alone."""
PATHS = os.environ.get("PATHS", "once")
"""How a path is read: "once", or "as sent"."""
NAMES = os.environ.get("NAMES", "own")
"""Which headers name the reader: the door's "own" alone, or "all"."""
REPEATS = os.environ.get("REPEATS", "safe")
"""What is sent to another desk when one does not answer: what is "safe", or "all"."""
AWAY = os.environ.get("AWAY", "looked for")
"""What becomes of a desk that was away: it is "looked for", or "given up"."""
TURNS = os.environ.get("TURNS", "each")
"""Who is sent on: "each" desk in its turn, or the "first"."""
TELLS = os.environ.get("TELLS", "503")
"""What the door answers when no desk is there."""
