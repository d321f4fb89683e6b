"""Each mutant does what its summary says, and the hardened system survives the same schedule.

Here each meets a schedule that shows its mistake; that generated schedules find it too is the mutation score's job.
"""

import pytest
from order_runs import VARIANTS, place, poison, publish, run

from shaketable.checker import judge
from shaketable.fault import (
    Crash,
    CrashReceiver,
    CrashSender,
    Cut,
    Drop,
    Duplicate,
    Hold,
    Partition,
    Pause,
    PollTimeout,
)
from shaketable.schedule import Do, Inject, Wait
from shaketable.verdict import Verdict
from shaketable_patterns.compositions import pattern_of
from shaketable_patterns.order_system.variant import ORCHESTRATION


def drop(at, leg="reply"):
    return Inject(Drop(at=at, leg=leg))


def hold(at, for_ms, leg="request"):
    return Inject(Hold(at=at, leg=leg, for_ms=for_ms))


SHORT = place(1, "pear", quantity=3)
CONFIRMED = publish("e1", "OrderConfirmed", "o1")
PAIR = [place(1), Wait(200), publish("e1", "InventoryReserved", "o1")]
RELAYS_DOWN = Inject(Crash(service="relay", down_ms=2_000))
AGAIN = [place(1), Wait(9_000), place(1, op="place_again")]
AWAY = Inject(Partition(sender="notification", receiver="mailer", for_ms=40_000))
MALFORMED = Do("publish", {"event_id": "e1", "order": "o1"})
REDRIVE = Do("redrive", {"service": "notification"})
SCHEDULES = {
    "order-saga/mutant-no-provider-key": [
        Inject(Duplicate(at="order>kafka PRODUCE order-events/o1 #1", leg="request")),
        place(1),
    ],
    "order-saga/mutant-key-per-amount": [place(1, amount=5), place(2, amount=5)],
    "order-saga/mutant-timeout-means-declined": [drop("payment>provider POST /charges #1"), place(1)],
    "order-saga/mutant-refund-asked-once": [drop("payment>provider POST /refunds #1", "request"), SHORT],
    "order-saga/mutant-refund-deletes": [SHORT],
    "order-saga/mutant-refund-with-fresh-key": [drop("payment>provider POST /refunds #1"), SHORT],
    "order-saga/mutant-ends-at-a-refused-commit": [
        Inject(PollTimeout(at="payment>provider POST /charges #1", leg="reply", for_ms=1_000)),
        place(1),
        Wait(5_000),
        place(2),
    ],
    "order-saga/mutant-commit-first": [
        Inject(CrashSender(at="payment>provider POST /charges #1", leg="request")),
        place(1),
    ],
    "order-saga/mutant-no-inbox": [
        Inject(Duplicate(at="payment>kafka PRODUCE payment-events/o1 #1", leg="request")),
        place(1),
    ],
    "order-saga/mutant-stock-in-memory": [
        Inject(Cut(at="inventory>postgres INSERT reservations #1", leg="request")),
        place(1),
    ],
    "order-saga/mutant-publish-after-commit": [
        Inject(CrashSender(at="inventory>postgres COMMIT inbox,reservations,stock #1", leg="reply")),
        place(1),
    ],
    "order-saga/mutant-cancel-before-refund": [
        hold("payment>provider POST /refunds #1", 1_000),
        SHORT,
    ],
    "order-saga/mutant-confirm-on-payment": [SHORT],
    "order-saga/mutant-no-status-guard": [
        Inject(CrashSender(at="order>kafka FETCH inventory-events/o1 #1", leg="request", down_ms=5_000)),
        SHORT,
    ],
    "order-saga/mutant-expects-order": [
        Inject(CrashSender(at="order>kafka FETCH inventory-events/o1 #1", leg="request", down_ms=5_000)),
        SHORT,
    ],
    "order-saga/mutant-shared-context": [place(1), place(2)],
    "order-saga/mutant-key-per-instance": [
        Inject(CrashSender(at="payment>provider POST /charges #1", leg="reply", down_ms=9_000)),
        place(1),
        place(2),
    ],
    "order-saga/mutant-one-template": [SHORT],
    "order-saga/mutant-reads-then-writes": [place(1), place(2), place(3), place(4)],
    "order-saga/mutant-undoes-what-failed": [drop("payment>provider POST /charges #1"), place(1)],
    "order-saga/mutant-cancels-unrefunded": [
        SHORT,
        Wait(4_000),
        Inject(Partition(sender="payment", receiver="provider", for_ms=40_000)),
        Wait(50_000),
    ],
    "order-saga/mutant-compensates-in-order": [
        drop("order>inventory POST /reservations #1"),
        place(1),
    ],
    "order-outbox/mutant-separate-transactions": [place(1)],
    "order-outbox/mutant-publish-before-commit": [place(1)],
    "order-outbox/mutant-mark-first": [
        Inject(CrashSender(at="relay>kafka PRODUCE order-events/o1 #1", leg="request")),
        place(1),
    ],
    "order-outbox/mutant-timeout-is-confirmation": [
        drop("relay>kafka PRODUCE order-events/o1 #1", "request"),
        place(1),
    ],
    "order-outbox/mutant-fire-and-forget": [
        drop("relay>kafka PRODUCE order-events/o1 #1", "request"),
        place(1),
    ],
    "order-outbox/mutant-unfenced-mark": [
        hold("relay>kafka PRODUCE order-events/o1 #1", 3_000, "reply"),
        place(1),
        Wait(4_500),
        Inject(Pause(service="relay-1", for_ms=11_000)),
        Wait(20_000),
    ],
    "order-outbox/mutant-fresh-event-id": [drop("relay>kafka PRODUCE order-events/o1 #1"), place(1)],
    "order-outbox/mutant-cursor-by-id": [
        hold("order>postgres COMMIT idempotency,orders,outbox #1", 3_000),
        Wait(500),
        place(1),
        place(2),
    ],
    "order-outbox/mutant-newest-first": PAIR,
    "order-outbox/mutant-passes-failed-row": [
        drop("relay>kafka PRODUCE order-events/o1 #1", "request"),
        *PAIR,
    ],
    "order-outbox/mutant-poison-blocks": [poison(), place(1)],
    "order-outbox/mutant-unbounded": [place(n) for n in range(1, 6)],
    "order-outbox/mutant-lock-without-lease": [
        Inject(CrashSender(at="relay>kafka PRODUCE order-events/o1 #1", leg="request")),
        place(1),
    ],
    "order-outbox/mutant-listens-only": [RELAYS_DOWN, place(1), Wait(500)],
    "order-outbox/mutant-notifies-early": [
        hold("order>postgres COMMIT idempotency,orders,outbox #1", 1_000),
        place(1),
    ],
    "order-outbox/mutant-listens-once": [
        Wait(500),
        Inject(Crash(service="postgres", down_ms=1_000)),
        Wait(3_000),
        place(1),
    ],
    "order-outbox/mutant-sweeps-unsent": [
        Inject(Partition(sender="relay", receiver="kafka", for_ms=12_000)),
        place(1),
        Wait(15_000),
    ],
    "order-outbox/mutant-claims-without-lease": [
        Inject(CrashSender(at="relay>kafka PRODUCE order-events/o1 #1", leg="request")),
        place(1),
    ],
    "order-outbox/mutant-without-index": [place(1)],
    "order-outbox/mutant-sends-in-parallel": [
        RELAYS_DOWN,
        drop("relay>kafka PRODUCE order-events/o1 #1", "request"),
        *PAIR,
    ],
    "order-outbox/mutant-advances-first": [
        drop("relay>kafka PRODUCE order-events/o1 #1", "request"),
        place(1),
    ],
    "order-outbox/mutant-advances-per-row": [drop("relay>kafka PRODUCE alerts/p1 #1", "request"), poison()],
    "order-outbox/mutant-starts-at-end": [
        Wait(500),
        Inject(Crash(service="relay", down_ms=4_000)),
        place(1),
        Wait(500),
    ],
    "order-outbox/mutant-passes-outage": [
        drop("relay>kafka PRODUCE order-events/o1 #1", "request"),
        place(1),
    ],
    "order-outbox/mutant-drops-poison": [poison()],
    "order-outbox/mutant-flushes-in-parallel": [
        drop("relay>kafka PRODUCE order-events/o1 #1", "request"),
        *PAIR,
    ],
    "order-consumer/mutant-outcome-not-stored": AGAIN,
    "order-consumer/mutant-keys-in-memory": [
        Inject(CrashReceiver(at="client>order POST /orders #2", leg="request")),
        *AGAIN,
        Wait(3_000),
        place(1, op="place_again"),
    ],
    "order-consumer/mutant-mail-without-key": [
        Inject(Duplicate(at="client>kafka PRODUCE order-events/o1 #1", leg="request")),
        CONFIRMED,
    ],
    "order-consumer/mutant-release-by-key": [
        drop("order>postgres COMMIT idempotency,orders,outbox #1"),
        *AGAIN,
    ],
    "order-consumer/mutant-no-expiry": [
        Inject(CrashSender(at="order>postgres INSERT orders #1", leg="request")),
        *AGAIN,
    ],
    "order-consumer/mutant-payload-ignored": [place(1), Wait(200), place(1, amount=7, op="place_other")],
    "order-consumer/mutant-checked-first": AGAIN,
    "order-consumer/mutant-record-first": AGAIN,
    "order-consumer/mutant-save-first": [CONFIRMED],
    "order-outbox/mutant-dead-in-silence": [poison()],
    "order-outbox/mutant-counts-outages": [
        Inject(Partition(sender="relay-1", receiver="kafka", for_ms=60_000)),
        Inject(Partition(sender="relay-2", receiver="kafka", for_ms=60_000)),
        place(1),
        Wait(60_000),
    ],
    "order-outbox/mutant-deletes-first": [place(1)],
    "order-outbox/mutant-works-without-lock": [
        hold("relay>kafka PRODUCE order-events/o1 #1", 2_000),
        place(1),
    ],
    "order-outbox/mutant-forgets-payload": [place(1)],
    "order-outbox/mutant-key-by-event": PAIR,
    "order-consumer/mutant-never-leaves": [
        drop("order>postgres COMMIT idempotency,orders,outbox #1", "request"),
        *AGAIN[:1],
        Wait(20_000),
        *AGAIN[2:],
    ],
    "order-consumer/mutant-leaks-its-slot": [
        drop("order>postgres COMMIT idempotency,orders,outbox #1", "request"),
        *AGAIN[:1],
        Wait(30_000),
        *AGAIN[2:],
        Wait(5_000),
        *AGAIN[2:],
    ],
    "order-consumer/mutant-compares-orders": [place(1), Wait(200), place(1, amount=7, op="place_other")],
    "order-consumer/mutant-stores-outages": [
        drop("order>postgres COMMIT idempotency,orders,outbox #1", "request"),
        *AGAIN,
    ],
    "order-consumer/mutant-key-of-its-order": [place(1), Wait(200), place(2, op="place_other", key="k1")],
    "order-consumer/mutant-stores-refusals": [place(1), Wait(200), place(1, op="place_other", key="k2")],
    "order-dead-letters/mutant-announces-afterwards": [
        Inject(CrashSender(at="notification>postgres INSERT outbox #1", leg="request")),
        MALFORMED,
    ],
    "order-dead-letters/mutant-retries-for-ever": [MALFORMED],
    "order-dead-letters/mutant-redrive-forgives": [MALFORMED, Wait(8_000), REDRIVE],
    "order-dead-letters/mutant-redrive-takes": [
        MALFORMED,
        Wait(8_000),
        Inject(CrashSender(at="notification>postgres UPDATE dead_letters #2", leg="request")),
        REDRIVE,
    ],
    "order-dead-letters/mutant-drops-after-attempts": [AWAY, CONFIRMED, Wait(50_000)],
    "order-dead-letters/mutant-no-alert": [AWAY, CONFIRMED, Wait(50_000)],
    "order-dead-letters/mutant-no-cause": [AWAY, CONFIRMED, Wait(50_000)],
    "order-dead-letters/mutant-redrive-mails-again": [AWAY, CONFIRMED, Wait(50_000), REDRIVE, REDRIVE],
    "order-dead-letters/mutant-redrive-closes-first": [AWAY, CONFIRMED, Wait(30_000), REDRIVE, Wait(30_000)],
    "order-dead-letters/mutant-swallows-errors": [AWAY, CONFIRMED, Wait(50_000)],
}

