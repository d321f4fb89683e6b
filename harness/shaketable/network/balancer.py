"""A load balancer in front of the replicas of a service: requests to their role go to each of them in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class Balancer:
    """Round robin within one run. A replica that refuses connections is passed over; nothing else is looked at.

    So a replica that stands still or is cut off gets its share, as behind any balancer that has not noticed yet.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def next(self, role: str, replicas: Sequence[str], refuses: Callable[[str], bool]) -> str:
        """Return the replica of `role` whose turn it is; if every one refuses, one that refuses."""
        last = self._last.get(role)
        start = replicas.index(last) + 1 if last in replicas else 0
        in_turn = [*replicas[start:], *replicas[:start]]
        chosen = self._last[role] = next((one for one in in_turn if not refuses(one)), in_turn[0])
        return chosen
