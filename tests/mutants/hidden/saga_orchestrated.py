"""Mistakes in an orchestrator that keeps its sagas as rows."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Request, Response, Row
from shaketable_patterns.order_system import profile
from shaketable_patterns.order_system.variant import SAGA
from shaketable_targets.order_system.as_listed.steps import DONE, OutOfStock
from shaketable_targets.order_system.mutants.saga_compensation import ReleasingSteps
from tests.mutants.hidden.declared import Hidden, order_subject
from tests.mutants.hidden_correct.stored_sagas import (
    PatientSagas,
    StoredSagas,
    TombstoneSteps,
    orchestrated,
)


class ResumesForwardOnly(StoredSagas):
    """Takes up what is PENDING; an order whose refund was not answered stays CANCELLING."""

    async def unfinished(self) -> list[Row]:
        async with self.database.transaction() as tx:
            return await tx.select("orders", ("status", "=", "PENDING"), order_by=("id",), limit=10)


class GivesUpWithoutRelease(PatientSagas):
    """Takes a reservation that was not answered three times for one that failed, and only refunds."""

    async def undo(self, order: Json) -> None:
        await StoredSagas.undo(self, order)


class DrivesTwice(StoredSagas):
    """Drives an order at once when it is placed, as well as in its loop, and settles it by its id alone."""

    async def place(self, request: Request) -> Response:
        response = await super().place(request)
        if response.status == 201:
            order = request.body["order"]
            self._background.run(self._at_once(order), f"saga {order}")
        return response

    async def _at_once(self, order: str) -> None:
        try:
            async with self.database.transaction() as tx:
                rows = await tx.select("orders", ("id", "=", order), ("status", "=", "PENDING"))
            for row in rows:
                await self.advance(row)
        except TRANSIENT:
            return  # the loop takes it up

    async def settle(self, order: Json, before: tuple[str, ...], after: str, announce: str) -> None:
        anything = ("PENDING", "CANCELLING", "CONFIRMED", "CANCELLED")
        await super().settle(order, anything if announce else before, after, announce)


class DecisionNotStored(PatientSagas):
    """Undoes a saga without having written down that it will: after a crash it goes forward again."""

    async def settle(self, order: Json, before: tuple[str, ...], after: str, announce: str) -> None:
        if after != "CANCELLING":
            await super().settle(order, (*before, "PENDING"), after, announce)


class ForgivingSteps(TombstoneSteps):
    """Lets an order that was released reserve once more."""

    async def _reserve(self, order: Json) -> Response:
        released = (("order", "=", order["order"]), ("status", "=", "RELEASED"))
        async with self.database.transaction() as tx:
            if not await tx.update("reservations", {"status": "RESERVED"}, *released):
                return await super()._reserve(order)
            if not await self.take(tx, order["item"], order["quantity"]):
                raise OutOfStock
            await self.outbox.add(tx, "InventoryReserved", order)
        return DONE


class ReleasesNothingYet(PatientSagas):
    """Releases a reservation that is still on its way: it arrives afterwards and stays."""


def _hidden(
    name: str,
    order: type[StoredSagas],
    kills: str,
    shows: str,
    needs: str,
    inventory: type[TombstoneSteps | ReleasingSteps] | None = None,
) -> Hidden:
    target = orchestrated(order) if inventory is None else orchestrated(order, inventory)
    declared = profile.ORCHESTRATED if inventory is None else profile.COMPENSATING
    subject = order_subject(SAGA, name, target, declared, order, tuple(kills.split()))
    return Hidden(subject, shows, needs)


MUTANTS = (
    _hidden(
        "resumes-forward-only",
        ResumesForwardOnly,
        "SG-5",
        "there is no stock, the refund is not answered, and the order stays CANCELLING for ever",
        "no stock, and a fault of the refund or a crash before it",
    ),
    _hidden(
        "gives-up-without-release",
        GivesUpWithoutRelease,
        "SG-1",
        "a reservation that was made and not answered stays, although the order is cancelled",
        "a lost answer of a reservation, then inventory away for two more turns",
    ),
    _hidden(
        "drives-twice",
        DrivesTwice,
        "SG-6 OB-1",
        "the loop finds the order PENDING while the first run of its saga is slow: it is confirmed, and mailed, twice",
        "a step that is slow while the loop comes round",
    ),
    _hidden(
        "decision-not-stored",
        DecisionNotStored,
        "SG-1 SG-4",
        "it refunds, loses its power, finds the order PENDING, reserves and confirms: delivered and not paid",
        "inventory away for three turns, then a crash between refund and cancellation",
        ForgivingSteps,
    ),
    _hidden(
        "releases-nothing-yet",
        ReleasesNothingYet,
        "SG-1",
        "a reservation that was held on its way arrives after its release and is never released",
        "a reservation that is held until after three turns",
        ReleasingSteps,
    ),
)
