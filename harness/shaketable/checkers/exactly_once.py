"""Exactly once: nothing twice, nothing missing, nothing from nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K")


class Repeat(NamedTuple, Generic[K]):
    """`key` happened at `first` and again at `again`."""

    key: K
    first: int
    again: int


def repeats(happened: Iterable[tuple[K, int]]) -> Iterator[Repeat[K]]:
    """Every happening of a key after its first one, in order. Linear."""
    first: dict[K, int] = {}
    for key, index in happened:
        if key in first:
            yield Repeat(key, first[key], index)
        else:
            first[key] = index


def missing(expected: Iterable[tuple[K, int]], happened: Collection[K]) -> Iterator[tuple[K, int]]:
    """What was expected (since its index) and is not among `happened` (a set or a dict: looked up)."""
    return ((key, index) for key, index in expected if key not in happened)


def unjustified(happened: Iterable[tuple[K, int]], cause: dict[K, int]) -> Iterator[tuple[K, int]]:
    """What happened without a cause, or before it."""
    return ((key, index) for key, index in happened if cause.get(key, index + 1) > index)
