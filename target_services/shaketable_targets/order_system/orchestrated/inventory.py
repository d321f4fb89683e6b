"""The inventory service as a participant: goods are reserved and released, couriers booked and cancelled."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Change, Json, Transaction
from shaketable_targets.order_system.inventory import InventoryService
from shaketable_targets.order_system.orchestrated.participant import Answer, Command, Participant
from shaketable_targets.order_system.orchestrated.progress import Outcome

FRAGILE = frozenset({"pear"})
"""What goes by courier."""
COURIER_QUANTITY_MAX = 1
"""A courier carries no more of it."""


class InventoryParticipant(Participant, InventoryService):
    """Says with each reservation whether the goods need a courier."""

    topics: tuple[str, ...] = ()

    def commands(self) -> Mapping[str, Command]:
        return {
            "reserve": self.take_reserve,
            "release": self.take_release,
            "book": self.take_book,
            "unbook": self.take_unbook,
        }

    def answer_body(self, command: Json, outcome: Outcome) -> dict[str, Json]:
        asks = command["type"] == "reserve" and outcome == "done"
        return {"courier": command["item"] in FRAGILE} if asks else {}

    async def take_reserve(self, command: Json, answer: Answer) -> Outcome:
        async with self.database.transaction() as tx:
            status = await _status(tx, "reservations", command)
            if not status:
                enough = await self.take(tx, command["item"], command["quantity"])
                status = "RESERVED" if enough else "REFUSED"
                await tx.insert("reservations", _reservation(command, status))
                await self.outbox.add(tx, "InventoryReserved" if enough else "InventoryFailed", command)
            outcome: Outcome = "done" if status == "RESERVED" else "refused"
            await answer(tx, outcome)
        return outcome

    async def take_release(self, command: Json, answer: Answer) -> Outcome:
        async with self.database.transaction() as tx:
            status = await _status(tx, "reservations", command)
            if not status:
                await tx.insert("reservations", _reservation(command, "VOID"))
            elif await tx.update("reservations", {"status": "RELEASED"}, *_in(command, "RESERVED")):
                await self.give_back(tx, command)
            outcome: Outcome = "already" if status == "RELEASED" else "done"
            await answer(tx, outcome)
        return outcome

    async def give_back(self, tx: Transaction, command: Json) -> None:
        quantity = command["quantity"]
        changes: dict[str, Change] = {"available": ("+", quantity), "reserved": ("+", -quantity)}
        await tx.update("stock", changes, ("item", "=", command["item"]))

    async def take_book(self, command: Json, answer: Answer) -> Outcome:
        async with self.database.transaction() as tx:
            status = await _status(tx, "couriers", command)
            if not status:
                status = "BOOKED" if command["quantity"] <= COURIER_QUANTITY_MAX else "REFUSED"
                await tx.insert("couriers", {"order": command["order"], "status": status})
            outcome: Outcome = "done" if status == "BOOKED" else "refused"
            await answer(tx, outcome)
        return outcome

    async def take_unbook(self, command: Json, answer: Answer) -> Outcome:
        async with self.database.transaction() as tx:
            status = await _status(tx, "couriers", command)
            if not status:
                await tx.insert("couriers", {"order": command["order"], "status": "VOID"})
            await tx.update("couriers", {"status": "CANCELLED"}, *_in(command, "BOOKED"))
            outcome: Outcome = "already" if status == "CANCELLED" else "done"
            await answer(tx, outcome)
        return outcome


class InventoryOnTopic(InventoryParticipant):
    """The same, with its commands from a topic."""

    topics = ("inventory-commands",)


async def _status(tx: Transaction, table: str, command: Json) -> str:
    """Return the status of the order's row, locked; "" if it has none. Two at once for one order end in UniqueViolation."""
    rows = await tx.select(table, ("order", "=", command["order"]), lock="update")
    return str(rows[0]["status"]) if rows else ""


def _in(command: Json, status: str) -> tuple[tuple[str, str, object], ...]:
    return ("order", "=", command["order"]), ("status", "=", status)


def _reservation(command: Json, status: str) -> dict[str, Json]:
    fields = {name: command[name] for name in ("order", "item", "quantity")}
    return {**fields, "status": status}
