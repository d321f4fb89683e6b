"""The machine of idempotency stores: few coarse rules over two workers, two keys and two payloads, never over an answer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shaketable.components.calls.odd_endings import ODD_FOR as ODD
from shaketable.explore.generate.component_machine import ComponentMachine
from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.places import PICK
from shaketable.faults.points import AnyPointFault, PointCancel, PointCrash, PointDelay, PointFail, PointLoss
from shaketable.schedule import AtPoint, Wait
from shaketable.subject import Component, Subject
from shaketable_patterns.idempotency_store.profile import Knobs, knobs_of
from shaketable_patterns.idempotency_store.recovery import KEYS, PAYLOADS, WORKERS

FAR_MS = 20
"""Clear of the instants at which a lease and a retention end."""
WHO, WHAT = st.integers(0, 1), st.integers(0, 3)
ENDS = ("ok", "ok", "fail", "cancelled")


def machine_of(subject: Subject) -> type[Machine]:
    """Return the machine for a store with this profile. UsageError if the profile is no store's."""
    knobs = knobs_of(subject.profile)
    lease_ms = knobs.lease_ms + knobs.grace_ms + FAR_MS
    faults: tuple[AnyPointFault, ...] = (
        PointFail(),
        PointLoss(timeout_ms=200),
        PointDelay(for_ms=500),
        PointDelay(for_ms=lease_ms),
        PointCancel(),
        PointCrash(),
    )

    renewal_faults = (faults[0], faults[1], PointDelay(for_ms=2 * lease_ms))

    class Calls(ComponentMachine):
        takes_turns = True
        on_threads = isinstance(subject.target, Component) and subject.target.has_switch_points
        odd_endings = {"ok": ODD["ok"]}

        def ask(self, who: int, what: int, *, other: bool = False) -> int:
            """Let a worker ask for a key."""
            key, payload = KEYS[what % 2], PAYLOADS[(what // 2 + other) % 2]
            return self.start_call(worker=WORKERS[who % 2], key=key, payload=payload)

        @rule(who=WHO, what=WHAT)
        def start(self, who: int, what: int) -> None:
            """Let a worker ask for a key, and work."""
            self.ask(who, what)

        @precondition(lambda self: self._in_flight)
        @rule(place=st.integers(0, 5), how=st.sampled_from(ENDS))
        def finish(self, place: int, how: str) -> None:
            """End or cancel the work of a call."""
            self.finish_call(self.pick(place), how)

        @rule(ms=st.sampled_from(_waits(knobs)))
        def wait(self, ms: int) -> None:
            """Let time pass."""
            self.do(Wait(ms))

        @rule(who=WHO, what=WHAT, how=st.sampled_from(ENDS), other=st.booleans())
        def repeat(self, who: int, what: int, how: str, other: bool) -> None:
            """Let a call end, and the same key be asked for again, while it works and afterwards, by both workers."""
            first = self.ask(who, what)
            second = self.ask(who + 1, what, other=other)
            self.finish_call(first, how)
            third = self.ask(who, what, other=other)
            self.finish_call(second, "ok")
            self.finish_call(third, "ok")
            self.finish_call(self.ask(who + 1, what), "ok")

        @precondition(lambda _self: not knobs.ends_in_time)
        @rule(who=WHO, what=WHAT, how=st.sampled_from(ENDS), fresh=st.booleans())
        def overrun(self, who: int, what: int, how: str, fresh: bool) -> None:
            """Let a call work for longer than its lease, another take over, the first one end, and a third one ask, twice."""
            if fresh and knobs.retention_ms:
                self.do(Wait(knobs.retention_ms + lease_ms))
            first = self.ask(who, what)
            self.do(Wait(lease_ms))
            second = self.ask(who + 1, what)
            self.finish_call(first, how)
            third = self.ask(who, what)
            self.finish_call(second, "ok")
            self.finish_call(third, "ok")
            self.finish_call(self.ask(who + 1, what), "ok")
            self.do(Wait(lease_ms))
            self.finish_call(self.ask(who, what), "ok")

        @precondition(lambda self: self.points)
        @rule(who=WHO, what=WHAT, pick=PICK, how=st.sampled_from(ENDS))
        def meet_fault(self, who: int, what: int, pick: int, how: str) -> None:
            """Let a call meet a fault at the store, another one ask meanwhile, and the first be repeated, at once and after its lease."""
            pick, point = divmod(pick, len(self.points))
            pick, kind = divmod(pick, len(faults))
            self.do(AtPoint(self.points[point], faults[kind], self._calls + 1, 1))
            first = self.ask(who, what)
            self.do(Wait(_BRIEF_MS))
            second = self.ask(who + 1, what)
            self.finish_call(first, how)
            self.do(Wait(lease_ms if pick % 2 else _BRIEF_MS))
            third = self.ask(who, what)
            self.finish_call(second, "ok")
            self.finish_call(third, "ok")

        @precondition(lambda self: bool(self.points) and knobs.renew_ms > 0)
        @rule(who=WHO, what=WHAT, pick=PICK)
        def lose_renewal(self, who: int, what: int, pick: int) -> None:
            """Let a renewal meet a fault while its caller works on past its first lease, and another ask."""
            pick, point = divmod(pick, len(self.points))
            if knobs.retention_ms:
                self.do(Wait(knobs.retention_ms + lease_ms))
            first = self.ask(who, what)
            self.do(AtPoint(self.points[point], renewal_faults[pick % len(renewal_faults)], first, 1))
            self.do(Wait(lease_ms))
            second = self.ask(who + 1, what)
            self.do(Wait(lease_ms))
            self.finish_call(second, "ok")
            self.do(Wait(lease_ms // 2))
            third = self.ask(who + 1, what)
            self.finish_call(first, "ok")
            self.finish_call(third, "ok")

    return Calls


_BRIEF_MS = 250


def _waits(knobs: Knobs) -> tuple[int, ...]:
    """Return spans on both sides of a lease and of the retention, clear of the instants themselves."""
    around = {FAR_MS}
    for span_ms in (knobs.lease_ms, knobs.retention_ms):
        if span_ms:
            around |= {span_ms // 2, span_ms - FAR_MS, span_ms + knobs.grace_ms + FAR_MS}
    return tuple(sorted(around))
