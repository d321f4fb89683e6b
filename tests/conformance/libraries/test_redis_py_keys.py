"""The keys that redis-py's locks are judged on against a real server: random scripts of both locks, every answer compared.

**Same outcome** means equal: what a call returns, or the type of what it raises. Where a lease is over, the server is told to delete the
key, and the clock of the keys in memory is moved past every lease.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from redis import Redis
from redis.exceptions import LockError, LockNotOwnedError
from redis.lock import Lock

from shaketable_targets.locks.redis_py_keys import Client, LockKeys
from tests.conformance.conftest import SCRIPTS, SEED

_SHORT = 100
_LEASE_S = 100
_OVER_MS = 10_000_000
_CALLS = ("acquire", "acquire", "release", "extend", "replace", "reacquire", "owned", "locked")


class Here:
    """A clock that is moved by hand, and fault points at which nothing happens."""

    def __init__(self) -> None:
        self.ms = 0
        self._kept: dict[str, Any] = {}

    def now_ms(self) -> int:
        return self.ms

    def reach(self, _point: str) -> None:
        return

    def durable(self, name: str, make: Any) -> Any:
        return self._kept.setdefault(name, make())


def answer(lock: Lock, call: str) -> object:
    """Make one call; return its result, or the type of the LockError that it raises."""
    try:
        match call:
            case "acquire":
                return lock.acquire(blocking=False)
            case "extend":
                return lock.extend(_LEASE_S)
            case "replace":
                return lock.extend(_LEASE_S, replace_ttl=True)
            case _:
                return getattr(lock, call)()
    except LockError as error:
        return type(error)


def locks(client_of: Callable[[str], Any], name: str) -> list[Lock]:
    """Return the locks of three clients, of a class of their own: the library keeps its scripts on the class."""
    own: type[Lock] = type("OwnLock", (Lock,), {})
    return [own(client_of(by), name, timeout=_LEASE_S, thread_local=False) for by in "abc"]


def difference(redis: Redis, seed: int, answers: Counter[object]) -> str:
    """Play one script on both; return the first difference with its script, or ""."""
    rng, here, name = Random(f"locks/{seed}"), Here(), f"lock/{seed}"
    keys = LockKeys(here, here)  # type: ignore[arg-type]
    real = locks(lambda _by: redis, name)
    model = locks(lambda by: Client(by, keys, here), name)  # type: ignore[arg-type]
    script: list[tuple[int, str]] = []
    for _ in range(rng.randint(5, 20)):
        if rng.random() < 0.1:
            here.ms += _OVER_MS
            redis.delete(name)
            script.append((-1, "over"))
        which, call = rng.randrange(3), rng.choice(_CALLS)
        script.append((which, call))
        said, expected = answer(model[which], call), answer(real[which], call)
        answers[expected] += 1
        if said != expected:
            return f"the server says {expected!r}, the keys in memory {said!r}, in {script}"
    return ""


def test_the_locks_say_the_same_on_a_real_server(valkey_port: int) -> None:
    answers: Counter[object] = Counter()
    with Redis(port=valkey_port) as redis:
        redis.flushall()
        found = [difference(redis, seed, answers) for seed in range(SEED, SEED + (SCRIPTS or _SHORT))]
    assert [one for one in found if one] == []
    assert min(answers[said] for said in (True, False, None, LockError, LockNotOwnedError)) > 20, answers
