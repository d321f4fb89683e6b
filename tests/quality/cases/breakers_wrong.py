"""Breakers with a mistake each; what must be said of them stands in README.md. Imports are those of 2026-11-29."""

import asyncio
import threading
import time

from shaketable_patterns.circuit_breaker.kind import breaker
from shaketable_patterns.circuit_breaker.profile import DOCUMENT
from shaketable_patterns.circuit_breaker.subjects import ReferenceAdapter
from shaketable_targets.breakers.reference import CircuitBreaker

ONE_PROBE = {
    "trip_rule": "consecutive",
    "failure_threshold": 3,
    "window": "none",
    "wait_ms": 10_000,
    "half_open_permits": 1,
    "half_open_limit": "one",
    "close_on": "first_success",
    "stale": "ignore",
    "excluded": "nothing",
    "cancelled": "nothing",
    "states_observable": True,
}


class AsksTwice(CircuitBreaker):
    """A half-open call takes two permits: one to ask, one to run."""

    def _acquire(self):
        super()._acquire()
        return super()._acquire()


class CountsEverythingHalfOpen(CircuitBreaker):
    """Excluded exceptions are ignored while closed, and failures while half-open."""

    async def call(self, fn):
        permit = self._acquire()
        half_open = self._state == "half_open"
        try:
            result = await fn()
        except self._settings.ignored:
            if half_open:
                self._record(permit, failed=True)
            else:
                self._release(permit)
            raise
        except Exception:
            self._record(permit, failed=True)
            raise
        except BaseException:
            self._release(permit)
            raise
        self._record(permit, failed=False)
        return result


class Open(Exception):
    """Refused."""


class CheckThenAct:
    """Checks under its lock, lets go of it, acts under it again: two threads in between are both the one probe."""

    rejections = (Open,)

    def __init__(self, _clock):
        self._lock = threading.Lock()
        self._state, self._failures, self._opened, self._probing, self._era = "closed", 0, 0.0, False, 0

    def now(self):
        return time.monotonic()

    def state(self):
        return self._state

    def _may_pass(self):
        with self._lock:
            if self._state == "open":
                return self.now() >= self._opened + 10
            return self._state == "closed" or not self._probing

    def _begin(self):
        with self._lock:
            if self._state == "open":
                self._go("half_open")
            self._probing = self._state == "half_open"
            return self._era

    def _end(self, era, failed):
        with self._lock:
            if era != self._era:
                return
            if failed:
                self._failures += 1
                if self._state == "half_open" or self._failures >= 3:
                    self._opened = self.now()
                    self._go("open")
            else:
                self._failures = 0
                if self._state == "half_open":
                    self._go("closed")

    def _let_go(self, era):
        with self._lock:
            if era == self._era:
                self._probing = False

    def _go(self, state):
        self._state, self._era, self._probing, self._failures = state, self._era + 1, False, 0

    def call(self, fn):
        if not self._may_pass():
            raise Open
        era = self._begin()
        try:
            result = fn()
        except OSError:
            self._end(era, failed=True)
            raise
        except BaseException:
            self._let_go(era)
            raise
        self._end(era, failed=False)
        return result


class WallClock(CheckThenAct):
    """Measures its wait with the wall clock: set back, it stays open for as long as it was set back."""

    def now(self):
        return time.time()


class AtomicStore(CheckThenAct):
    """CORRECT: its state is a round trip away; check and act are one script there."""

    async def call(self, fn):
        await asyncio.sleep(0.005)
        if not self._may_pass():
            raise Open
        era = self._begin()
        try:
            result = await fn()
        except OSError:
            self._end(era, failed=True)
            raise
        except BaseException:
            self._let_go(era)
            raise
        self._end(era, failed=False)
        return result


def _reference(kind):
    return lambda clock: ReferenceAdapter(kind(clock.now_ms))


def asks_twice():
    return breaker("cases/asks-twice", _reference(AsksTwice), profile=DOCUMENT, sync=False, time="injected")


def counts_everything_half_open():
    return breaker(
        "cases/counts-everything",
        _reference(CountsEverythingHalfOpen),
        profile=DOCUMENT,
        sync=False,
        time="injected",
    )


def check_then_act():
    return breaker("cases/check-then-act", CheckThenAct, profile=ONE_PROBE, sync=True)


def wall_clock():
    return breaker("cases/wall-clock", WallClock, profile=ONE_PROBE | {"clock": "monotonic"}, sync=True)


def atomic_store():
    return breaker("cases/atomic-store", AtomicStore, profile=ONE_PROBE, sync=False)
