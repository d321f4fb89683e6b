"""Fencing: only the current owner writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class OwnedWrite(NamedTuple):
    """`writer` changed something at `at` that `owner` held since `since` ("" and -1: nobody)."""

    at: int
    writer: str
    owner: str
    since: int


def unfenced(writes: Iterable[OwnedWrite]) -> Iterator[OwnedWrite]:
    """Writes by one who was not, or no longer, the owner."""
    return (w for w in writes if w.owner and w.owner != w.writer)
