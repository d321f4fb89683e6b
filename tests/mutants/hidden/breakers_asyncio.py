"""Mistakes in the reference breaker for asyncio: permits, counting, listeners, clocks, metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shaketable import breaker
from shaketable_patterns.circuit_breaker.profile import DOCUMENT
from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker, Permit, State
from tests.mutants.hidden.declared import Hidden

T = TypeVar("T")


class ReturnsPermitToLaterEra(CircuitBreaker):
    """Returns the permit of a half-open call to whatever half-open era there is by now."""

    def _acquire(self) -> Permit:
        permit = super()._acquire()
        return Permit(-1 if self._state == "half_open" else permit.era, permit.since_ms)

    def _release(self, permit: Permit) -> None:
        if self._state == "half_open" and permit.era == -1:
            self._permits += 1


class SlowOnlyIfOk(CircuitBreaker):
    """Measures successes only: a failure is never slow, so a window of slow calls with a few failures is not all slow."""

    def _record(self, permit: Permit, *, failed: bool) -> None:
        super()._record(Permit(permit.era, self._now_ms()) if failed else permit, failed=failed)


class MinimumOfAdmitted(CircuitBreaker):
    """Compares its minimum with the calls that it admitted, also those that were cancelled or ignored."""

    _admitted = 0

    def _acquire(self) -> Permit:
        permit = super()._acquire()
        self._admitted += 1
        return permit

    def _record(self, permit: Permit, *, failed: bool) -> None:
        if self._state == "closed" and self._admitted >= super()._minimum() > len(self._window) + 1:
            slow = self._now_ms() - permit.since_ms > self._settings.slow_call_ms
            self._window.append((failed, slow))
            self._judge()
        else:
            super()._record(permit, failed=failed)

    def _enter(self, state: State) -> None:
        self._admitted = 0
        super()._enter(state)


class TellsInTheMiddle(CircuitBreaker):
    """Tells its listeners before it has made its window and permits anew, and skips that when one raises."""

    def _enter(self, state: State) -> None:
        before, self._state = self._state, state
        self._era += 1
        try:
            if state == "open":
                self._opened_ms = self._now_ms()
            for listener in self._listeners:
                listener(before, state)
            if state != "open":
                self._window = self._new_window()
                self._permits = self._settings.half_open_permits
        except Exception:  # a listener's error must not reach the caller
            return


class RingOfBytes(CircuitBreaker):
    """Keeps outcomes in a ring whose place is a byte modulo ten: after 256 calls it writes over the wrong ones."""

    def __init__(self, monotonic_ms: Callable[[], int]) -> None:
        super().__init__(monotonic_ms)
        self._written = 0
        self._ring: list[tuple[bool, bool]] = []

    def _record(self, permit: Permit, *, failed: bool) -> None:
        if self._state != "closed":
            super()._record(permit, failed=failed)
            return
        slow = self._now_ms() - permit.since_ms > self._settings.slow_call_ms
        if len(self._ring) < self._settings.window_size:
            self._ring.append((failed, slow))
        else:
            self._ring[self._written % self._settings.window_size] = (failed, slow)
        self._written = (self._written + 1) & 0xFF
        self._window.clear()
        self._window.extend(self._ring)
        if len(self._ring) >= self._minimum():
            self._judge()

    def _enter(self, state: State) -> None:
        super()._enter(state)
        self._written = 0
        self._ring = []


class MetricsFirst(CircuitBreaker):
    """Waits for its metrics to be taken before it writes down how a call ended; a caller may give up there."""

    def __init__(self, monotonic_ms: Callable[[], int], push: Callable[[], Awaitable[None]]) -> None:
        super().__init__(monotonic_ms)
        self._push = push

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        permit = self._acquire()
        try:
            result = await fn()
        except self._settings.ignored:
            self._release(permit)
            raise
        except Exception:
            await self._pushed()
            self._record(permit, failed=True)
            raise
        except BaseException:
            self._release(permit)
            raise
        await self._pushed()
        self._record(permit, failed=False)
        return result

    async def _pushed(self) -> None:
        try:
            await self._push()
        except Exception:  # metrics must not disturb calls
            return


class ReferenceAdapter:
    """The reference breaker, or one like it, as the harness calls it."""

    rejections = (CallNotPermitted,)

    def __init__(self, reference: CircuitBreaker) -> None:
        self._breaker = reference

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        return await self._breaker.call(fn)

    def state(self) -> str:
        return self._breaker.state

    def listen(self, callback: Callable[[], None]) -> None:
        self._breaker.listen(lambda _before, _after: callback())


def _with_metrics(clock: object, points: object) -> ReferenceAdapter:
    async def push() -> None:
        await points.reach("metrics")  # type: ignore[attr-defined]

    return ReferenceAdapter(MetricsFirst(clock.now_ms, push))  # type: ignore[attr-defined]


def _by_the_wall(clock: object) -> ReferenceAdapter:
    return ReferenceAdapter(TimesCallsByTheWall(clock.now_ms, clock.time_s))  # type: ignore[attr-defined]


class TimesCallsByTheWall(CircuitBreaker):
    """Measures how long a call takes by the wall clock: one step forward, and all calls in flight are slow."""

    def __init__(self, monotonic_ms: Callable[[], int], time_s: Callable[[], float]) -> None:
        super().__init__(monotonic_ms)
        self._time_s = time_s

    def _acquire(self) -> Permit:
        return Permit(super()._acquire().era, int(self._time_s() * 1000))

    def _record(self, permit: Permit, *, failed: bool) -> None:
        took_ms = int(self._time_s() * 1000) - permit.since_ms
        super()._record(Permit(permit.era, self._now_ms() - took_ms), failed=failed)


def _hidden(
    name: str, made_of: type[CircuitBreaker], kills: str, shows: str, needs: str, make: object = None
) -> Hidden:
    def plain(clock: object) -> ReferenceAdapter:
        return ReferenceAdapter(made_of(clock.now_ms))  # type: ignore[attr-defined]

    subject = breaker(
        f"hidden/breaker/{name}",
        make or plain,  # type: ignore[arg-type]
        profile=DOCUMENT,
        sync=False,
        time="injected",
        summary=made_of.__doc__ or "",
        mutant_of="breaker/hardened",
        kills=tuple(kills.split()),
    )
    return Hidden(subject, shows, needs)


MUTANTS = (
    _hidden(
        "returns-permit-to-later-era",
        ReturnsPermitToLaterEra,
        "CB-3",
        "a probe of the first half-open era is cancelled in the second, and a fourth call is let through",
        "a hanging probe that outlives its era, and its cancellation in the next one",
    ),
    _hidden(
        "slow-only-if-ok",
        SlowOnlyIfOk,
        "CB-1",
        "ten calls of over a minute, one of them a failure: it stays closed",
        "ten calls that take longer than 60 s, one to four of which fail",
    ),
    _hidden(
        "minimum-of-admitted",
        MinimumOfAdmitted,
        "CB-1 CB-7",
        "eight calls are cancelled, and the first two failures open it",
        "ten admitted calls, most of which are cancelled or ignored",
    ),
    _hidden(
        "tells-in-the-middle",
        TellsInTheMiddle,
        "CB-9 CB-8 CB-1",
        "a listener raises at a close or at half-open: the window is the old one, and there are no new permits",
        "a listener that raises, and the way to half-open",
    ),
    _hidden(
        "ring-of-bytes",
        RingOfBytes,
        "CB-5 CB-1",
        "after 256 outcomes it forgets new failures and remembers old ones",
        "more than 256 calls without an opening, then failures over a place that it skipped",
    ),
    _hidden(
        "metrics-first",
        MetricsFirst,
        "CB-7 CB-8",
        "a half-open call is cancelled while its metrics are sent: its permit never comes back",
        "a cancellation at the fault point, while half-open",
        _with_metrics,
    ),
    _hidden(
        "times-calls-by-the-wall",
        TimesCallsByTheWall,
        "CB-1",
        "the clock is set forward by an hour and ten good calls in flight open it",
        "a clock step of over a minute while ten calls are in flight",
        _by_the_wall,
    ),
)
