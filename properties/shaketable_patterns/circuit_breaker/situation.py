"""What a breaker is at one moment, in virtual time, what that allows it to do next, and how it comes to another state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.states import (
    CLOSED,
    HALF_OPEN,
    MAY,
    MUST,
    NEVER,
    OPEN,
    TOLERANCE_MS,
    Admitted,
    Era,
    StateName,
)
from shaketable_patterns.circuit_breaker.window import Window, rate_reached


class Situation:
    """The state, its window, its probes and its calls in flight.

    It opened at `since_ms` or, where that is left open, at any time until `until_ms`. `turn` is the index of the event
    that made the last transition. `forks` are the other ways that it may have gone.
    """

    __slots__ = (
        "_knobs",
        "_loose",
        "_probes_max",
        "_quirks",
        "_renewed",
        "_trip_ms",
        "admitted",
        "calls",
        "decided",
        "era",
        "eras",
        "forks",
        "inflight",
        "outcomes",
        "owed",
        "probe_failures",
        "probe_ms",
        "probe_slow",
        "quirk_index",
        "quirk_state",
        "reopened",
        "since_ms",
        "slow_calls",
        "state",
        "turn",
        "until_ms",
        "window",
    )

    def __init__(self, knobs: Knobs, quirks: frozenset[str] = frozenset()) -> None:
        self._knobs = knobs
        self._quirks = quirks
        self._probes_max = knobs.probes_max
        self._trip_ms = -1  # since when the trip condition holds, while it may be noticed later
        self._renewed = False  # a probe took the place of one that hung
        self._loose = False  # and one of the two was returned: whether there is a permit again is open
        self.state: StateName = CLOSED
        self.era = 0
        self.since_ms = self.until_ms = 0
        self.reopened = 0  # reopenings in a row: they can make the wait longer
        self.turn = -1
        self.quirk_index = -1  # index of the last event at which a quirk made a difference
        self.quirk_state: StateName = CLOSED  # and the state that admitted its call, where that matters
        self.calls: dict[int, Admitted] = {}
        self.window = Window(knobs, quirks)
        self.outcomes: list[str] = []
        self.eras: list[Era] = []
        self.slow_calls = 0  # ever
        self.probe_failures = self.probe_slow = 0
        self.probe_ms = 0  # when the last probe began
        self.admitted = 0  # permits of this half-open era that are taken
        self.inflight = 0  # calls of this era in flight
        self.decided: dict[int, bool] = {}  # calls that wait, of which it is settled already: admitted or not
        self.owed: tuple[int, ...] = ()  # calls whose function has ended and whose result is not recorded yet
        self.forks: list[Self] = []

    def copy(self) -> Self:
        """Return another one in the same state."""
        twin = self.__class__.__new__(self.__class__)
        for name in Situation.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.calls, twin.decided = dict(self.calls), dict(self.decided)
        twin.outcomes, twin.eras = list(self.outcomes), list(self.eras)
        twin.window, twin.forks = self.window.copy(), []
        return twin

    @property
    def signature(self) -> tuple[object, ...]:
        """All that decides what it does next: two with the same signature are one."""
        calls = tuple((c, a.era == self.era, a.state, a.time_ms) for c, a in self.calls.items())
        return (
            (
                self.state,
                self.since_ms,
                self.until_ms,
                self.reopened,
                self._trip_ms,
                self._renewed,
                self._loose,
            ),
            (self.probe_failures, self.probe_slow, self.probe_ms, self.admitted, self.inflight),
            (len(self.outcomes), calls, tuple(self.decided.items()), self.owed, self.window.contents),
        )

    def taken_apart(self) -> list[Self]:
        """Return it and the other ways that it left behind, each without any."""
        todo, done = [self], list[Self]()
        while todo:
            one = todo.pop(0)
            todo += one.forks
            one.forks = []
            done.append(one)
        return done

    def _fork(self, differently: Callable[[Self], None]) -> None:
        twin = self.copy()
        differently(twin)
        self.forks.append(twin)

    @property
    def ticks(self) -> bool:
        """True if time alone can cause a transition."""
        knobs = self._knobs
        timed = knobs.max_half_open_ms or knobs.evaluates_every_ms or knobs.window == "tumbling"
        return knobs.leaves_open == "automatic" or bool(timed)

    def allows(self, now_ms: int) -> int:
        """Return NEVER, MAY or MUST: whether a call that starts now is admitted (after `tick`)."""
        if self.state == CLOSED:
            return MUST if self._trip_ms < 0 else MAY
        if self.state == OPEN:
            if now_ms < self._wait_ends_ms() - TOLERANCE_MS:
                return MAY if "no-wait" in self._quirks else NEVER
            return MUST if now_ms > self._wait_ends_ms(latest=True) + TOLERANCE_MS else MAY
        permit = self.permit(now_ms)
        return MAY if permit == MUST and self._ends_now(now_ms) else permit

    def permit(self, now_ms: int) -> int:
        """Return NEVER, MAY or MUST: whether one more half-open call fits."""
        knobs, limit = self._knobs, self._probes_max
        if knobs.half_open_in_flight and self.inflight >= knobs.half_open_in_flight:
            return NEVER
        if not limit or (self.admitted if knobs.half_open_limit == "total" else self.inflight) < limit:
            return MAY if knobs.half_open_limit == "gradual" else MUST
        if not knobs.probe_renewal_ms:
            return NEVER
        left_ms = self.probe_ms + knobs.probe_renewal_ms - now_ms
        if left_ms > TOLERANCE_MS:
            return MAY if self._loose else NEVER
        return MAY if left_ms >= -TOLERANCE_MS else MUST

    @property
    def after_wait(self) -> StateName:
        """The state that follows the wait."""
        return HALF_OPEN if self._knobs.after_wait == "half_open" else CLOSED

    def _wait_ends_ms(self, latest: bool = False) -> int:
        wait_ms = self._knobs.wait_after_ms(self.reopened)
        return (self.until_ms + self._knobs.wait_jitter_ms if latest else self.since_ms) + wait_ms

    def may_have_left_open(self, now_ms: int) -> bool:
        """Tell whether it may call itself half-open although no probe has been admitted: its wait may be over."""
        return self.state == OPEN and now_ms >= self._wait_ends_ms() - TOLERANCE_MS

    def may_have_opened(self, now_ms: int) -> bool:
        """Tell whether it may call itself open already: it trips at its next look, or half-open lasted long enough."""
        limit_ms = self._knobs.max_half_open_ms
        if self.state != HALF_OPEN:
            return self._trip_ms >= 0
        if self._knobs.leaves_open == "automatic" and now_ms <= self.since_ms + TOLERANCE_MS:
            return True
        return bool(limit_ms) and now_ms >= self.since_ms + limit_ms - TOLERANCE_MS

    def _ends_now(self, now_ms: int) -> bool:
        limit_ms = self._knobs.max_half_open_ms
        return bool(limit_ms) and abs(self.since_ms + limit_ms - now_ms) <= TOLERANCE_MS

    def shows(self, shown: str, now_ms: int, index: int) -> bool:
        """Take in that it shows this state, and tell whether it may; near a boundary instant it may show either.

        One that shows that it is open has noticed by now that its trip condition holds.
        """
        if shown == self.state:
            return True
        if shown != OPEN:
            return self.may_have_left_open(now_ms) and shown == self.after_wait
        if not self.may_have_opened(now_ms):
            return False
        if self.state == CLOSED:
            self._open(self._trip_ms, now_ms, index)
        return True

    def _after_probe(self, failed: bool) -> StateName | None:
        """Return the state that the probes' results lead to, or None while there are too few."""
        knobs, results = self._knobs, len(self.outcomes)
        if knobs.close_on == "all_permitted" and knobs.trip_rule == "rate":
            if results < knobs.probes_to_close:
                return None
            return OPEN if rate_reached(knobs, results, self.probe_failures, self.probe_slow) else CLOSED
        if self.probe_failures >= knobs.half_open_failures:
            return OPEN
        counting = results if knobs.close_on == "all_permitted" else results - self.probe_failures
        return CLOSED if not failed and counting >= knobs.probes_to_close else None

    def _count_opening(self, now_ms: int) -> None:
        """Count an opening among those that make the wait longer."""
        decay_ms = self._knobs.wait_decay_ms
        if not decay_ms:
            self.reopened = self.reopened + 1 if self.state == HALF_OPEN else 0
        elif all(era.next_state != OPEN for era in self.eras[:-1]):
            self.reopened = 0  # the first opening
        else:
            stayed_ms = now_ms - self.since_ms if self.state == CLOSED else 0
            self.reopened = max(-1, self.reopened - stayed_ms // decay_ms) + 1

    # -- transitions -------------------------------------------------------------------------------------

    def _open(self, since_ms: int, until_ms: int, index: int) -> None:
        self._move(OPEN, since_ms, index)
        self.until_ms = until_ms

    def _move(self, state: StateName, now_ms: int, index: int) -> None:
        self.eras.append(Era(self.state, "".join(self.outcomes), state, index))
        self.outcomes = []
        if state == OPEN:
            self._count_opening(now_ms)
        self.state = state
        self.era += 1
        self.since_ms = self.until_ms = now_ms
        self.turn = index
        self._trip_ms, self._loose, self._renewed = -1, False, False
        self.inflight = self.admitted = self.probe_failures = self.probe_slow = 0
        if state == CLOSED:
            self._forget(now_ms, index)

    def _forget(self, now_ms: int, index: int) -> None:
        """Empty the window: a breaker that closes starts anew, unless its profile says otherwise."""
        if "keeps-window" in self._quirks:
            self.quirk_index = index
        elif self._knobs.close_clears:
            self.window.clear(now_ms)