MUTANTS = [name for name, target in VARIANTS.items() if target.mutant_of and target.family != ORCHESTRATION]
"""Those of orchestrators have stored schedules (tests/mutants/test_orchestration_mutants.py)."""


def broken_promises(name, schedule):
    target = VARIANTS[name]
    found = judge(pattern_of(target).checkers, run(name, schedule).history, target.profile)
    return {j.promise for j in found if j.verdict is Verdict.VIOLATED}


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_dies_of_the_promises_it_names(name):
    assert set(VARIANTS[name].kills) <= broken_promises(name, SCHEDULES[name])


@pytest.mark.parametrize("name", MUTANTS)
def test_the_hardened_system_survives_what_kills_its_mutant(name):
    assert broken_promises(VARIANTS[name].mutant_of, SCHEDULES[name]) == set()


def test_every_promise_has_a_mutant():
    killed = {promise for target in VARIANTS.values() for promise in target.kills}
    families = {"SG": 8, "OB": 8, "ID": 6, "DL": 3}
    assert killed >= {f"{family}-{n}" for family, count in families.items() for n in range(1, count + 1)}


def test_names_and_summaries_are_what_a_reader_needs():
    for name, target in VARIANTS.items():
        assert name.startswith(f"{target.family}/")
        assert target.summary
        assert target.mutant_of == "" or (target.kills and target.mutant_of in VARIANTS)
