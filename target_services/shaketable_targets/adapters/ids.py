"""Ids that no other process makes."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """A random UUID; a forked process draws its own, for the kernel does the drawing."""
    return uuid.uuid4().hex
