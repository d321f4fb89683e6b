"""Stories written by hand, by which a user of the order system would meet a hidden mistake."""

from __future__ import annotations

from shaketable import (
    Crash,
    CrashSender,
    Cut,
    Do,
    Drop,
    Heal,
    Hold,
    Inject,
    Partition,
    Pause,
    Restart,
    Step,
    Wait,
)

LONG = "customer-4711-order-of-2026-11-30-"
UUID = "5f0c7a0e-0000-4000-8000-123456789abc"
PLACED = "order>postgres COMMIT idempotency,orders,outbox"
CLAIMED = "order>postgres COMMIT idempotency"
MAILED = "notification>mailer POST /mails #1"
REDRIVE = Do("redrive", {"service": "notification"})


def place(
    order: str, *, f: str = "place", key: str = "", item: str = "apple", quantity: int = 1, amount: int = 10
) -> Do:
    """Return the op that places an order, under a key of its own unless one is given."""
    body = {"order": order, "item": item, "quantity": quantity, "amount": amount}
    return Do(f, {**body, "key": key or f"k-{order}"})


def event(event_id: str, kind: str, order: str) -> Do:
    """Return the op that publishes an event straight to its topic."""
    body = {"order": order, "item": "apple", "quantity": 1, "amount": 10}
    return Do("publish", {"event_id": event_id, "type": kind, **body})


def hold(at: str, leg: str, for_ms: int) -> Inject:
    """Return the step that delays a message."""
    return Inject(Hold(at=at, leg=leg, for_ms=for_ms))  # type: ignore[arg-type]


def away(sender: str, receiver: str, for_ms: int) -> Inject:
    """Return the step that parts two parties for a while."""
    return Inject(Partition(sender=sender, receiver=receiver, for_ms=for_ms))


