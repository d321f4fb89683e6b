"""The sessions of group members. Heartbeats are not messages here: a session is timed from a silence on.

So a calm run needs no timer: the world says when a process falls silent, and only then is one started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from shaketable.sim.broker.group import Group
from shaketable.sim.broker.member import Member


class Sessions:
    """Evicts a member that stays silent for `timeout_ms`, which rebalances its group.

    `is_responsive(process)` tells whether a heartbeat could arrive now: running, not paused, link up.
    `call_later(delay_ms, callback)` schedules.
    """

    def __init__(
        self,
        groups: Mapping[str, Group],
        call_later: Callable[[int, Callable[[], None]], object],
        is_responsive: Callable[[str], bool],
        timeout_ms: int,
    ) -> None:
        self._groups = groups
        self._call_later = call_later
        self._is_responsive = is_responsive
        self._timeout_ms = timeout_ms
        self._suspended = False

    def is_heard(self, member: Member) -> bool:
        """Tell whether the broker hears the member, which is neither closed nor of a lost incarnation."""
        return member.life.alive and not member.closed and self._is_responsive(member.process)

    def begin(self, member: Member) -> None:
        """Begin the session of a member that has joined: timed from now if it is silent by then."""
        if not self.is_heard(member):
            self._time(member)

    def silent(self, process: str) -> None:
        """Time the members of a process that crashed, stopped, is paused or cut off: one timeout to return."""
        for member in self._members():
            if member.process == process:
                self._time(member)

    def back(self, process: str) -> None:
        """Stop timing the members of a process that may be heard again, except those of lost incarnations."""
        for member in self._members():
            if member.process == process and member.silent and self.is_heard(member):
                member.silent = False

    def hang_up(self, member: Member) -> None:
        """Time a member whose client stopped its heartbeats, although its process is well."""
        member.closed = True
        self._time(member)

    def suspend(self) -> None:
        """Stop timing every member: the broker itself is down."""
        self._suspended = True
        for member in self._members():
            member.silent = False

    def resume(self) -> None:
        """Time anew, now that the broker is back, every member that cannot be heard."""
        self._suspended = False
        for member in self._members():
            self.begin(member)

    def _time(self, member: Member) -> None:
        if not member.silent and not self._suspended:  # `resume` times those that are silent then
            member.silent = True
            member.silences += 1
            self._call_later(self._timeout_ms, partial(self._end, member, member.silences))

    def _end(self, member: Member, silence: int) -> None:
        if not member.silent or member.silences != silence:
            return
        member.silent = False
        if not self.is_heard(member):
            self._groups[member.group].remove(member)

    def _members(self) -> Iterator[Member]:
        for group in self._groups.values():
            yield from list(group.members)
