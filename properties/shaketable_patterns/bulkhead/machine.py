"""The machine of bulkheads: few coarse rules over the calls that the machine itself started, never over an answer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.components.calls.odd_endings import ABORT, FAIL_FALSY, GROUP
from shaketable.components.calls.odd_endings import ODD_FOR as ODD
from shaketable.explore.generate.component_machine import ComponentMachine
from shaketable.explore.generate.machine import Machine
from shaketable.schedule import Wait
from shaketable.subject import Component, Subject
from shaketable_patterns.bulkhead.profile import Knobs, knobs_of

_BEYOND = 2
"""More calls than permits, so that some have to wait or are rejected."""
_FAR_MS = 2
"""Clear of the instant at which a wait ends, where either answer is right."""
ODD_FOR = {"ok": ODD["ok"], "fail": (FAIL_FALSY.name, ABORT.name, GROUP.name)}


def machine_of(subject: Subject) -> type[Machine]:
    """Return the machine for a bulkhead with this profile. UsageError if the profile is no bulkhead's."""
    knobs = knobs_of(subject.profile)
    endings = st.sampled_from(("ok", "fail", "cancelled"))
    in_flight_max = knobs.permits + 2 * _BEYOND

    class Calls(ComponentMachine):
        steps_clock = True
        takes_turns = True
        on_threads = isinstance(subject.target, Component) and subject.target.has_switch_points
        odd_endings = ODD_FOR

        @precondition(lambda self: len(self._in_flight) < in_flight_max)
        @rule(count=st.integers(1, 2))
        def start(self, count: int) -> None:
            """Begin calls that stay in flight."""
            for _ in range(count):
                self.start_call()

        @precondition(lambda self: self._in_flight)
        @rule(place=st.integers(0, in_flight_max), how=endings)
        def finish(self, place: int, how: str) -> None:
            """End or cancel one call in flight, running or waiting."""
            self.finish_call(self.pick(place), how)

        @precondition(lambda self: len(self._in_flight) <= knobs.permits)
        @rule(beyond=st.integers(0, _BEYOND))
        def fill(self, beyond: int) -> None:
            """Begin calls until all permits are taken, and some more."""
            while len(self._in_flight) < knobs.permits + beyond:
                self.start_call()

        @rule(ms=st.sampled_from(_waits(knobs)))
        def wait(self, ms: int) -> None:
            """Let time pass."""
            self.do(Wait(ms))

    return Calls


def _waits(knobs: Knobs) -> tuple[int, ...]:
    """Return spans on both sides of the longest wait, clear of the instant itself."""
    if knobs.max_wait_ms <= 0:
        return (1, 1_000)
    wait_ms = knobs.max_wait_ms
    return (1, max(1, wait_ms // 2), max(1, wait_ms - _FAR_MS), wait_ms + _FAR_MS, wait_ms + _FAR_MS)
