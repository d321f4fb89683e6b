"""How a record's messages are addressed."""

from __future__ import annotations

from functools import lru_cache

from harness.boundary import address_key


@lru_cache(maxsize=4096)
def record_address(topic: str, key: str) -> str:
    """The key of the boundaries at which records of this topic and message key pass."""
    return address_key(f"{topic}/{key}")
