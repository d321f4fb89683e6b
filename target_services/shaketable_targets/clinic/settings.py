"""The settings of both services, from their environment."""

from __future__ import annotations

import os

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8000"))
DSN = os.environ.get("DSN", "")
WARDS = os.environ.get("WARDS", "")
BANK = os.environ.get("BANK", "")
PATIENCE_S = int(os.environ.get("PATIENCE_MS", "4000")) / 1000
"""How long to wait for an answer."""
PAUSE_S = int(os.environ.get("PAUSE_MS", "1000")) / 1000
"""From one look for work to the next."""
LEASE_S = int(os.environ.get("LEASE_MS", "10000")) / 1000
TRIES = int(os.environ.get("TRIES", "3"))
"""So often a command is tried before it is undone or parked."""

RESUMES = os.environ.get("RESUMES", "any")
"""Which admissions a process takes up: "any", or its "own" and new ones."""
KEYS = os.environ.get("KEYS", "stable")
"""Whether every attempt at a command has the same key: "stable", or "fresh"."""
SILENCE = os.environ.get("SILENCE", "unknown")
"""What it means when the bank does not answer: "unknown", or "declined"."""
ALREADY = os.environ.get("ALREADY", "done")
"""What "already" means as the answer to an undo: "done", or "failed"."""
UNDO = os.environ.get("UNDO", "insist")
"""Whether an undo that is not answered is tried again ("insist"), or asked for "once"."""
