"""The machine of outboxes: orders, some too large to publish, and reports that move them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis.stateful import precondition, rule

from shaketable.boundary import Boundary, Route, record_address
from shaketable.explore.generate.drawn_faults import LEGS
from shaketable.explore.generate.places import PICK
from shaketable.fault import ClockStep, CrashSender, Cut, Drop, Fault, Hold, TooLarge
from shaketable.history import History, Json
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_system.machines.base import OrderMachine, Trouble, fitted
from shaketable_patterns.order_system.machines.calibration_reading import read, times_published
from shaketable_patterns.order_system.machines.near_requests import other_request
from shaketable_patterns.order_system.machines.troubles import TroubledMachine
from shaketable_patterns.order_system.machines.values import order_value

REPORTS_MAX = 4
_REPORTS = ("InventoryReserved", "PaymentFailed", "InventoryFailed", "PaymentRefunded")

_NEIGHBOURS = 3
_GAPS_MS = (0, 20, 200)
"""Between steps that a relay is to see together: it polls more rarely."""


def _takes_an_order(at: Boundary) -> bool:
    """Tell whether an order and its event are committed there, at the request of the client."""
    written = at.route.key.split(",")
    return at.route.verb == "COMMIT" and {"orders", "outbox"} <= {*written} and "inbox" not in written


def _failure(at: str, kind: int) -> Fault:
    kind, leg = divmod(kind, 2)
    match kind % 3:
        case 0:
            return Drop(at=at, leg=LEGS[leg])
        case 1:
            return Cut(at=at, leg=LEGS[leg])
        case _:
            return Hold(at=at, leg="request", for_ms=1_000)


def report(number: int, kind: int, order: dict[str, Json]) -> Do:
    """Publish, as the client, what payment or inventory would: the `number`-th report of the run."""
    about = {field: order[field] for field in ("order", "item", "quantity", "amount")}
    return Do("publish", {"event_id": f"r{number}", "type": _REPORTS[kind % len(_REPORTS)], **about})


class OutboxMachine(TroubledMachine):
    """Many events of few aggregates, and two relays that want them."""

    orders_max = 5  # more than a batch holds

    def __init__(self) -> None:
        super().__init__()
        self.reports = 0

    @precondition(lambda self: len(self.placed) < self.orders_max)
    @rule(pick=PICK)
    def order(self, pick: int) -> None:
        """Place an order; now and then one whose event is too large for the broker."""
        pick, poison = divmod(pick, 4)
        if poison:
            self.place(pick)
            return
        value = self.values.order(len(self.placed) + 1, pick)
        self.placed.append(value)
        self.play("poison", value)

    @precondition(lambda self: self.placed and self.reports < REPORTS_MAX)
    @rule(pick=PICK)
    def progress(self, pick: int) -> None:
        """Move an order on, so that it has another event to publish."""
        pick, kind = divmod(pick, len(_REPORTS))
        self.go_on(pick % len(self.placed), kind)

    def go_on(self, place: int, kind: int) -> None:
        """Report about one of the orders that were placed."""
        self.reports += 1
        self.do(report(self.reports, kind, self.placed[place]))

    @precondition(
        lambda self: self.message_faults < self.fault_options.message_faults_max and self.relay_writes()
    )
    @rule(pick=PICK)
    def overdue(self, pick: int) -> None:
        """Hold what a relay writes until its lease has expired and another relay is at work."""
        self.message_faults += 1
        writes = self.relay_writes()
        at = writes[pick % len(writes)]
        self.do(Inject(Hold(at=str(at), leg="request", for_ms=self.intervals.holds_ms[0])))

    def troubles(self) -> Sequence[Trouble]:
        return (
            self.redeliver_late,
            self.recover,
            self.stall,
            self.stall,
            self.overtake,
            self.overtake,
            self.follow_at_once,
            self.follow_at_once,
            self.ask_again,
            self.refuse,
        )

    def overtake(self, pick: int) -> None:
        """Hold the COMMIT of one of three orders until a relay has read the others, which is held up in its turn."""
        if len(self.placed) + _NEIGHBOURS > self.orders_max:
            return
        first = len(self.placed) + 1
        commits = [b.route for b in self.boundaries if b.n == 1 and _takes_an_order(b)]
        pick, late = divmod(pick, _NEIGHBOURS)
        pick, held = divmod(pick, len(_GAPS_MS))
        if commits:
            pick, commit = divmod(pick, len(commits))
            at = Boundary(commits[commit], first + (late or 1))
            self.strike(Hold(at=str(at), leg="request", for_ms=self.intervals.poll_ms))
        sent = [b for b in self.boundaries if b.n == 1 and b.route.key == f"order-events/o{first}"]
        produced = [b for b in sent if b.route.verb == "PRODUCE"]
        for number in range(_NEIGHBOURS):
            self.place(pick + number)
            self.do(Wait(_GAPS_MS[held]))
        if produced:
            self.strike(Hold(at=str(produced[0]), leg="reply", for_ms=self.intervals.poll_ms))
        self.do(Wait(3 * self.intervals.poll_ms))

    def follow_at_once(self, pick: int) -> None:
        """Let an order go on before a relay has read its first event; the clock may be set back, or a publication fail."""
        if self.has_room:
            self.place(pick)
        number = len(self.placed)
        pick, how = divmod(pick, 4)
        pick, gap = divmod(pick, len(_GAPS_MS))
        self.do(Wait(_GAPS_MS[gap]))
        if how == 0:
            self.do(Inject(ClockStep(service="order", delta_ms=self.intervals.step_ms[0])))
        elif how < 3:
            sent = [b for b in self.boundaries if b.route.verb == "PRODUCE" and b.n <= 2]
            mine = [b for b in sent if b.route.key.endswith(f"/o{number}")]
            if mine:
                pick, place = divmod(pick, len(mine))
                self.strike(_failure(str(mine[place]), pick))
        self.go_on(number - 1, pick % len(_REPORTS))
        if pick % 3 == 0:
            self.go_on(number - 1, pick // 3 % len(_REPORTS))
        self.do(Wait(self.intervals.charged_ms))

    def ask_again(self, pick: int) -> None:
        """Repeat an order, or ask for one under a used key, or for a used order under another key."""
        self.begin(pick)
        self.do(Wait(_GAPS_MS[pick % len(_GAPS_MS)]))
        pick, which = divmod(pick, 3)
        pick, place = divmod(pick, len(self.placed))
        if which:
            self.play("other-payload", other_request(self.placed[place], pick))
        else:
            self.place_again(place)

    def refuse(self, pick: int) -> None:
        """Let the broker refuse an order's event: once, as often as a row is tried, or until all is healed."""
        senders = [b.route.sender for b in self.boundaries if b.route.verb == "PRODUCE"]
        if not self.has_room or not senders:
            return
        pick, often = divmod(pick, len(self.fault_options.refusals))
        value = self.values.order(len(self.placed) + 1, pick)
        self.placed.append(value)
        at = Boundary(
            Route(senders[0], "kafka", "PRODUCE", record_address("order-events", value["order"])), 1
        )
        self.strike(TooLarge(at=str(at), leg="request", times=self.fault_options.refusals[often]))
        self.play("begin", value)
        self.do(Wait(2 * self.intervals.poll_ms))

    def relay_writes(self) -> tuple[Boundary, ...]:
        """Return the boundaries between relays and their database, if there are any."""
        return tuple(
            b for b in self.boundaries if (b.route.sender, b.route.receiver) == ("relay", "postgres")
        )


