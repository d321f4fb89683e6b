"""A participant: does its part of an order, leaves it prepared, and ends it as the coordinator's log says."""

from __future__ import annotations

import contextlib

from shaketable.ports import (
    TRANSIENT,
    CheckViolation,
    Json,
    NotPrepared,
    Ports,
    Request,
    Response,
    Timeout,
    Transaction,
    UniqueViolation,
)
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND

YES = Response(200, {"vote": "yes"})
NO = Response(200, {"vote": "no"})
DONE = Response(200, {"done": True})


class Participant:
    """The base of the participants. Subclasses say what their part is."""

    role = ""

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports
        self.config = config
        self.database = ports.database
        self._background = Background()

    async def take_part(self, tx: Transaction, order: str, body: Json) -> None:
        """Do this participant's part. Raises CheckViolation if it cannot be done, UniqueViolation if it is done already."""
        raise NotImplementedError

    # -- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._background.run(self.watch(), f"{self.ports.name} in doubt")

    async def stop(self) -> None:
        await self._background.stop()

    async def watch(self) -> None:
        """Ask the log, poll by poll, what became of everything that is prepared."""
        while True:
            await self.ports.clock.sleep(self.config.poll_interval_ms)
            with contextlib.suppress(*TRANSIENT):
                for name in await self.database.prepared():
                    await self.resolve(name.partition("/")[2])

    async def resolve(self, order: str) -> None:
        """End a prepared part as the log says; one that the log does not know was never decided, so it is rolled back."""
        timeout_ms = self.config.provider_timeout_ms
        answer = await self.ports.http.request("GET", "order", f"/orders/{order}", timeout_ms=timeout_ms)
        status = answer.body["status"] if answer.status == 200 else ""
        if status == "CONFIRMED":
            await self.commit(order)
        elif status == "CANCELLED" or answer.status == 404:
            await self.roll_back(order)

    # -- requests ----------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        """Answer one request; 503 means that the outcome is indeterminate."""
        try:
            match request.method, request.path.strip("/").split("/"):
                case "POST", ["transactions", order, "preparation"]:
                    return await self.prepare(order, request.body)
                case "POST", ["transactions", order, "commitment"]:
                    await self.commit(order)
                    return DONE
                case "POST", ["transactions", order, "rollback"]:
                    await self.roll_back(order)
                    return DONE
            return NOT_FOUND
        except TRANSIENT as error:
            return Response(503, {"error": type(error).__name__})

    async def prepare(self, order: str, body: Json) -> Response:
        """Do the part and vote; a repeated request finds it prepared.

        Who had to wait for locks for longer than the coordinator waits for a vote does not prepare any more: it has been given up.
        """
        began_ms = self.ports.clock.monotonic_ms()
        if self.name(order) in await self.database.prepared():
            return YES
        try:
            async with self.database.transaction() as tx:
                await self.take_part(tx, order, body)
                if self.ports.clock.monotonic_ms() - began_ms >= self.config.provider_timeout_ms:
                    raise Timeout("the coordinator waits no longer for this vote")
                await tx.prepare(self.name(order))
        except CheckViolation:
            return NO
        except UniqueViolation:
            return YES  # it was done, or prepared, by the same request that came before
        return YES

    async def commit(self, order: str) -> None:
        with contextlib.suppress(NotPrepared):  # it was told before
            await self.database.commit_prepared(self.name(order))

    async def roll_back(self, order: str) -> None:
        with contextlib.suppress(NotPrepared):  # it was told before, or never got as far as that
            await self.database.rollback_prepared(self.name(order))

    def name(self, order: str) -> str:
        """Name the prepared transaction: such names are of a whole server."""
        return f"{self.role}/{order}"


class PaymentService(Participant):
    """Takes the amount from the account."""

    role = "payment"

    async def take_part(self, tx: Transaction, order: str, body: Json) -> None:
        user, amount = body["user_id"], body["amount"]
        await tx.update("accounts", {"balance": ("+", -amount)}, ("user_id", "=", user))
        await tx.insert("charges", {"order": order, "user_id": user, "amount": amount})


class InventoryService(Participant):
    """Takes the items out of stock."""

    role = "inventory"

    async def take_part(self, tx: Transaction, order: str, body: Json) -> None:
        item, quantity = body["item"], body["quantity"]
        await tx.update("stock", {"available": ("+", -quantity)}, ("item", "=", item))
        await tx.insert("reservations", {"order": order, "item": item, "quantity": quantity})
