"""The shipped stores: calibrated, right where they should be, and the stories of libraries that are not; right ones unlike ours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from shaketable import certify, idempotency_store, outside
from shaketable.components.world import ComponentWorld
from shaketable.profile import Profile
from shaketable.runner import Outcome, execute
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.idempotency_store.profile import KEPT, RENEWED
from shaketable_patterns.idempotency_store.recovery import started
from shaketable_patterns.idempotency_store.subjects import hardened, library, mutants, settings_of
from shaketable_targets.idempotency_stores.once import Once, OnceAdapter
from shaketable_targets.idempotency_stores.once_asyncio import AsyncOnce, AsyncOnceAdapter
from shaketable_targets.idempotency_stores.records import Record, Records
from shaketable_targets.idempotency_stores.settings import Clock, InProgress, OtherPayload, Points

WORLD = ComponentWorld()
SHIPPED = {subject.name: subject for subject in (*hardened(), *library())}
each = pytest.mark.parametrize("subject", SHIPPED.values(), ids=SHIPPED.keys())


def run(subject: Subject, *script: tuple[str, str, str] | Step | int) -> Outcome:
    """Run calls (worker, key, payload), numbered from 1, waits in ms, and other steps as they are."""
    steps: list[Step] = []
    number = 0
    for one in script:
        if isinstance(one, tuple):
            number += 1
            steps.append(started(number, *one))
        else:
            steps.append(Wait(one) if isinstance(one, int) else one)
    return execute(WORLD, subject, Schedule(subject.name, tuple(steps)))


def end(number: int, how: str = "ok") -> Do:
    return Do("finish", {"call": number, "with": how})


def found(outcome: Outcome) -> list[str]:
    return [f"{f.promise} {f.anomaly} {f.level}" for f in outcome.findings]


def mismatches(subject: Subject) -> list[str]:
    return list(
        subject.pattern.calibrate(subject, lambda schedule: execute(WORLD, subject, schedule).history)
    )


@each
def test_it_agrees_with_its_profile(subject: Subject) -> None:
    assert mismatches(subject) == []


@pytest.mark.parametrize("subject", hardened(), ids=lambda subject: subject.name)
def test_ours_is_accused_of_nothing_without_faults(subject: Subject) -> None:
    assert found(execute(WORLD, subject, subject.pattern.workload(subject))) == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"lease_ms": 5_000}, "5000 ms after it was begun a key gets"),
        (
            {"retention_ms": 30_000},
            "30000 ms after it was done a key gets 'result-1', and retention_ms=30000",
        ),
    ],
)
def test_calibration_names_the_setting_that_was_declared_wrong(knobs: dict[str, Any], said: str) -> None:
    subject = _made(Once, Profile("declared", {**KEPT.knobs, **knobs}))
    assert any(said in problem for problem in mismatches(subject)), mismatches(subject)


def test_calibration_finds_two_workers_that_share_no_store_and_payloads_that_are_not_compared() -> None:
    class Apart(OnceAdapter):
        def __init__(self, clock: Clock, points: Points) -> None:
            records = [Records(points, clock, settings_of(KEPT)) for _ in "ab"]
            records[1].kept = replace(records[1].kept, records={})
            self._workers = {name: Once(one, points) for name, one in zip("ab", records, strict=True)}

    apart = idempotency_store("mine", Apart, profile=KEPT, sync=True, time="injected", carrier="greenlets")
    assert "do both use one store?" in mismatches(apart)[0]
    blind = next(m for m in mutants() if m.name.endswith("forgets-the-payload"))
    assert "declare other_payload='unchecked'" in mismatches(blind)[0]


def test_powertools_returns_none_for_an_outcome_that_is_false() -> None:
    """The reason beside our verdict: issue 8090 of the library names this line, and the story needs no fault."""
    subject = SHIPPED["idempotency-store/powertools"]
    outcome = run(subject, ("a", "k1", "p"), end(1, "zero"), ("b", "k1", "p"))
    assert found(outcome) == ["IS-1 wrong-outcome VIOLATION"]
    assert found(run(subject, ("a", "k1", "p"), end(1), ("b", "k1", "p"))) == []


def test_asgi_header_keeps_a_key_whose_request_raised_and_one_whose_outcome_is_over() -> None:
    """Reasons beside our verdict: its issue 16, and what its backend's docstring says of completed requests."""
    from idempotency_header_middleware.backends.base import Backend

    assert "completed, we should pop the idempotency" in str(Backend.clear_idempotency_key.__doc__)
    subject = SHIPPED["idempotency-store/asgi-header"]
    assert found(run(subject, ("a", "k1", "p"), end(1, "fail"), ("b", "k1", "p"))) == [
        "IS-4 key-blocked VIOLATION"
    ]
    assert found(run(subject, ("a", "k1", "p"), end(1), 62_000, ("b", "k1", "p"))) == [
        "IS-4 key-blocked VIOLATION"
    ]
    assert found(run(subject, ("a", "k1", "p"), end(1), ("b", "k1", "p"))) == []


