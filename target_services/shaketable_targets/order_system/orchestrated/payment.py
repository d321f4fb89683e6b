"""The payment service as a participant: charge and refund."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Json
from shaketable_targets.order_system.orchestrated.participant import Answer, Command, Participant
from shaketable_targets.order_system.orchestrated.progress import Outcome
from shaketable_targets.order_system.payment import PaymentService


class PaymentParticipant(Participant, PaymentService):
    """Writes down that it charges before it asks the provider, with the command's own key.

    So a refund knows whether a charge may be under way: then it first finds out what became of that.
    """

    topics: tuple[str, ...] = ()

    def commands(self) -> Mapping[str, Command]:
        return {"charge": self.take_charge, "refund": self.take_refund}

    async def take_charge(self, command: Json, answer: Answer) -> Outcome:
        status, _ = await self.begin(command, "CHARGING", command["key"])
        if status == "CHARGING":
            status = await self.settle(command, command["key"])
        outcome: Outcome = "done" if status == "CHARGED" else "refused"
        async with self.database.transaction() as tx:
            await answer(tx, outcome)
        return outcome

    async def take_refund(self, command: Json, answer: Answer) -> Outcome:
        status, key = await self.begin(command, "VOID", "")
        outcome: Outcome = "already" if status == "REFUNDED" else "done"
        if status == "CHARGING":
            status = await self.settle(command, key)
        if status == "CHARGED":
            await self.ask_back(command)
        async with self.database.transaction() as tx:
            charged = (("order", "=", command["order"]), ("status", "=", "CHARGED"))
            if status == "CHARGED" and await tx.update("payments", {"status": "REFUNDED"}, *charged):
                await self.outbox.add(tx, "PaymentRefunded", command)
            await answer(tx, outcome)
        return outcome

    async def ask_back(self, command: Json) -> None:
        """Ask the provider for the refund."""
        body = {"order": command["order"], "amount": command["amount"]}
        await self.provider.ask("/refunds", body, command["key"])

    async def begin(self, command: Json, status: str, key: str) -> tuple[str, str]:
        """Insert the payment in this status, if the order has none; return the status and the key that it has."""
        payment = {"order": command["order"], "amount": command["amount"], "status": status, "key": key}
        async with self.database.transaction() as tx:
            if await tx.insert("payments", payment, on_conflict="ignore") is not None:
                return status, key
            (known,) = await tx.select("payments", ("order", "=", command["order"]))
        return str(known["status"]), str(known["key"])

    async def settle(self, command: Json, key: str) -> str:
        """Ask the provider until it is known whether the order is charged; return the status that the payment has then."""
        order = command["order"]
        body = {"order": order, "amount": command["amount"]}
        charged = await self.provider.ask("/charges", body, key)
        status = "CHARGED" if charged else "FAILED"
        async with self.database.transaction() as tx:
            charging = (("order", "=", order), ("status", "=", "CHARGING"))
            if await tx.update("payments", {"status": status}, *charging):
                await self.outbox.add(tx, "PaymentCompleted" if charged else "PaymentFailed", command)
                return status
            (known,) = await tx.select("payments", ("order", "=", order))
        return str(known["status"])


class PaymentOnTopic(PaymentParticipant):
    """The same, with its commands from a topic."""

    topics = ("payment-commands",)
