"""Right locks of other kinds, and wrong ones of theirs: re-entrant, waiting for the lock, released by a task behind the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lock_history import LEASE_MS, LockHistory, profile

from shaketable import PromiseBroken, certify, lock
from shaketable.components.world import ComponentWorld
from shaketable.profile import Profile
from shaketable.runner import execute
from shaketable.subject import Subject
from shaketable_patterns.lock.subjects import ROW_PROFILE
from shaketable_targets.locks.key_lock import KEY
from shaketable_targets.locks.key_store import KeyStore
from shaketable_targets.locks.resource import Resource
from shaketable_targets.locks.row_lock import RowLock
from shaketable_targets.locks.row_lock_adapter import RowLockAdapter
from shaketable_targets.locks.settings import Clock, Points, Settings
from tests.campaigns import every

RENEWS = profile(reentrant="renews")
KEEPS = profile(reentrant="keeps")


class Reentrant(RowLock):
    """Counts how often its holder took it; a further acquire takes a full lease, and only the last release frees."""

    count = 0

    def acquire(self) -> int | None:
        if self.count and self.extend():
            self.count += 1
            return self.token
        self.count = 0
        token = super().acquire()
        if token is not None:
            self.count = 1
        return token

    def release(self) -> bool:
        if self.count > 1:
            self.count -= 1
            return True
        freed = super().release()
        self.count = 0
        return freed


class Keeps(Reentrant):
    """Its further acquires leave the lease as it is."""

    def acquire(self) -> int | None:
        if self.count and self.holds():
            self.count += 1
            return self.token
        self.count = 0
        return super().acquire()

    def release(self) -> bool:
        if self.count == 1:
            self.count = 0  # what it may not have any more it must not believe in
        return super().release()


class CountsToTwo(Reentrant):
    """Wrong: the second of three releases frees it."""

    def acquire(self) -> int | None:
        token = super().acquire()
        self.count = min(self.count, 2)
        return token


class CountsOn(Reentrant):
    """Wrong: goes on counting from a lease that was lost, so that as many releases do not free it."""

    def acquire(self) -> int | None:
        before = self.count
        token = super().acquire()
        if token is not None and self.count == 1:
            self.count += before
        return token


def on_a_row(make: type[RowLock], reentrant: str) -> Subject:
    knobs = {**ROW_PROFILE.knobs, "at_least_ms": 0, "reentrant": reentrant}

    def adapter(clock: Clock, points: Points) -> RowLockAdapter:
        return RowLockAdapter(clock, points, make, Settings())

    return lock(
        "lock/mine", adapter, profile=Profile("mine", knobs), sync=True, time="injected", carrier="greenlets"
    )


class OfKeys:
    """A lock on a key, without fencing or extension: the base of the two below."""

    def __init__(self, clock: Clock, points: Points) -> None:
        self.clock, self.points, self.keys = clock, points, KeyStore(points, clock)
        self.resource = points.durable("resource", Resource)
        self.mine: dict[str, str] = {}
        self.count = 0

    async def acquire(self, holder: str) -> bool:
        self.count += 1
        value = f"{holder}:{self.clock.now_ms()}:{self.count}"
        if await self.keys.take(KEY, value, 10_000) is None:
            return False
        self.mine[holder] = value
        return True

    async def release(self, holder: str) -> None:
        if value := self.mine.get(holder):
            await self.keys.delete(KEY, value)
            self.mine.pop(holder, None)

    async def extend(self, holder: str) -> None: ...
    async def holds(self, holder: str) -> None: ...

    async def write(self, holder: str) -> bool:
        return holder in self.mine and self.resource.write(0, holder)

    def store(self) -> dict[str, object]:
        owner, until_ms = self.keys.found(KEY) or ("", 0)
        return {"owner": owner.partition(":")[0], "until_ms": until_ms}


class Waiting(OfKeys):
    """Asks again for two seconds before it gives up."""

    async def acquire(self, holder: str) -> bool:
        for _ in range(20):
            if await super().acquire(holder):
                return True
            await asyncio.sleep(0.1)
        return False


class Lazy(OfKeys):
    """Has a task delete the key behind the answer of a release, as often as it takes."""

    async def release(self, holder: str) -> None:
        if value := self.mine.pop(holder, None):
            self.task = asyncio.ensure_future(self.delete(value))

    async def delete(self, value: str) -> None:
        while True:
            await asyncio.sleep(0.2)
            try:
                await self.keys.delete(KEY, value)
            except (ConnectionError, TimeoutError):
                continue
            return


def on_a_key(make: type[OfKeys], **knobs: Any) -> Subject:
    declared = {"lease_ms": 10_000, "fencing": "none", "clock": "store", "store_observable": True, **knobs}
    return lock("lock/mine", make, profile=declared, sync=False, time="injected")


RIGHT = {
    "re-entrant, renewed": on_a_row(Reentrant, "renews"),
    "re-entrant, kept": on_a_row(Keeps, "keeps"),
    "waiting": on_a_key(Waiting),
    "released behind the answer": on_a_key(Lazy, grace_ms=300),
}


@pytest.mark.parametrize("subject", every(2, RIGHT.values()), ids=RIGHT.keys())
def test_a_right_lock_of_another_kind_is_accused_of_nothing(subject: Subject) -> None:
    certify(subject, runs=300)


@pytest.mark.parametrize(("make", "promise"), [(CountsToTwo, "LK-1"), (CountsOn, "LK-5")])
def test_a_lock_that_counts_its_acquires_wrong_is_found(make: type[RowLock], promise: str) -> None:
    with pytest.raises(PromiseBroken, match=promise):
        certify(on_a_row(make, "renews"), runs=100)


@pytest.mark.parametrize(
    ("make", "declared", "said"),
    [
        (
            Reentrant,
            "no",
            "one release does not free a lock that its holder took twice: declare reentrant='keeps'",
        ),
        (Reentrant, "keeps", "it behaves as one with reentrant='renews'"),
        (Keeps, "renews", "it behaves as one with reentrant='keeps'"),
        (RowLock, "keeps", "its holder does not get it again, and reentrant='keeps'"),
    ],
)
def test_calibration_asks_a_second_time(make: type[RowLock], declared: str, said: str) -> None:
    subject = on_a_row(make, declared)
    (found,) = subject.pattern.calibrate(subject, lambda one: execute(ComponentWorld(), subject, one).history)
    assert said in found


def twice() -> LockHistory:
    """Return a history in which a has the lock twice, since 0 and 500 ms."""
    return LockHistory().call("acquire", "a", 1).wait(500).call("acquire", "a", 1)


def test_one_release_of_two_frees_no_re_entrant_lock() -> None:
    once = twice().call("release", "a").call("acquire", "b", None)
    assert once.found(RENEWS) == []
    assert once.call("release", "a").wait(5).call("acquire", "b", None).found(RENEWS) == [
        "LK-5 not-released VIOLATION"
    ]
    early = twice().call("release", "a").call("acquire", "b", 2)
    assert early.found(RENEWS) == ["LK-1 two-owners VIOLATION"]


def test_a_further_acquire_takes_a_full_lease_only_where_that_is_declared() -> None:
    late = twice().wait(LEASE_MS - 400).call("acquire", "b", 2)
    assert late.found(RENEWS) == ["LK-1 two-owners VIOLATION"]
    assert late.found(KEEPS) == []


def test_after_an_acquire_of_unknown_outcome_it_is_not_known_how_often_it_is_to_be_released() -> None:
    unknown = LockHistory().call("acquire", "a", 1).disturbed("acquire", "a").call("release", "a")
    assert unknown.call("acquire", "b", None).found(RENEWS) == []