STORIES: dict[str, tuple[Step, ...]] = {
    "ascii-keys": (place("ä"), Wait(3_000), place("ö"), Wait(20_000)),
    "keys-of-fixed-length": (place(LONG + "1"), Wait(3_000), place(LONG + "2"), Wait(20_000)),
    "cents-through-floats": (place("o1", amount=29), Wait(10_000)),
    "leaves-it-to-the-check": (
        place("o1", item="pear", quantity=3),
        Wait(20_000),
        Do("redrive", {"service": "inventory"}),
        Wait(10_000),
    ),
    "drives-twice": (
        hold("order>payment POST /payments #1", "reply", 1_500),
        Wait(2_500),
        place("o1"),
        Wait(10_000),
    ),
    "decision-not-stored": (
        away("order", "inventory", 14_000),
        place("o1"),
        Inject(CrashSender(at="order>postgres COMMIT orders,outbox #1", leg="request", down_ms=1_000)),
        Wait(30_000),
    ),
    "releases-nothing-yet": (
        hold("order>inventory POST /reservations #1", "request", 30_000),
        place("o1"),
        Wait(4_000),
        away("order", "inventory", 11_500),
        Wait(50_000),
    ),
    "releases-any-lock": (
        hold("relay>kafka PRODUCE order-events/o1 #1", "reply", 1_000),
        hold("relay>kafka PRODUCE order-events/o1 #2", "reply", 3_500),
        place("o1"),
        Wait(3_500),
        Inject(Pause(service="relay-1", for_ms=14_000)),
        Wait(30_000),
    ),
    "confirms-then-marks": (
        hold("relay>postgres UPDATE outbox #1", "request", 1_000),
        place("o1"),
        Wait(3_500),
        Inject(Pause(service="relay-1", for_ms=14_000)),
        Wait(30_000),
    ),
    "dies-of-refusal": (
        Inject(Crash(service="postgres", down_ms=8_000)),
        Wait(10_000),
        place("o1"),
        Wait(20_000),
    ),
    "watermark-mark": (
        Wait(2_600),
        hold(f"{PLACED} #2", "request", 1_000),
        place("o1"),
        place("o2"),
        Wait(300),
        place("o3"),
        hold("relay>kafka PRODUCE order-events/o1 #1", "reply", 2_500),
        Wait(20_000),
    ),
    "upserts-order": (place("o1"), Wait(5_000), place("o1", key="k2", quantity=2), Wait(10_000)),
    "joins-fields": (
        place("o1"),
        Wait(1_000),
        place("o", f="place_other", key="k-o1", quantity=11),
        Wait(3_000),
    ),
    "folds-payload": (
        place("o1", item="pear"),
        Wait(1_000),
        place("o1", f="place_other", item="PEAR"),
        Wait(3_000),
    ),
    "refuses-too-late": (
        place("o1"),
        Wait(1_000),
        place("o2", f="place_other", key="k-o1"),
        Wait(3_000),
    ),
    "cuts-keys": (place("o1", key=f"{UUID}/1"), Wait(1_000), place("o2", key=f"{UUID}/2"), Wait(3_000)),
    "ascii-mail-keys": (
        event("ä", "OrderConfirmed", "n1"),
        Wait(2_000),
        event("ö", "OrderConfirmed", "n2"),
        Wait(10_000),
    ),
    "sweeps-done": (place("o1"), Wait(50_000), place("o1", f="place_again"), Wait(5_000)),
    "takes-over-unfenced": (
        Inject(CrashSender(at=f"{CLAIMED} #1", leg="reply", down_ms=1_000)),
        place("o1"),
        Wait(3_000),
        place("o1", f="place_again"),
        place("o1", f="place_again"),
        Wait(5_000),
    ),
    "completes-by-key": (
        hold(f"{CLAIMED} #1", "reply", 1_900),
        place("o1"),
        Wait(1_300),
        hold(f"{CLAIMED} #2", "reply", 2_500),
        place("o1", f="place_again"),
        Wait(8_000),
    ),
    "effect-then-looks": (
        hold(f"{CLAIMED} #1", "reply", 2_500),
        place("o1"),
        Wait(1_500),
        hold(f"{CLAIMED} #2", "reply", 2_500),
        place("o1", f="place_again"),
        Wait(8_000),
    ),
    "caches-before-commit": (
        Inject(Cut(at=f"{PLACED} #1", leg="request")),
        place("o1"),
        Wait(3_000),
        place("o1", f="place_again"),
        Wait(5_000),
    ),
    "commits-on-stop": (
        Inject(Drop(at=MAILED, leg="request")),
        event("e1", "OrderConfirmed", "n1"),
        Wait(700),
        Inject(Restart(service="notification", down_ms=500)),
        Wait(9_000),
    ),
    "redrives-recent": (
        away("notification", "mailer", 30_000),
        event("e1", "OrderConfirmed", "n1"),
        Wait(110_000),
        Heal(),
        REDRIVE,
        Wait(5_000),
    ),
    "closes-and-keeps-again": (
        away("notification", "mailer", 60_000),
        event("e1", "OrderConfirmed", "n1"),
        Wait(30_000),
        REDRIVE,
        Wait(40_000),
        REDRIVE,
        Wait(5_000),
    ),
    "one-letter-per-order": (
        away("notification", "mailer", 60_000),
        event("e1", "OrderConfirmed", "n1"),
        event("e2", "OrderCancelled", "n1"),
        Wait(60_000),
        REDRIVE,
        Wait(5_000),
    ),
    "throttles-alerts": (
        away("notification", "mailer", 60_000),
        event("e1", "OrderConfirmed", "n1"),
        event("e2", "OrderCancelled", "n2"),
        Wait(65_000),
    ),
    "closes-all-at-once": (
        away("notification", "mailer", 260_000),
        *(event(f"e{n}", "OrderConfirmed", f"n{n}") for n in range(12)),
        Wait(260_000),
        REDRIVE,
        Wait(5_000),
    ),
}
