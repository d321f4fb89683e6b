"""A breaker's state machine with the choices of several libraries as class attributes, and how calls go through it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable

EXCLUDED = ValueError
Listener = Callable[[], None]


class Rejected(Exception):
    """The breaker refused the call."""


class Core:
    """Three failures in a row open it, after ten seconds one call is let through and decides; each era is by itself."""

    wait_ms = 10_000
    permits = 1
    """Half-open calls, in an era or at once; 0 is no limit."""
    at_once = False
    """Permits come back when a half-open call ends."""
    successes = 1
    """Half-open successes that close it; one failure opens it."""
    counts_stale = False
    """A result counts in the state in which it arrives."""
    late_failure_extends = False
    max_half_open_ms = 0

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self.state = "closed"
        self.era = 0
        self.since_ms = 0
        self.taken = self.good = 0
        self.listeners: list[Listener] = []
        self.clear()

    # -- the rule by which it trips ----------------------------------------------------------------------

    def clear(self) -> None:
        self.failures = 0

    def add(self, failed: bool, took_ms: int) -> bool:
        """Take an outcome while closed; tell whether it trips."""
        self.failures = self.failures + 1 if failed else 0
        return self.failures >= 3

    # -- calls -------------------------------------------------------------------------------------------

    def look(self) -> str:
        """Return the state as of now."""
        if self.state == "half_open" and self.max_half_open_ms:
            over_ms = self.since_ms + self.max_half_open_ms
            if self.now_ms() >= over_ms:
                self.enter("open")
                self.since_ms = over_ms
        return self.state

    def admit(self) -> tuple[int, int]:
        """Admit a call: its era and the time. Raises Rejected."""
        state = self.look()
        if state == "open":
            if self.now_ms() < self.since_ms + self.wait_ms:
                raise Rejected
            self.enter("half_open")
        if self.state == "half_open":
            if self.permits and self.taken >= self.permits:
                raise Rejected
            self.taken += 1
        return self.era, self.now_ms()

    def nothing(self, given: tuple[int, int]) -> None:
        """End a call that says nothing: only its permit comes back."""
        if self.look() == "half_open" and given[0] == self.era:
            self.taken -= 1

    def record(self, given: tuple[int, int], failed: bool) -> None:
        """End a call with an outcome."""
        state = self.look()
        own = given[0] == self.era
        if own and state == "half_open" and self.at_once:
            self.taken -= 1
        if state == "open":
            if failed and self.late_failure_extends:
                self.since_ms = self.now_ms()
            return
        if not own and not self.counts_stale:
            return
        if state == "closed":
            if self.add(failed, self.now_ms() - given[1]):
                self.enter("open")
        elif failed:
            self.enter("open")
        else:
            self.good += 1
            if self.good >= self.successes:
                self.enter("closed")

    def enter(self, state: str) -> None:
        """Change the state and tell the listeners, whatever they do."""
        self.state, self.since_ms = state, self.now_ms()
        self.era += 1
        self.taken = self.good = 0
        if state == "closed":
            self.clear()
        for listener in self.listeners:
            try:
                listener()
            except Exception:  # a listener's error is its own
                continue


class Rate(Core):
    """Half of the last ten outcomes open it, from the fourth on."""

    size = 10
    minimum = 4

    def clear(self) -> None:
        self.window: deque[bool] = deque(maxlen=self.size)

    def add(self, failed: bool, took_ms: int) -> bool:
        self.window.append(failed)
        return len(self.window) >= self.minimum and sum(self.window) * 2 >= len(self.window)


class TimedRate(Core):
    """Half of the outcomes of the last ten seconds open it, from the fourth on."""

    window_ms = 10_000
    minimum = 4
    strict = False

    def clear(self) -> None:
        self.window: deque[tuple[int, bool]] = deque()

    def add(self, failed: bool, took_ms: int) -> bool:
        now_ms = self.now_ms()
        self.window.append((now_ms, failed))
        while self.window[0][0] <= now_ms - self.window_ms:
            self.window.popleft()
        calls, failures = len(self.window), sum(failed for _, failed in self.window)
        enough = failures * 2 > calls if self.strict else failures * 2 >= calls
        return calls >= self.minimum and enough


class SyncBreaker:
    """Calls through a core, one step at a time."""

    core_of: type[Core] = Core
    rejections = (Rejected,)
    cancelled_fails = False
    excluded_succeeds = False

    def __init__(self, clock: object) -> None:
        self.core = self.core_of(clock.now_ms)  # type: ignore[attr-defined]

    def state(self) -> str:
        return self.core.look()

    def listen(self, callback: Listener) -> None:
        self.core.listeners.append(callback)

    def call(self, fn: Callable[[], object]) -> object:
        given = self.core.admit()
        try:
            result = fn()
        except BaseException as error:
            self.ended(given, error)
            raise
        self.core.record(given, failed=False)
        return result

    def ended(self, given: tuple[int, int], error: BaseException) -> None:
        if isinstance(error, EXCLUDED):
            if self.excluded_succeeds:
                self.core.record(given, failed=False)
            else:
                self.core.nothing(given)
        elif isinstance(error, Exception) or self.cancelled_fails:
            self.core.record(given, failed=True)
        else:
            self.core.nothing(given)


class LockedCore:
    """A core of which each step is taken under one lock; listeners are told under it, and it may be taken again."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.RLock()
        self.listeners = core.listeners

    def look(self) -> str:
        with self._lock:
            return self._core.look()

    def admit(self) -> tuple[int, int]:
        with self._lock:
            return self._core.admit()

    def nothing(self, given: tuple[int, int]) -> None:
        with self._lock:
            self._core.nothing(given)

    def record(self, given: tuple[int, int], failed: bool) -> None:
        with self._lock:
            self._core.record(given, failed)


class ThreadBreaker(SyncBreaker):
    """The same for threads."""

    def __init__(self, clock: object) -> None:
        super().__init__(clock)
        self.core = LockedCore(self.core)  # type: ignore[assignment]


class AsyncBreaker(SyncBreaker):
    """The same for asyncio: no step awaits."""

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:  # type: ignore[override]
        given = self.core.admit()
        try:
            result = await fn()
        except BaseException as error:
            self.ended(given, error)
            raise
        self.core.record(given, failed=False)
        return result


class WaitingBreaker(AsyncBreaker):
    """Callers that find every half-open permit taken wait for the verdict."""

    def __init__(self, clock: object) -> None:
        super().__init__(clock)
        self._changed = asyncio.Event()
        self.core.listeners.append(self._wake)

    def _wake(self) -> None:
        self._changed.set()

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:  # type: ignore[override]
        while self.core.look() == "half_open" and self.core.taken >= self.core.permits:
            self._changed.clear()
            await self._changed.wait()
        return await super().call(fn)

    def ended(self, given: tuple[int, int], error: BaseException) -> None:
        super().ended(given, error)
        self._changed.set()
