"""Order defects inside one object: a check and its act apart on threads, apart by an await, and a success that comes late.

The wrong breakers are right if each call is through before the next begins, or, the last, if calls end in the order in which they began.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from shaketable.subject import Subject
from shaketable_patterns.circuit_breaker.kind import breaker
from shaketable_patterns.circuit_breaker.subjects import subjects
from tests.quality.cases.breakers_wrong import ONE_PROBE, AtomicStore, CheckThenAct, Open


@dataclass(frozen=True, slots=True)
class ComponentDefect:
    """`wrong` breaks the promise `kills` in some order of its calls, `right` none."""

    name: str
    wrong: Subject
    right: Subject
    kills: str


class ActsUnderItsLock(CheckThenAct):
    """CORRECT: checks and acts under its lock."""

    def _begin(self):
        with self._lock:
            if self._state == "open":
                if self.now() < self._opened + 10:
                    raise Open
                self._go("half_open")
            elif self._probing:
                raise Open
            self._probing = self._state == "half_open"
            return self._era

    def _may_pass(self):
        return True


class AwaitsInBetween(CheckThenAct):
    """Gives up control between its check and its act: two tasks in between are both the one probe."""

    async def call(self, fn):
        if not self._may_pass():
            raise Open
        await asyncio.sleep(0)
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


def _shipped(name: str) -> Subject:
    return next(subject for subject in subjects() if subject.name == name)


DEFECTS = (
    ComponentDefect(
        "check-then-act-threads",
        breaker("order-defect/two-locks", CheckThenAct, profile=ONE_PROBE, sync=True),
        breaker("order-defect/one-lock", ActsUnderItsLock, profile=ONE_PROBE, sync=True),
        "CB-3",
    ),
    ComponentDefect(
        "await-between",
        breaker("order-defect/await-between", AwaitsInBetween, profile=ONE_PROBE, sync=False),
        breaker("order-defect/no-await-between", AtomicStore, profile=ONE_PROBE, sync=False),
        "CB-3",
    ),
    ComponentDefect(
        "late-success-of-a-breaker",
        _shipped("breaker/mutant-late-success-closes"),
        _shipped("breaker/hardened"),
        "CB-2",
    ),
)
"""`kills` is broken by each search that goes on; another promise may be broken first."""
