"""The shipped locks: calibrated, right where they should be, and the stories of those that are not; right ones unlike ours."""

from __future__ import annotations

from typing import Any

import pytest
from redis.lock import Lock

from shaketable import certify, lock
from shaketable.components.world import ComponentWorld
from shaketable.fault import ClockStep
from shaketable.faults.points import PointCrash, PointDelay, PointFail, PointLoss
from shaketable.profile import Profile
from shaketable.runner import Outcome, execute
from shaketable.schedule import AtPoint, Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.lock.profile import knobs_of
from shaketable_patterns.lock.subjects import ROW_PROFILE, hardened, library, limited, mutants
from shaketable_targets.locks.lock_table import LockTable, Row
from shaketable_targets.locks.redis_py_keys import Client, LockKeys
from shaketable_targets.locks.row_lock import RowLock
from shaketable_targets.locks.row_lock_adapter import RowLockAdapter
from shaketable_targets.locks.settings import Clock, Points, Settings

WORLD = ComponentWorld()
SHIPPED = {subject.name: subject for subject in (*hardened(), *limited(), *library())}
each = pytest.mark.parametrize("subject", SHIPPED.values(), ids=SHIPPED.keys())


def calls(*script: tuple[str, str] | Step | int) -> tuple[Step, ...]:
    """Return the steps of calls (method, holder), numbered from 1, waits in ms, and others as they are."""
    steps: list[Step] = []
    number = 0
    for one in script:
        if isinstance(one, int):
            steps.append(Wait(one))
        elif isinstance(one, tuple):
            number += 1
            steps.append(Do("start", {"call": number, "method": one[0], "holder": one[1]}))
        else:
            steps.append(one)
    return tuple(steps)


def run(subject: Subject, *script: tuple[str, str] | Step | int) -> Outcome:
    return execute(WORLD, subject, Schedule(subject.name, calls(*script)))


def found(outcome: Outcome) -> list[str]:
    return [f"{f.promise} {f.anomaly} {f.level}" for f in outcome.findings]


def mismatches(subject: Subject) -> list[str]:
    return list(
        subject.pattern.calibrate(subject, lambda schedule: execute(WORLD, subject, schedule).history)
    )


@each
def test_it_agrees_with_its_profile_and_is_accused_of_nothing_without_faults(subject: Subject) -> None:
    assert mismatches(subject) == []
    assert found(execute(WORLD, subject, subject.pattern.workload(subject))) == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"lease_ms": 12_000}, "another gets the lock 11998 ms after it was taken, and lease_ms=12000"),
        ({"lease_ms": 8_000}, "8002 ms after it was taken another does not get the lock, and lease_ms=8000"),
        ({"at_least_ms": 3_000}, "another gets the lock 2998 ms after it was taken, and at_least_ms=3000"),
        ({"at_least_ms": 0}, "a release does not free the lock after 2 ms, and at_least_ms=0"),
        ({"extend": "adds"}, "after an extension another gets the lock before the new lease is over, and extend='adds'"),
        ({"renewal": True}, "it behaves as one with renewal=false"),
        ({"tells": False}, "holds returns True, and tells=false"),
    ],
)  # fmt: skip
def test_calibration_names_the_setting_that_was_declared_wrong(knobs: dict[str, Any], said: str) -> None:
    declared = Profile("declared", {**ROW_PROFILE.knobs, **knobs})
    subject = lock("lock/mine", RowLockAdapter, profile=declared, sync=True, time="injected")
    assert any(said in problem for problem in mismatches(subject)), mismatches(subject)


def test_calibration_asks_for_tokens_and_for_the_store_where_they_are_declared() -> None:
    class Mute(RowLockAdapter):
        store = None  # type: ignore[assignment]

        def acquire(self, holder: str) -> Any:
            return super().acquire(holder) is not None

    subject = lock("lock/mine", Mute, profile=ROW_PROFILE, sync=True, time="injected")
    no_token, no_store = mismatches(subject)
    assert "acquire returns True, which is no fencing token" in no_token
    assert "its store never shows the owner" in no_store