def _made(make: type[Once], profile: Profile) -> Subject:
    def adapter(clock: Clock, points: Points) -> OnceAdapter:
        return OnceAdapter(Records(points, clock, settings_of(KEPT)), points, make)

    return idempotency_store(
        "mine", adapter, profile=profile, sync=True, time="injected", carrier="greenlets"
    )


class TriesAgain(Once):
    """Completes again when no answer came: the command does no harm twice."""

    def complete(self, key: str, record: Record, result: Any) -> bool:
        try:
            return super().complete(key, record, result)
        except (ConnectionError, TimeoutError):
            return super().complete(key, record, result) or self.records.kept.records.get(key) is not None


class KeepsForTheLease(Once):
    """Releases nothing: after an error a key is free when its lease is over."""

    def release(self, key: str, record: Record) -> bool:
        return False


class StoresErrors(Once):
    """Keeps an exception as the outcome of its key, and raises it again."""

    def call(self, fn: Callable[[], Any], key: str, payload: str) -> Any:
        def guarded() -> Any:
            try:
                return "ok", fn()
            except Exception as error:
                return "error", error

        how, outcome = super().call(guarded, key, payload)
        if how == "error":
            raise outcome
        return outcome


class LooksFirst(Once):
    """Reads the record before it begins, to spare the store a write: what it begins with is one command all the same."""

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        record = self.send(lambda: self.records.found(key))
        if record is not None and record.is_done and record.payload == payload:
            return record, False
        return super().begin(key, payload)


class TellsLessOften(Once):
    """Says of another payload that the key is in progress, as long as it is."""

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        try:
            return super().begin(key, payload)
        except OtherPayload:
            record = self.records.found(key)
            if record is not None and not record.is_done:
                raise InProgress from None
            raise


class Trusts(Once):
    """Compares no payload, and says so."""

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        return self.send(partial(self._begin, key, payload))

    def _begin(self, key: str, payload: str) -> tuple[Record, bool]:
        record = self.records.found(key)
        return self.records.begin(key, payload if record is None else record.payload)


RIGHT: list[tuple[type[Once], dict[str, Any]]] = [
    (TriesAgain, {}),
    (KeepsForTheLease, {"on_error": "lease", "on_cancel": "lease"}),
    (StoresErrors, {"on_error": "store"}),
    (LooksFirst, {}),
    (TellsLessOften, {}),
    (Trusts, {"other_payload": "unchecked"}),
]


@pytest.mark.parametrize(("make", "knobs"), RIGHT, ids=[make.__name__ for make, _ in RIGHT])
def test_a_right_store_unlike_ours_is_certified(make: type[Once], knobs: dict[str, Any]) -> None:
    certify(_made(make, Profile("right", {**KEPT.knobs, **knobs})), runs=40)


class Waits(AsyncOnce):
    """Lets a second caller wait for the first instead of refusing it."""

    async def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        while True:
            record, is_new = await super().begin(key, payload)
            if is_new or record.is_done:
                return record, is_new
            await asyncio.sleep(0.5)


def test_a_store_that_lets_callers_wait_is_certified() -> None:
    def adapter(clock: Clock, points: Points) -> AsyncOnceAdapter:
        return AsyncOnceAdapter(Records(points, clock, settings_of(RENEWED)), points, Waits)

    certify(idempotency_store("mine", adapter, profile=RENEWED, sync=False, time="injected"), runs=40)


@outside
class Shelf:
    """A dict, each access one step."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def reserve(self, key: str) -> Any:
        return self.kept.setdefault(key, threading.get_ident()) if key not in self.kept else (self.kept[key],)

    def put(self, key: str, value: Any) -> None:
        self.kept[key] = value

    def drop(self, key: str) -> None:
        self.kept.pop(key, None)


class InMemory:
    """Keeps all in the memory of one process: no lease, no retention, no payloads, and it survives nothing."""

    rejections = (InProgress,)

    def __init__(self, clock: Clock) -> None:
        self._shelf = Shelf()

    def call(self, fn: Callable[[], Any], worker: str, key: str, payload: str) -> Any:
        found = self._shelf.reserve(key)
        if isinstance(found, tuple):
            if not isinstance(found[0], list):
                raise InProgress
            return found[0][0]
        try:
            result = fn()
        except BaseException:
            self._shelf.drop(key)
            raise
        self._shelf.put(key, [result])
        return result


def test_a_store_in_the_memory_of_one_process_is_certified_for_what_it_declares() -> None:
    profile = {"lease_ms": 0, "retention_ms": 0, "other_payload": "unchecked"}
    subject = idempotency_store("mine", InMemory, profile=profile, sync=True, time="injected")
    certify(subject, runs=40)
    assert {promise.id for promise in subject.pattern.promises} == {"IS-1", "IS-2", "IS-3", "IS-4"}


def test_every_mutant_names_a_promise_and_a_mistake() -> None:
    listed = list(mutants())
    assert len({mutant.name for mutant in listed}) == len(listed) == 18
    assert {promise for mutant in listed for promise in mutant.kills} == {
        f"IS-{number}" for number in range(1, 6)
    }
    assert all(mutant.summary.endswith(".") and mutant.mutant_of in SHIPPED for mutant in listed)
