"""The machine of locks: few coarse rules over three holders, never over an answer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.component_calls import Shares
from shaketable.explore.generate.component_machine import ComponentMachine
from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.places import PICK
from shaketable.fault import ClockStep
from shaketable.faults.points import AnyPointFault, PointCancel, PointDelay, PointFail, PointLoss
from shaketable.schedule import AtPoint, Inject, Wait
from shaketable.subject import Component, Subject
from shaketable_patterns.lock.profile import Knobs, knobs_of
from shaketable_patterns.lock.recovery import HOLDERS

FAR_MS = 20
"""Clear of the instant at which a lease ends, where either answer is right."""
_RECENT = 3
"""A fault is armed for one of so many latest calls, or for one that comes."""
_BRIEF_MS = 1_000
_SKEWS_MS = (-60_000, -8_000, 8_000, 60_000)
WHO = st.integers(0, len(HOLDERS) - 1)


def machine_of(subject: Subject) -> type[Machine]:
    """Return the machine for a lock with this profile. UsageError if the profile is no lock's."""
    knobs = knobs_of(subject.profile)
    methods = methods_of(knobs)
    late = tuple(method for method in methods if method != "acquire")
    pause_ms = knobs.lease_ms + knobs.grace_ms + FAR_MS

    class Calls(ComponentMachine):
        takes_turns = True
        on_threads = isinstance(subject.target, Component) and subject.target.has_switch_points

        def __init__(self) -> None:
            super().__init__()
            self._skews_left = 0

        def decide(self, shares: Shares) -> None:
            """Decide whether the wall clocks of holders go apart in this run."""
            super().decide(shares)
            self._skews_left = 0 if shares.below(4) else 2

        def ask(self, who: int, method: str) -> None:
            """Let a holder make a call, which ends by itself."""
            self.start_call(method=method, holder=HOLDERS[who % len(HOLDERS)])
            del self._in_flight[:-_RECENT]

        def free(self, who: int) -> None:
            """Let a holder give the lock back, and lockAtLeastFor pass."""
            self.ask(who, "release")
            if knobs.at_least_ms:
                self.do(Wait(knobs.at_least_ms + FAR_MS))

        @rule(who=WHO, method=st.sampled_from(methods))
        def one_call(self, who: int, method: str) -> None:
            """Let a holder make one call."""
            self.ask(who, method)

        @rule(ms=st.sampled_from(_waits(knobs)))
        def wait(self, ms: int) -> None:
            """Let time pass."""
            self.do(Wait(ms))

        def own(self, who: int, *, fresh: bool = True) -> None:
            """Let a holder ask for the lock, and if it is to be `fresh`, the others give it back before."""
            if fresh:
                self.ask(who + 1, "release")
                self.free(who + 2)
            self.ask(who, "acquire")

        @rule(who=WHO, method=st.sampled_from(late), fresh=st.booleans())
        def come_back(self, who: int, method: str, fresh: bool) -> None:
            """Let a holder stand still past its lease, another take over, the first one go on, and a third one ask."""
            self.own(who, fresh=fresh)
            self.do(Wait(pause_ms))
            self.ask(who + 1, "acquire")
            self.ask(who, method)
            self.ask(who + 2, "acquire")

        @rule(who=WHO, fresh=st.booleans())
        def hand_over(self, who: int, fresh: bool) -> None:
            """Let a holder take the lock and give it back, and the next one take it, too early perhaps."""
            self.own(who, fresh=fresh)
            self.ask(who, "release")
            self.ask(who + 1, "acquire")
            self.do(Wait(knobs.at_least_ms + FAR_MS))
            self.ask(who + 2, "acquire")

        @precondition(lambda self: self.points)
        @rule(who=WHO, pick=PICK)
        def retry_release(self, who: int, pick: int) -> None:
            """Let a release fail and be made again, and another ask for the lock."""
            self.own(who)
            self._fault_at_next(pick, _FAILURES)
            self.ask(who, "release")
            self.do(Wait(FAR_MS))
            self.free(who)
            self.ask(who + 1, "acquire")

        @precondition(lambda self: self.points)
        @rule(who=WHO, pick=PICK, method=st.sampled_from(methods), brief=st.booleans())
        def stand_still(self, who: int, pick: int, method: str, brief: bool) -> None:
            """Let a holder stand still in the middle of a call, and another ask for the lock and write before it goes on."""
            self.own(who)
            if method == "acquire":
                self.free(who)
            stands_ms = _BRIEF_MS if brief else pause_ms
            self._fault_at_next(pick, (PointDelay(for_ms=stands_ms), PointDelay(for_ms=2 * stands_ms)))
            self.ask(who, method)
            self.do(Wait(_BRIEF_MS // 2 if brief else pause_ms - FAR_MS // 2))
            self.ask(who + 1, "acquire")
            self.ask(who + 1, "write")
            self.do(Wait(stands_ms))
            self.ask(who, "write")

        @precondition(lambda self: self.points and knobs.renewal)
        @rule(who=WHO, pick=PICK)
        def lose_renewal(self, who: int, pick: int) -> None:
            """Let what renews a lease meet a fault, and another ask for the lock before the first one goes on."""
            self.own(who)
            pick, point = divmod(pick, len(self.points))
            stands_still = PointDelay(for_ms=pause_ms)
            faults = (*_FAILURES[:2], stands_still, stands_still)
            self.do(AtPoint(self.points[point], faults[pick % len(faults)], None, 1))
            self.do(Wait(pause_ms - FAR_MS // 2))
            self.ask(who + 1, "acquire")
            self.do(Wait(pause_ms))
            for method in ("holds", "write") if knobs.tells else ("write",):
                self.ask(who, method)
            self.ask(who + 2, "acquire")

        @precondition(lambda self: self._skews_left)
        @rule(who=WHO, delta_ms=st.sampled_from(_SKEWS_MS))
        def skew(self, who: int, delta_ms: int) -> None:
            """Step the wall clock of one holder while one has the lock, and let the others ask for it."""
            self._skews_left -= 1
            self.own(who + 1)
            self.do(Inject(ClockStep(service=HOLDERS[who], delta_ms=delta_ms)))
            self.ask(who, "acquire")
            self.ask(who + 2, "acquire")

        def _fault_at_next(self, pick: int, faults: tuple[AnyPointFault, ...]) -> None:
            pick, point = divmod(pick, len(self.points))
            fault = faults[pick % len(faults)]
            if isinstance(fault, self.point_faults):
                self.do(AtPoint(self.points[point], fault, self._calls + 1, 1))

    return Calls


_FAILURES: tuple[AnyPointFault, ...] = (PointFail(), PointLoss(timeout_ms=200), PointCancel())


def methods_of(knobs: Knobs) -> tuple[str, ...]:
    """Return the methods that a lock with this profile answers."""
    return (
        "acquire",
        "release",
        *(("extend",) if knobs.extend != "no" else ()),
        *(("holds",) if knobs.tells else ()),
        "write",
    )


def _waits(knobs: Knobs) -> tuple[int, ...]:
    """Return spans on both sides of a lease and of lockAtLeastFor, clear of the instants themselves."""
    lease_ms = knobs.lease_ms
    around = {FAR_MS, lease_ms // 2, lease_ms - FAR_MS, lease_ms + knobs.grace_ms + FAR_MS}
    if knobs.at_least_ms:
        around |= {knobs.at_least_ms - FAR_MS, knobs.at_least_ms + FAR_MS}
    return tuple(sorted(ms for ms in around if ms > 0))
