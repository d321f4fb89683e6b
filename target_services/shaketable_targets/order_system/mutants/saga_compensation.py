"""Mistakes in undoing steps, where an orchestrator calls them one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.ports import Change, Json, Request, Response
from shaketable_targets.order_system.as_listed.orchestrator import OrchestratingOrder
from shaketable_targets.order_system.as_listed.steps import DONE, InventorySteps

Undo = tuple[str, str]
"""A service and the path that undoes its step."""

_STEPS = (("payment", "/payments", "/refunds"), ("inventory", "/reservations", "/releases"))


class ReleasingSteps(InventorySteps):
    """POST /releases as well, safe to repeat, and without effect on an order that has no reservation."""

    async def respond(self, request: Request) -> Response:
        if (request.method, request.path) != ("POST", "/releases"):
            return await super().respond(request)
        order = request.body
        held = (("order", "=", order["order"]), ("status", "=", "RESERVED"))
        async with self.database.transaction() as tx:
            if await tx.update("reservations", {"status": "RELEASED"}, *held):
                quantity = order["quantity"]
                back: dict[str, Change] = {"available": ("+", quantity), "reserved": ("+", -quantity)}
                await tx.update("stock", back, ("item", "=", order["item"]))
        return DONE


class CompensatesInOrder(OrchestratingOrder):
    """Undoes the steps in the order in which they were done, the failed one too, as its outcome is indeterminate."""

    async def _execute(self, order: Json) -> None:
        begun: list[Undo] = []
        for service, path, undo in _STEPS:
            begun.append((service, undo))
            if not await self._call(service, path, order):
                for undone_by, way_back in self.undoing(begun):
                    await self._insist(undone_by, way_back, order)
                await self._finish(order, "CANCELLED", "OrderCancelled")
                return
        await self._finish(order, "CONFIRMED", "OrderConfirmed")

    def undoing(self, begun: Sequence[Undo]) -> Sequence[Undo]:
        """Return the steps in the order in which to undo them."""
        return begun

    async def _insist(self, service: str, path: str, order: Json) -> None:
        for attempt in range(1, self.config.attempts_max + 1):
            if await self._call(service, path, order):
                return
            await self.ports.clock.sleep(self.config.backoff_ms(attempt))
