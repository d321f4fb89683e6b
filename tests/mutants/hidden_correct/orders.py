"""The correct variants of the order system as subjects."""

from __future__ import annotations

from shaketable.profile import Profile
from shaketable.subject import Subject, System
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import CONSUMER, DEAD_LETTERS, OUTBOX, SAGA
from tests.mutants.hidden.declared import order_subject
from tests.mutants.hidden_correct import order_relays as relays
from tests.mutants.hidden_correct import order_services as services
from tests.mutants.hidden_correct import stored_sagas as sagas

TWICE = {"payments": ("payment-1", "payment-2"), "inventories": ("inventory-1", "inventory-2")}
RETIRING = profile.profile(
    "order-consumer-retiring", profile.CONSUMER_CONFIG, in_progress="409", key_retention=30_000
)


def _saga(name: str, made_of: type, target: System, declared: Profile = profile.SAGA) -> Subject:
    return order_subject(SAGA, name, target, declared, made_of)


def _relay(name: str, relay: type, declared: Profile = profile.OUTBOX) -> Subject:
    return order_subject(OUTBOX, name, system.outbox(relay=relay), declared, relay)


def _keys(name: str, keys: type, declared: Profile = profile.CONSUMER) -> Subject:
    return order_subject(CONSUMER, name, system.consumer(keys=keys), declared, keys)


def _consumer(name: str, service: type) -> Subject:
    return order_subject(CONSUMER, name, system.consumer(notification=service), profile.CONSUMER, service)


def _letters(name: str, service: type) -> Subject:
    target = system.dead_letters(notification=service)
    return order_subject(DEAD_LETTERS, name, target, profile.DEAD_LETTERS, service)


_UNDOING = sagas.orchestrated(sagas.PatientSagas, sagas.TombstoneSteps)
_SPEAKING = system.saga(order=relays.SpeakingSagaOrder, payment=relays.SpeakingPayment)

SUBJECTS: tuple[Subject, ...] = (
    _saga("stored", sagas.StoredSagas, sagas.orchestrated(sagas.StoredSagas), profile.ORCHESTRATED),
    _saga("stored-undoing", sagas.PatientSagas, _UNDOING, profile.COMPENSATING),
    _saga("hashed-keys", services.HashedKeys, system.saga(payment=services.HashedKeys, **TWICE)),
    _saga("knows-its-payment", services.KnowsItsPayment, system.saga(payment=services.KnowsItsPayment)),
    _saga("locks-the-row", services.LocksTheRow, system.saga(inventory=services.LocksTheRow, **TWICE)),
    _saga("reserves-first", services.ReservesFirst, system.saga(inventory=services.ReservesFirst)),
    _saga("speaking-ids", relays.SpeakingOutbox, _SPEAKING),
    _relay("orders-in-parallel", relays.OrdersInParallel),
    _relay("remembers-confirmed", relays.RemembersConfirmed),
    _relay("releases-its-lock", relays.ReleasesItsLock),
    _relay("locks-by-name", relays.LocksByName),
    _relay("marks-one-by-one", relays.MarksOneByOne),
    _relay("one-at-a-time", relays.OneAtATime, profile.OUTBOX_SKIP_LOCKED),
    order_subject(
        OUTBOX,
        "speaking-ids",
        system.outbox(order=relays.SpeakingOrder),
        profile.OUTBOX,
        relays.SpeakingOutbox,
    ),
    _keys("swept-keys", services.SweptKeys),
    _keys("retired-keys", services.RetiredKeys, RETIRING),
    _consumer("looks-first", services.LooksFirst),
    _consumer("commits-every-second", services.CommitsEverySecond),
    _letters("stops-gently", services.StopsGently),
    _letters("redrives-under-lock", services.RedrivesUnderLock),
    _letters("newest-first", services.RedrivesNewestFirst),
)
