"""Between which check and which act of one process another changed what the first had looked at.

A story of a race is told by this instead of by times: the same three accesses make it on real servers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from shaketable.access import Access


class Interruption(msgspec.Struct, frozen=True):
    """The access of one process, `other`, that fell between `check` and `act` of another, or of other work of the same."""

    check: Access
    other: Access
    act: Access

    @property
    def words(self) -> str:
        """One sentence whose subject, the process of `other`, is shown beside it."""
        check, act = self.check, self.act
        acted = act.verb if act.target == check.target else f"{act.verb} of {act.target}"
        whose = "of other work of its own" if check.process == self.other.process else f"of {check.process}"
        return f"changes {check.target} between the {check.verb} and the {acted} {whose}"


def explaining(accesses: Sequence[Access], witness: Collection[int]) -> Interruption | None:
    """Return the interruption that explains best what the events of `witness` show; None if there was none before them.

    The act or the change of the other is one of these events, or at least both came before the last of them; a row says more than a
    table, and the latest is the nearest.
    """
    last = max(witness, default=-1)

    def nearness(one: Interruption) -> tuple[int, bool, bool, int]:
        shown = (one.act.event in witness) + (one.other.event in witness)
        return shown, one.check.kind == "read", one.act.target == one.check.target, one.act.event

    return max(interruptions(accesses, last + 1), key=nearness, default=None)


def interruptions(accesses: Sequence[Access], until: int | None = None) -> Iterator[Interruption]:
    """Yield every interruption whose act stands before event `until` of the history, in the order of the acts.

    The act changes what the check read, or something else in the transaction of the check. A process that reads again after the
    other's change has seen it, so it was not interrupted. Two transactions of a process that are open at once are different work.
    """
    first: dict[tuple[str, int], int] = {}
    last: dict[tuple[str, int], int] = {}
    for place, access in enumerate(accesses):
        if access.transaction:
            first.setdefault((access.process, access.transaction), place)
            last[access.process, access.transaction] = place

    def is_own(access: Access, act: Access) -> bool:
        if access.process != act.process:
            return False
        one, two = access.transaction, act.transaction
        return one == two or not one or not two or last[access.process, one] < first[act.process, two]

    for place, act in enumerate(accesses):
        if until is not None and act.event >= until:
            return
        if not act.is_change or act.verb == "INSERT":  # before its COMMIT it has only drawn from a sequence
            continue
        seen: dict[str, None] = {}
        changed: dict[str, Access] = {}
        for access in reversed(accesses[:place]):
            target = access.target
            if not is_own(access, act):
                if access.is_change and target not in seen:
                    changed.setdefault(target, access)
            elif access.is_change:
                seen[target] = None
            elif target not in seen:
                seen[target] = None
                is_acted_on = target == act.target or 0 < act.transaction == access.transaction
                if is_acted_on and target in changed:
                    yield Interruption(access, changed[target], act)
                    break
