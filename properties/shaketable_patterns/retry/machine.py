"""The machine of retries: few coarse rules over the calls that the machine itself started, never over an answer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.components.calls.odd_endings import ABORT, EXCLUDED_FALSY, FAIL_FALSY, FALSY_RESULTS, GROUP
from shaketable.explore.generate.component_calls import Shares
from shaketable.explore.generate.component_machine import ComponentMachine
from shaketable.explore.generate.machine import Machine
from shaketable.fault import ClockStep
from shaketable.schedule import Do, Inject, Wait
from shaketable.subject import Component, Subject
from shaketable_patterns.retry.profile import Knobs, knobs_of
from shaketable_patterns.retry.recovery import FAR_MS

_FALSE = tuple(ending.name for ending in FALSY_RESULTS)
ODD_FOR = {
    "ok": _FALSE,
    "fail": (FAIL_FALSY.name,),
    "excluded": (EXCLUDED_FALSY.name, ABORT.name, GROUP.name),
}
ENDINGS = ("ok", "fail", "lost", "excluded", "empty", "cancelled")
_TOGETHER = 3
_ATTEMPTS_MAX = 8


def machine_of(subject: Subject) -> type[Machine]:
    """Return the machine for a retry with this profile. UsageError if the profile is no retry's."""
    knobs = knobs_of(subject.profile)
    attempts = min(knobs.attempts or _ATTEMPTS_MAX, _ATTEMPTS_MAX)
    waits = _waits(knobs)
    lasting = (0, 0, FAR_MS, *_near_budget(knobs))
    repeated = ("fail", "fail", "lost", *(("empty",) if knobs.retries_none else ()))

    class Calls(ComponentMachine):
        steps_clock = True
        takes_turns = True
        on_threads = isinstance(subject.target, Component) and subject.target.has_switch_points
        odd_endings = ODD_FOR

        def __init__(self) -> None:
            super().__init__()
            self._long_calls_left = 0

        def decide(self, shares: Shares) -> None:
            """Decide whether the wall clock is set in the midst of a call of this run."""
            super().decide(shares)
            self._long_calls_left = 0 if shares.below(3) else 2

        def begin(self, idempotent: bool) -> int:
            """Begin a call; only the latest few are gone on with."""
            number = self.start_call(idempotent=idempotent)
            del self._in_flight[:-_TOGETHER]
            return number

        def end_attempt(self, number: int, how: str) -> None:
            """End the attempt that a call is in; the call may go on."""
            self.finish_call(number, how)
            if how != "cancelled":
                self._in_flight.append(number)

        @rule(count=st.integers(1, 2), idempotent=st.booleans())
        def start(self, count: int, idempotent: bool) -> None:
            """Begin calls."""
            for _ in range(count):
                self.begin(idempotent)

        @precondition(lambda self: self._in_flight)
        @rule(place=st.integers(0, _TOGETHER), how=st.sampled_from(ENDINGS))
        def finish(self, place: int, how: str) -> None:
            """End one attempt, or cancel a call, in its function or in its wait."""
            self.end_attempt(self.pick(place), how)

        @rule(ms=st.sampled_from(waits))
        def wait(self, ms: int) -> None:
            """Let time pass."""
            self.do(Wait(ms))

        @rule(
            idempotent=st.booleans(),
            how=st.sampled_from(repeated),
            count=st.integers(1, attempts + 1),
            lasts_ms=st.sampled_from(lasting),
            last=st.sampled_from(ENDINGS),
        )
        def go_through(self, idempotent: bool, how: str, count: int, lasts_ms: int, last: str) -> None:
            """Let the attempts of one call fail one after the other, each lasting so long, and end the call somehow."""
            number = self.begin(idempotent)
            for failed in range(1, count + 1):
                if lasts_ms:
                    self.do(Wait(lasts_ms))
                self.do(Do("finish", {"call": number, "with": how}))
                self.do(
                    Wait(
                        knobs.bounds_ms(min(failed, attempts), knobs.longest_ms)[1]
                        + knobs.tolerance_ms
                        + FAR_MS
                    )
                )
            self.end_attempt(number, last)

        @rule(idempotent=st.booleans(), count=st.integers(1, attempts), early=st.booleans())
        def cancel_in_wait(self, idempotent: bool, count: int, early: bool) -> None:
            """Cancel a call while it waits between two attempts, and let the time pass in which it would have gone on."""
            number = self.begin(idempotent)
            for failed in range(1, count):
                self.do(Do("finish", {"call": number, "with": "fail"}))
                self.do(Wait(knobs.bounds_ms(failed, knobs.longest_ms)[1] + knobs.tolerance_ms + FAR_MS))
            self.do(Do("finish", {"call": number, "with": "fail"}))
            if early:
                self.do(Wait(max(1, knobs.bounds_ms(count, knobs.wait_ms)[0] // 2)))
            self.finish_call(number, "cancelled")
            self.do(Wait(knobs.longest_ms + knobs.tolerance_ms + FAR_MS))

        @precondition(lambda self: self._long_calls_left)
        @rule(delta_ms=st.sampled_from(_STEPS_MS), first=st.booleans())
        def set_clock_in_call(self, delta_ms: int, first: bool) -> None:
            """Set the wall clock during a call, in its first attempt or in its wait, and let its attempts use up the budget."""
            self._long_calls_left -= 1
            number = self.begin(True)
            for failed in range(1, attempts + 1):
                if failed == (1 if first else 2):
                    self.do(Inject(ClockStep(service="component", delta_ms=delta_ms)))
                self.do(Wait(max(FAR_MS, knobs.budget_ms // 3 + FAR_MS)))
                self.do(Do("finish", {"call": number, "with": "fail"}))
                wait_ms = knobs.bounds_ms(failed, knobs.longest_ms)[1]
                self.do(Wait(wait_ms + knobs.tolerance_ms + FAR_MS))
            self.end_attempt(number, "ok")

    return Calls


_STEPS_MS = (-3_600_000, 3_600_000)


def _near_budget(knobs: Knobs) -> tuple[int, ...]:
    """Return spans of an attempt that use up a budget: in three attempts, so nearly that no wait fits in, and in one."""
    if not knobs.budget_ms:
        return ()
    nearly_ms = knobs.budget_ms - knobs.bounds_ms(1, knobs.wait_ms)[0] // 2 - knobs.tolerance_ms
    return knobs.budget_ms // 3, max(FAR_MS, nearly_ms), knobs.budget_ms + FAR_MS + knobs.tolerance_ms


def _waits(knobs: Knobs) -> tuple[int, ...]:
    """Return spans on both sides of waits and of the budget, clear of the instants themselves."""
    shortest_ms, longest_ms = knobs.bounds_ms(1, knobs.wait_ms)
    around = {
        FAR_MS,
        shortest_ms // 2,
        longest_ms + knobs.tolerance_ms + FAR_MS,
        knobs.longest_ms + knobs.tolerance_ms + FAR_MS,
    }
    if knobs.budget_ms:
        around |= {knobs.budget_ms // 2, knobs.budget_ms + knobs.tolerance_ms + FAR_MS}
    return tuple(sorted(ms for ms in around if ms > 0))
