"""Mistakes of a participant."""

from __future__ import annotations

import asyncio
import contextlib

from shaketable.ports import (
    TRANSIENT,
    CheckViolation,
    Json,
    NotPrepared,
    Ports,
    Response,
    Row,
    UniqueViolation,
)
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_two_phase.participant import NO, YES, InventoryService, PaymentService


class GivesUpByItself(PaymentService):
    """Rolls back what it has not been told about for a poll, to get its locks back: a heuristic outcome.

    Met as a branch that a time-out rolls back at the participant while its coordinator still commits (Seata for Go 676).
    """

    async def resolve(self, order: str) -> None:
        await self.roll_back(order)


class CommitsByItself(PaymentService):
    """Commits what it has not been told about for a poll, since that is what mostly comes of it: a heuristic outcome.

    The other heuristic outcome of the XA specification, for databases whose locks must not wait.
    """

    async def resolve(self, order: str) -> None:
        await self.commit(order)


class NeverAsks(PaymentService):
    """Waits to be told, and asks nothing when it prepared after the coordinator had given up: it stays prepared.

    Met as a slow participant that prepared after recovery had looked for what is in doubt, and kept its locks from then on (Greenplum 10393).
    """

    async def resolve(self, order: str) -> None:
        return


class VotesBeforePreparing(InventoryService):
    """Votes once its statements have been executed, and prepares them behind the answer: a crash takes the vote back.

    Met as prepared transactions that were in memory only when the participant said that it was ready (horizontal-scaling-convex 101).
    """

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._preparing: set[asyncio.Task[None]] = set()

    async def prepare(self, order: str, body: Json) -> Response:
        executed: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._prepare(order, body, executed), name=f"prepare {order}")
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)
        return await executed

    async def _prepare(self, order: str, body: Json, executed: asyncio.Future[Response]) -> None:
        with contextlib.suppress(*TRANSIENT, CheckViolation, UniqueViolation):
            async with self.database.transaction() as tx:
                try:
                    await self.take_part(tx, order, body)
                except CheckViolation:
                    executed.set_result(NO)
                    raise
                except BaseException:
                    executed.set_result(Response(503, {"error": "not executed"}))
                    raise
                executed.set_result(YES)
                await tx.prepare(self.name(order))


class CommitsAnyOfItsOwn(InventoryService):
    """Commits everything that is prepared when it is told of one order.

    What a recovery without names does, which takes all that is prepared for its own (Citus documentation 255).
    """

    async def commit(self, order: str) -> None:
        for name in await self.database.prepared():
            with contextlib.suppress(NotPrepared):
                await self.database.commit_prepared(name)


class ChargesOutsideTheTransaction(PaymentService):
    """Takes the amount in a transaction of its own, so as to hold no lock on the account, and votes yes.

    Met as participants that only know one phase, committed ahead of the decision (CUBRID 7542).
    """

    async def prepare(self, order: str, body: Json) -> Response:
        charge: Row = {"order": order, "user_id": body["user_id"], "amount": body["amount"]}
        try:
            async with self.database.transaction() as tx:
                await tx.insert("charges", charge)
                await tx.update(
                    "accounts", {"balance": ("+", -body["amount"])}, ("user_id", "=", body["user_id"])
                )
        except CheckViolation:
            return NO
        except UniqueViolation:
            return YES
        return YES
