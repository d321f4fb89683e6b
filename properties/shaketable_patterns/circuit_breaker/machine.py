"""The machine of breakers: few coarse rules over the calls that the machine itself started, never over an answer.

Hypothesis sorts rules by name: another name draws other schedules.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.components.calls.odd_endings import ODD_FOR
from shaketable.explore.generate.component_calls import Shares
from shaketable.explore.generate.component_machine import ComponentMachine
from shaketable.explore.generate.machine import Machine
from shaketable.schedule import Do, Wait
from shaketable.subject import Component, Subject
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of

CALLS_MAX = 60
"""Rows of calls begin only below this: what a breaker gets wrong shows within two or three of its windows."""
TURN_MS = 20
"""Enough for a breaker whose state is a round trip away to let a call in, or to record its result."""
CROWDS, IDLE_MS = (50, 50, 50, 100, 257, 270), 600_000
"""Mostly some dozens of calls; one crowd of three goes just beyond what a byte can count."""
_AVERAGED_MAX = 1_000
_FAR_MS = 2
"""Clear of the boundary instants, where either answer is right."""


def machine_of(subject: Subject) -> type[Machine]:
    """Return the machine for a breaker with this profile. UsageError if the profile is no breaker's."""
    knobs = knobs_of(subject.profile)
    outcomes = st.sampled_from(("ok", "empty", "fail", "fail", "excluded", "cancelled"))
    burst_outcomes = st.sampled_from(
        ("fail", "fail", "fail", "fail", "ok", "empty", "excluded", "excluded", "cancelled", "cancelled")
    )
    places = st.integers(0, 11)
    lengths = (0, 0, 0, knobs.slow_call_ms + _FAR_MS) if knobs.slow_call_ms else (0,)

    wait_over_ms = knobs.wait_ms + knobs.wait_jitter_ms + _FAR_MS
    failing_of_ten = _failing_of_ten(knobs)
    in_flight_max = max(4, knobs.half_open_permits + 2)  # two more than a half-open breaker may admit

    class Calls(ComponentMachine):
        _pace_ms = 0
        _crowds_left = 0
        _crowded = 0
        steps_clock = True
        takes_turns = True
        odd_endings = ODD_FOR
        on_threads = isinstance(subject.target, Component) and subject.target.has_switch_points

        def decide(self, shares: Shares) -> None:
            """Set how long each call of a row takes at least, and whether there is a crowd: one run in 25 has one."""
            super().decide(shares)
            self._pace_ms = 0 if shares.below(3) else TURN_MS
            self._crowds_left = not shares.below(25)

        @precondition(lambda self: len(self._in_flight) < in_flight_max)
        @rule(count=st.integers(1, 2))
        def start(self, count: int) -> None:
            """Begin calls that stay in flight."""
            for _ in range(count):
                self.start_call()

        @precondition(lambda self: self._in_flight)
        @rule(place=places, how=outcomes)
        def finish(self, place: int, how: str) -> None:
            """End one call in flight."""
            self.finish_call(self.pick(place), how)

        @precondition(lambda self: self._calls - self._crowded < CALLS_MAX)
        @rule(count=st.sampled_from(_counts(knobs)), how=burst_outcomes, took_ms=st.sampled_from(lengths))
        def burst(self, count: int, how: str, took_ms: int) -> None:
            """Make calls one after the other, all ending alike."""
            self.row(count, how, max(took_ms, self._pace_ms))

        @precondition(lambda self: self._calls - self._crowded < CALLS_MAX)
        @rule(
            hanging=st.booleans(),
            early_call=st.booleans(),
            then=st.sampled_from(("nothing", "nothing", "ok", "closed", "fail")),
        )
        def half_open(self, hanging: bool, early_call: bool, then: str) -> None:
            """Open it and let its wait go by, perhaps with a call from before that hangs, one in the middle, and probes.

            With `closed` one more call succeeds behind them: what opens it next then begins better, which CB-6 compares.
            """
            if hanging and len(self._in_flight) < in_flight_max:
                self.start_call()
            self.row(trip_count(knobs), "fail", self._pace_ms)
            self.do(Wait(knobs.wait_ms // 2))
            if early_call:
                self.row(1, "ok", self._pace_ms)
            self.do(Wait(knobs.wait_ms - knobs.wait_ms // 2 + knobs.wait_jitter_ms + _FAR_MS))
            if then == "closed":
                self.row(knobs.probes_to_close + 1, "ok", self._pace_ms)
            elif then != "nothing":
                self.row(knobs.probes_to_close, then, self._pace_ms)

        @precondition(lambda self: self._calls - self._crowded < CALLS_MAX and len(self._in_flight) < 2)
        @rule(
            failing=st.integers(0, in_flight_max - 1),
            late=outcomes,
            then=st.sampled_from(("nothing", "ok", "fail")),
        )
        def outlive(self, failing: int, late: str, then: str) -> None:
            """Let a call and a probe outlive their eras, and end in the half-open one after, beside new probes."""
            before = self.start_call()
            self.row(trip_count(knobs), "fail", self._pace_ms)
            self.do(Wait(wait_over_ms))
            probe = self.start_call()
            self.row(failing, "fail", self._pace_ms)
            self.finish_call(before, "fail")
            self.do(Wait(wait_over_ms))
            new = [self.start_call()]
            self.finish_call(probe, late)
            new += [self.start_call() for _ in range(max(1, knobs.half_open_permits))]
            for number in new if then != "nothing" else ():
                self.finish_call(number, then)

        @precondition(lambda self: self._crowds_left and self._calls - self._crowded < CALLS_MAX)
        @rule(
            how=st.sampled_from(("ok", "mixed", "mixed", "fail", "excluded")),
            count=st.sampled_from(CROWDS),
            idle=st.booleans(),
        )
        def crowd(self, how: str, count: int, idle: bool) -> None:
            """Make dozens or hundreds of calls, some mixed so that they barely keep it closed, and perhaps let it idle for minutes."""
            self._crowds_left -= 1
            self._crowded += count
            for place in range(count):
                self.row(1, _mixed(place, failing_of_ten) if how == "mixed" else how)
            if idle:
                self.do(Wait(IDLE_MS))

        @rule(ms=st.sampled_from(_waits(knobs)))
        def wait(self, ms: int) -> None:
            """Let time pass."""
            self.do(Wait(ms))

    if not knobs.listeners:
        return Calls

    class CallsAndListeners(Calls):
        @rule(mode=st.sampled_from(("quiet", "quiet", "raising")))
        def listen(self, mode: str) -> None:
            """Register a listener."""
            self.do(Do("listener", {"mode": mode}))

    return CallsAndListeners


def trip_count(knobs: Knobs) -> int:
    """Return the number of failures, one after the other, that open a fresh breaker."""
    if knobs.trip_rule == "rate":
        return max(1, knobs.evaluated_from)
    if knobs.trip_rule == "average":
        kept, weight = 1.0, knobs.average_weight_percent / 100
        for count in range(1, _AVERAGED_MAX):
            kept *= 1 - weight
            over = (1 - kept) * 100 - knobs.failure_threshold
            if over > 0 or (over == 0 and knobs.compare == ">="):
                return count
        return _AVERAGED_MAX
    return knobs.failure_threshold + (knobs.compare == ">")


def _failing_of_ten(knobs: Knobs) -> int:
    """Return how many calls of ten may fail, evenly spread, and it stays closed."""
    if knobs.trip_rule == "rate":
        return max(0, (knobs.failure_threshold - 1) // 10)
    return 6 if knobs.trip_rule == "consecutive" and trip_count(knobs) > 2 else 0


def _mixed(place: int, failing: int) -> str:
    """Return how a call at this place of a crowd ends; a success comes first."""
    return "fail" if place * failing % 10 >= 10 - failing else "ok"


def _counts(knobs: Knobs) -> tuple[int, ...]:
    """Return the lengths of a burst: enough to open or to close, and a little more or less."""
    trip, close = trip_count(knobs), knobs.probes_to_close
    return (
        *tuple(sorted({1, 2, close, close + 1, max(1, trip // 2), max(1, trip - 1), trip, trip + 1})),
        trip,
    )


def _waits(knobs: Knobs) -> tuple[int, ...]:
    """Return spans around each limit, on both sides of it and clear of the instant itself."""
    wait_ms = knobs.wait_ms
    spans = [1, wait_ms // 2, wait_ms, wait_ms + _FAR_MS, wait_ms + _FAR_MS, max(1, wait_ms - _FAR_MS)]
    for limit_ms in (
        knobs.slow_call_ms,
        knobs.max_half_open_ms,
        knobs.window_ms + knobs.grain_ms if knobs.window in ("time", "tumbling") else 0,
        knobs.probe_renewal_ms,
        knobs.call_timeout_ms,
        knobs.evaluates_every_ms,
        knobs.wait_after_ms(1) + knobs.wait_jitter_ms if knobs.wait_after_ms(1) != wait_ms else 0,
    ):
        if limit_ms:
            spans += [limit_ms + _FAR_MS, max(1, limit_ms // 2)]
    return tuple(spans)
