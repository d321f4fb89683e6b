"""Order: things appear in the order they were decided."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class Inversion(NamedTuple):
    """`later` was decided after `earlier` and appeared before it."""

    earlier: object
    later: object
    earlier_at: int
    later_at: int


def inversion(decided: Sequence[K], appeared: Iterable[tuple[K, int]]) -> Inversion | None:
    """Return the first pair whose first appearances do not follow `decided`.

    Repeats of a key are allowed (at-least-once delivery), and a key may never appear; keys that were not decided
    are ignored. Linear: it keeps only the latest rank seen.
    """
    rank = {key: position for position, key in enumerate(decided)}
    seen: set[K] = set()
    latest = -1
    latest_at = -1
    for key, index in appeared:
        place = rank.get(key)
        if place is None or key in seen:
            continue
        seen.add(key)
        if place < latest:
            return Inversion(key, decided[latest], index, latest_at)
        latest, latest_at = place, index
    return None


def reversed_pairs(done: Sequence[tuple[K, int]], undone: Mapping[K, int]) -> Iterator[tuple[int, int]]:
    """Yield the neighbouring steps that were not undone in the reverse order of completion.

    `done` are (step, index) in order of completion, `undone` maps a step to the index of its compensation.
    Of each pair the indices of the two compensations, the one that came too early first.
    """
    compensated = [(step, undone[step]) for step, _ in done if step in undone]
    for (_, first), (_, second) in pairwise(compensated):
        if first < second:
            yield first, second
