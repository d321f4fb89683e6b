"""Ids that no other process makes."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """Return a random UUID; the kernel draws it, so that forked processes draw different ones."""
    return uuid.uuid4().hex
