"""The settings of the desk, from its environment."""

from __future__ import annotations

import os

HTTP_HOST = os.environ.get("HTTP_HOST", "127.0.0.1")
HTTP_PORT = int(os.environ.get("HTTP_PORT", "8000"))
DATABASE_URL = os.environ.get("DATABASE_URL", "")
CRITICS = os.environ.get("CRITICS", "")
FLOOR = os.environ.get("FLOOR", "")
POST = os.environ.get("POST", "")
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "4000")) / 1000
"""How long to wait for an answer."""
SHUT_S = int(os.environ.get("SHUT_MS", "12000")) / 1000
"""How long no call is made where calls failed."""
POSTED_S = int(os.environ.get("POSTED_MS", "2000")) / 1000
"""From one round of letters to the next."""

FUSES = os.environ.get("FUSES", "own")
"""Who shares a fuse: each whom the desk asks has its "own", or there is "one", or a "new" one for each guest."""
LINES = os.environ.get("LINES", "own")
"""Who shares the lines that calls go out by: each has its "own", or there are as many for all as the "critics" have."""
WITHOUT = os.environ.get("WITHOUT", "memory")
"""What is answered without the critics: what is in "memory", what they say when the desk "asks" again, or that after it "waits"."""
LETTERS = os.environ.get("LETTERS", "later")
"""When letters are written: "later", "now" while the guest waits, or "once", in passing."""
