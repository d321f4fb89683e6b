"""The reference state machine of a breaker: what it may do next, with these knobs and after what happened so far.

CLOSED holds the recorded outcomes, OPEN the instant it opened, HALF_OPEN the probes and their results. The era
grows by one at each transition, and a call belongs to the era that admitted it. Pure: time and events come in as
arguments. `quirks` switch on known ways of being wrong; the diagnosis uses them to put a name to a misbehaviour.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.window import Window, rate_reached

StateName = Literal["closed", "open", "half_open"]
CLOSED: StateName = "closed"
OPEN: StateName = "open"
HALF_OPEN: StateName = "half_open"

NEVER, MAY, MUST = 0, 1, 2
"""The answers to: is a call that starts now admitted? MAY is a boundary instant: either answer is accepted."""

TOLERANCE_MS = 1


class Era(msgspec.Struct, frozen=True, gc=False):
    """A finished era: what was recorded in it (`.` success, `s` slow success, `x` failure), what followed, and by which event."""

    state: StateName
    outcomes: str
    next_state: StateName
    at: int


class Admitted(msgspec.Struct, frozen=True, gc=False):
    """A call in flight: the era and state that admitted it."""

    era: int
    state: StateName
    time_ms: int


class Model:
    """A breaker in virtual time. `lost` says why it cannot know the state any more (a boundary instant)."""

    __slots__ = (
        "_knobs",
        "_probes_max",
        "_quirks",
        "admitted",
        "calls",
        "era",
        "eras",
        "inflight",
        "lost",
        "outcomes",
        "probe_failures",
        "probe_slow",
        "quirk_index",
        "quirk_state",
        "since_ms",
        "slow_calls",
        "state",
        "turn",
        "window",
    )

    def __init__(self, knobs: Knobs, quirks: frozenset[str] = frozenset()) -> None:
        self._knobs = knobs
        self._quirks = quirks
        self._probes_max = knobs.probes_max
        self.state: StateName = CLOSED
        self.era = 0
        self.since_ms = 0
        self.turn = -1  # index of the event that caused the last transition
        self.quirk_index = -1  # index of the last event at which a quirk made a difference
        self.quirk_state: StateName = CLOSED  # and the state that admitted the call
        self.calls: dict[object, Admitted] = {}
        self.window = Window(knobs, quirks)
        self.outcomes: list[str] = []
        self.eras: list[Era] = []
        self.slow_calls = 0  # ever
        self.probe_failures = 0
        self.probe_slow = 0
        self.admitted = 0  # permits of this half-open era that are taken
        self.inflight = 0  # calls of this era in flight
        self.lost = ""

    # -- admission ---------------------------------------------------------------------------------------

    @property
    def ticks(self) -> bool:
        """True if time alone can cause a transition."""
        return self._knobs.leaves_open == "automatic" or bool(self._knobs.max_half_open_ms)

    def tick(self, now_ms: int) -> None:
        """Make the transitions that time alone causes."""
        knobs = self._knobs
        while True:
            if self.state == OPEN and knobs.leaves_open == "automatic":
                due_ms, following = self.since_ms + knobs.wait_ms, HALF_OPEN
            elif self.state == HALF_OPEN and knobs.max_half_open_ms:
                due_ms, following = self.since_ms + knobs.max_half_open_ms, OPEN
            else:
                return
            if now_ms <= due_ms + TOLERANCE_MS:
                return
            self._move(following, due_ms, self.turn)

    def allows(self, now_ms: int) -> int:
        """Return NEVER, MAY or MUST: whether a call that starts now is admitted (after `tick`)."""
        if self.state == CLOSED:
            return MUST
        if self.state == OPEN:
            left_ms = self.since_ms + self._knobs.wait_ms - now_ms
            early = MAY if "no-wait" in self._quirks else NEVER
            return early if left_ms > TOLERANCE_MS else MAY if left_ms >= -TOLERANCE_MS else MUST
        if not self.has_permit():
            return NEVER
        return MAY if self._ends_now(now_ms) else MUST

    def has_permit(self) -> bool:
        """Tell whether one more half-open call fits."""
        limit = self._probes_max
        if not limit:
            return True
        return (self.admitted if self._knobs.half_open_limit == "total" else self.inflight) < limit

    def admit(self, call: object, now_ms: int, index: int) -> None:
        """Take in that the function of `call` is entered."""
        if self.state == OPEN:
            self._move(HALF_OPEN, now_ms, index)
        if self.state == HALF_OPEN:
            self.admitted += 1
        self.inflight += 1
        self.calls[call] = Admitted(self.era, self.state, now_ms)

    def refuse(self, now_ms: int, index: int) -> None:
        """Take in that a call is rejected."""
        if self.state == OPEN and "rejection-restarts-wait" in self._quirks:
            self.since_ms = now_ms
            self._odd(index)
        elif self.state == HALF_OPEN and self._ends_now(now_ms) and self.has_permit():
            self._move(OPEN, self.since_ms + self._knobs.max_half_open_ms, index)

    # -- results -----------------------------------------------------------------------------------------

    def result(self, call: object, outcome: str, now_ms: int, index: int, raised: bool = False) -> None:
        """Take in how the function of `call` ended: ok, fail, excluded or cancelled. `raised`: a listener raised meanwhile."""
        admitted = self.calls.pop(call, None)
        if admitted is None:
            return
        own = admitted.era == self.era
        if own:
            self.inflight -= 1
        counted = self._counted(outcome, admitted.state, index)
        if counted == "nothing":
            self._return_permit(own, index)
            return
        if raised and "listener-loses-outcome" in self._quirks:
            self._odd(index)
            return
        if not own and self._late(counted, admitted, now_ms, index):
            return
        slow = self._is_slow(now_ms - admitted.time_ms)
        muted = raised and "listener-loses-transition" in self._quirks
        if self.state == CLOSED:
            self._record(counted == "fail", slow, now_ms, index, muted)
        elif self.state == HALF_OPEN:
            self._probe(counted == "fail", slow, now_ms, index, muted)

    def _counted(self, outcome: str, begun: StateName, index: int) -> str:
        """Return what an outcome counts as: ok, fail or nothing."""
        if outcome == "cancelled":
            if "cancelled-is-success" in self._quirks:
                self._odd(index, begun)
                return "ok"
            return "fail" if self._knobs.cancelled == "failure" else "nothing"
        if outcome == "excluded":
            if "excluded-is-failure" in self._quirks:
                self._odd(index)
                return "fail"
            return "ok" if self._knobs.excluded == "success" else "nothing"
        return outcome

    def _return_permit(self, own: bool, index: int) -> None:
        if self.state == HALF_OPEN and (own or "foreign-permit-returned" in self._quirks):
            if "permit-leaks" in self._quirks:
                self.inflight += 1
                self._odd(index)
            else:
                self.admitted -= 1
                if not own:
                    self._odd(index)

    def _late(self, counted: str, admitted: Admitted, now_ms: int, index: int) -> bool:
        """Take in a result from another era: True when it is dealt with, False when the current state counts it."""
        quirks, knobs = self._quirks, self._knobs
        if admitted.state == HALF_OPEN and f"stale-probe-{counted}" in quirks:
            self._odd(index)
            self._move(CLOSED if counted == "ok" else OPEN, now_ms, index)
            return True
        if self.state == OPEN:
            if counted == "ok" and "success-closes-open" in quirks:
                self._odd(index, admitted.state)
                self._move(CLOSED, now_ms, index)
            elif counted == "fail" and knobs.late_failure_extends_open:
                self.since_ms = now_ms
            elif knobs.leaves_open == "automatic" and now_ms >= self.since_ms + knobs.wait_ms - TOLERANCE_MS:
                self.lost = "a late result arrived at the instant open becomes half-open"
            return True
        return knobs.stale == "ignore" and not (counted == "fail" and "stale-failures" in quirks)

    def _is_slow(self, took_ms: int) -> bool:
        knobs = self._knobs
        if not knobs.slow_rate_threshold:
            return False
        if abs(took_ms - knobs.slow_call_ms) <= TOLERANCE_MS:
            self.lost = "a call took exactly the slow-call limit"
        if took_ms > knobs.slow_call_ms:
            self.slow_calls += 1
            return True
        return False

    # -- CLOSED ------------------------------------------------------------------------------------------

    def _record(self, failed: bool, slow: bool, now_ms: int, index: int, muted: bool) -> None:
        self.outcomes.append(_letter(failed, slow))
        window = self.window
        window.add(failed, slow, now_ms)
        if window.edge_decides(now_ms):
            self.lost = "the edge of the time window decides"
        elif window.trips(failed):
            if muted or "never-trips" in self._quirks:
                self._odd(index)
            else:
                self._move(OPEN, now_ms, index)

    # -- HALF_OPEN ---------------------------------------------------------------------------------------

    def _probe(self, failed: bool, slow: bool, now_ms: int, index: int, muted: bool) -> None:
        self.outcomes.append(_letter(failed, slow))
        self.probe_failures += failed
        self.probe_slow += slow
        if (following := self._after_probe(failed)) is None:
            return
        if following == OPEN and "closes-whatever" in self._quirks:
            self._odd(index)
            following = CLOSED
        if muted:
            self._odd(index)
        else:
            self._move(following, now_ms, index)

    def _after_probe(self, failed: bool) -> StateName | None:
        """Return the state that the probes' results lead to, or None while there are too few."""
        knobs = self._knobs
        by_rate = knobs.close_on == "all_permitted" and knobs.trip_rule == "rate"
        if failed and not by_rate:
            return OPEN
        results = len(self.outcomes)
        if results < knobs.probes_to_close:
            return None
        if by_rate and rate_reached(knobs, results, self.probe_failures, self.probe_slow):
            return OPEN
        return CLOSED

    def _odd(self, index: int, begun: StateName = CLOSED) -> None:
        """Remember where a quirk made a difference, and, where it matters, the state in which the call began."""
        self.quirk_index, self.quirk_state = index, begun

    # -- transitions -------------------------------------------------------------------------------------

    def _ends_now(self, now_ms: int) -> bool:
        limit_ms = self._knobs.max_half_open_ms
        return bool(limit_ms) and abs(self.since_ms + limit_ms - now_ms) <= TOLERANCE_MS

    def _move(self, state: StateName, now_ms: int, index: int) -> None:
        self.eras.append(Era(self.state, "".join(self.outcomes), state, index))
        self.outcomes.clear()
        self.state = state
        self.era += 1
        self.since_ms = now_ms
        self.turn = index
        self.inflight = self.admitted = self.probe_failures = self.probe_slow = 0
        if state == CLOSED:
            self._forget(index)

    def _forget(self, index: int) -> None:
        """Empty the window: a breaker that closes starts anew."""
        if "keeps-window" in self._quirks:
            self._odd(index)
            return
        self.window.clear()


def _letter(failed: bool, slow: bool) -> str:
    return "x" if failed else "s" if slow else "."
