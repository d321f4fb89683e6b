"""Breakers with a mistake each, of kinds that were found in real code; beside each the promises that may tell it."""

import asyncio
from collections import deque

from shaketable_patterns.circuit_breaker.kind import breaker
from tests.quality.cases.breakers_libraries import BASE, RATE, Asyncio, Library, Rejected


class IntegerDivision(Library):
    """Divides whole numbers, so that the rate is 0 or 100: it opens only when every call of the window failed."""

    def fresh(self):
        self.window = deque(maxlen=10)

    def trips(self, failed):
        self.window.append(failed)
        return len(self.window) >= 4 and sum(self.window) // len(self.window) * 100 >= 50


class DividesBySize(IntegerDivision):
    """Divides by the places of the window, also those that hold nothing yet."""

    def trips(self, failed):
        self.window.append(failed)
        return len(self.window) >= 4 and sum(self.window) * 100 >= 50 * 10


class PrunesOne(Library):
    """Drops from its time window one outcome that is too old for each that comes, where there may be several."""

    def fresh(self):
        self.window = deque()

    def trips(self, failed):
        self.window.append((self.now(), failed))
        if self.now() - self.window[0][0] >= 30_000:
            self.window.popleft()
        return len(self.window) >= 4 and sum(w[1] for w in self.window) * 2 >= len(self.window)


class BackoffNeverReset(Library):
    """Doubles its wait at each opening, and does not begin anew when it closes."""

    opened = 0

    def enter(self, st):
        self.opened += st == "open"
        super().enter(st)

    def wait(self):
        return min(80_000, 10_000 * 2 ** (self.opened - 1))


class BackoffUncapped(Library):
    """Doubles its wait at each reopening, whatever the longest wait is said to be."""

    def wait(self):
        return 10_000 * 2**self.rounds


class StaleTimer(Asyncio):
    """A late failure begins the wait anew with a second timer; the first one still fires."""

    def enter(self, st):
        super().enter(st)
        if st == "open":
            self.begin()

    def begin(self):
        asyncio.get_running_loop().call_later(10, self.over_now)

    def over_now(self):
        if self.st == "open":
            self.enter("half_open")

    def wait(self):
        return 10**9

    def ended(self, era, how):
        if self.st == "open" and how == "failed":
            self.begin()
        super().ended(era, how)


class OpenedAtStart(Library):
    """Measures its wait from when the failing call began, not from when it failed."""

    began = 0

    def call(self, fn):
        at = self.now()
        era = self.admit()
        try:
            result = fn()
        except ConnectionError:
            self.began = at
            self.ended(era, "failed")
            raise
        except BaseException:
            self.ended(era, "nothing")
            raise
        self.ended(era, "ok")
        return result

    def enter(self, st):
        super().enter(st)
        if st == "open":
            self.since = self.began


class SuccessesEverywhere(Library):
    """Counts successes in every state, so those from before the failures help to close it."""

    successes = 3
    probes = 3
    all_good = 0

    def ended(self, era, how):
        self.all_good += how == "ok"
        super().ended(era, how)

    def judge(self, failed):
        if failed:
            self.enter("open")
        elif self.all_good >= 3:
            self.all_good = 0
            self.enter("closed")


class ReadingTakesProbe(Library):
    """Looks whether it may be half-open when it is asked for its state, and takes the one probe for the question."""

    def state(self):
        try:
            if self.st == "open":
                self.admit()
        except Rejected:
            pass
        return self.st


class CachedState(Library):
    """Keeps the state for a second, to spare the store a question at each call."""

    known, known_at = "closed", -1_000

    def admit(self):
        if self.now() - self.known_at >= 1_000:
            self.known, self.known_at = self.st, self.now()
        if self.known == "closed" and self.st == "open":
            return self.era
        return super().admit()


class ExcessReopens(Library):
    """Refuses inside its own try: a call refused beside the probe is a failure, and opens it again."""

    def call(self, fn):
        era = self.era
        try:
            era = self.admit()
            result = fn()
        except (ConnectionError, Rejected):
            self.ended(era, "failed")
            raise
        except BaseException:
            self.ended(era, "nothing")
            raise
        self.ended(era, "ok")
        return result


