"""docs/components.md lists the events that the driver writes: none is missing, and none stands there for nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from quota_kind import AsyncQuotas, Quotas, quota, subject
from test_fault_points import NOTES, AsyncNotebook, Notebook

import shaketable
from shaketable.components.component import component
from shaketable.components.interface.interface import CALLS, Interface
from shaketable.components.world import ComponentSession
from shaketable.fault import ClockStep
from shaketable.faults.points import PointCancel, PointCrash, PointDelay, PointFail, PointLoss
from shaketable.history import Event
from shaketable.orders.policy import Orders, Policy
from shaketable.schedule import AtPoint, Do, Inject, Step, Wait
from shaketable.subject import Component
from shaketable_patterns.bulkhead.subjects import hardened as bulkheads
from shaketable_patterns.bulkhead.subjects import mutants as bulkhead_mutants
from shaketable_patterns.circuit_breaker.subjects import hardened as breaker
from shaketable_patterns.circuit_breaker.subjects import libraries, mutants
from shaketable_patterns.idempotency_store.subjects import subjects as stores
from shaketable_patterns.lock.subjects import hardened as locks
from shaketable_patterns.lock.subjects import mutants as lock_mutants
from shaketable_patterns.token_verifier.calibration import presented
from shaketable_patterns.token_verifier.kind import told
from shaketable_patterns.token_verifier.subjects import subjects as verifiers

PAGE = (Path(__file__).parents[3] / "docs" / "components.md").read_text()
FAULTS = (PointFail(), PointLoss(), PointDelay(for_ms=10), PointCancel(), PointCrash())


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a header that begins so."""
    lines = PAGE.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(heading)) + 2
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            return found
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


EVENTS = rows("| event |")


def start(*calls: int) -> tuple[Step, ...]:
    return tuple(Do("start", {"call": call}) for call in calls)


def finish(call: int, how: str) -> Do:
    return Do("finish", {"call": call, "with": how})


def events_of(target: Component, *steps: Step, orders: Orders | None = None) -> list[Event]:
    session = ComponentSession(target, 0, orders)
    session.apply_all(steps)
    session.heal()
    session.settle()
    session.close()
    return session.history.events


KINDS = (
    shaketable.breaker,
    shaketable.bulkhead,
    shaketable.idempotency_store,
    shaketable.lock,
    shaketable.rate_limiter,
    shaketable.retry,
    shaketable.token_verifier,
)


class NeverAnswers:
    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        await fn()
        await asyncio.Event().wait()
        return None


class PassesOn:
    def call(self, fn: Callable[[], object]) -> object:
        return fn()


ROWS_OF_CALLS = (
    *(Do("listener", {"mode": "raising"}), Inject(ClockStep(service="breaker", delta_ms=5)), *start(1, 2, 3)),
    *(finish(1, "fail"), finish(2, "excluded"), Do("cancel", {"call": 3}), *start(*range(4, 14))),
    *(finish(n, "fail") for n in range(4, 14)),
    *start(20, 21),
)


def histories() -> list[tuple[Interface, list[Event]]]:
    found = []
    for of in (breaker(), *mutants(), *libraries()):
        assert isinstance(of.target, Component)
        found.append((shaketable.breaker.interface, events_of(of.target, *ROWS_OF_CALLS)))
    calls = (*start(1, 2, 3, 4, 5), finish(1, "fail"), Do("cancel", {"call": 2}), Wait(600), *start(6))
    for of in (*bulkheads(), *bulkhead_mutants()):
        assert isinstance(of.target, Component)
        found.append((shaketable.bulkhead.interface, events_of(of.target, *calls)))
    held = tuple(
        Do("start", {"call": number, "method": method, "holder": holder})
        for number, (method, holder) in enumerate(
            (m, h) for h in "ab" for m in ("acquire", "holds", "write", "release")
        )
    )
    for of in (*locks(), *lock_mutants()):
        assert isinstance(of.target, Component)
        skew = Inject(ClockStep(service="a", delta_ms=60_000))
        found.append((shaketable.lock.interface, events_of(of.target, *held[:4], skew, *held[4:])))
    asked = (
        Do("start", {"call": 1, "worker": "a", "key": "k1", "payload": "p"}),
        finish(1, "fail"),
        Do("start", {"call": 2, "worker": "b", "key": "k1", "payload": "p"}),
        finish(2, "zero"),
        Do("start", {"call": 3, "worker": "b", "key": "k1", "payload": "q"}),
    )
    for of in stores():
        assert isinstance(of.target, Component)
        found.append((shaketable.idempotency_store.interface, events_of(of.target, *asked)))
    shown = [
        presented(number, made, "ES256-a")
        for number, made in enumerate(("valid", "alg-none", "crit-unknown"), 1)
    ]
    for of in verifiers():
        assert isinstance(of.target, Component)
        if "ES256" in str(of.profile.knobs["algorithms"]):
            found.append((shaketable.token_verifier.interface, events_of(of.target, *shown, told(4, "b"))))
    found.append(
        (CALLS, events_of(component(lambda _clock: NeverAnswers(), sync=False), *start(1), finish(1, "ok")))
    )
    stopped = Do("start", {"call": 1, "stop_at": 1})
    passing = component(lambda _clock: PassesOn(), sync=True)
    found.append((CALLS, events_of(passing, stopped, Do("go_on", {"call": 1}), finish(1, "ok"))))
    in_one_turn = (Do("start", {"call": 1, "with_next": True}), *start(2), finish(1, "ok"), finish(2, "ok"))
    found.append((CALLS, events_of(passing, *in_one_turn)))
    found.append((CALLS, events_of(passing, *start(1, 2), orders=Orders((), Policy("pct", 2, events=10)))))
    for make, sync in ((Notebook, True), (AsyncNotebook, False)):
        target = component(make, sync=sync, interface=NOTES)
        armed = [
            step
            for n, fault in enumerate(FAULTS, 1)
            for step in (AtPoint("store.reply", fault, call=n), *start(n))
        ]
        found.append((NOTES, events_of(target, *armed, Do("start", {"call": 9, "method": "note"}))))
    for make, sync in ((Quotas, True), (AsyncQuotas, False)):
        of = subject(make, sync=sync)
        assert isinstance(of.target, Component)
        found.append((quota.interface, events_of(of.target, Do("start", {"call": 1, "key": "a", "cost": 1}))))
    return found


