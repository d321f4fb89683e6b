"""The machine of dead letters: events good and malformed, a third party that is away for too long, redrives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.places import PICK
from shaketable.fault import Crash, Partition
from shaketable.history import History, Json
from shaketable.schedule import Do, Heal, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_system.machines.base import (
    CALM_MS,
    EVENTS_MAX,
    REPEATS_MAX,
    OrderMachine,
    Trouble,
    fitted,
)
from shaketable_patterns.order_system.machines.calibration_reading import mailed, read, unmailed
from shaketable_patterns.order_system.machines.nemesis import Intervals
from shaketable_patterns.order_system.machines.odd_values import UNREADABLE
from shaketable_patterns.order_system.machines.troubles import IDLE_MS, TroubledMachine
from shaketable_patterns.order_system.machines.values import announcement

_SERVICE = "notification"
_THIRD_PARTY = "mailer"
_MANY = 12
_INTO_REDRIVE_MS = (3, 6, 9, 12, 20)
"""A message takes one or two, so each of these falls on another step of a redrive."""


def malformed(number: int) -> dict[str, Json]:
    """Return an event that does not say its type."""
    return {"event_id": f"e{number}", "order": f"n{number}"}


class DeadLetterMachine(TroubledMachine):
    """Events, outages longer than all retries, and redrives."""

    def __init__(self) -> None:
        super().__init__()
        self.events = 0
        self.many = False

    @precondition(lambda self: self.events < EVENTS_MAX)
    @rule(pick=PICK)
    def announce(self, pick: int) -> None:
        """Announce how an order ended; now and then in an event without a type."""
        self.begin(pick)

    @property
    def begun(self) -> int:
        return self.events

    def begin(self, pick: int) -> None:
        """Announce how an order ended: mostly one that nothing was announced of, mostly in an event that can be read."""
        self.events += 1
        pick, which = divmod(pick, 8)
        about = 1 + pick % self.events if which in (2, 3) else self.events
        event = self.values.announcement(self.events, pick, about)
        if which < 2:
            del event["type"]
            if self.values.is_odd:
                event["type"] = UNREADABLE[pick % len(UNREADABLE)]
        self.play("publish", event)

    @precondition(lambda self: self.message_faults < self.fault_options.message_faults_max)
    @rule(pick=PICK)
    def outage(self, pick: int) -> None:
        """Cut the third party off and let time pass: sometimes longer than all retries."""
        self.message_faults += 1
        away_ms = self.intervals.patience_ms[-1 - pick % 2]
        self.do(Inject(Partition(sender=_SERVICE, receiver=_THIRD_PARTY, for_ms=away_ms)))
        self.do(Wait(away_ms))

    @precondition(lambda self: self.repeats < REPEATS_MAX)
    @rule(pick=PICK)
    def redriving(self, pick: int) -> None:
        """Redrive, perhaps twice at once, or crash the service while it redrives."""
        self.repeats += 1
        self.redrive(0)
        pick, how = divmod(pick, 3)
        if how == 0:
            self.redrive(0)
        elif how == 1:
            self.do(Wait(_INTO_REDRIVE_MS[pick % len(_INTO_REDRIVE_MS)]))
            self.do(Inject(Crash(service=_SERVICE, down_ms=100)))

    def troubles(self) -> Sequence[Trouble]:
        return (
            self.redeliver_late,
            self.recover,
            self.stall,
            self.straggle,
            self.keep,
            self.keep,
            self.keep_many,
        )

    def keep(self, pick: int) -> None:
        """Let events fail for longer than all retries, redrive soon or minutes later, perhaps also during the outage."""
        pick, idle = divmod(pick, len(IDLE_MS))
        pick, early = divmod(pick, 4)
        self.fail_all(pick, 1 + pick % 3)
        if not early:
            self.redrive(0)
        self.do(Wait(IDLE_MS[idle]))
        self.do(Heal())
        self.redrive(0)
        if pick % 2:
            self.begin(pick)
        self.do(Wait(IDLE_MS[0]))

    def keep_many(self, pick: int) -> None:
        """Let more events fail than a service reads at once."""
        if self.many:
            return
        self.many = True
        self.fail_all(pick, _MANY)
        for _ in range(2):
            self.redrive_in_calm()

    def fail_all(self, pick: int, count: int) -> None:
        """Announce `count` events while the third party is away for longer than all their retries."""
        away_ms = count * self.intervals.patience_ms[-1]
        self.do(Inject(Partition(sender=_SERVICE, receiver=_THIRD_PARTY, for_ms=away_ms)))
        for number in range(count):
            self.begin(pick // (number + 1))
        self.do(Wait(away_ms))

    def healed(self) -> None:
        """Wait and redrive."""
        self.redrive_in_calm()


def machine_of(subject: Subject) -> type[OrderMachine]:
    """Return the machine for one consumer and the third party it calls. TypeError for a component."""
    return fitted(DeadLetterMachine, subject, (_SERVICE,))


def workload(subject: Subject) -> Schedule:
    """Return three events, a malformed one and a redrive; nothing but the malformed one fails."""
    poll_ms = subject.profile.int("poll_interval_ms")
    steps: list[Step] = [Do("publish", announcement(number, number)) for number in range(1, 4)]
    steps += [Wait(poll_ms), Do("publish", malformed(4)), Wait(2 * poll_ms)]
    steps += [Do("redrive", {"service": _SERVICE}), Wait(poll_ms)]
    return Schedule(subject.name, tuple(steps))


def troubled(subject: Subject) -> Schedule:
    """Return events that outlast every retry, redriven in vain, then for good."""
    away_ms = 2 * Intervals(subject.profile, 0).patience_ms[-1]
    steps: tuple[Step, ...] = (
        Inject(Partition(sender=_SERVICE, receiver=_THIRD_PARTY, for_ms=2 * away_ms)),
        Do("publish", announcement(1, 1)),
        Do("publish", announcement(2, 2)),
        Wait(away_ms),
        Do("redrive", {"service": _SERVICE}),
        Wait(2 * away_ms),
        Do("redrive", {"service": _SERVICE}),
        Wait(CALM_MS),
    )
    return Schedule(subject.name, steps)


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Run the workload, then an outage with a redrive after it: every good event must be mailed."""
    views = read(execute(workload(subject)))
    problems = [views.unsettled] if views.unsettled else []
    problems += unmailed(views, 3)
    away_ms = 60_000
    outage = Partition(sender=_SERVICE, receiver=_THIRD_PARTY, for_ms=away_ms)
    steps: tuple[Step, ...] = (Inject(outage), Do("publish", announcement(1, 1)), Wait(away_ms), Heal())
    redrive = (Do("redrive", {"service": _SERVICE}),)
    after = read(execute(Schedule(subject.name, steps + redrive)))
    if "e1" not in mailed(after):
        problems.append("an event that outlasted every retry should be mailed by a redrive")
    return problems
