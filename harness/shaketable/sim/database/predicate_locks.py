"""The SIREAD locks of serializable transactions: what each has read, as coarsely as PostgreSQL remembers it.

Source: `README-SSI` of PostgreSQL, "Predicate Locking". A scan of a table locks the table. One by an index locks the
page of the index and each tuple it is shown; beyond `max_pred_locks_per_page` tuples the page instead. Here each table
and each index is one page, as it is up to about a hundred rows.
"""

from __future__ import annotations

from typing import Generic, TypeVar

TUPLES_MAX = 2
"""`max_pred_locks_per_page`, by default."""

Target = tuple[str, str, int]
"""(table, what of it, number): the table itself, its page, one tuple by its place, or one of its indexes."""

H = TypeVar("H")


def whole_table(table: str) -> Target:
    """Return the target that is the table."""
    return (table, "table", 0)


def page_of(table: str) -> Target:
    """Return the target that is the table's one page."""
    return (table, "page", 0)


def tuple_at(table: str, place: int) -> Target:
    """Return the target that is the tuple at `place`."""
    return (table, "tuple", place)


def index_page(table: str, number: int) -> Target:
    """Return the target that is the one page of the table's index of this number."""
    return (table, "index", number)


class PredicateLocks(Generic[H]):
    """Holders of targets, each in the order in which they came to hold it."""

    __slots__ = ("_held", "_holders")

    def __init__(self) -> None:
        self._holders: dict[Target, dict[H, None]] = {}
        self._held: dict[H, dict[Target, None]] = {}

    def lock_table(self, holder: H, table: str) -> None:
        """Lock the table, and so no longer its parts."""
        if whole_table(table) not in self._held.get(holder, ()):
            self._add(holder, whole_table(table))
            self._drop_parts(holder, table, ("page", "tuple"))

    def lock_index(self, holder: H, table: str, number: int) -> None:
        """Lock the page of an index."""
        self._add(holder, index_page(table, number))

    def lock_tuple(self, holder: H, table: str, place: int) -> None:
        """Lock a tuple, unless the page or the table is locked; one too many locks the page instead."""
        held = self._held.get(holder, {})
        if whole_table(table) in held or page_of(table) in held:
            return
        self._add(holder, tuple_at(table, place))
        tuples = [target for target in self._held[holder] if target[0] == table and target[1] == "tuple"]
        if len(tuples) > TUPLES_MAX:
            self._add(holder, page_of(table))
            self._drop_parts(holder, table, ("tuple",))

    def unlock_tuple(self, holder: H, table: str, place: int) -> None:
        """Give up the lock of a tuple that `holder` now writes itself: it has a stronger one."""
        self._drop(holder, tuple_at(table, place))

    def holders(self, target: Target) -> list[H]:
        """Return the holders of this very target."""
        return list(self._holders.get(target, ()))

    def release(self, holder: H) -> None:
        """Give up every lock of `holder`."""
        for target in list(self._held.get(holder, ())):
            self._drop(holder, target)

    def _add(self, holder: H, target: Target) -> None:
        self._held.setdefault(holder, {})[target] = None
        self._holders.setdefault(target, {}).setdefault(holder)

    def _drop_parts(self, holder: H, table: str, kinds: tuple[str, ...]) -> None:
        for target in [t for t in self._held[holder] if t[0] == table and t[1] in kinds]:
            self._drop(holder, target)

    def _drop(self, holder: H, target: Target) -> None:
        held, holders = self._held.get(holder), self._holders.get(target)
        if held is not None and target in held:
            del held[target]
            if not held:
                del self._held[holder]
        if holders is not None and holder in holders:
            del holders[holder]
            if not holders:
                del self._holders[target]
