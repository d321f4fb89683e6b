"""Between which check and which act of one process another changed what the first had looked at.

A story of a race is told by this instead of by times: the same three accesses make it on real servers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from shaketable.access import Access


class Interruption(msgspec.Struct, frozen=True):
    """The access of one process, `other`, that fell between `check` and `act` of another, or of other work of the same."""

    check: Access
    other: Access
    act: Access

    def __str__(self) -> str:
        check, other, act = self.check, self.other, self.act
        whose = "another transaction" if check.process == other.process else other.process
        acted = act.verb if act.target == check.target else f"{act.verb} of {act.target}"
        return f"{whose} changes {check.target} ({other.verb}) between {check.process}'s {check.verb} and its {acted}"


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
        if not act.is_change:
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
