"""The coordinator: asks the participants for their votes, writes the decision to its log, and tells it until all have acknowledged."""

from __future__ import annotations

import contextlib
from typing import Literal

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response, Row
from shaketable_targets.order_system.background import Background
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND

PARTICIPANTS = ("payment", "inventory")
Decision = Literal["CONFIRMED", "CANCELLED"]
Step = Literal["preparation", "commitment", "rollback"]


class Coordinator:
    """One coordinator. Its orders are its log."""

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports
        self.config = config
        self.database = ports.database
        self.under_way: set[str] = set()
        self._background = Background()

    # -- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._background.run(self.watch(), f"{self.ports.name} log")

    async def stop(self) -> None:
        await self._background.stop()

    async def watch(self) -> None:
        """Go on, poll by poll, with what the log says is unfinished and no request works on."""
        while True:
            with contextlib.suppress(*TRANSIENT):
                for row in await self.unfinished():
                    await self.go_on(row)
            await self.ports.clock.sleep(self.config.poll_interval_ms)

    async def unfinished(self) -> list[Row]:
        async with self.database.transaction() as tx:
            rows = await tx.select("orders", ("told", "=", False), order_by=("id",))
        return [row for row in rows if row["id"] not in self.under_way]

    async def go_on(self, row: Row) -> None:
        """Decide what a crash left undecided, which is to roll back, and tell it."""
        order = str(row["id"])
        decision = await self.decide(order, "CANCELLED") if row["status"] == "PREPARING" else row["status"]
        await self.tell(order, str(decision))

    # -- requests ----------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        """Answer one request; 503 means that the outcome is indeterminate."""
        try:
            match request.method, request.path.strip("/").split("/"):
                case "POST", ["orders"]:
                    return await self.place(request.body)
                case "GET", ["orders", order]:
                    return await self.status(order)
            return NOT_FOUND
        except TRANSIENT as error:
            return Response(503, {"error": type(error).__name__})

    async def place(self, body: Json) -> Response:
        """Carry one order through both phases."""
        order = body["order"]
        fields = ("user_id", "item", "quantity", "amount")
        row: Row = {"id": order, **{field: body[field] for field in fields}}
        self.under_way.add(order)
        try:
            async with self.database.transaction() as tx:
                new = await tx.insert(
                    "orders", {**row, "status": "PREPARING", "told": False}, on_conflict="ignore"
                )
            if new is None:
                return await self.status(order)
            decision = await self.decided_for(order, body)
            with contextlib.suppress(*TRANSIENT):  # the log says what is left to do
                await self.tell(order, decision)
        finally:
            self.under_way.discard(order)
        return Response(201, {"order": order, "status": decision})

    async def decided_for(self, order: str, body: Json) -> str:
        """Ask for the votes, and write what follows from them to the log."""
        return await self.decide(order, "CONFIRMED" if await self.all_vote_yes(order, body) else "CANCELLED")

    async def all_vote_yes(self, order: str, body: Json) -> bool:
        """Ask one participant after the other; silence is no."""
        for participant in PARTICIPANTS:
            if not await self.votes_yes(participant, order, body):
                return False
        return True

    async def votes_yes(self, participant: str, order: str, body: Json) -> bool:
        try:
            answer = await self.ask(participant, order, "preparation", body)
        except TRANSIENT:
            return False
        return answer.status == 200 and answer.body["vote"] == "yes"

    async def decide(self, order: str, decision: Decision) -> str:
        """Write a decision to the log, unless there is one; return the one that stands there."""
        async with self.database.transaction() as tx:
            rows = await tx.select("orders", ("id", "=", order), lock="update")
            if rows[0]["status"] != "PREPARING":
                return str(rows[0]["status"])
            await tx.update("orders", {"status": decision}, ("id", "=", order))
        return decision

    async def tell(self, order: str, decision: str) -> None:
        """Tell every participant; once all have acknowledged, nothing is left to do. Raises what is TRANSIENT."""
        acknowledged = [await self.told(participant, order, decision) for participant in PARTICIPANTS]
        if all(acknowledged):
            async with self.database.transaction() as tx:
                await tx.update("orders", {"told": True}, ("id", "=", order))

    async def told(self, participant: str, order: str, decision: str) -> bool:
        """Tell one participant; False if it is not known to have done it."""
        step: Step = "commitment" if decision == "CONFIRMED" else "rollback"
        try:
            return (await self.ask(participant, order, step)).status == 200
        except TRANSIENT:
            return False

    async def status(self, order: str) -> Response:
        async with self.database.transaction() as tx:
            rows = await tx.select("orders", ("id", "=", order))
        return Response(200, {"order": order, "status": rows[0]["status"]}) if rows else NOT_FOUND

    async def ask(self, participant: str, order: str, step: Step, body: Json = None) -> Response:
        path = f"/transactions/{order}/{step}"
        return await self.ports.http.request(
            "POST", participant, path, body, timeout_ms=self.config.provider_timeout_ms
        )
