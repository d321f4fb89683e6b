"""Mistakes in the choreographed saga: keys, money, time limits, late events."""

from __future__ import annotations

from shaketable.ports import Change, Json, Ports, Transaction
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import SAGA
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.events import TOPIC_OF, event_of
from shaketable_targets.order_system.failures import RETRIED
from shaketable_targets.order_system.inventory import InventoryService
from shaketable_targets.order_system.order import OrderService
from shaketable_targets.order_system.outbox import Outbox
from shaketable_targets.order_system.payment import PaymentService
from tests.mutants.hidden.declared import Hidden, order_subject


class AsciiKeys(PaymentService):
    """Headers are ASCII, so it leaves out of the provider's key what is not."""

    async def ask_charge(self, event: Json) -> bool:
        order = event["order"]
        plain = order.encode("ascii", "ignore").decode()
        return await self.provider.ask(
            "/charges", {"order": order, "amount": event["amount"]}, f"charge-{plain}"
        )


class KeysOfFixedLength(PaymentService):
    """Cuts the provider's key at 32 characters, the width of the column in which the provider's client logs it."""

    async def ask_charge(self, event: Json) -> bool:
        order = event["order"]
        return await self.provider.ask(
            "/charges", {"order": order, "amount": event["amount"]}, f"charge-{order}"[:32]
        )


class CentsThroughFloats(PaymentService):
    """Asks for the amount in euros and back in cents, and truncates: 29 cents become 28."""

    async def ask_charge(self, event: Json) -> bool:
        euros = event["amount"] / 100
        return await super().ask_charge({**event, "amount": int(euros * 100)})


class GivesUpOnTheProvider(PaymentService):
    """Tries a charge four times, then reports it as failed, although one of the lost answers may have been a yes."""

    async def ask_charge(self, event: Json) -> bool:
        for attempt in range(1, 5):
            try:
                return await super().ask_charge(event)
            except RETRIED:
                await self.ports.clock.sleep(self.config.backoff_ms(attempt))
        return False


class CancelsOverdue(OrderService):
    """Cancels an order that is not settled after twenty seconds; a charge that comes later is kept."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._due: dict[str, int] = {}
        self._orders: dict[str, Json] = {}

    async def create(self, tx: Transaction, body: Json) -> None:
        await super().create(tx, body)
        self._orders[body["order"]] = body
        self._due[body["order"]] = self.ports.clock.monotonic_ms() + 20_000

    async def start(self) -> None:
        await super().start()
        self._background.run(self._watch(), "overdue orders")

    async def _watch(self) -> None:
        while True:
            await self.ports.clock.sleep(1_000)
            now_ms = self.ports.clock.monotonic_ms()
            for order in [order for order, due_ms in self._due.items() if due_ms <= now_ms]:
                del self._due[order]
                try:
                    await self._cancel_pending(order)
                except RETRIED:
                    continue

    async def _cancel_pending(self, order: str) -> None:
        pending = (("id", "=", order), ("status", "=", "PENDING"))
        async with self.database.transaction() as tx:
            if await tx.update("orders", {"status": "CANCELLED"}, *pending):
                await self.outbox.add(tx, "OrderCancelled", self._orders[order])


class StampedOutbox(Outbox):
    """Says in each event when it happened, by the clock of the service."""

    __slots__ = ()

    async def add(self, tx: Transaction, kind: str, order: Json) -> None:
        event = event_of(self._new_id(), kind, order) | {"at_ms": self._clock.now_ms()}
        await self.put(tx, TOPIC_OF[kind], event)


class StampingPayment(PaymentService):
    """The payment service with stamped events."""

    def make_outbox(self) -> Outbox:
        return StampedOutbox(self.ports)


class StampingInventory(InventoryService):
    """The inventory service with stamped events."""

    def make_outbox(self) -> Outbox:
        return StampedOutbox(self.ports)


class DropsStaleEvents(OrderService):
    """Drops an event that is older than the newest it has seen of the order; each service has its own clock."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._newest_ms: dict[str, int] = {}

    async def on_event(self, event: Json) -> None:
        at_ms = event.get("at_ms") if isinstance(event, dict) else None
        if isinstance(at_ms, int):
            if at_ms < self._newest_ms.get(event["order"], 0):
                return
            self._newest_ms[event["order"]] = at_ms
        await super().on_event(event)


class LeavesItToTheCheck(InventoryService):
    """Takes the stock and leaves it to the CHECK to say that there is none: then the event is a dead letter for ever."""

    async def take(self, tx: Transaction, item: str, quantity: int) -> bool:
        rows = await tx.select("stock", ("item", "=", item))
        if not rows:
            return False
        changes: dict[str, Change] = {"available": ("+", -quantity), "reserved": ("+", quantity)}
        return bool(await tx.update("stock", changes, ("item", "=", item)))


def _hidden(name: str, made_of: object, kills: str, shows: str, needs: str = "", **parts: object) -> Hidden:
    target = system.saga(**parts)
    return Hidden(
        order_subject(SAGA, name, target, profile.SAGA, made_of, tuple(kills.split())), shows, needs
    )


MUTANTS = (
    _hidden(
        "ascii-keys",
        AsciiKeys,
        "SG-1",
        "of two orders whose names differ in letters like an umlaut only, the second is confirmed uncharged",
        "two names with letters outside ASCII",
        payment=AsciiKeys,
    ),
    _hidden(
        "keys-of-fixed-length",
        KeysOfFixedLength,
        "SG-1",
        "of two orders whose long names begin alike, the second is confirmed uncharged",
        "two names of more than 25 characters with one beginning",
        payment=KeysOfFixedLength,
    ),
    _hidden(
        "cents-through-floats",
        CentsThroughFloats,
        "SG-2",
        "an order of 29 cents is charged 28",
        "an amount such as 29, 57, 58 or 113",
        payment=CentsThroughFloats,
    ),
    _hidden(
        "gives-up-on-the-provider",
        GivesUpOnTheProvider,
        "SG-1",
        "the answer to the first charge is lost, the provider stays away: the order is cancelled, the money kept",
        "a lost reply, then an outage of about ten seconds",
        payment=GivesUpOnTheProvider,
    ),
    _hidden(
        "cancels-overdue",
        CancelsOverdue,
        "SG-1 SG-4",
        "payment is away for half a minute; the order is cancelled meanwhile, and charged when it is back",
        "more than 20 s without payment, inventory or the broker",
        order=CancelsOverdue,
    ),
    _hidden(
        "drops-stale-events",
        DropsStaleEvents,
        "SG-5",
        "payment's clock is behind inventory's: the refund seems older than the failure, and the order hangs",
        "a clock step back of payment, and an order of which there is no stock",
        order=DropsStaleEvents,
        payment=StampingPayment,
        inventory=StampingInventory,
    ),
    _hidden(
        "leaves-it-to-the-check",
        LeavesItToTheCheck,
        "SG-5",
        "an order of more than there is waits for ever: no redrive of its letter can help",
        "no stock, and a redrive",
        inventory=LeavesItToTheCheck,
    ),
)
