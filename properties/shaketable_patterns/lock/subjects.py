"""The shipped locks: our references on a row and on a key, without fencing and by the nodes' clocks, a library's, and mutants."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from shaketable.components.clock import Clock
from shaketable.profile import Profile
from shaketable.subject import Expectation, Subject
from shaketable.verdict import Level
from shaketable_patterns.lock.kind import AsyncLockAdapter, SyncLockAdapter, lock
from shaketable_patterns.lock.promises import PROMISES
from shaketable_targets.locks.key_lock import KeyLock
from shaketable_targets.locks.key_lock_adapter import KeyLockAdapter
from shaketable_targets.locks.mutants import KEY_MUTANTS, ROW_MUTANTS
from shaketable_targets.locks.mutants.row_locks import GoesByItsOwnClock
from shaketable_targets.locks.resource import Resource, TrustingResource
from shaketable_targets.locks.row_lock import RowLock
from shaketable_targets.locks.row_lock_adapter import RowLockAdapter

ROW, KEY = "lock/hardened-row", "lock/hardened-key"
_LEASE_MS = 10_000
_SEEN: dict[str, Any] = {"store_observable": True, "tells": True, "extend": "from_now"}

ROW_PROFILE = Profile(
    "a row by the database's time, as the document's relay has it",
    {"lease_ms": _LEASE_MS, "at_least_ms": 2_000, "fencing": "checked", "clock": "store", **_SEEN},
)
"""lockAtMostFor is the document's 10 s; it names no lockAtLeastFor, which ShedLock has beside it."""
KEY_PROFILE = Profile(
    "a key with a time to live that renews itself",
    {"lease_ms": _LEASE_MS, "fencing": "checked", "clock": "store", "renewal": True, **_SEEN},
)
UNFENCED_PROFILE = Profile("a row without fencing", {**ROW_PROFILE.knobs, "fencing": "none"})
NODE_PROFILE = Profile("a row by the nodes' clocks", {**ROW_PROFILE.knobs, "clock": "node"})
LIBRARY_PROFILE = Profile(
    "a key with a time to live, without fencing",
    {"lease_ms": _LEASE_MS, "fencing": "none", "clock": "store", **_SEEN},
)
_WHY_REDIS = (
    "`release` (`redis/lock.py`, lines 275 and 276) forgets the token before it asks the server to delete the key. Pull request 4258 of "
    "redis/redis-py says the same and mends it; the lock for asyncio was mended before."
)
_LIBRARIES = (
    ("redis", "services", ("lock/redis-py", "lock/redis-py-asyncio")),
    ("python-redis-lock", "libraries", ("lock/python-redis-lock",)),
)
"""Distribution, the extra that adds it, and the subjects."""
_STALE: dict[str, tuple[str, ...]] = {"LK-9": ("stale-write",)}


def subjects() -> list[Subject]:
    """Return all of them in a fixed order; a library's locks only where it is installed."""
    lacking = missing()
    libraries = [subject for subject in library() if subject.name not in lacking]
    return [*hardened(), *limited(), *libraries, *mutants()]


def missing() -> dict[str, str]:
    """Return the libraries' locks that are not installed, each with the extra that adds it."""
    found: dict[str, str] = {}
    for package, extra, names in _LIBRARIES:
        try:
            distribution(
                package
            )  # to look for the module would cost a search that has no use for it its import
        except PackageNotFoundError:
            found |= dict.fromkeys(names, extra)
    return found


def hardened() -> list[Subject]:
    """Return our own locks: they keep every promise."""
    return [
        _row(ROW, RowLock, ROW_PROFILE, "our reference on a row, as ShedLock keeps it, by the database's time and with a fencing token"),
        _key(KEY, KeyLock, "our reference on a key of Redis that renews itself, with a fencing token"),
    ]  # fmt: skip


def limited() -> list[Subject]:
    """Return locks that are as good as they can be without what their profile says they lack."""
    return [
        _row(
            "lock/unfenced",
            RowLock,
            UNFENCED_PROFILE,
            "the row lock in front of a resource that knows of no tokens: a holder that was paused overwrites",
            resource=TrustingResource,
            expects=_limits(_STALE),
        ),
        _row(
            "lock/node-clock",
            GoesByItsOwnClock,
            NODE_PROFILE,
            "the row lock by the clocks of the nodes, as ShedLock is without usingDbTime",
            expects=_limits({"LK-10": ("broken-by-skew", "kept-by-skew")}),
        ),
    ]


