"""The durable orchestrator over Kafka: commands and answers are records, and each answer moves its saga on."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Change, Json, Transaction
from shaketable_targets.order_system.event_service import EventService, Handler
from shaketable_targets.order_system.events import ORDER_EVENTS
from shaketable_targets.order_system.failures import Unprocessable
from shaketable_targets.order_system.orchestrated.participant import ANSWERED, REPLIES
from shaketable_targets.order_system.orchestrated.plan import SERVICE_OF
from shaketable_targets.order_system.orchestrated.progress import Progress
from shaketable_targets.order_system.orchestrated.saga_log import SagaLog, letter_id


class CommandingOrchestrator(EventService):
    """Reacts to answers. It never waits for one, so nothing has to be claimed: a row lock serialises its instances.

    The inbox, the saga's row and the commands that follow are one transaction, so there is no step at which a crash loses
    or repeats a decision. A participant that cannot carry a command out keeps it as a dead letter of its own.
    """

    role = "orchestrator"
    topics: tuple[str, ...] = (ORDER_EVENTS, REPLIES)

    def handlers(self) -> Mapping[str, Handler]:
        return {"OrderCreated": self.begin, ANSWERED: self.go_on}

    async def begin(self, event: Json) -> None:
        """Begin the saga of a new order, and send its first commands."""
        async with self.database.transaction() as tx:
            if await self.inbox.first_time(tx, event["event_id"]):
                row = SagaLog(self.ports, self.config, self.letters).first_row(event)
                if await tx.insert("sagas", row, on_conflict="ignore") is not None:
                    await self.send(tx, Progress.read(row))

    async def go_on(self, answer: Json) -> None:
        """Note an answer, and send what follows from it."""
        if answer.get("command") not in SERVICE_OF:
            raise Unprocessable("no such command")
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, answer["event_id"]):
                return
            rows = await tx.select("sagas", ("id", "=", answer["order"]), lock="update")
            if not rows:
                raise Unprocessable("no such saga")
            progress = Progress.read(rows[0])
            progress.take(answer["command"], answer["outcome"], courier=bool(answer.get("courier")))
            await self.send(tx, progress)

    async def send(self, tx: Transaction, progress: Progress) -> None:
        """Write the progress down, with the commands that are due and were not sent."""
        order = progress.order["order"]
        commands = progress.unsent()
        progress.send(commands)
        changes: dict[str, Change] = {**progress.columns(), "epoch": ("+", 1)}
        await tx.update("sagas", changes, ("id", "=", order))
        for command in commands:
            sent = letter_id(order, command)
            body = {"event_id": sent, "type": command, "key": sent, **progress.order}
            await self.outbox.put(tx, f"{SERVICE_OF[command]}-commands", body)
