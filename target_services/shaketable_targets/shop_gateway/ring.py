"""The instances behind one route, each in its turn."""

from __future__ import annotations

from collections.abc import Collection


class Ring:
    """Round robin over those that are listed and not down."""

    __slots__ = ("_down", "_last", "_listed", "_names")

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._listed = frozenset(names)
        self._down: frozenset[str] = frozenset()
        self._last = len(names) - 1

    @property
    def names(self) -> tuple[str, ...]:
        """All that were ever known."""
        return self._names

    def list(self, listed: Collection[str]) -> None:
        """Take only those from now on."""
        self._listed = frozenset(listed)

    def down(self, name: str) -> None:
        """Pass one over until it is up."""
        self._down |= {name}

    def up(self, name: str) -> None:
        self._down -= {name}

    def next(self, without: Collection[str] = ()) -> str:
        """Return the one whose turn it is, "" if there is none; where all are down, one that is: what was seen of them may be old."""
        in_turn = [(self._last + step) % len(self._names) for step in range(1, len(self._names) + 1)]
        listed = [
            one for one in in_turn if self._names[one] in self._listed and self._names[one] not in without
        ]
        up = [one for one in listed if self._names[one] not in self._down]
        if not listed:
            return ""
        self._last = (up or listed)[0]
        return self._names[self._last]
