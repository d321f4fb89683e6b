"""Two-phase commits that are correct and unlike the hardened one: a strict reader might accuse them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from shaketable.ports import TRANSIENT, Json, Ports, Service
from shaketable.profile import Profile
from shaketable.subject import Subject, System
from shaketable_patterns.order_two_phase.profile import HARDENED, profile
from shaketable_patterns.order_two_phase.subjects import hardened
from shaketable_patterns.order_two_phase.system import order_two_phase
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_two_phase.coordinator import PARTICIPANTS, Coordinator, Decision
from shaketable_targets.order_two_phase.participant import InventoryService, PaymentService


class TellsOnce(Coordinator):
    """Tells each participant once: who does not hear it asks."""

    async def tell(self, order: str, decision: str) -> None:
        async with self.database.transaction() as tx:
            await tx.update("orders", {"told": True}, ("id", "=", order))
        for participant in PARTICIPANTS:
            await self.told(participant, order, decision)


class AsksInventoryFirst(Coordinator):
    """Asks the participants in the other order."""

    async def all_vote_yes(self, order: str, body: Json) -> bool:
        for participant in reversed(PARTICIPANTS):
            if not await self.votes_yes(participant, order, body):
                return False
        return True


class AsksAllAtOnce(Coordinator):
    """Asks all participants at once: two orders may wait for each other until they are given up, which it declares."""

    async def all_vote_yes(self, order: str, body: Json) -> bool:
        votes = await asyncio.gather(*(self.votes_yes(one, order, body) for one in PARTICIPANTS))
        return all(votes)


class ForgetsWhatItCancels(Coordinator):
    """Keeps no row of what is cancelled: what the log does not know is rolled back."""

    async def decide(self, order: str, decision: Decision) -> str:
        async with self.database.transaction() as tx:
            rows = await tx.select("orders", ("id", "=", order), lock="update")
            if not rows:
                return "CANCELLED"
            if rows[0]["status"] != "PREPARING":
                return str(rows[0]["status"])
            if decision == "CANCELLED":
                await tx.delete("orders", ("id", "=", order))
            else:
                await tx.update("orders", {"status": decision}, ("id", "=", order))
        return decision


class Impatient(PaymentService):
    """Asks the log every 200 ms, so that it is mostly the first to know."""

    async def watch(self) -> None:
        while True:
            await self.ports.clock.sleep(200)
            with contextlib.suppress(*TRANSIENT):
                for name in await self.database.prepared():
                    await self.resolve(name.partition("/")[2])


class TakesItemsLater(InventoryService):
    """Takes its time in the middle of its part."""

    async def prepare(self, order: str, body: Json):  # type: ignore[no-untyped-def]
        await self.ports.clock.sleep(150)
        return await super().prepare(order, body)


def _named(name: str, system: System, declared: Profile = HARDENED) -> Subject:
    return replace(hardened(), name=f"order-two-phase/{name}", target=system, profile=declared)


def _quick(ports: Ports, config: Config) -> Service:
    return Coordinator(ports, replace(config, poll_interval_ms=500))


CORRECT = [
    _named("tells-once", order_two_phase(order=TellsOnce)),
    _named("asks-inventory-first", order_two_phase(order=AsksInventoryFirst)),
    _named("asks-all-at-once", order_two_phase(order=AsksAllAtOnce), profile("slow", lock_ms_max=9_000)),
    _named("forgets-what-it-cancels", order_two_phase(order=ForgetsWhatItCancels)),
    _named("impatient", order_two_phase(payment=Impatient)),
    _named("takes-items-later", order_two_phase(inventory=TakesItemsLater)),
    _named("quick-log", order_two_phase(order=_quick)),
]