class AwaitsBetween(Asyncio):
    """Writes a line of its log between looking and taking the probe, and awaits that."""

    def look(self):
        if self.st == "open" and self.now() - self.since < 10_000:
            raise Rejected
        if self.st == "half_open" and self.probing:
            raise Rejected

    def admit(self):
        if self.st == "open":
            self.enter("half_open")
        self.probing += self.st == "half_open"
        return self.era

    async def call(self, fn):
        self.look()
        await asyncio.sleep(0)
        return await super().call(fn)


class LateFailureReopens(Library):
    """Looks at the era of a success only: a failure from before it opened fails the probe."""

    def ended(self, era, how):
        if how == "failed" and self.st == "half_open":
            self.enter("open")
        else:
            super().ended(era, how)


class EqualsThreshold(Library):
    """Opens when the failures are exactly three, so the fourth one, of the probe, does not open it again."""

    def judge(self, failed):
        if failed:
            self.streak += 1
            if self.streak == 3:
                self.enter("open")
        else:
            super().judge(failed)


class ServesLastGood(Library):
    """Answers a failure with the last good result, which is not declared."""

    last = None

    def call(self, fn):
        try:
            self.last = super().call(fn)
        except ConnectionError:
            if self.last is None:
                raise
        return self.last


class MissesBaseExceptions(Library):
    """Returns the probe for any Exception; what is none keeps it."""

    def call(self, fn):
        era = self.admit()
        try:
            result = fn()
        except ConnectionError:
            self.ended(era, "failed")
            raise
        except Exception:
            self.ended(era, "nothing")
            raise
        self.ended(era, "ok")
        return result


COUNT = RATE | {"window": "count", "window_size": 10}
TIME = RATE | {"window": "time", "window_ms": 30_000}
THREE = {
    "half_open_permits": 3,
    "half_open_limit": "concurrent",
    "close_on": "successes",
    "close_successes": 3,
}
DOUBLES = {"wait_factor_percent": 200}
BUGS = {
    "integer_division": (IntegerDivision, COUNT, {"CB-1"}),
    "divides_by_size": (DividesBySize, COUNT, {"CB-1"}),
    "prunes_one": (PrunesOne, TIME, {"CB-5", "CB-1"}),
    "backoff_never_reset": (BackoffNeverReset, DOUBLES | {"wait_max_ms": 80_000}, {"CB-8"}),
    "backoff_uncapped": (BackoffUncapped, DOUBLES | {"wait_max_ms": 20_000}, {"CB-8"}),
    "stale_timer": (
        StaleTimer,
        {"leaves_open": "automatic", "late_failure_extends_open": True},
        {"CB-4"},
    ),
    "opened_at_start": (OpenedAtStart, {}, {"CB-4"}),
    "successes_everywhere": (SuccessesEverywhere, THREE, {"CB-2"}),
    "reading_takes_probe": (ReadingTakesProbe, {}, {"CB-8", "CB-7"}),
    "cached_state": (CachedState, {}, {"CB-4"}),
    "excess_reopens": (ExcessReopens, {}, {"CB-1", "CB-3", "CB-5", "CB-8"}),
    "awaits_between": (AwaitsBetween, {}, {"CB-3"}),
    "late_failure_reopens": (LateFailureReopens, {}, {"CB-2", "CB-5"}),
    "equals_threshold": (EqualsThreshold, {}, {"CB-1", "CB-3"}),
    "serves_last_good": (ServesLastGood, {}, {"CB-0"}),
    "misses_base_exceptions": (MissesBaseExceptions, {}, {"CB-7", "CB-8"}),
}


def bug(name):
    """Return one of these breakers."""
    kind, knobs, _promises = BUGS[name]
    return breaker(
        "bug-" + name.replace("_", "-"),
        kind,
        profile=BASE | knobs,
        sync=not issubclass(kind, Asyncio),
        time="injected",
        carrier="threads" if issubclass(kind, Asyncio) else "greenlets",
    )