class LogMachine(OutboxMachine):
    """The same where the database's log is read: what matters then is the middle of a transaction."""

    def troubles(self) -> Sequence[Trouble]:
        return (*super().troubles(), self.part, self.part)

    def part(self, pick: int) -> None:
        """Let something happen between the two events of one transaction: a row that is given up has a letter and an alert."""
        if not self.has_room:
            return
        value = self.values.order(len(self.placed) + 1, pick)
        self.placed.append(value)
        pick, how = divmod(pick, 4)
        at = f"relay>kafka PRODUCE alerts/o{len(self.placed)} #1"
        crash = CrashSender(at=at, leg="request", down_ms=self.intervals.down_ms[pick % 2])
        self.strike(crash if how == 3 else _failure(at, 2 * how))
        self.play("poison", value)
        self.do(Wait(2 * self.intervals.poll_ms))


def machine_of(subject: Subject) -> type[OrderMachine]:
    """Return the machine for an outbox with its relays. TypeError for a component."""
    reads_log = subject.profile.knobs.get("relay") == "log"
    return fitted(LogMachine if reads_log else OutboxMachine, subject, ("order",))


def workload(subject: Subject) -> Schedule:
    """Return five orders; three of them go on, one of these twice."""
    poll_ms = subject.profile.int("poll_interval_ms")
    orders = [order_value(number, number) for number in range(1, 6)]
    steps: list[Step] = []
    for value in orders:
        steps += [Do("place", value), Wait(poll_ms // 4)]
    steps += [Wait(poll_ms), report(1, 0, orders[0]), report(2, 1, orders[1]), Wait(poll_ms)]
    steps += [report(3, 2, orders[2]), Wait(20), report(4, 3, orders[2]), Wait(poll_ms), Wait(poll_ms)]
    return Schedule(subject.name, tuple(steps))


def troubled(subject: Subject) -> Schedule:
    """Return an order that is too large to publish and goes on all the same, until its row is given up; and used keys."""
    poll_ms = subject.profile.int("poll_interval_ms")
    orders = [order_value(number, number) for number in range(1, 3)]
    steps: tuple[Step, ...] = (
        Do("poison", orders[0]),
        Do("place", orders[1]),
        report(1, 0, orders[0]),
        Wait(poll_ms),
        Do("place_again", orders[1]),
        Do("place_other", other_request(orders[1], 3)),
        *[Wait(poll_ms)] * 6,
    )
    return Schedule(subject.name, steps)


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Run the workload: each order, and each of its ends, must be announced exactly once."""
    views = read(execute(workload(subject)))
    problems = [views.unsettled] if views.unsettled else []
    expected = [(f"o{number}", "OrderCreated") for number in range(1, 6)]
    expected += [("o1", "OrderConfirmed"), ("o2", "OrderCancelled"), ("o3", "OrderCancelled")]
    for order, event in expected:
        times = times_published(views, order, event)
        if times != 1:
            problems.append(
                f"{event} of {order} should be published once when nothing fails, it was {times} times"
            )
    return problems
