"""The machine that every family of the order system derives from: few coarse rules over a model of its own.

Values come from the model, never from an answer. Hypothesis sorts rules by name: another name draws other schedules.
"""

from __future__ import annotations

from typing import Any

from shaketable.boundary import Boundary
from shaketable.explore.generate.system_machine import SystemMachine
from shaketable.fault import Drop, Fault, Partition
from shaketable.history import Json
from shaketable.mapping.ops import OpRole, players
from shaketable.schedule import Inject, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.order_system.consumer_mapping import ops
from shaketable_patterns.order_system.externals import DECLINED_AMOUNT
from shaketable_patterns.order_system.machines.nemesis import Intervals, Nemesis

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
CALM_MS = 20_000
"""Longer than any client, service or lease waits: what is asked for after that must succeed."""
REPEATS_MAX = 3
EVENTS_MAX = 5
_AWAY_MS = (20_000, 60_000)
"""Longer than services remember what only their memory holds, or a table that is swept."""
_HOPS = (1, 2, 3)

_ENDS = ("OrderConfirmed", "OrderCancelled")


def order_value(number: int, kind: int) -> dict[str, Json]:
    """Return the `number`-th order (from 1); it is one of `ORDERS`."""
    item, quantity, amount = ORDERS[kind % len(ORDERS)]
    return {
        "order": f"o{number}",
        "item": item,
        "quantity": quantity,
        "amount": amount,
        "key": f"k{number}",
    }


def announcement(number: int, kind: int) -> dict[str, Json]:
    """Return the `number`-th event (from 1) that says how an order ended; each is about an order of its own."""
    item = {"item": "apple", "quantity": 1, "amount": 10}
    return {"event_id": f"e{number}", "type": _ENDS[kind % len(_ENDS)], "order": f"n{number}", **item}


class OrderMachine(SystemMachine):
    """Base of the machines of all families: the model of what was placed, and the nemesis of these services."""

    orders_max = 4
    """A defect needs one or two; every order more makes a run slower and its story longer."""
    ops = players((*ops(), OpRole(op="publish", plays="publish")))
    nemesis: Nemesis
    intervals: Intervals
    services: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[dict[str, Json]] = []
        self.repeats = 0

    def drawn_message_fault(self, pick: int) -> Fault:
        return self.bound_nemesis().message_fault(pick)

    def drawn_timed_fault(self, pick: int) -> Fault:
        return self.bound_nemesis().service_or_link_fault(pick)

    def bound_nemesis(self) -> Nemesis:
        """Return the nemesis of this class; only the class that is bound to a world knows the boundaries."""
        kind = type(self)
        if "nemesis" not in kind.__dict__:
            beyond = tuple(f"/o{number}" for number in range(self.orders_max + 1, 10))
            reached = [
                b for b in self.boundaries if b.n <= self.orders_max and not b.route.key.endswith(beyond)
            ]
            kind.nemesis = Nemesis(
                self.subject,
                reached,
                runs_are_dear=self.runs_are_dear(),
                provided=self.world.traits.provides,
            )
        return kind.nemesis

    def place(self, kind: int) -> None:
        """Place the next order of the model."""
        value = order_value(len(self.placed) + 1, kind)
        self.placed.append(value)
        self.play("begin", value)

    def place_again(self, pick: int) -> None:
        """Repeat one of the orders, with its key."""
        self.play("repeat", self.placed[pick % len(self.placed)])

    def redrive_in_calm(self) -> None:
        """Let time pass after everything healed, and ask every service to take up its dead letters: now it must succeed."""
        self.do(Wait(CALM_MS))
        for number in range(len(self.services)):
            self.redrive(number)

    def redeliver_late(self, pick: int) -> None:
        """Lose the answer to something that decides, and keep the sender from the broker, so that it comes again late."""
        places = self.acknowledged()
        pick, place = divmod(pick, len(places))
        at = places[place]
        pick, away = divmod(pick, len(_AWAY_MS))
        pick, hops = divmod(pick, len(_HOPS))
        self.do(Inject(Drop(at=str(at), leg="reply")))
        if len(self.placed) < self.orders_max:
            self.place(pick)
        self.do(Wait(_HOPS[hops] * self.intervals.charged_ms))
        self.do(Inject(Partition(sender=at.route.sender, receiver=at.route.receiver, for_ms=_AWAY_MS[away])))
        self.do(Wait(_AWAY_MS[away]))

    def acknowledged(self) -> tuple[Boundary, ...]:
        """Return where the broker says that it took something: if the answer is lost, it is sent or given again."""
        return tuple(b for b in self.boundaries if b.route.verb in ("PRODUCE", "OFFSET_COMMIT"))

    def redrive(self, pick: int) -> None:
        """Ask one service to take up its dead letters."""
        self.play("redrive", {"service": self.services[pick % len(self.services)]})


def fitted(machine: type[OrderMachine], subject: Subject, services: tuple[str, ...]) -> type[OrderMachine]:
    """Return `machine` with the intervals of `subject`; `services` are those that can redrive.

    Raises TypeError for a component.
    """
    if not isinstance(subject.target, System):
        raise TypeError(f"{subject.name} is no system of services")
    intervals = Intervals(subject.profile, subject.target.session_timeout_ms)
    fields: dict[str, Any] = {
        "__doc__": machine.__doc__,
        "intervals": intervals,
        "waits_ms": intervals.wait_ms,
        "services": services,
    }
    return type(machine.__name__, (machine,), fields)
