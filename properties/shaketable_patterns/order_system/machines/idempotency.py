"""The machine of idempotent work: requests and events that come again, other requests under an old key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis.stateful import precondition, rule

from shaketable.boundary import Boundary, Leg
from shaketable.explore.generate.drawn_faults import LEGS
from shaketable.explore.generate.places import PICK
from shaketable.fault import CrashSender, Cut, Drop, Hold, Partition
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
from shaketable_patterns.order_system.machines.calibration_reading import read, unmailed
from shaketable_patterns.order_system.machines.near_requests import other_request
from shaketable_patterns.order_system.machines.nemesis import Intervals
from shaketable_patterns.order_system.machines.troubles import IDLE_MS, TroubledMachine
from shaketable_patterns.order_system.machines.values import announcement, order_value

CLIENT_MS = 5_000
"""Longer than a client waits for its answer."""
_SLOW_MS = (1_900, 2_500)
"""Longer than a lease and shorter than a client or a service waits."""


def _interruption(at: str, leg: Leg, kind: int) -> CrashSender | Cut | Drop:
    match kind % 3:
        case 0:
            return CrashSender(at=at, leg=leg, down_ms=100)
        case 1:
            return Cut(at=at, leg=leg)
        case _:
            return Drop(at=at, leg=leg)


class ConsumerMachine(TroubledMachine):
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
        near = self.values.is_odd
        pick, which = divmod(pick, 2 if near else 4)
        if which:
            self.place_again(pick)
        else:
            pick, place = divmod(pick, len(self.placed))
            self.play("other-payload", other_request(self.placed[place], pick, near=near))

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
        self.announce_next(pick)

    def announce_next(self, pick: int) -> None:
        """Announce how an order ended, mostly one that nothing was announced of."""
        number = len(self.announced) + 1
        pick, same = divmod(pick, 4)
        event = self.values.announcement(number, pick, number if same else 1 + pick % number)
        self.announced.append(event)
        self.play("publish", event)

    def troubles(self) -> Sequence[Trouble]:
        return (
            self.redeliver_late,
            self.stall,
            self.straggle,
            self.outlast_lease,
            self.outlast_lease,
            self.come_back_late,
        )

    def begin(self, pick: int) -> None:
        """Place an order or announce one."""
        pick, which = divmod(pick, 2)
        if which:
            self.announce_next(pick)
        else:
            super().begin(pick)

    def outlast_lease(self, pick: int) -> None:
        """Let a request be slow, or fail, after it claimed its key; ask again after its lease, perhaps twice at once."""
        if not self.has_room:
            return
        writes = [b.route for b in self.boundaries if b.n == 1 and b.route[:2] == ("order", "postgres")]
        claims = [route for route in writes if (route.verb, route.key) == ("COMMIT", "idempotency")]
        pick, claimed = divmod(pick, 2)
        routes = claims if claimed and claims else writes
        pick, slow = divmod(pick, len(_SLOW_MS))
        pick, how = divmod(pick, 6)
        pick, second = divmod(pick, 2)
        pick, repeats = divmod(pick, 2)
        number = len(self.placed) + 1
        if routes:
            pick, which = divmod(pick, len(routes))
            at = str(Boundary(routes[which], number))
            if how < 3:
                self.strike(Hold(at=at, leg="reply", for_ms=_SLOW_MS[slow]))
            else:
                self.strike(_interruption(at, LEGS[how % 2], how))
        self.place(pick)
        self.do(Wait(self.intervals.lease_ms + (300 if how < 3 else 2_000)))
        if routes and second:
            self.strike(Hold(at=str(Boundary(routes[which], number + 1)), leg="reply", for_ms=_SLOW_MS[-1]))
        for _ in range(1 + repeats):
            self.place_again(number - 1)
        self.do(Wait(CLIENT_MS))
        self.place_again(number - 1)

    def come_back_late(self, pick: int) -> None:
        """Let a client that has its answer ask again, minutes later; an event may come again as late."""
        if self.has_room:
            self.place(pick)
        number = len(self.placed)
        self.announce_next(pick)
        pick, idle = divmod(pick, len(IDLE_MS))
        self.do(Wait(IDLE_MS[idle]))
        self.place_again(number - 1)
        self.play("publish", self.announced[pick % len(self.announced)])
        self.do(Wait(CLIENT_MS))


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


def troubled(subject: Subject) -> Schedule:
    """Return requests whose owner dies or fails, each repeated after its lease, and events that are kept and redriven."""
    poll_ms = subject.profile.int("poll_interval_ms")
    orders = [order_value(number, 0) for number in range(1, 3)]
    away_ms = Intervals(subject.profile, 0).patience_ms[-1]
    steps: tuple[Step, ...] = (
        Inject(CrashSender(at="order>postgres COMMIT idempotency #1", leg="reply", down_ms=100)),
        Inject(Cut(at="order>postgres INSERT orders #2", leg="request")),
        *(Do("place", order) for order in orders),
        Wait(poll_ms),
        *(Do("place_again", order) for order in orders),
        Do("place_other", other_request(orders[0], 3)),
        Inject(Partition(sender="notification", receiver="mailer", for_ms=away_ms)),
        Do("publish", announcement(1, 1)),
        Wait(2 * away_ms),
        Do("redrive", {"service": "notification-1"}),
        Wait(poll_ms),
    )
    return Schedule(subject.name, steps)


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Run the workload: three mails, three orders, a repetition answered alike, a misused key refused."""
    views = read(execute(workload(subject)))
    problems = [views.unsettled] if views.unsettled else []
    problems += unmailed(views, 3)
    outcomes = [op.outcome for op in views.ops("place", "place_other")]
    if outcomes != ["ok", "ok", "ok", "fail"]:
        problems.append(f"three orders and a misused key should end ok, ok, ok, fail; they ended {outcomes}")
    return problems
