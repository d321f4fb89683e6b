"""MULTI and EXEC on one connection: what is queued becomes true at EXEC, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence

Said = tuple[str, str]
"""The type and the first line of a reply."""


class Transaction:
    """Follows the replies of one connection. A command that no transaction queues is done when it is answered."""

    def __init__(self) -> None:
        self._queued: list[list[str]] | None = None

    def done(self, asked: list[str], reply: Said, elements: Sequence[Said]) -> list[tuple[list[str], Said]]:
        """Return the commands that are done now, each with its own reply.

        `elements` are those of an array, such as EXEC's. An EXEC of which not every element was kept says of its commands
        only that they were done: their replies are empty.
        """
        verb = asked[0] if asked else ""
        kind, line = reply
        if verb == "MULTI" and kind == "+":
            self._queued = []
        elif self._queued is None:
            return [(asked, reply)]
        elif verb in ("DISCARD", "RESET"):
            self._queued = None
        elif reply == ("+", "QUEUED"):
            self._queued.append(asked)
        elif verb == "EXEC":
            queued, self._queued = self._queued, None
            if kind == "*" and line != "-1":
                replies = elements if len(elements) == len(queued) else [("", "")] * len(queued)
                return list(zip(queued, replies, strict=True))
        return []
