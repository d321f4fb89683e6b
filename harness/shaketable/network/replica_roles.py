"""Roles: the replicas of one service share theirs, every other party has its own name as its role.

Boundaries are named by role, because which replica acts is chance on real servers. A fault that names a role means
every replica of it; events of a history always name the replica.
"""

from __future__ import annotations

from collections.abc import Iterable

from shaketable.errors import UsageError
from shaketable.fault import Fault, MessageFault, Need, ServiceFault, name_of

_OF_PROCESSES = frozenset({Need.PROCESSES, Need.CLOCKS})
"""Needs that only a process of the subject meets: a server or third party has no signals or clock of ours."""


class Roles:
    """The parties of one system: `parts` are its processes with their roles, `others` play their own.

    UsageError for a role of several processes that is also a party's name: it would mean one and all of them.
    """

    __slots__ = ("_of", "_parts", "_replicas")

    def __init__(self, parts: Iterable[tuple[str, str]] = (), others: Iterable[str] = ()) -> None:
        self._parts = dict(parts)
        self._of = {other: other for other in others} | self._parts
        self._replicas: dict[str, list[str]] = {}
        for party, role in self._of.items():
            self._replicas.setdefault(role, []).append(party)
        for role, replicas in self._replicas.items():
            if role in self._of and replicas != [role]:
                raise UsageError(f"{role!r} is the role of {', '.join(replicas)}: no party can be called so")

    def role_of(self, party: str) -> str:
        """Return the name that `party` has in the address of a boundary."""
        return self._of.get(party, party)

    def which(self, receiver: str) -> dict[str, str]:
        """Return what the receipt of a message's fault says of its receiver beyond the address: which replica it was."""
        return {} if self.role_of(receiver) == receiver else {"replica": receiver}

    def replicas(self, name: str) -> tuple[str, ...]:
        """Return the parties that `name` means, in the order of the system: the replicas of a role, or the party itself."""
        return tuple(self._replicas.get(name, (name,)))

    def others(self, name: str, party: str) -> tuple[str, ...]:
        """Return the parties to which a request of `party` to `name` may go: every replica of a role but itself."""
        return tuple(one for one in self._replicas.get(name, (name,)) if one != party or one == name)

    def links(self, sender: str, receiver: str) -> tuple[tuple[str, str], ...]:
        """Return every link from a replica of one to a replica of the other; no party is linked to itself."""
        pairs = ((s, r) for s in self.replicas(sender) for r in self.replicas(receiver))
        return tuple((s, r) for s, r in pairs if s != r or sender == receiver == s)

    def check(self, fault: Fault) -> None:
        """Raise UsageError when `fault` names a party that does not exist, or a replica where only its role counts."""
        is_message = isinstance(fault, MessageFault)
        for party in fault.parties:
            if party in self._replicas or (party in self._of and not is_message):
                continue
            if party in self._of:
                role = self._of[party]
                raise UsageError(
                    f"{name_of(fault)} names {party!r}, a replica of {role!r}: messages are counted by role, "
                    f"whichever replica they are of; write {role!r}"
                )
            known = self._replicas if is_message else dict.fromkeys((*self._of, *self._replicas))
            raise UsageError(f"{name_of(fault)} names {party!r}; this system has {', '.join(known)}")
        if (
            isinstance(fault, ServiceFault)
            and fault.needs in _OF_PROCESSES
            and not self._are_processes(fault.service)
        ):
            raise UsageError(f"{name_of(fault)} needs a process of the subject, {fault.service!r} is none")

    def _are_processes(self, name: str) -> bool:
        return all(party in self._parts for party in self.replicas(name))
