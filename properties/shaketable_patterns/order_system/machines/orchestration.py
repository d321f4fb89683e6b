"""The machine of orchestrated sagas: orders of every kind, participants that are away, orchestrators that crash or stall."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.fault import CrashSender, Duplicate, Partition
from shaketable.history import History
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.order_system.machines import saga
from shaketable_patterns.order_system.machines.base import CALM_MS, Trouble, fitted
from shaketable_patterns.order_system.machines.nemesis import Intervals
from shaketable_patterns.order_system.machines.values import OUT_OF_STOCK, order_value

_AWAY = (
    ("payment", "provider"),
    ("orchestrator", "payment"),
    ("orchestrator", "inventory"),
    ("orchestrator", "order"),
    ("orchestrator", "order"),
)
"""Links that are away for longer than all attempts, each as caller and partner; how an order ends is always asked for."""
_PATIENCE = 4
"""An orchestrator that asks gives a step up after all attempts, then its undo, and each attempt waits for the next poll."""
_KINDS = (0, 2, OUT_OF_STOCK, 5, 3, 1)
"""Apples; a pear, by courier; more pears than there are; a charge that is declined; more pears than a courier takes; apples."""
_EXPECTED = ("CONFIRMED", "CONFIRMED", "CANCELLED", "CANCELLED", "CANCELLED", "CONFIRMED")


class OrchestrationMachine(saga.SagaMachine):
    """Orders of every kind, with an orchestrator that may lose its participants, its power or its claim."""

    third_parties = _AWAY

    @property
    def outage_ms(self) -> int:
        asks = self.subject.profile.knobs["style"] == "orchestration-by-lease"
        return super().outage_ms * (_PATIENCE if asks else 1)

    def meanwhile(self, needed: str, pick: int) -> None:
        """Refund an order by hand now and then, for the orchestrator cannot; what is odd may be an order that has to succeed."""
        if needed == "payment" and pick % 3 and not self.values.is_odd:
            self.do(Wait(self.outage_ms // 2))
            self.do(Do("refund_by_hand", self.placed[-1]))

    def troubles(self) -> Sequence[Trouble]:
        back, again = self.crash_on_the_way_back, self.give_again
        return (*super().troubles(), back, back, again, again, again)

    def crash_on_the_way_back(self, pick: int) -> None:
        """Let an order fail, and cut the power of the orchestrator at one of its writes or commands."""
        places = [b for b in self.boundaries if b.route.sender == "orchestrator" and b.n <= self.begun + 1]
        if not places:
            return
        pick, place = divmod(pick, len(places))
        pick, leg = divmod(pick, 2)
        pick, down = divmod(pick, len(self.intervals.down_ms))
        at = str(places[place])
        self.strike(
            CrashSender(at=at, leg="reply" if leg else "request", down_ms=self.intervals.down_ms[down])
        )
        if self.has_room:
            self.place((OUT_OF_STOCK, 3, 5)[pick % 3])
        else:
            self.place_again(pick)
        self.do(Wait(self.intervals.charged_ms))

    def give_again(self, pick: int) -> None:
        """Let an event of an order arrive twice: over HTTP few messages of a saga go through the broker."""
        number = self.begun + 1 if self.has_room else 1 + pick % self.begun
        places = [
            b for b in self.boundaries if b.route.verb == "PRODUCE" and b.route.key.endswith(f"/o{number}")
        ]
        if not places:
            return
        pick, place = divmod(pick, len(places))
        self.strike(Duplicate(at=str(places[place]), leg="request"))
        self.begin(pick)
        self.do(Wait(self.intervals.charged_ms))


def machine_of(subject: Subject) -> type[OrchestrationMachine]:
    """Return the machine for an orchestrated saga. TypeError for a component."""
    return fitted(OrchestrationMachine, subject, _names(subject))


def workload(subject: Subject) -> Schedule:
    """Return six orders, of which three succeed; then one is repeated."""
    poll_ms = subject.profile.int("poll_interval_ms")
    gap_ms = poll_ms // 4
    steps: list[Step] = []
    for number, kind in enumerate(_KINDS, 1):
        steps += [Do("place", order_value(number, kind)), Wait(gap_ms)]
    steps += [Do("place_again", order_value(1, _KINDS[0])), Wait(gap_ms)]
    steps += [Wait(poll_ms) for _ in range(8)]
    return Schedule(subject.name, tuple(steps))


def troubled(subject: Subject) -> Schedule:
    """Return orders of which a participant is away for longer than all attempts, with redrives after it."""
    steps: list[Step] = []
    away_ms = 2 * Intervals(subject.profile, 0).patience_ms[-1]
    for number, (service, partner) in enumerate(dict.fromkeys(_AWAY), 1):
        steps += [
            Do("place", order_value(number, OUT_OF_STOCK)),
            Wait(subject.profile.int("poll_interval_ms") + 200),
            Inject(Partition(sender=service, receiver=partner, for_ms=away_ms)),
            Wait(2 * away_ms),
            *(Do("redrive", {"service": name}) for name in _names(subject)),
            Wait(CALM_MS),
        ]
    return Schedule(subject.name, tuple(steps))


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Run the workload and compare how each order ends with the model, in which nothing fails."""
    return saga.ends_as_expected(execute(workload(subject)), _EXPECTED)


def _names(subject: Subject) -> tuple[str, ...]:
    parts = subject.target.parts if isinstance(subject.target, System) else ()
    return tuple(part.name for part in parts)