def test_a_holder_paused_past_its_lease_is_refused_with_fencing_and_overwrites_without() -> None:
    paused = AtPoint("resource.request", PointDelay(for_ms=10_500), call=2)
    script = (("acquire", "a"), paused, ("write", "a"), 10_100, ("acquire", "b"), ("write", "b"), 1_000)
    assert found(run(SHIPPED["lock/hardened-row"], *script)) == []
    for name in ("lock/unfenced", "lock/redis-py", "lock/redis-py-asyncio"):
        assert found(run(SHIPPED[name], *script)) == ["LK-9 stale-write LIMIT"]


def test_a_node_whose_clock_is_ahead_takes_the_lock_only_where_the_nodes_clocks_rule() -> None:
    script = (("acquire", "a"), Inject(ClockStep(service="b", delta_ms=60_000)), ("acquire", "b"))
    assert found(run(SHIPPED["lock/hardened-row"], *script)) == []
    told = [
        "LK-10 broken-by-skew LIMIT",
        "LK-10 kept-by-skew LIMIT",
    ]  # what b wrote by its clock is over a minute late
    assert found(run(SHIPPED["lock/node-clock"], *script)) == told


@pytest.mark.parametrize("fault", [PointFail(), PointLoss(timeout_ms=100)])
def test_only_redis_py_s_sync_lock_cannot_repeat_a_release_that_failed(fault: PointFail | PointLoss) -> None:
    failing = AtPoint("redis.request", fault, call=2)
    script = (("acquire", "a"), failing, ("release", "a"), 200, ("release", "a"), 10, ("acquire", "b"))
    assert found(run(SHIPPED["lock/redis-py"], *script)) == ["LK-5 release-not-retried VIOLATION"]
    assert found(run(SHIPPED["lock/redis-py-asyncio"], *script)) == []


def test_redis_py_forgets_its_token_before_it_has_released() -> None:
    """The reason beside our verdict, in the library's own object: its pull request 4258 says the same of its own code."""

    class Down:
        def register_script(self, _script: str) -> Any:
            def lost(**_: object) -> None:
                raise ConnectionError

            return type("Script", (), {"__call__": lambda _self, **_: lost()})()

    held = type("OneLock", (Lock,), {})(Down(), "jobs", timeout=10, thread_local=False)
    held.local.token = b"mine"
    with pytest.raises(ConnectionError):
        held.release()
    assert held.local.token is None


def test_a_holder_that_loses_its_power_leaves_the_lock_for_a_lease_and_no_longer() -> None:
    crash = AtPoint("redis.request", PointCrash(), call=2)
    outcome = run(
        SHIPPED["lock/hardened-key"],
        ("acquire", "a"),
        crash,
        ("extend", "a"),
        9_900,
        ("acquire", "b"),
        200,
        ("acquire", "b"),
    )
    assert found(outcome) == []
    results = [e.value["result"] for e in outcome.history.events if e.kind == "ok" and e.name == "acquire"]
    assert results[:3] == [1, None, 2]


class ReadsTimeFirst(RowLock):
    """Asks for the database's time in a statement of its own: a pause in between only makes its lease shorter."""

    def acquire(self) -> int | None:
        until_ms = self.clock.now_ms() + self.settings.lease_ms
        now_ms = self.table.execute(lambda _row, now: now)
        token = self.table.execute(lambda row, _now: self._take(row, now_ms))
        if token is not None:
            self.token, self.until_ms = token, until_ms
        return token


class SaysNothingOfReleases(RowLock):
    """Returns nothing from release, and raises when the lock is another's."""

    def release(self) -> Any:
        if self.token is not None and not super().release():
            raise PermissionError


class TakesItsOwnAgain(RowLock):
    """Grants the lock again to the node that has it, with a new token and a new lease."""

    def _take(self, row: Row, now_ms: int) -> int | None:
        if row.owner == self.node and row.lock_until_ms > now_ms and self.token == row.token:
            row.lock_until_ms = now_ms
        return super()._take(row, now_ms)


class GivesUpEarly(RowLock):
    """Takes its lease for over a second before it is, for a clock that may run fast."""

    def holds(self) -> bool:
        return self.token is not None and self.clock.now_ms() < self.until_ms - 1_000


