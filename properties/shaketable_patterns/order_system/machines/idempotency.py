"""The machine of idempotent work: requests and events that come again, other requests under an old key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis.stateful import precondition, rule

from shaketable.boundary import Boundary, Leg
from shaketable.explore.generate.places import PICK
from shaketable.fault import CrashSender, Cut, Drop
from shaketable.history import History, Json
from shaketable.schedule import Do, Heal, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_system.machines.base import (
    CALM_MS,
    EVENTS_MAX,
    REPEATS_MAX,
    OrderMachine,
    announcement,
    fitted,
    order_value,
)
from shaketable_patterns.order_system.machines.calibration_reading import read, unmailed

CLIENT_MS = 5_000
"""Longer than a client waits for its answer."""
LEGS: tuple[Leg, Leg] = ("request", "reply")


def other_request(value: dict[str, Json], kind: int = 0) -> dict[str, Json]:
    """Return the key with another order, with one figure of its order changed, or the order under another key."""
    match kind % 4:
        case 0:
            return value | {"order": f"{value['order']}-other", "amount": value["amount"] + 1}
        case 1:
            return value | {"amount": value["amount"] + 1}
        case 2:
            return value | {"quantity": value["quantity"] + 1}
        case _:
            return value | {"key": f"{value['key']}-other"}


def _interruption(at: str, leg: Leg, kind: int) -> CrashSender | Cut | Drop:
    match kind % 3:
        case 0:
            return CrashSender(at=at, leg=leg, down_ms=100)
        case 1:
            return Cut(at=at, leg=leg)
        case _:
            return Drop(at=at, leg=leg)


class ConsumerMachine(OrderMachine):
    """Keys and events, each likely to be met twice."""

    orders_max = 3

    def __init__(self) -> None:
        super().__init__()
        self.announced: list[dict[str, Json]] = []
        self.announcements = 0
        self.over = False

    @precondition(lambda self: len(self.placed) < self.orders_max)
    @rule(pick=PICK)
    def order(self, pick: int) -> None:
        """Place an order under a new key."""
        self.place(pick)

    @precondition(lambda self: self.placed and self.repeats < REPEATS_MAX)
    @rule(pick=PICK)
    def again(self, pick: int) -> None:
        """Use a key again, mostly for the same request."""
        self.repeats += 1
        pick, which = divmod(pick, 4)
        if which:
            self.place_again(pick)
        else:
            pick, place = divmod(pick, len(self.placed))
            self.play("other-payload", other_request(self.placed[place], pick))

    @precondition(
        lambda self: (
            self.message_faults < self.fault_options.message_faults_max and len(self.placed) < self.orders_max
        )
    )
    @rule(pick=PICK)
    def interrupted(self, pick: int) -> None:
        """Crash the service, or cut it off from its database, while it works on a request; ask again later."""
        self.message_faults += 1
        pick, leg = divmod(pick, 2)
        writes = [
            b.route for b in self.boundaries if b.route.sender == "order" and b.route.receiver == "postgres"
        ]
        if writes:
            at = Boundary(writes[pick % len(writes)], len(self.placed) + 1)
            self.do(Inject(_interruption(str(at), LEGS[leg], pick // len(writes))))
        self.place(pick)
        self.do(Wait(self.intervals.wait_ms[-1]))
        self.place_again(len(self.placed) - 1)

    @precondition(lambda self: self.placed and not self.over)
    @rule(pick=PICK)
    def afterwards(self, pick: int) -> None:
        """Heal, let time pass and ask again, twice: by then the client has to be answered."""
        self.over = True
        self.do(Heal())
        self.do(Wait(CALM_MS))
        for _ in range(2):
            self.place_again(pick)
            self.do(Wait(CLIENT_MS))

    @precondition(lambda self: self.announcements < EVENTS_MAX)
    @rule(pick=PICK)
    def announce(self, pick: int) -> None:
        """Announce how an order ended, or announce it once more."""
        self.announcements += 1
        pick, which = divmod(pick, 3)
        if self.announced and not which:
            self.play("publish", self.announced[pick % len(self.announced)])
            return
        event = announcement(len(self.announced) + 1, pick)
        self.announced.append(event)
        self.play("publish", event)


def machine_of(subject: Subject) -> type[OrderMachine]:
    """Return the machine for keys and consumers. TypeError for a component."""
    return fitted(ConsumerMachine, subject, ("notification-1", "notification-2"))


def workload(subject: Subject) -> Schedule:
    """Return three orders, one repeated, one key misused; three events, one of them twice."""
    poll_ms = subject.profile.int("poll_interval_ms")
    orders = [order_value(number, number) for number in range(1, 4)]
    steps: list[Step] = []
    for number, value in enumerate(orders, 1):
        steps += [Do("place", value), Do("publish", announcement(number, number)), Wait(poll_ms // 4)]
    steps += [
        Do("place_again", orders[0]),
        Wait(20),
        Do("place_other", other_request(orders[1], 1)),
        Wait(20),
    ]
    steps += [Do("publish", announcement(1, 1)), Wait(poll_ms), Wait(poll_ms)]
    return Schedule(subject.name, tuple(steps))


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Run the workload: three mails, three orders, a repetition answered alike, a misused key refused."""
    views = read(execute(workload(subject)))
    problems = [views.unsettled] if views.unsettled else []
    problems += unmailed(views, 3)
    outcomes = [op.outcome for op in views.ops("place", "place_other")]
    if outcomes != ["ok", "ok", "ok", "fail"]:
        problems.append(f"three orders and a misused key should end ok, ok, ok, fail; they ended {outcomes}")
    return problems
