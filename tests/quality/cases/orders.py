"""Variations of the order system, correct and wrong, each of a kind that once came out otherwise."""

from dataclasses import replace

from shaketable.ports import TRANSIENT, Response
from shaketable.subject import External, Subject
from shaketable_patterns.catalogue import subjects
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.externals import MAILER, Provider
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.events import TOPIC_OF, event_of
from shaketable_targets.order_system.inventory import InventoryService
from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.order import OrderService
from shaketable_targets.order_system.outbox import Outbox
from shaketable_targets.order_system.payment import PaymentService

PATTERNS = {s.name.partition("/")[0]: s.pattern for s in subjects() if s.name.endswith("/hardened")}


def _saga(name, target):
    return Subject(f"cases/{name}", PATTERNS["order-saga"], profile.SAGA, target)


# -- the outbox is swept -------------------------------------------------------------------------------------


class SweepsDone(LockedRelay):
    """CORRECT: deletes old rows that were sent, or that are dead with letter and alert out."""

    only = (("status", "in", ("SENT", "DEAD")),)

    async def tick(self):
        more = await super().tick()
        if not more:
            old = ("created_ms", "<", self._clock.now_ms() - 15_000)
            async with self._database.transaction() as tx:
                if await self._lock.hold(tx):
                    await tx.delete("outbox", old, *self.only)
        return more


class SweepsAll(SweepsDone):
    """Deletes whatever is old."""

    only = ()


def _outbox(name, relay):
    target = system.outbox(relay=relay)
    target = replace(target, polls=target.polls | {("DELETE", "outbox")})
    return Subject(f"cases/{name}", PATTERNS["order-outbox"], profile.OUTBOX, target)


def sweeps_done():
    return _outbox("sweeps-done", SweepsDone)


def sweeps_all():
    return _outbox("sweeps-all", SweepsAll)


# -- ids -------------------------------------------------------------------------------------------------------


class CausalOutbox(Outbox):
    """An event keeps the id of the message that led to it."""

    __slots__ = ()

    async def add(self, tx, kind, order):
        await self.put(tx, TOPIC_OF[kind], event_of(order.get("event_id") or self._new_id(), kind, order))


class CausalPayment(PaymentService):
    def make_outbox(self):
        return CausalOutbox(self.ports)


class CausalInventory(InventoryService):
    def make_outbox(self):
        return CausalOutbox(self.ports)


def ids_unique_per_service():
    """CORRECT here: no two messages that one service reads carry one id."""
    return _saga("ids-per-service", system.saga(inventory=CausalInventory))


def ids_of_the_cause():
    """Two messages under one id: the second is taken for a repetition, whenever an order has to be undone. No fault needed."""
    return _saga("ids-of-the-cause", system.saga(payment=CausalPayment, inventory=CausalInventory))


# -- the inbox forgets -------------------------------------------------------------------------------------------


class ForgettingInventory(InventoryService):
    """Deletes the ids it noted more than ten seconds ago; a repetition can come later."""

    def __init__(self, ports, config):
        super().__init__(ports, config)
        self._noted = {}

    async def reserve(self, event):
        await super().reserve(event)
        self._noted.setdefault(event["event_id"], self.ports.clock.monotonic_ms())

    async def start(self):
        self._background.run(self._sweep(), "inbox sweep")
        await super().start()

    async def _sweep(self):
        while True:
            await self.ports.clock.sleep(1_000)
            before = self.ports.clock.monotonic_ms() - 10_000
            old = [event_id for event_id, at in self._noted.items() if at < before]
            if old:
                try:
                    async with self.database.transaction() as tx:
                        await tx.delete("inbox", ("event_id", "in", old))
                except TRANSIENT:
                    continue
                for event_id in old:
                    del self._noted[event_id]


def inbox_forgets():
    return _saga("inbox-forgets", system.saga(inventory=ForgettingInventory))


# -- redrives ------------------------------------------------------------------------------------------------------


class StrictProvider(Provider):
    """A refund of what is refunded already is a 409, whatever its key."""

    def __init__(self, ledger):
        super().__init__(ledger)
        self._refunded = set()

    def handle(self, request):
        if request.path == "/refunds":
            if request.body["order"] in self._refunded:
                return Response(409, {"error": "charge already refunded"})
            self._refunded.add(request.body["order"])
        return super().handle(request)


def refund_already_done():
    """A lost answer, a repeated refund, a 409, a dead letter: no redrive ever ends it, and the order waits for ever."""
    target = replace(system.saga(), externals=(External("provider", StrictProvider), MAILER))
    return _saga("refund-already-done", target)


class FirstOnly(DeadLetters):
    """Redrives the oldest letter only: a hopeless one keeps all others waiting for ever."""

    __slots__ = ()

    async def _open_letters(self):
        return (await super()._open_letters())[:1]


class RedrivesFirstOnly(NotificationService):
    def make_letters(self):
        return FirstOnly(self.ports, self.config, self.outbox, self.role)


def redrives_first_only():
    target = system.dead_letters(notification=RedrivesFirstOnly)
    return Subject("cases/redrives-first-only", PATTERNS["order-dead-letters"], profile.DEAD_LETTERS, target)


# -- no evidence -----------------------------------------------------------------------------------------------------


class WorksAndSaysUnknown(OrderService):
    async def handle(self, request):
        await super().handle(request)
        return Response(503, {"error": "later"})


def every_answer_is_503():
    """Not one order is ever known to be placed: nothing is certified by that."""
    return _saga("every-answer-503", system.saga(order=WorksAndSaysUnknown))