class GapsInTokens(RowLock):
    """Draws its token from a sequence before it knows whether it gets the lock: tokens have gaps."""

    def _take(self, row: Row, now_ms: int) -> int | None:
        row.token += 1
        if row.lock_until_ms > now_ms:
            row.token -= 1
            return None
        return super()._take(row, now_ms)


class TriesAgain(RowLock):
    """Repeats a statement of a release that found no answer, once."""

    def release(self) -> bool:
        try:
            return super().release()
        except (ConnectionError, TimeoutError):
            return super().release()


RIGHT: list[tuple[type[RowLock], dict[str, Any]]] = [
    (ReadsTimeFirst, {}),
    (SaysNothingOfReleases, {}),
    (GivesUpEarly, {}),
    (GapsInTokens, {}),
    (TriesAgain, {}),
    (TakesItsOwnAgain, {"at_least_ms": 0}),
]


@pytest.mark.parametrize(("make", "knobs"), RIGHT, ids=[make.__name__ for make, _ in RIGHT])
def test_a_right_lock_unlike_ours_is_certified(make: type[RowLock], knobs: dict[str, Any]) -> None:
    profile = Profile("right", {**ROW_PROFILE.knobs, **knobs})
    settings = Settings(at_least_ms=knobs_of(profile).at_least_ms)

    def adapter(clock: Clock, points: Points) -> RowLockAdapter:
        return RowLockAdapter(clock, points, make, settings)

    certify(
        lock("lock/mine", adapter, profile=profile, sync=True, time="injected", carrier="greenlets"), runs=150
    )


class SlowToNotice:
    """A lock on a key that a server removes up to half a second after its end, and that shows nothing but its answers."""

    def __init__(self, clock: Clock, points: Points) -> None:
        self._clock, self._points = clock, points
        self._keys = LockKeys(points, clock)
        self._mine: dict[str, bytes] = {}
        self._count = 0

    def acquire(self, holder: str) -> bool:
        self._count += 1
        value = f"{holder}:{self._count}:{self._clock.now_ms()}".encode()
        if not Client(holder, self._keys, self._points).set("jobs", value, nx=True, px=10_400):
            return False
        self._mine[holder] = value
        return True

    def release(self, holder: str) -> None:
        client = Client(holder, self._keys, self._points)
        if holder in self._mine:
            client.run(Lock.LUA_RELEASE_SCRIPT, "jobs", [self._mine[holder]])
            self._mine.pop(holder, None)

    def extend(self, holder: str) -> None:
        """It offers none."""

    def holds(self, holder: str) -> None:
        """It does not tell."""

    def write(self, holder: str) -> bool:
        if holder not in self._mine:
            return False
        self._points.reach("resource.request")
        return True


def test_a_lock_that_tells_little_is_judged_by_its_answers_and_the_rest_is_not_claimed() -> None:
    profile = {"lease_ms": 10_000, "grace_ms": 500, "fencing": "none", "clock": "store"}
    subject = lock(
        "lock/mine", SlowToNotice, profile=profile, sync=True, time="injected", carrier="greenlets"
    )
    certify(subject, runs=300)
    assert {promise.id for promise in subject.pattern.promises} == {
        "LK-1",
        "LK-3",
        "LK-5",
        "LK-7",
        "LK-9",
        "LK-10",
    }


def test_every_mutant_names_a_promise_and_a_mistake() -> None:
    found = list(mutants())
    assert len({mutant.name for mutant in found}) == len(found) == 20
    assert {promise for mutant in found for promise in mutant.kills} == {
        f"LK-{number}" for number in range(1, 11)
    }
    assert all(mutant.summary.endswith(".") and mutant.mutant_of in SHIPPED for mutant in found)


def test_the_table_keeps_its_row_through_a_crash() -> None:
    kept: dict[str, Any] = {}

    class Here:
        def reach(self, _point: str) -> None: ...
        def durable(self, name: str, make: Any) -> Any:
            return kept.setdefault(name, make())

    class Now:
        def now_ms(self) -> int:
            return 5

    first = LockTable(Here(), Now())  # type: ignore[arg-type]
    first.row.owner = "a"
    assert LockTable(Here(), Now()).row.owner == "a"  # type: ignore[arg-type]