def library() -> list[Subject]:
    """Return the locks of redis-py, sync and asyncio, and of python-redis-lock."""
    broken = _limits(_STALE)
    return [
        lock(
            "lock/redis-py",
            _redis_py,
            profile=LIBRARY_PROFILE,
            sync=True,
            time="injected",
            carrier="greenlets",
            expects=replace(broken, breaks={**_STALE, "LK-5": ("release-not-retried",)}, levels={**broken.levels, "LK-5": "VIOLATION"}, reasons={"LK-5": _WHY_REDIS}),
            summary="redis-py 8.1.0, sync: forgets its token before it releases, so a release that failed cannot be retried",
            library="redis",
        ),
        lock(
            "lock/redis-py-asyncio",
            _redis_py_asyncio,
            profile=LIBRARY_PROFILE,
            sync=False,
            time="injected",
            expects=broken,
            summary="redis-py 8.1.0, asyncio: keeps its token until it is released; it has no fencing token",
            library="redis",
        ),
        lock(
            "lock/python-redis-lock",
            _python_redis_lock,
            profile=LIBRARY_PROFILE,
            sync=True,
            time="injected",
            carrier="greenlets",
            expects=broken,
            summary="python-redis-lock 4.0.1: keeps its id, so a release can be tried again; it has no fencing token",
            library="python-redis-lock",
        ),
    ]  # fmt: skip


def _redis_py(clock: Clock, points: Any) -> SyncLockAdapter:
    """Make the adapter; the library is imported only for a run of its own."""
    from shaketable_targets.locks.redis_py_adapter import RedisPyAdapter

    return RedisPyAdapter(clock, points)


def _redis_py_asyncio(clock: Clock, points: Any) -> AsyncLockAdapter:
    """Make the adapter; the library is imported only for a run of its own."""
    from shaketable_targets.locks.redis_py_asyncio_adapter import AsyncRedisPyAdapter

    return AsyncRedisPyAdapter(clock, points)


def _python_redis_lock(clock: Clock, points: Any) -> SyncLockAdapter:
    """Make the adapter; the library is imported only for a run of its own."""
    from shaketable_targets.locks.redis_lock_adapter import RedisLockAdapter

    return RedisLockAdapter(clock, points)


def mutants() -> Iterator[Subject]:
    """Yield the references with one mistake each; each names the promise that must kill it."""
    for mutant, promise in ROW_MUTANTS:
        yield _row(_name(mutant), mutant, ROW_PROFILE, _mistake(mutant), ROW, promise)
    yield _row(
        "lock/mutant-takes-late-writes",
        RowLock,
        ROW_PROFILE,
        "Hands its token on, and the resource never compares it.",
        ROW,
        "LK-9",
        resource=TrustingResource,
    )
    for of_key, promise in KEY_MUTANTS:
        yield _key(_name(of_key), of_key, _mistake(of_key), KEY, promise)


def _row(
    name: str,
    make: type[RowLock],
    profile: Profile,
    summary: str,
    mutant_of: str = "",
    kills: str = "",
    *,
    resource: type[Resource] = Resource,
    expects: Expectation | None = None,
) -> Subject:
    def adapter(clock: Clock, points: Any) -> RowLockAdapter:
        return RowLockAdapter(clock, points, make, resource=resource)

    return lock(
        name,
        adapter,
        profile=profile,
        sync=True,
        time="injected",
        carrier="greenlets",  # it does not tell threads apart, and has no locks of its own
        expects=expects or _expected(kills),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def _key(name: str, make: type[KeyLock], summary: str, mutant_of: str = "", kills: str = "") -> Subject:
    def adapter(clock: Clock, points: Any) -> KeyLockAdapter:
        return KeyLockAdapter(clock, points, make)

    return lock(
        name,
        adapter,
        profile=KEY_PROFILE,
        sync=False,
        time="injected",
        expects=_expected(kills, but=("LK-8",)),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def _limits(breaks: Mapping[str, tuple[str, ...]]) -> Expectation:
    levels: dict[str, Level] = dict.fromkeys(breaks, "LIMIT")
    return Expectation(breaks=breaks, levels=levels)


def _expected(kills: str, but: tuple[str, ...] = ()) -> Expectation:
    return Expectation(
        may_break=frozenset(promise.id for promise in PROMISES if kills and promise.id not in but)
    )


def _name(mutant: type[object]) -> str:
    return f"lock/mutant-{re.sub(r'(?<!^)(?=[A-Z])', '-', mutant.__name__).lower()}"


def _mistake(mutant: type[object]) -> str:
    return (inspect.getdoc(mutant) or "").split("\n", 1)[0]
