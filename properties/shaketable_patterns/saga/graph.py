"""The order of a saga's steps: which step follows which, directly or by way of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shaketable.errors import UsageError


def precedence(after: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Return every step that each step follows. Raise UsageError for one that is not there and for a circle."""
    found: dict[str, frozenset[str]] = {}
    waiting = dict(after)
    while waiting:
        ready = [name for name, before in waiting.items() if all(one in found for one in before)]
        if not ready:
            raise UsageError(_tangle(waiting, after))
        for name in ready:
            before = frozenset(waiting.pop(name))
            found[name] = before.union(*(found[one] for one in before))
    return found


def _tangle(waiting: Mapping[str, Iterable[str]], after: Mapping[str, Iterable[str]]) -> str:
    for name, before in waiting.items():
        for one in before:
            if one not in after:
                return (
                    f"step {name!r} follows {one!r}, and there is no such step; there are {', '.join(after)}"
                )
    return f"steps follow each other in a circle: {', '.join(waiting)}"
