"""How order systems are tried: few coarse rules, values from the machine's own model, never from an answer."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.places import PICK
from shaketable.fault import Partition
from shaketable.history import Json
from shaketable.schedule import Do, Inject, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.order_system.externals import DECLINED_AMOUNT
from shaketable_patterns.saga.nemesis import Accidents, Intervals

ORDERS = (
    ("apple", 1, 10),
    ("apple", 2, 5),
    ("pear", 1, 7),
    ("pear", 2, 20),
    ("pear", 3, 8),  # more than there ever are: OUT_OF_STOCK
    ("apple", 1, DECLINED_AMOUNT),
)
OUT_OF_STOCK = 4
"""The order of more pears than there are: it is charged, and then has to be refunded."""
PARTNERS = (("payment", "provider"), ("notification", "mailer"))
REPEATS_MAX = 3


def order_value(number: int, kind: int) -> dict[str, Json]:
    """The `number`-th order (from 1); it is one of `ORDERS`."""
    item, quantity, amount = ORDERS[kind % len(ORDERS)]
    return {
        "order": f"o{number}",
        "item": item,
        "quantity": quantity,
        "amount": amount,
        "key": f"k{number}",
    }


class OrderMachine(Machine):
    """What every family of the order system is tried with: faults, accidents and time."""

    orders_max = 4
    """A defect needs one or two; every order more makes a run slower and its story harder to see."""
    accidents: Accidents
    intervals: Intervals
    services: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[dict[str, Json]] = []
        self.faults = 0
        self.accidents_had = 0
        self.repeats = 0

    @precondition(lambda self: self.faults < self.fault_options.message_faults_max and self.places)
    @rule(pick=PICK)
    def message_fault(self, pick: int) -> None:
        """Something happens to one message, now or later."""
        self.faults += 1
        self.do(Inject(self.accidents_here().message(pick)))

    @precondition(lambda self: self.accidents_had < self.fault_options.service_and_link_faults_max)
    @rule(pick=PICK)
    def accident(self, pick: int) -> None:
        """Something happens to a service or a link, now."""
        self.accidents_had += 1
        self.do(Inject(self.accidents_here().fault(pick)))

    @rule(pick=PICK)
    def wait(self, pick: int) -> None:
        """Time passes, around the system's own intervals."""
        waits = self.intervals.wait_ms
        self.do(Wait(waits[pick % len(waits)]))

    def accidents_here(self) -> Accidents:
        """The boundaries are known only to the bound class, so this is made at its first use and kept there."""
        kind = type(self)
        if "accidents" not in kind.__dict__:
            beyond = tuple(f"/o{number}" for number in range(self.orders_max + 1, 10))
            reached = [
                b for b in self.boundaries if b.n <= self.orders_max and not b.route.key.endswith(beyond)
            ]
            kind.accidents = Accidents(self.subject, reached, runs_are_dear=self.runs_are_dear())
        return kind.accidents

    def place(self, kind: int) -> None:
        """Place the next order of the model."""
        value = order_value(len(self.placed) + 1, kind)
        self.placed.append(value)
        self.do(Do("place", value))

    def place_again(self, pick: int) -> None:
        """Repeat one of the orders, with its key."""
        self.do(Do("place_again", self.placed[pick % len(self.placed)]))

    def redrive(self, pick: int) -> None:
        """Ask one service to take up its dead letters."""
        self.do(Do("redrive", {"service": self.services[pick % len(self.services)]}))


def fitted(machine: type[OrderMachine], subject: Subject, services: tuple[str, ...]) -> type[OrderMachine]:
    """`machine` with the intervals of `subject`; `services` are those that can redrive."""
    if not isinstance(subject.target, System):
        raise TypeError(f"{subject.name} is no system of services")
    fields: dict[str, Any] = {
        "__doc__": machine.__doc__,
        "intervals": Intervals(subject.profile, subject.target.session_timeout_ms),
        "services": services,
    }
    return type(machine.__name__, (machine,), fields)


class SagaMachine(OrderMachine):
    """Orders of every kind through all four services."""

    orders_max = 2

    @precondition(lambda self: len(self.placed) < self.orders_max)
    @rule(pick=PICK)
    def order(self, pick: int) -> None:
        """A client places an order."""
        self.place(pick)

    @precondition(
        lambda self: (
            self.accidents_had < self.fault_options.service_and_link_faults_max
            and len(self.placed) < self.orders_max
        )
    )
    @rule(pick=PICK)
    def outage(self, pick: int) -> None:
        """A partner is away for longer than its service is patient, or just when an order has to be undone.

        Then somebody redrives, mostly.
        """
        self.accidents_had += 1
        service, partner = PARTNERS[pick % len(PARTNERS)]
        undone, left = pick // len(ORDERS) % 3 == 0, pick % 5 == 0
        away_ms = self.intervals.patience_ms[-1]
        away = Inject(Partition(sender=service, receiver=partner, for_ms=away_ms))
        if undone:
            self.place(OUT_OF_STOCK)
            self.do(Wait(self.intervals.charged_ms))
            self.do(away)
        else:
            self.do(away)
            self.place(pick)
        self.do(Wait(away_ms))
        if not left:
            instance = next(name for name in self.services if name.startswith(service))
            self.do(Do("redrive", {"service": instance}))

    @precondition(lambda self: self.placed and self.repeats < REPEATS_MAX)
    @rule(pick=PICK)
    def again(self, pick: int) -> None:
        """A client repeats itself, or an operator redrives."""
        self.repeats += 1
        pick, which = divmod(pick, 3)
        if which:
            self.place_again(pick)
        else:
            self.redrive(pick)


def machine_of(subject: Subject) -> type[OrderMachine]:
    """The machine class for a saga of four services, each of which may have instances. TypeError for a component."""
    parts = subject.target.parts if isinstance(subject.target, System) else ()
    return fitted(SagaMachine, subject, tuple(part.name for part in parts))
