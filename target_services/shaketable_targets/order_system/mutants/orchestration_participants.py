"""Mistakes of participants, and of an orchestrator that talks to them over a broker."""

from __future__ import annotations

from shaketable.ports import Json, Transaction
from shaketable_targets.order_system.failures import Unavailable
from shaketable_targets.order_system.orchestrated.commanding import CommandingOrchestrator
from shaketable_targets.order_system.orchestrated.inventory import InventoryParticipant
from shaketable_targets.order_system.orchestrated.participant import Answer
from shaketable_targets.order_system.orchestrated.plan import SERVICE_OF
from shaketable_targets.order_system.orchestrated.progress import Outcome, Progress
from shaketable_targets.order_system.orchestrated.saga_log import letter_id


class ReleasesNothing(InventoryParticipant):
    """Answers a release of what it never reserved with an error: a step that never happened cannot be undone, ever.

    Met in apache/incubator-seata-go (issue 685): a rollback without anything to roll back was retried until its time was over.
    """

    async def take_release(self, command: Json, answer: Answer) -> Outcome:
        async with self.database.transaction() as tx:
            rows = await tx.select("reservations", ("order", "=", command["order"]))
        if not rows:
            raise Unavailable(f"{command['order']} has no reservation")
        return await super().take_release(command, answer)


class ForgetsReleases(InventoryParticipant):
    """Keeps nothing of a release that came before its reservation: when that arrives at last, the goods stay reserved.

    Met in changmingxie/tcc-transaction (issue 299) and apache/incubator-seata (issue 2711): a cancel that overtakes its try.
    """

    async def take_release(self, command: Json, answer: Answer) -> Outcome:
        async with self.database.transaction() as tx:
            if not await tx.select("reservations", ("order", "=", command["order"])):
                await answer(tx, "done")
                return "done"
        return await super().take_release(command, answer)


class CommandsAfterCommit(CommandingOrchestrator):
    """Sends commands to the broker once the saga is written, without an outbox: a crash in between leaves them unsent.

    Met wherever "publish after commit" is: in dbos-inc/dbos-transact-py (issue 805) a saga stood still between two steps, of
    which the first was noted as done and the second never began.
    """

    async def begin(self, event: Json) -> None:
        await super().begin(event)
        await self.flush()

    async def go_on(self, answer: Json) -> None:
        await super().go_on(answer)
        await self.flush()

    async def send(self, tx: Transaction, progress: Progress) -> None:
        self._unsent = [(command, progress.order) for command in progress.unsent()]
        progress.send([command for command, _ in self._unsent])
        changes = {**progress.columns()}
        await tx.update("sagas", changes, ("id", "=", progress.order["order"]))

    _unsent: list[tuple[str, Json]] = []

    async def flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        for command, order in unsent:
            sent = letter_id(order["order"], command)
            body = {"event_id": sent, "type": command, "key": sent, **order}
            await self.ports.broker.send(f"{SERVICE_OF[command]}-commands", order["order"], body)
