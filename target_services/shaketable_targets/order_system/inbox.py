"""The inbox: the ids of events whose effect is committed."""

from __future__ import annotations

from shaketable.ports import Transaction


class Inbox:
    """Remembers an event in the transaction of its effect, so neither exists without the other (ID-6)."""

    __slots__ = ("_table",)

    def __init__(self, table: str = "inbox") -> None:
        self._table = table

    async def first_time(self, tx: Transaction, event_id: str) -> bool:
        """Tell whether this transaction is the one that handles the event.

        A concurrent handler of the same event waits here for the outcome of the other.
        """
        return await tx.insert(self._table, {"event_id": event_id}, on_conflict="ignore") is not None
