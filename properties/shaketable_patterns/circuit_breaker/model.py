"""The reference state machine of a breaker: what becomes of it, with these knobs, by what happens.

CLOSED holds the recorded outcomes, OPEN the time at which it opened, HALF_OPEN the probes and their results. The era
grows by one at each transition, and a call belongs to the era that admitted it. Pure: time and events come in as
arguments. Where the profile leaves a choice, the model takes one way and puts a copy that took the other one into
`forks`. `quirks` switch on known ways of being wrong; a guess at a cause is made with them.
"""

from __future__ import annotations

from shaketable_patterns.circuit_breaker.facts import NONE, OTHER
from shaketable_patterns.circuit_breaker.situation import Situation
from shaketable_patterns.circuit_breaker.states import (
    CLOSED,
    HALF_OPEN,
    LATEST_MS,
    OPEN,
    TOLERANCE_MS,
    Admitted,
    StateName,
)


class Model(Situation):
    """A breaker in virtual time."""

    __slots__ = ()

    # -- admission ---------------------------------------------------------------------------------------

    def tick(self, now_ms: int) -> None:
        """Make the transitions that time alone causes."""
        knobs = self._knobs
        if self._trip_ms >= 0 and now_ms > self._trip_ms + knobs.evaluates_every_ms + TOLERANCE_MS:
            self._open(self._trip_ms, LATEST_MS, self.turn)
        while True:
            if self.state == OPEN and knobs.leaves_open == "automatic":
                due_ms, following = self._wait_ends_ms(latest=True), self.after_wait
            elif self.state == HALF_OPEN and knobs.max_half_open_ms:
                due_ms, following = self.since_ms + knobs.max_half_open_ms, OPEN
            else:
                return
            if now_ms <= due_ms + TOLERANCE_MS:
                return
            self._move(following, due_ms, self.turn)

    def admit(self, call: int, now_ms: int, index: int) -> None:
        """Take in that the function of `call` is entered."""
        if self.state == OPEN:
            self._move(self.after_wait, now_ms, index)
        known = len(self.forks)
        if self.state == CLOSED:
            self._begin_window(now_ms, certainly=False)
        for twin in self.forks[known:]:
            twin._enter(call, now_ms)
        self._enter(call, now_ms)

    def _enter(self, call: int, now_ms: int) -> None:
        if self.state == HALF_OPEN:
            limit = self._probes_max
            self._renewed = self._renewed or bool(limit and self.inflight >= limit)
            self.admitted += 1
            self.probe_ms = now_ms
        else:
            self.window.started += 1
        self.inflight += 1
        self.calls[call] = Admitted(self.era, self.state, now_ms)

    def refuse(self, now_ms: int, index: int) -> None:
        """Take in that a call is rejected."""
        if self.state == CLOSED and self._trip_ms >= 0:
            self._open(self._trip_ms, now_ms, index)
        elif self.state == OPEN:
            self.until_ms = min(self.until_ms, now_ms)
            if "rejection-restarts-wait" in self._quirks:
                self.since_ms = self.until_ms = now_ms
                self.quirk_index = index
        elif self.state == HALF_OPEN and self._ends_now(now_ms) and self.permit(now_ms):
            self._move(OPEN, self.since_ms + self._knobs.max_half_open_ms, index)

    def grant(self, call: int, now_ms: int, index: int) -> None:
        """Settle that a call that waits inside is admitted; its function is entered later."""
        self.admit(call, now_ms, index)
        self.decided[call] = True
        for twin in self.forks:
            twin.decided[call] = True

    def deny(self, call: int, now_ms: int, index: int) -> None:
        """Settle that a call that waits inside is rejected; its caller hears of it later."""
        self.refuse(now_ms, index)
        self.decided[call] = False

    def record_owed(self, call: int, outcome: str, now_ms: int, index: int) -> None:
        """Record a result whose call still waits inside."""
        self.owed = tuple(owed for owed in self.owed if owed != call)
        self.result(call, outcome, now_ms, index)

    # -- results -----------------------------------------------------------------------------------------

    def result(self, call: int, outcome: str, now_ms: int, index: int, raised: bool = False) -> None:
        """Take in an outcome: ok, fail, excluded, cancelled, other, "timeout"; `raised`: a listener raised meanwhile."""
        if outcome == OTHER:  # what it counts as is not declared
            for other in ("fail", "ok") if self._knobs.excluded == "success" else ("fail",):
                self._fork(lambda twin, other=other: twin.result(call, other, now_ms, index, raised))  # type: ignore[misc]
            outcome = "nothing"
        admitted = self.calls.pop(call, None)
        if admitted is None:
            return
        own = admitted.era == self.era
        if own:
            self.inflight -= 1
        took_ms = now_ms - admitted.time_ms
        if self._trip_ms >= 0:
            self._fork(lambda twin: twin._open(twin._trip_ms, now_ms, index))
        counted = self._counted(outcome, admitted.state, index)
        if counted == "nothing":
            self._return_permit(own, index)
            return
        if raised and "listener-loses-outcome" in self._quirks:
            self.quirk_index = index
            return
        if not own and self._late(counted, admitted, now_ms, index):
            return
        knobs = self._knobs
        if knobs.slow_call_ms and abs(took_ms - knobs.slow_call_ms) <= TOLERANCE_MS:
            self._fork(lambda twin: twin._take(counted == "fail", True, now_ms, index, raised))
            self._take(counted == "fail", False, now_ms, index, raised)
        else:
            slow = bool(knobs.slow_call_ms) and took_ms > knobs.slow_call_ms
            self.slow_calls += slow
            self._take(counted == "fail", slow, now_ms, index, raised)

    def _take(self, failed: bool, slow: bool, now_ms: int, index: int, raised: bool) -> None:
        if self._knobs.slow_calls == "only":
            failed, slow = slow, False
        elif slow and self._knobs.slow_calls == "failure":
            failed, slow = True, False
        slow = slow and bool(self._knobs.slow_rate_threshold)
        muted = raised and "listener-loses-transition" in self._quirks
        if self.state == CLOSED:
            self._record(failed, slow, now_ms, index, muted)
        elif self.state == HALF_OPEN:
            self._probe(failed, slow, now_ms, index, muted)

    def _counted(self, outcome: str, begun: StateName, index: int) -> str:
        """Return what an outcome counts as: ok, fail or nothing."""
        if outcome in ("ok", "fail", "nothing"):
            return outcome
        if outcome == NONE:
            return "ok" if self._knobs.none_results == "success" else "fail"
        if outcome == "timeout":
            if self._knobs.call_timeout_ms:
                return "fail"
            outcome = "cancelled"
        for counted in ("ok", "fail"):
            quirk = f"{outcome}-is-{'success' if counted == 'ok' else 'failure'}"
            if quirk in self._quirks or f"{quirk}@{begun}" in self._quirks:
                self.quirk_index, self.quirk_state = index, begun
                return counted
        declared = self._knobs.cancelled if outcome == "cancelled" else self._knobs.excluded
        return {"success": "ok", "failure": "fail", "nothing": "nothing"}[declared]

    def _return_permit(self, own: bool, index: int) -> None:
        self._loose = self._loose or (own and self._renewed)
        if self.state == HALF_OPEN and (own or "foreign-permit-returned" in self._quirks):
            if "permit-leaks" in self._quirks:
                self.inflight += 1
                self.quirk_index = index
            else:
                self.admitted -= 1
                if not own:
                    self.quirk_index = index

    def _late(self, counted: str, admitted: Admitted, now_ms: int, index: int) -> bool:
        """Take in a result from another era: True when it is dealt with, False when the current state counts it."""
        quirks, knobs = self._quirks, self._knobs
        if admitted.state == HALF_OPEN and f"stale-probe-{counted}" in quirks:
            self.quirk_index = index
            self._move(CLOSED if counted == "ok" else OPEN, now_ms, index)
            return True
        if self.state == OPEN:
            if counted == "ok" and "success-closes-open" in quirks:
                self.quirk_index, self.quirk_state = index, admitted.state
                self._move(CLOSED, now_ms, index)
            elif counted == "fail" and knobs.late_failure_extends_open:
                self.since_ms = self.until_ms = now_ms
            elif knobs.leaves_open == "automatic" and now_ms >= self._wait_ends_ms() - TOLERANCE_MS:
                self._fork(lambda twin: twin._late_in_half_open(counted, now_ms, index))
            return True
        if counted == "fail" and "stale-failures" in quirks:
            self.quirk_index = index
            return False
        return knobs.stale == "ignore"

    def _late_in_half_open(self, counted: str, now_ms: int, index: int) -> None:
        self._move(HALF_OPEN, now_ms, index)
        if self._knobs.stale == "count":
            self._probe(counted == "fail", False, now_ms, index, False)

    # -- CLOSED ------------------------------------------------------------------------------------------

    def _begin_window(self, now_ms: int, *, certainly: bool) -> None:
        """Begin a tumbling window anew if it is over: at this activity or by the clock; an admission may not be one."""
        knobs, window = self._knobs, self.window
        if knobs.window != "tumbling":
            return
        if knobs.window_aligned:
            begun_ms = now_ms - now_ms % knobs.window_ms
            if window.emptied_ms < begun_ms:
                if now_ms - begun_ms <= TOLERANCE_MS:
                    self._fork(lambda _: None)
                window.clear(begun_ms)
            return
        over_ms = now_ms - window.emptied_ms - knobs.window_ms
        if over_ms < -TOLERANCE_MS:
            return
        if over_ms <= TOLERANCE_MS or not certainly:
            self._fork(lambda _: None)
        by_clock_ms = now_ms - over_ms % knobs.window_ms
        if over_ms > 0 and by_clock_ms != now_ms:
            self._fork(lambda twin: twin.window.clear(by_clock_ms))
        window.clear(now_ms)

    def _record(self, failed: bool, slow: bool, now_ms: int, index: int, muted: bool) -> None:
        known = len(self.forks)
        self._begin_window(now_ms, certainly=True)
        for twin in self.forks[known:]:
            twin._recorded(failed, slow, now_ms, index, muted)
        self._recorded(failed, slow, now_ms, index, muted)

    def _recorded(self, failed: bool, slow: bool, now_ms: int, index: int, muted: bool) -> None:
        self.outcomes.append("x" if failed else "s" if slow else ".")
        window = self.window
        window.add(failed, slow, now_ms)
        trips, unsure = window.trips(failed, now_ms)
        if unsure:
            self._fork(lambda twin: twin._judge(not trips, now_ms, index, muted))
        self._judge(trips, now_ms, index, muted)

    def _judge(self, trips: bool, now_ms: int, index: int, muted: bool) -> None:
        if not trips:
            self._trip_ms = -1
        elif muted or "never-trips" in self._quirks:
            self.quirk_index = index
        else:
            self._trip(now_ms, index)

    def _trip(self, now_ms: int, index: int) -> None:
        if not self._knobs.evaluates_every_ms:
            self._move(OPEN, now_ms, index)
        elif self._trip_ms < 0:
            self._trip_ms = now_ms
            self.turn = index

    # -- HALF_OPEN ---------------------------------------------------------------------------------------

    def _probe(self, failed: bool, slow: bool, now_ms: int, index: int, muted: bool) -> None:
        self.outcomes.append("x" if failed else "s" if slow else ".")
        self.probe_failures += failed
        self.probe_slow += slow
        if (following := self._after_probe(failed)) is None:
            return
        if following == OPEN and "closes-whatever" in self._quirks:
            self.quirk_index = index
            following = CLOSED
        if muted:
            self.quirk_index = index
        else:
            self._move(following, now_ms, index)
