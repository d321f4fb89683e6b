"""Mistakes in breakers for threads, with a time window, and with a store."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shaketable import breaker
from shaketable.profile import Knob
from shaketable_targets.breakers import TEXTBOOK
from tests.mutants.hidden.declared import Hidden
from tests.mutants.hidden_correct.breaker_core import Core, Rejected, SyncBreaker, TimedRate

BASE: dict[str, Knob] = TEXTBOOK | {"clock": "monotonic"}
TIME: dict[str, Knob] = BASE | {
    "trip_rule": "rate",
    "failure_threshold": 50,
    "window": "time",
    "window_ms": 10_000,
    "minimum_calls": 4,
}


class StaleBuckets(TimedRate):
    """Ten buckets of a second, each emptied when the clock comes to it: a second without calls is never emptied."""

    def clear(self) -> None:
        self.buckets = [(0, 0)] * 10
        self.last_s = -1

    def add(self, failed: bool, took_ms: int) -> bool:
        now_s = self.now_ms() // 1000
        if now_s != self.last_s:
            self.buckets[now_s % 10] = (0, 0)
            self.last_s = now_s
        calls, failures = self.buckets[now_s % 10]
        self.buckets[now_s % 10] = (calls + 1, failures + failed)
        calls, failures = (sum(column) for column in zip(*self.buckets, strict=True))
        return calls >= self.minimum and failures * 2 >= calls


class ReadsThenWrites:
    """Reads the count of failures under its lock, adds one, writes it under its lock: two threads count one failure."""

    rejections = (Rejected,)
    core_of: type[Core] = Core

    def __init__(self, clock: object) -> None:
        self.core = self.core_of(clock.now_ms)  # type: ignore[attr-defined]
        self._lock = threading.RLock()

    def state(self) -> str:
        with self._lock:
            return self.core.look()

    def listen(self, callback: Callable[[], None]) -> None:
        self.core.listeners.append(callback)

    def call(self, fn: Callable[[], object]) -> object:
        with self._lock:
            given = self.core.admit()
        try:
            result = fn()
        except ValueError:
            self._nothing(given)
            raise
        except Exception:
            self.failed(given)
            raise
        except BaseException:
            self._nothing(given)
            raise
        with self._lock:
            self.core.record(given, failed=False)
        return result

    def _nothing(self, given: tuple[int, int]) -> None:
        with self._lock:
            self.core.nothing(given)

    def failed(self, given: tuple[int, int]) -> None:
        """Count a failure."""
        with self._lock:
            before = self.core.failures
        with self._lock:
            self.core.failures = before
            self.core.record(given, failed=True)


class TwoOfThree(Core):
    """Three half-open calls in all, two successes close."""

    permits = 3
    successes = 2


class ChecksEraThenLocks(ReadsThenWrites):
    """Looks whether a result is of this era before it takes the lock: the era can end while it waits for that."""

    core_of = TwoOfThree

    def failed(self, given: tuple[int, int]) -> None:
        with self._lock:
            stale = given[0] != self.core.era
        if stale:
            return
        with self._lock:
            self.core.record((self.core.era, given[1]), failed=True)


class Telling(Core):
    """Lets the error of a listener through where it opens or closes."""

    def enter(self, state: str) -> None:
        listeners, self.listeners = self.listeners, []
        super().enter(state)
        self.listeners = listeners
        for listener in listeners:
            try:
                listener()
            except Exception:
                if state != "half_open":
                    raise


class LockLeftBehind(ReadsThenWrites):
    """Swallows the error of a listener, and leaves by a way on which the lock is not released."""

    core_of = Telling

    def failed(self, given: tuple[int, int]) -> None:
        self._lock.acquire()
        try:
            self.core.record(given, failed=True)
        except Exception:  # a listener's error must not reach the caller
            return
        self._lock.release()


class StoredProbe(SyncBreaker):
    """Keeps in a store that a probe is on its way; if it dies with its instance, no other is ever sent."""

    def __init__(self, clock: object, points: object) -> None:
        super().__init__(clock)
        self._points = points
        shared = points.durable("store", dict)  # type: ignore[attr-defined]
        self._shared: dict[str, object] = shared
        self.core.state = str(shared.get("state", "closed"))
        self.core.since_ms = int(shared.get("since_ms", 0))

    def call(self, fn: Callable[[], object]) -> object:
        self._reach("store.read")
        if self.core.look() != "closed" and self._shared.get("probing"):
            raise Rejected
        given = self.core.admit()
        self._keep(probing=self.core.state == "half_open")
        try:
            self._reach("store.kept")
            result = fn()
        except BaseException as error:
            self.ended(given, error)
            self._keep(probing=False)
            raise
        self.core.record(given, failed=False)
        self._keep(probing=False)
        return result

    def _reach(self, point: str) -> None:
        try:
            self._points.reach(point)  # type: ignore[attr-defined]
        except Exception:  # without its store it goes by what it knows
            return

    def _keep(self, *, probing: bool) -> None:
        self._shared.update(state=self.core.state, since_ms=self.core.since_ms, probing=probing)


def _timed(clock: object) -> SyncBreaker:
    return type("Timed", (SyncBreaker,), {"core_of": StaleBuckets})(clock)


def _hidden(
    name: str,
    make: object,
    made_of: object,
    kills: str,
    shows: str,
    needs: str,
    carrier: str = "threads",
    declared: dict[str, Knob] = BASE,
) -> Hidden:
    subject = breaker(
        f"hidden/breaker/{name}",
        make,  # type: ignore[arg-type]
        profile=declared,
        sync=True,
        time="injected",
        carrier=carrier,  # type: ignore[arg-type]
        summary=made_of.__doc__ or "",
        mutant_of="breaker/hardened",
        kills=tuple(kills.split()),
    )
    return Hidden(subject, shows, needs)


MUTANTS = (
    _hidden(
        "stale-buckets",
        _timed,
        StaleBuckets,
        "CB-5 CB-1",
        "failures of a minute ago open it together with one of now",
        "failures, more than ten seconds without calls at their second, then calls",
        "greenlets",
        TIME,
    ),
    _hidden(
        "reads-then-writes",
        ReadsThenWrites,
        ReadsThenWrites,
        "CB-1",
        "two failures at once are counted as one, and the third does not open it",
        "two threads that fail at once",
    ),
    _hidden(
        "checks-era-then-locks",
        ChecksEraThenLocks,
        ChecksEraThenLocks,
        "CB-5 CB-1 CB-2",
        "a half-open failure counts after the close: two more failures open it, not three",
        "a half-open failure at the instant of the success that closes, then two failures",
        declared=BASE
        | {"half_open_permits": 3, "half_open_limit": "total", "close_on": "successes", "close_successes": 2},
    ),
    _hidden(
        "lock-left-behind",
        LockLeftBehind,
        LockLeftBehind,
        "CB-9 CB-10 CB-8",
        "a listener raises, and every later call waits for a lock that is never released",
        "a listener that raises, and calls of several threads",
    ),
    _hidden(
        "stored-probe",
        StoredProbe,
        StoredProbe,
        "CB-8",
        "the instance that sends the probe loses its power, and no call ever gets through again",
        "a crash at the fault point while a probe is on its way",
        "greenlets",
    ),
)
