"""What processes read and wrote at the servers of the simulated world, in its order, and the digest of that order.

Two accesses of one target conflict unless they commute, and only the order of conflicting ones can matter: two runs in which it
is the same do the same. This is the dependency relation of Mazurkiewicz traces, and a digest stands for one trace ("Trace
Theory", 1987): a trace is known by its projections to pairs of dependent letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal, Protocol

import msgspec
from msgspec.structs import astuple

AccessKind = Literal[
    "read",  # of one row, key, record, offset
    "write",  # of one; a lock that is taken is a write too: the one that comes second waits
    "scan",  # of a whole table, by a condition that names no key
    "change",  # of something in a table; two changes of different rows commute, so only scans see their order
]


class Access(msgspec.Struct, frozen=True, gc=False):
    """One access of `process` to `target`, such as `order.orders[o1]`, `order.outbox`, `payment-events/0`.

    `verb` is the command that a client sent. `event` is how many events the history had by then, so it stands between events
    `event - 1` and `event`. `transaction` numbers the transactions of its database from 1; 0 is outside of any.
    """

    process: str
    kind: AccessKind
    target: str
    verb: str
    time_ms: int
    event: int
    transaction: int = 0

    def conflicts(self, other: Access) -> bool:
        """Tell whether the order of the two can matter."""
        return self.target == other.target and (self.kind == "write" or self.kind != other.kind)

    @property
    def is_change(self) -> bool:
        return self.kind in ("write", "change")


class NoteAccess(Protocol):
    """The recorder to which the models tell each access as it happens."""

    def __call__(
        self, process: str, kind: AccessKind, target: str, verb: str, transaction: int = 0
    ) -> None: ...


def order_digest(accesses: Iterable[Access]) -> str:
    """Return 16 hexadecimal digits that are the same for two runs if their conflicting accesses came in the same order.

    Times and the order of what commutes do not count. An access is known by its process and command, and one of a transaction by all
    that this reads and writes: so it is told which of two that do the same to one row came first.
    """
    by_target: dict[str, list[tuple[str, str, str, int]]] = {}
    of_transaction: dict[tuple[str, int], set[str]] = {}
    for process, kind, target, verb, _, _, transaction in map(astuple, accesses):
        letter = kind, process, verb, transaction
        if (letters := by_target.get(target)) is None:
            by_target[target] = [letter]
        else:
            letters.append(letter)
        if transaction:
            if (targets := of_transaction.get((process, transaction))) is None:
                of_transaction[process, transaction] = {target}
            else:
                targets.add(target)
    works = {work: _short(",".join(sorted(targets))) for work, targets in of_transaction.items()}
    lines: list[str] = []
    for target in sorted(by_target):
        lines.append(target)
        before = ""
        group: list[str] = []  # of accesses in a row that commute
        for kind, process, verb, transaction in by_target[target]:
            if kind == "write" or kind != before:
                lines += sorted(group) if len(group) > 1 else group
                lines.append(kind)
                group = []
                before = kind
            group.append(f"{process} {verb} {works.get((process, transaction), '')}")
        lines += sorted(group) if len(group) > 1 else group
    return _short("\n".join(lines))


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
