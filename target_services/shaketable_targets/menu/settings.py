"""The settings of the kitchen and of a counter, from their environment."""

from __future__ import annotations

import os

HTTP_HOST = os.environ.get("HTTP_HOST", "127.0.0.1")
HTTP_PORT = int(os.environ.get("HTTP_PORT", "8000"))
DATABASE_URL = os.environ.get("DATABASE_URL", "")
SOURCES = tuple(os.environ.get("SOURCES", "").split())
"""Whose boards a counter reads: the kitchen's, and that of the other counter."""
COUNTERS = tuple(os.environ.get("COUNTERS", "").split())
"""To whom the kitchen calls out what it changed."""
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "3000")) / 1000
"""How long to wait for an answer."""
READ_S = int(os.environ.get("READ_MS", "2000")) / 1000
"""From one reading of a board to the next."""
MINUTE_S = int(os.environ.get("MINUTE_MS", "60000")) / 1000
"""How long a minute is; ages are told in milliseconds of it."""

ANSWERS = os.environ.get("ANSWERS", "committed")
"""When the kitchen answers a change: once it is "committed", or "before" that."""
LEARNS = os.environ.get("LEARNS", "both")
"""How a counter learns of changes: from "both" calls and boards, or from "calls" alone."""
TAKES = os.environ.get("TAKES", "newer")
"""What a counter takes of what it learns: what is "newer" than its own, or "all" of it."""
SHOWS = os.environ.get("SHOWS", "rows")
"""What a counter shows: its "rows", or what it "kept" in memory since a dish was first looked at."""
AGE = os.environ.get("AGE", "heard")
"""Since when a counter counts the age of what it shows: since it "heard" of the kitchen's board, or since it last "asked"."""
ALONE = os.environ.get("ALONE", "open")
"""What a counter does that has not heard for a while: it stays "open", or is "shut"."""
