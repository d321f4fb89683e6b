"""The machine of outboxes: orders, some too large to publish, and reports that move them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis.stateful import precondition, rule

from shaketable.boundary import Boundary
from shaketable.explore.generate.places import PICK
from shaketable.fault import Hold
from shaketable.history import History, Json
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.order_system.machines.base import OrderMachine, fitted, order_value
from shaketable_patterns.order_system.machines.calibration_reading import read, times_published

REPORTS_MAX = 4
_REPORTS = ("InventoryReserved", "PaymentFailed", "InventoryFailed", "PaymentRefunded")


def report(number: int, kind: int, order: dict[str, Json]) -> Do:
    """Publish, as the client, what payment or inventory would: the `number`-th report of the run."""
    about = {field: order[field] for field in ("order", "item", "quantity", "amount")}
    return Do("publish", {"event_id": f"r{number}", "type": _REPORTS[kind % len(_REPORTS)], **about})


class OutboxMachine(OrderMachine):
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
        value = order_value(len(self.placed) + 1, pick)
        self.placed.append(value)
        self.play("poison", value)

    @precondition(lambda self: self.placed and self.reports < REPORTS_MAX)
    @rule(pick=PICK)
    def progress(self, pick: int) -> None:
        """Move an order on, so that it has another event to publish."""
        self.reports += 1
        pick, kind = divmod(pick, len(_REPORTS))
        self.do(report(self.reports, kind, self.placed[pick % len(self.placed)]))

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

    def relay_writes(self) -> tuple[Boundary, ...]:
        """Return the boundaries between relays and their database, if there are any."""
        return tuple(
            b for b in self.boundaries if (b.route.sender, b.route.receiver) == ("relay", "postgres")
        )


def machine_of(subject: Subject) -> type[OrderMachine]:
    """Return the machine for an outbox with its relays. TypeError for a component."""
    return fitted(OutboxMachine, subject, ("order",))


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
