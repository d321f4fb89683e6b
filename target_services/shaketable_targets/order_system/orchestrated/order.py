"""The order service as a participant: it takes orders from clients, and the orchestrator says how they end."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Json
from shaketable_targets.order_system.failures import Unavailable
from shaketable_targets.order_system.orchestrated.participant import Answer, Command, Participant
from shaketable_targets.order_system.orchestrated.progress import Outcome
from shaketable_targets.order_system.order import OrderService


class OrderParticipant(Participant, OrderService):
    """Owns the status of an order. Nothing leaves CONFIRMED or CANCELLED."""

    topics: tuple[str, ...] = ()

    def commands(self) -> Mapping[str, Command]:
        return {"confirm": self.take_confirm, "cancel": self.take_cancel}

    async def take_confirm(self, command: Json, answer: Answer) -> Outcome:
        return await self.end(command, answer, "CONFIRMED", "OrderConfirmed")

    async def take_cancel(self, command: Json, answer: Answer) -> Outcome:
        return await self.end(command, answer, "CANCELLED", "OrderCancelled")

    async def end(self, command: Json, answer: Answer, status: str, announce: str) -> Outcome:
        """End the order, unless it has ended."""
        order = command["order"]
        async with self.database.transaction() as tx:
            pending = (("id", "=", order), ("status", "=", "PENDING"))
            outcome: Outcome = "done"
            if await tx.update("orders", {"status": status}, *pending):
                await self.outbox.add(tx, announce, command)
            else:
                rows = await tx.select("orders", ("id", "=", order))
                if not rows:
                    raise Unavailable(f"{order} is not here yet")
                outcome = "already" if rows[0]["status"] == status else "refused"
            await answer(tx, outcome)
        return outcome


class OrderOnTopic(OrderParticipant):
    """The same, with its commands from a topic."""

    topics = ("order-commands",)
