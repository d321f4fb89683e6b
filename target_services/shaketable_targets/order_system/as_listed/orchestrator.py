"""The listed orchestration (seed document, section 2-2): one method that calls the steps one after the other."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.order import OrderService


class StepFailed(Exception):
    """A compensating step did not succeed; the listing has no answer to that."""


class OrchestratingOrder(OrderService):
    """Creates, pays, reserves, confirms; the state of a running saga is its call stack alone.

    A crash leaves the order unfinished. A step that timed out counts as failed though it may have been done: paid orders
    are cancelled without refund, reserved stock stays reserved. A refund or cancellation that fails is not repeated, and
    a failing confirmation is not handled.
    """

    topics = ()

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._created: dict[str, None] = {}

    async def create(self, tx: Transaction, body: Json) -> None:
        await super().create(tx, body)
        self._created[body["order"]] = None

    async def place(self, request: Request) -> Response:
        response = await super().place(request)
        if response.status != 201 or request.body["order"] not in self._created:
            return response
        del self._created[request.body["order"]]
        await self._execute(request.body)
        return response

    async def _execute(self, order: Json) -> None:
        if not await self._call("payment", "/payments", order):
            await self._finish(order, "CANCELLED", "OrderCancelled")
            return
        if not await self._call("inventory", "/reservations", order):
            if not await self._call("payment", "/refunds", order):
                raise StepFailed("refund")
            await self._finish(order, "CANCELLED", "OrderCancelled")
            return
        await self._finish(order, "CONFIRMED", "OrderConfirmed")

    async def _call(self, service: str, path: str, order: Json) -> bool:
        """Call one step and tell whether it succeeded; no answer counts as a failure."""
        timeout_ms = self.config.provider_timeout_ms
        try:
            answer = await self.ports.http.request("POST", service, path, order, timeout_ms=timeout_ms)
        except TRANSIENT:
            return False
        return answer.status < 300

    async def _finish(self, order: Json, status: str, announce: str) -> None:
        async with self.database.transaction() as tx:
            if await tx.update("orders", {"status": status}, ("id", "=", order["order"])):
                await self.outbox.add(tx, announce, order)