HISTORIES = histories()


def matches(row: list[str], event: Event, interface: Interface) -> bool:
    """Tell whether the row describes the event, with the names that the interface gives it."""
    kind, process, name, value = row
    return (
        kind == event.kind
        and bool(re.fullmatch(_pattern(process, interface), event.process))
        and bool(re.fullmatch(_pattern(name, interface), event.name))
        and _value_matches(value, event, interface)
    )


def _pattern(cell: str, interface: Interface) -> str:
    names = {
        "*kind*": [interface.kind],
        "*k*": [r"\d+"],
        "*method*": [method.name for method in interface.methods],
        "*reading*": [reading.method for reading in interface.readings],
        "*callback*": [callback.name for callback in interface.callbacks],
        "*point*": [r"[a-z]+\.[a-z]+"],
        "the `service` of the step": ["breaker", "a"],
    }
    for marker, words in names.items():
        cell = cell.replace(marker, f"(?:{'|'.join(words) or 'nothing'})")
    return "|".join(cell.split(", "))


def _value_matches(cell: str, event: Event, interface: Interface) -> bool:
    if event.kind == "state":
        return any(r.method == event.name and r.accepts(event.value) for r in interface.readings)
    if not isinstance(event.value, dict):
        return cell.startswith("nothing") and event.value is None
    told = set(re.findall(r"`(\w+)`", cell))
    if "*argument*" in cell:
        told |= {a.name for a in interface.methods_by_name[event.name].arguments}
    of_fault = {"error", "timeout_ms", "for_ms"} if "what it says" in cell else set()
    optional = set(re.findall(r"`(\w+)`", cell.partition("perhaps")[2]))
    keys = set(event.value)
    if "one of" in cell:
        return len(keys) == 1 and keys <= told
    return keys <= told | of_fault and told - optional <= keys


def described(event: Event, interface: Interface) -> list[list[str]]:
    return [row for row in EVENTS if matches(row, event, interface)]


def test_every_event_that_the_driver_writes_is_on_the_page() -> None:
    missing = {
        (event.kind, event.process, event.name, str(event.value))
        for interface, events in HISTORIES
        for event in events
        if not described(event, interface)
    }
    assert missing == set()


def test_every_event_on_the_page_is_written() -> None:
    written = [
        row for interface, events in HISTORIES for event in events for row in described(event, interface)
    ]
    assert [row for row in EVENTS if row not in written] == []


def test_every_value_on_the_page_is_written() -> None:
    keys = {
        (e.kind, key)
        for _, events in HISTORIES
        for e in events
        if isinstance(e.value, dict)
        for key in e.value
    }
    for row in EVENTS:
        for key in re.findall(r"`(\w+)`", row[3]):
            assert (row[0], key) in keys, f"{row}: {key} is never written"


@pytest.mark.parametrize(
    "event",
    [
        Event(0, 0, "effect", "upstream", "vanished", {"call": 1}),
        Event(0, 0, "effect", "breaker", "admitted", {"call": 1}),
        Event(0, 0, "fail", "call-1", "call", {"rejected": True}),
        Event(0, 0, "info", "call-1", "call", {"cancelled": True, "blocked": True}),
        Event(0, 0, "invoke", "call-1", "call", {"call": 1, "key": "a"}),
        Event(0, 0, "state", "breaker", "state", 7),
    ],
)
def test_an_event_that_is_not_on_the_page_is_found(event: Event) -> None:
    assert described(event, shaketable.breaker.interface) == []


def test_the_page_names_the_shipped_kinds_as_they_are() -> None:
    for row, kind in zip(rows("| kind |"), KINDS, strict=True):
        interface = kind.interface
        assert row == [
            interface.kind,
            ", ".join(method.name for method in interface.methods),
            ", ".join(ending.name for ending in interface.endings),
            ", ".join(f"{reading.method}: {reading.shape}" for reading in interface.readings),
            ", ".join(callback.name for callback in interface.callbacks),
        ]


def test_the_page_names_every_fault_of_a_point() -> None:
    from shaketable.faults.points import POINT_FAULT_TYPES, point_fault_name

    assert [row[0].strip("`") for row in rows("| fault |")] == [
        str(kind.__struct_config__.tag) for kind in POINT_FAULT_TYPES
    ]
    assert [point_fault_name(fault) for fault in FAULTS] == [
        str(kind.__struct_config__.tag) for kind in POINT_FAULT_TYPES
    ]
