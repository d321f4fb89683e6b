"""Exactly once: nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K")


class Repeat(NamedTuple, Generic[K]):
    """`key` happened at `first` and again at `again`."""

    key: K
    first: int
    again: int


def repeats(happened: Iterable[tuple[K, int]]) -> Iterator[Repeat[K]]:
    """Yield every occurrence of a key after its first one, in order. Linear."""
    first: dict[K, int] = {}
    for key, index in happened:
        if key in first:
            yield Repeat(key, first[key], index)
        else:
            first[key] = index
