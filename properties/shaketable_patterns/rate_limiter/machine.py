"""The machine of rate limiters: few coarse rules, bursts and silences, over two keys and two workers, never over an answer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.component_calls import Shares
from shaketable.explore.generate.component_machine import ComponentMachine
from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.places import PICK
from shaketable.fault import ClockStep
from shaketable.faults.points import AnyPointFault, PointDelay, PointFail, PointLoss
from shaketable.schedule import AtPoint, Inject, Wait
from shaketable.subject import Component, Subject
from shaketable_patterns.rate_limiter.profile import Knobs, knobs_of
from shaketable_patterns.rate_limiter.recovery import FAR_MS, KEYS, WORKERS

_CALLS_MAX = 160
"""A run has so many calls at the most, so that its rules stay cheap to judge."""
_BEYOND = 3
_IDLE_MS = 600_000
"""A silence of minutes: what is cleaned up or expires meanwhile has to be as if it had not."""
_STEPS_MS = (-3_600_000, -30_000, -1_500, 1_500, 30_000, 3_600_000)
WHO = st.integers(0, len(KEYS) * len(WORKERS) - 1)


def machine_of(subject: Subject) -> type[Machine]:
    """Return the machine for a rate limiter with this profile. UsageError if the profile is none's."""
    knobs = knobs_of(subject.profile)
    capacity = knobs.capacity
    per_call_ms = max(1, knobs.period_ms // knobs.rate)
    paces_ms = sorted({max(1, per_call_ms // 2), per_call_ms + FAR_MS, per_call_ms * 3 // 2})
    waits = _waits(knobs)

    class Calls(ComponentMachine):
        takes_turns = True
        on_threads = isinstance(subject.target, Component) and subject.target.has_switch_points

        def __init__(self) -> None:
            super().__init__()
            self._steps_left = 0

        def decide(self, shares: Shares) -> None:
            """Decide whether wall clocks are set in this run."""
            super().decide(shares)
            self._steps_left = 0 if shares.below(2) else 2

        def ask(self, who: int, count: int = 1) -> None:
            """Let one worker ask for one key so often, at once."""
            key, worker = KEYS[who % len(KEYS)], WORKERS[who // len(KEYS) % len(WORKERS)]
            for _ in range(min(count, _CALLS_MAX - self._calls)):
                self.start_call(key=key, worker=worker)
            del self._in_flight[:-_BEYOND]

        @rule(who=WHO, part=st.sampled_from((1, 2, 4)), beyond=st.integers(0, _BEYOND))
        def burst(self, who: int, part: int, beyond: int) -> None:
            """Make a part of the calls that are admitted at once, and some more."""
            self.ask(who, -(-capacity // part) + beyond)

        @rule(who=WHO, others=st.booleans())
        def drain(self, who: int, others: bool) -> None:
            """Use up a budget, after a silence perhaps, and ask a moment later, with another key or another worker too."""
            self.ask(who, capacity + 1)
            if others:
                self.ask(who + 1)
                self.ask(who + len(KEYS), 2)
            self.do(Wait(knobs.next_ms + knobs.tolerance_ms + FAR_MS))
            self.ask(who)

        @rule(who=WHO, count=st.sampled_from((4, 12)), ms=st.sampled_from(paces_ms))
        def pace(self, who: int, count: int, ms: int) -> None:
            """Make calls at a steady pace, above or below the rate."""
            for _ in range(count):
                self.ask(who)
                self.do(Wait(ms))

        @rule(ms=st.sampled_from(waits))
        def wait(self, ms: int) -> None:
            """Let time pass."""
            self.do(Wait(ms))

        @rule(who=WHO, idle=st.sampled_from((0, knobs.full_ms // 2, _IDLE_MS)))
        def straddle(self, who: int, idle: int) -> None:
            """Wait until shortly before a period of the clock is over, use up the budget, and again shortly behind its end."""
            passed_ms = sum(step.ms for step in self.steps if isinstance(step, Wait))
            whole_ms = passed_ms + idle
            until_ms = -(-whole_ms // knobs.period_ms) * knobs.period_ms - 2 * FAR_MS - knobs.tolerance_ms
            self.do(Wait(max(FAR_MS, until_ms - passed_ms)))
            self.ask(who, capacity)
            self.do(Wait(4 * FAR_MS + 2 * knobs.tolerance_ms))
            self.ask(who, capacity)

        @precondition(lambda self: self._in_flight)
        @rule(place=st.integers(0, _BEYOND), who=WHO)
        def cancel(self, place: int, who: int) -> None:
            """Cancel one of the latest calls, which may wait, and let others go on."""
            self.finish_call(self.pick(place), "cancelled")
            self.do(Wait(knobs.next_ms + knobs.tolerance_ms + FAR_MS))
            self.ask(who)

        @precondition(lambda self: self._steps_left)
        @rule(who=WHO, node=st.integers(0, len(WORKERS)), delta_ms=st.sampled_from(_STEPS_MS))
        def set_clock(self, who: int, node: int, delta_ms: int) -> None:
            """Set the wall clock of a worker, or of all, while a budget is used up, and let both ask for it."""
            self._steps_left -= 1
            self.ask(who, capacity + 1)
            service = (*WORKERS, "component")[node]
            self.do(Inject(ClockStep(service=service, delta_ms=delta_ms)))
            self.ask(who, 2)
            self.ask(who + len(KEYS), capacity)
            self.ask(who, 2)
            self.do(Wait(knobs.full_ms + FAR_MS))
            self.ask(who)

        @precondition(lambda self: self.points)
        @rule(who=WHO, pick=PICK, drained=st.booleans())
        def lose_store(self, who: int, pick: int, drained: bool) -> None:
            """Let the store be lost to one call, whose budget is used up or not."""
            if drained:
                self.ask(who, capacity + 1)
            pick, point = divmod(pick, len(self.points))
            fault = _LOSSES[pick % len(_LOSSES)]
            self.do(AtPoint(self.points[point], fault, self._calls + 1, 1))
            self.ask(who)

        @precondition(lambda self: self.points)
        @rule(who=WHO, pick=PICK)
        def race(self, who: int, pick: int) -> None:
            """Let one call stand on its way to the store while both workers use up what is left."""
            pick, point = divmod(pick, len(self.points))
            self.ask(who, capacity - 1)
            for ahead in range(1, 3):
                self.do(AtPoint(self.points[point], PointDelay(for_ms=FAR_MS), self._calls + ahead, 1))
            self.ask(who)
            self.ask(who + len(KEYS), 2)
            self.do(Wait(2 * FAR_MS))
            self.ask(who)

    return Calls


_LOSSES: tuple[AnyPointFault, ...] = (PointFail(), PointFail(error="TimeoutError"), PointLoss(timeout_ms=50))


def _waits(knobs: Knobs) -> tuple[int, ...]:
    """Return spans on both sides of what a limiter counts by, clear of the instants themselves."""
    around = {
        FAR_MS,
        knobs.next_ms - FAR_MS - knobs.tolerance_ms,
        knobs.next_ms + FAR_MS + knobs.tolerance_ms,
        knobs.period_ms - FAR_MS - knobs.tolerance_ms,
        knobs.period_ms + FAR_MS + knobs.tolerance_ms,
        knobs.full_ms // 2,
        knobs.full_ms + FAR_MS + knobs.tolerance_ms,
        _IDLE_MS,
    }
    if knobs.max_wait_ms:
        around |= {knobs.max_wait_ms + FAR_MS}
    return tuple(sorted(ms for ms in around if ms > 0))
