"""The machine of sagas: orders of every kind through all four services, and third parties that are away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.places import PICK
from shaketable.fault import Partition
from shaketable.history import History
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.order_system.machines.base import CALM_MS, REPEATS_MAX, Trouble, fitted
from shaketable_patterns.order_system.machines.calibration_reading import read, status_of
from shaketable_patterns.order_system.machines.nemesis import Intervals
from shaketable_patterns.order_system.machines.troubles import TroubledMachine
from shaketable_patterns.order_system.machines.values import ORDERS, OUT_OF_STOCK, order_value

_THIRD_PARTIES = (("payment", "provider"), ("notification", "mailer"))
"""Each with the service that calls it."""
_KINDS = (0, 3, 4, 5, 1)
"""Two orders that succeed, one of more pears than there are, one whose charge is declined, one more that succeeds."""
_LATE_EVERY = 4
_EXPECTED = ("CONFIRMED", "CONFIRMED", "CANCELLED", "CANCELLED", "CONFIRMED")


class SagaMachine(TroubledMachine):
    """Orders of every kind through all four services."""

    orders_max = 2
    third_parties: tuple[tuple[str, str], ...] = _THIRD_PARTIES

    def troubles(self) -> Sequence[Trouble]:
        return (
            self.redeliver_late,
            self.recover,
            self.stall,
            self.straggle,
            self.decide_alone,
            self.decide_alone,
        )

    @precondition(lambda self: len(self.placed) < self.orders_max)
    @rule(pick=PICK)
    def order(self, pick: int) -> None:
        """Place an order."""
        self.place(pick)

    @precondition(
        lambda self: (
            self.service_and_link_faults < self.fault_options.service_and_link_faults_max
            and len(self.placed) < self.orders_max
        )
    )
    @rule(pick=PICK)
    def outage(self, pick: int) -> None:
        """Cut a third party off for longer than all retries, at once or just before an order has to be undone.

        Mostly a redrive follows. Now and then let something come again long after it was handled, instead.
        """
        self.service_and_link_faults += 1
        if not pick // _LATE_EVERY % _LATE_EVERY and self.acknowledged():
            self.redeliver_late(pick // _LATE_EVERY**2)
            return
        service, third_party = self.third_parties[pick % len(self.third_parties)]
        undone, left = pick // len(ORDERS) % 3 == 0, pick % 5 == 0
        away_ms = self.outage_ms
        away = Inject(Partition(sender=service, receiver=third_party, for_ms=away_ms))
        if undone:
            self.place(OUT_OF_STOCK)
            self.do(Wait(self.intervals.charged_ms))
            self.do(away)
        else:
            self.do(away)
            self.place(pick)
        self.meanwhile(third_party if undone else "", pick)
        self.do(Wait(away_ms))
        if not left:
            instance = next(name for name in self.services if name.startswith(service))
            self.play("redrive", {"service": instance})

    @precondition(lambda self: self.placed and self.repeats < REPEATS_MAX)
    @rule(pick=PICK)
    def again(self, pick: int) -> None:
        """Repeat an order, or redrive."""
        self.repeats += 1
        pick, which = divmod(pick, 3)
        if which:
            self.place_again(pick)
        else:
            self.redrive(pick)

    def meanwhile(self, needed: str, pick: int) -> None:
        """Do something while a third party is away; `needed` if the last order has to be undone there, else ""."""

    @property
    def outage_ms(self) -> int:
        """How long a third party is cut off: longer than all retries."""
        return self.intervals.patience_ms[-1]

    def healed(self) -> None:
        """Wait and redrive."""
        self.redrive_in_calm()


def machine_of(subject: Subject) -> type[SagaMachine]:
    """Return the machine for a saga of four services, each of which may have instances. TypeError for a component."""
    parts = subject.target.parts if isinstance(subject.target, System) else ()
    return fitted(SagaMachine, subject, tuple(part.name for part in parts))


def workload(subject: Subject) -> Schedule:
    """Return five orders: two succeed, one is out of stock, one is declined, one succeeds; then one is repeated."""
    poll_ms = subject.profile.int("poll_interval_ms")
    gap_ms = poll_ms // 4
    steps: list[Step] = []
    for number, kind in enumerate(_KINDS, 1):
        steps += [Do("place", order_value(number, kind)), Wait(gap_ms)]
    steps += [Do("place_again", order_value(1, _KINDS[0])), Wait(gap_ms)]
    steps += [Wait(poll_ms) for _ in range(6)]
    return Schedule(subject.name, tuple(steps))


def troubled(subject: Subject) -> Schedule:
    """Return orders whose payment, stock or mail is away for longer than all retries, with redrives after it."""
    parts = subject.target.parts if isinstance(subject.target, System) else ()
    steps: list[Step] = []
    links = (("payment", "provider"), ("order", "inventory"), ("notification", "mailer"))
    for number, (service, partner) in enumerate(links, 1):
        away_ms = 2 * Intervals(subject.profile, 0).patience_ms[-1]  # a mail is the last thing that happens
        instance = next(part.name for part in parts if part.role == service)
        steps += [
            Inject(Partition(sender=service, receiver=partner, for_ms=away_ms)),
            Do("place", order_value(number, number % 2 * OUT_OF_STOCK)),
            Wait(2 * away_ms),
            Do("redrive", {"service": instance}),
            Wait(CALM_MS),
        ]
    return Schedule(subject.name, tuple(steps))


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Run the workload and compare how each order ends with the model, in which nothing fails."""
    return ends_as_expected(execute(workload(subject)), _EXPECTED)


def ends_as_expected(history: History, expected: Sequence[str]) -> Sequence[str]:
    """Return a sentence for each order, from the first one on, that does not end as it should, and for a run that never ends."""
    views = read(history)
    problems = [views.unsettled] if views.unsettled else []
    for number, end in enumerate(expected, 1):
        status = status_of(views, f"o{number}")
        if status != end:
            problems.append(f"o{number} should end {end} when nothing fails, it is {status or 'missing'}")
    return problems
